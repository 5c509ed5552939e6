// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mf::probe {

using Environment = std::map<std::string, std::string, std::less<>>;

/// What the operator wants, read from environment variables. The table all_settings() says what each one means.
struct Settings {
    std::string result_file;
    std::vector<std::string> skip;
    std::chrono::milliseconds timeout{};
    std::vector<std::string> disks;
    double disk_warning = 0, disk_critical = 0;      ///< percent free
    double inodes_warning = 0, inodes_critical = 0;  ///< percent free
    double memory_warning = 0, memory_critical = 0;  ///< percent available
    double swap_warning = 0, swap_critical = 0;      ///< percent free
    double load_warning = 0, load_critical = 0;      ///< five-minute load per core
    double uptime_minimum = 0;                       ///< minutes, 0: do not care
    double uptime_maximum = 0;                       ///< days, 0: do not care
    std::vector<std::string> certificates;
    double certificate_warning = 0, certificate_critical = 0;  ///< days left
    bool tls_verify = true;
    std::string ca_file;
    std::string urls;  ///< see probe/url_target.h
    std::string url_status;
    std::string url_text;
    std::chrono::milliseconds url_slow{};  ///< 0: do not care
    double url_redirects = 0;
    double url_body_limit = 0;  ///< KiB
    std::vector<std::string> processes;
    std::string systemd_severity;  ///< warning or critical
    std::vector<std::string> systemd_ignore;
};

/// One variable: the same facts as in the application definition (a test compares them).
struct Setting {
    using Place = std::variant<std::string Settings::*, std::vector<std::string> Settings::*, double Settings::*,
                               bool Settings::*, std::chrono::milliseconds Settings::*>;
    std::string_view name;
    std::string_view fallback;  ///< used when the variable is unset or empty
    std::string_view help;
    Place place;  ///< durations are written in seconds
    double minimum = 0;
    double maximum = 0;
};

std::span<const Setting> all_settings();

/// All mistakes at once, each as a FieldError of the variable.
Result<Settings> read_settings(const Environment& environment);

/// Sentences about PROBE_ variables that nobody reads, most likely misspelt.
std::vector<std::string> unknown_variables(const Environment& environment);

/// Where the report goes: RESULT_FILE, below MULTIFLEXI_TMP when it is relative and that is set.
std::filesystem::path report_file(const Environment& environment);

}  // namespace mf::probe

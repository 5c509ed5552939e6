// SPDX-License-Identifier: MIT
#include "probe/settings.h"

#include "base/text.h"
#include "probe/checks.h"
#include "probe/url_target.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cmath>

namespace mf::probe {
namespace {

using S = Settings;

const Setting settings[] = {
    {"RESULT_FILE", "probe_report.json", "file of the JSON report; a relative name is below MULTIFLEXI_TMP",
     &S::result_file},
    {"PROBE_SKIP", "", "checks that are left out, by name", &S::skip},
    {"PROBE_TIMEOUT", "10", "seconds that one check may take", &S::timeout, 1, 300},
    {"PROBE_DISKS", "", "mount points; empty: all local file systems", &S::disks},
    {"PROBE_DISK_WARNING", "15", "percent of free space, below is a warning", &S::disk_warning, 0, 100},
    {"PROBE_DISK_CRITICAL", "5", "percent of free space, below is critical", &S::disk_critical, 0, 100},
    {"PROBE_INODES_WARNING", "10", "percent of free inodes, below is a warning", &S::inodes_warning, 0, 100},
    {"PROBE_INODES_CRITICAL", "5", "percent of free inodes, below is critical", &S::inodes_critical, 0, 100},
    {"PROBE_MEMORY_WARNING", "10", "percent of available memory, below is a warning", &S::memory_warning, 0, 100},
    {"PROBE_MEMORY_CRITICAL", "5", "percent of available memory, below is critical", &S::memory_critical, 0, 100},
    {"PROBE_SWAP_WARNING", "20", "percent of free swap, below is a warning", &S::swap_warning, 0, 100},
    {"PROBE_SWAP_CRITICAL", "5", "percent of free swap, below is critical", &S::swap_critical, 0, 100},
    {"PROBE_LOAD_WARNING", "2", "five-minute load per core, above is a warning", &S::load_warning, 0, 1000},
    {"PROBE_LOAD_CRITICAL", "4", "five-minute load per core, above is critical", &S::load_critical, 0, 1000},
    {"PROBE_UPTIME_MINIMUM", "0", "minutes since the start, below is a warning; 0: off", &S::uptime_minimum, 0, 1e6},
    {"PROBE_UPTIME_MAXIMUM", "0", "days since the start, above is a warning; 0: off", &S::uptime_maximum, 0, 1e5},
    {"PROBE_CERTIFICATES", "", "host[:port] whose TLS certificates are looked at", &S::certificates},
    {"PROBE_CERTIFICATE_WARNING", "21", "days until expiry, below is a warning", &S::certificate_warning, 0, 3650},
    {"PROBE_CERTIFICATE_CRITICAL", "7", "days until expiry, below is critical", &S::certificate_critical, 0, 3650},
    {"PROBE_TLS_VERIFY", "true", "whether a certificate that is not trusted is critical", &S::tls_verify},
    {"PROBE_CA_FILE", "", "PEM file of further trusted authorities", &S::ca_file},
    {"PROBE_URLS", "", "one per line: URL [| expected status [| expected text]]", &S::urls},
    {"PROBE_URL_STATUS", "200-299", "expected status where the line names none", &S::url_status},
    {"PROBE_URL_TEXT", "", "expected text where the line names none", &S::url_text},
    {"PROBE_URL_SLOW", "0", "seconds for an answer, above is a warning; 0: off", &S::url_slow, 0, 300},
    {"PROBE_URL_REDIRECTS", "5", "redirects that are followed", &S::url_redirects, 0, 50},
    {"PROBE_URL_BODY_LIMIT", "1024", "KiB of an answer that are read at most", &S::url_body_limit, 1, 102400},
    {"PROBE_PROCESSES", "", "names of processes that must run", &S::processes},
    {"PROBE_SYSTEMD_SEVERITY", "warning", "what a failed unit is: warning or critical", &S::systemd_severity},
    {"PROBE_SYSTEMD_IGNORE", "", "units that may have failed", &S::systemd_ignore},
};

/// Entries are separated by commas and line breaks; a mount point may hold blanks.
std::vector<std::string> list_of(std::string_view text) {
    std::vector<std::string> entries;
    for (const auto line : split(text, '\n'))
        for (const auto part : split(line, ','))
            if (const auto entry = trim(part); !entry.empty()) entries.emplace_back(entry);
    return entries;
}

Result<double> number_of(std::string_view text, const Setting& setting) {
    double number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(number) ||
        number < setting.minimum || number > setting.maximum)
        return Error{ErrorCode::invalid,
                     fmt::format("is not a number from {} to {}: \"{}\".", setting.minimum, setting.maximum, text)};
    return number;
}

Result<void> put(Settings& into, const Setting& setting, std::string_view text) {
    if (const auto* place = std::get_if<std::string S::*>(&setting.place)) {
        into.*(*place) = text;
    } else if (const auto* list = std::get_if<std::vector<std::string> S::*>(&setting.place)) {
        into.*(*list) = list_of(text);
    } else if (const auto* truth = std::get_if<bool S::*>(&setting.place)) {
        const auto word = lower(text);
        into.*(*truth) = word == "true" || word == "1" || word == "yes" || word == "on";
        if (!(into.*(*truth)) && word != "false" && word != "0" && word != "no" && word != "off")
            return Error{ErrorCode::invalid, fmt::format("is neither true nor false: \"{}\".", text)};
    } else {
        const auto number = number_of(text, setting);
        if (!number) return number.error();
        if (const auto* plain = std::get_if<double S::*>(&setting.place))
            into.*(*plain) = *number;
        else
            into.*std::get<std::chrono::milliseconds S::*>(setting.place) =
                std::chrono::milliseconds(std::llround(*number * 1000));
    }
    return {};
}

void check_together(const Settings& read, std::vector<FieldError>& errors) {
    const auto low = [&](std::string_view name, double warning, double critical) {
        if (warning < critical)
            errors.push_back({fmt::format("PROBE_{}_WARNING", name),
                              fmt::format("is {}, below PROBE_{}_CRITICAL, {}; a warning must come first.", warning,
                                          name, critical)});
    };
    low("DISK", read.disk_warning, read.disk_critical);
    low("INODES", read.inodes_warning, read.inodes_critical);
    low("MEMORY", read.memory_warning, read.memory_critical);
    low("SWAP", read.swap_warning, read.swap_critical);
    low("CERTIFICATE", read.certificate_warning, read.certificate_critical);
    if (read.load_warning > read.load_critical)
        errors.push_back(
            {"PROBE_LOAD_WARNING", fmt::format("is {}, above PROBE_LOAD_CRITICAL, {}; a warning must come first.",
                                               read.load_warning, read.load_critical)});
    if (const auto statuses = parse_statuses(read.url_status); !statuses)
        errors.push_back({"PROBE_URL_STATUS", statuses.error().message});
    if (read.systemd_severity != "warning" && read.systemd_severity != "critical")
        errors.push_back(
            {"PROBE_SYSTEMD_SEVERITY", fmt::format("is neither warning nor critical: \"{}\".", read.systemd_severity)});
    for (const auto& name : read.skip) {
        const auto checks = all_checks();
        if (std::none_of(checks.begin(), checks.end(), [&](const Check& check) { return check.name == name; }))
            errors.push_back({"PROBE_SKIP", fmt::format("names \"{}\", which is not a check; see --help.", name)});
    }
}

std::string_view value_of(const Environment& environment, const Setting& setting) {
    const auto found = environment.find(setting.name);
    if (found == environment.end() || trim(found->second).empty()) return setting.fallback;
    return trim(found->second);
}

}  // namespace

std::span<const Setting> all_settings() { return settings; }

Result<Settings> read_settings(const Environment& environment) {
    Settings read;
    std::vector<FieldError> errors;
    for (const Setting& setting : settings)
        if (const auto done = put(read, setting, value_of(environment, setting)); !done)
            errors.push_back({std::string(setting.name), done.error().message});
    // Comparing limits of which one was not understood would only blame the other.
    if (errors.empty()) check_together(read, errors);
    if (errors.empty()) return read;
    Error error{ErrorCode::invalid, "The settings cannot be used.", std::move(errors)};
    for (const auto& field : error.fields) error.message += fmt::format(" {} {}", field.field, field.message);
    return error;
}

std::vector<std::string> unknown_variables(const Environment& environment) {
    std::vector<std::string_view> names;
    for (const Setting& setting : settings) names.push_back(setting.name);
    std::vector<std::string> sentences;
    for (auto at = environment.lower_bound("PROBE_"); at != environment.end() && at->first.starts_with("PROBE_");
         ++at) {
        if (std::find(names.begin(), names.end(), at->first) != names.end()) continue;
        const auto near = closest(at->first, names);
        sentences.push_back(near.empty() ? fmt::format("{} is not a setting of this program.", at->first)
                                         : fmt::format("{} is not a setting; is {} meant?", at->first, near));
    }
    return sentences;
}

std::filesystem::path report_file(const Environment& environment) {
    const std::filesystem::path file = value_of(environment, settings[0]);
    const auto directory = environment.find("MULTIFLEXI_TMP");
    if (file.is_absolute() || directory == environment.end() || directory->second.empty()) return file;
    return std::filesystem::path(directory->second) / file;
}

}  // namespace mf::probe

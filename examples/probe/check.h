// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"

#include <boost/json/object.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The words that all checks share: a check plans tasks, a task gives a finding about one target.

namespace mf::probe {

namespace json = boost::json;

/// In rising order of gravity. What could not be looked at is graver than a warning: nobody knows how bad it is.
enum class State { ok, warning, unknown, critical };

std::string_view name_of(State state);  ///< ok, warning, unknown, critical

/// Exit codes of the plugin convention of Nagios: 0 ok, 1 warning, 2 critical, 3 unknown.
int exit_code_of(State state);

/// What was seen. Texts may hold secrets of the settings; the report and the summary mask them.
struct Finding {
    State state = State::ok;
    std::string message;  ///< for people: what was measured, and what is wrong with it
    std::vector<std::pair<std::string, double>> metrics = {};  ///< names are unique within the check
    json::object details = {};                                 ///< for programs, free form
};

inline Finding unknown(std::string message) { return {.state = State::unknown, .message = std::move(message)}; }

/// One thing to look at. `examine` runs on a thread of its own, owns all it needs (it may outlive the run when it
/// exceeds its limit), and may throw: that is an unknown state.
struct Task {
    std::string check;
    std::string target;  ///< mount point, host, URL; empty when there is only one
    std::chrono::milliseconds limit;
    std::function<Finding()> examine;
};

struct Observation {
    std::string check;
    std::string target;
    Finding finding;
    std::chrono::milliseconds took{0};
};

/// Where the machine is read from. Tests point it at directories of their own.
struct Machine {
    std::filesystem::path proc = "/proc";
    std::filesystem::path run = "/run";
    std::string search_path;  ///< PATH, for systemctl
    Timestamp now;
};

}  // namespace mf::probe

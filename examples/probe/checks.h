// SPDX-License-Identifier: MIT
#pragma once

#include "probe/check.h"
#include "probe/settings.h"

#include <span>
#include <string_view>
#include <vector>

namespace mf::probe {

/// A kind of check. Planning reads little and waits for nothing; what it throws becomes one unknown finding.
/// An empty plan means that there is nothing to look at, which is fine.
struct Check {
    std::string_view name;
    std::string_view help;
    std::vector<Task> (*plan)(const Settings& settings, const Machine& machine);
};

// One file for each: plan_disk is in disk.cpp and so on. To add a check, write its file and a line in checks.cpp.
std::vector<Task> plan_disk(const Settings& settings, const Machine& machine);
std::vector<Task> plan_inodes(const Settings& settings, const Machine& machine);
std::vector<Task> plan_memory(const Settings& settings, const Machine& machine);
std::vector<Task> plan_swap(const Settings& settings, const Machine& machine);
std::vector<Task> plan_load(const Settings& settings, const Machine& machine);
std::vector<Task> plan_uptime(const Settings& settings, const Machine& machine);
std::vector<Task> plan_certificate(const Settings& settings, const Machine& machine);
std::vector<Task> plan_url(const Settings& settings, const Machine& machine);
std::vector<Task> plan_process(const Settings& settings, const Machine& machine);
std::vector<Task> plan_systemd(const Settings& settings, const Machine& machine);

/// In the order of the report.
std::span<const Check> all_checks();

/// The tasks of all checks that are not left out.
std::vector<Task> plan(const Settings& settings, const Machine& machine);

/// Runs the tasks side by side, at most `parallel` at a time; the observations come in the order of the tasks.
/// A task over its limit is abandoned and unknown; its thread is left behind, so end the process soon after.
std::vector<Observation> run(std::vector<Task> tasks, std::size_t parallel = 16);

}  // namespace mf::probe

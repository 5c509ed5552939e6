// SPDX-License-Identifier: MIT
#include "probe/checks.h"

#include <algorithm>
#include <exception>
#include <iterator>

namespace mf::probe {
namespace {

const Check known_checks[] = {
    {"disk", "free space of file systems", plan_disk},
    {"inodes", "free inodes of file systems", plan_inodes},
    {"memory", "available memory", plan_memory},
    {"swap", "free swap", plan_swap},
    {"load", "five-minute load per core", plan_load},
    {"uptime", "time since the start of the machine", plan_uptime},
    {"certificate", "expiry and trust of TLS certificates", plan_certificate},
    {"url", "status, text and time of answers over HTTP", plan_url},
    {"process", "processes that must run", plan_process},
    {"systemd", "failed units, where systemd runs the machine", plan_systemd},
};

}  // namespace

std::span<const Check> all_checks() { return known_checks; }

std::vector<Task> plan(const Settings& settings, const Machine& machine) {
    std::vector<Task> tasks;
    for (const Check& check : known_checks) {
        if (std::find(settings.skip.begin(), settings.skip.end(), check.name) != settings.skip.end()) continue;
        try {
            std::ranges::move(check.plan(settings, machine), std::back_inserter(tasks));
        } catch (const std::exception& problem) {
            tasks.push_back({std::string(check.name), "", settings.timeout,
                             [message = std::string(problem.what())] { return unknown(message); }});
        }
    }
    return tasks;
}

}  // namespace mf::probe

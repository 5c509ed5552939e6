// SPDX-License-Identifier: MIT
#include "probe/uptime.h"

#include "probe/checks.h"
#include "probe/proc_file.h"

#include <fmt/format.h>
#include <charconv>

namespace mf::probe {

Finding judge_uptime(std::string_view uptime, double minimum, double maximum) {
    double seconds = 0;
    if (std::from_chars(uptime.data(), uptime.data() + uptime.size(), seconds).ec != std::errc{})
        return unknown("The kernel does not tell how long it has been running.");
    const double minutes = seconds / 60;
    const double days = minutes / (24 * 60);
    Finding finding{.message = days >= 2 ? fmt::format("{:.0f} days", days) : fmt::format("{:.0f} minutes", minutes),
                    .metrics = {{"seconds", seconds}}};
    if (minimum > 0 && minutes < minimum) {
        finding.state = State::warning;
        finding.message += fmt::format(", started less than {:g} minutes ago", minimum);
    } else if (maximum > 0 && days > maximum) {
        finding.state = State::warning;
        finding.message += fmt::format(", longer than {:g} days", maximum);
    }
    return finding;
}

std::vector<Task> plan_uptime(const Settings& settings, const Machine& machine) {
    return {{"uptime", "", settings.timeout,
             [file = machine.proc / "uptime", minimum = settings.uptime_minimum, maximum = settings.uptime_maximum] {
                 return judge_uptime(read_proc(file), minimum, maximum);
             }}};
}

}  // namespace mf::probe

// SPDX-License-Identifier: MIT
#include "probe/load.h"

#include "base/text.h"
#include "probe/checks.h"
#include "probe/proc_file.h"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

namespace mf::probe {
namespace {

/// Lines "cpu0 ...", "cpu1 ..."; the line "cpu ..." is their sum.
double count_cores(std::string_view stat) {
    const auto lines = split(stat, '\n');
    return static_cast<double>(std::ranges::count_if(lines, [](std::string_view line) {
        return line.size() > 3 && line.starts_with("cpu") && line[3] >= '0' && line[3] <= '9';
    }));
}

}  // namespace

Finding judge_load(std::string_view loadavg, std::string_view stat, Limits limits) {
    const auto parts = split(loadavg, ' ');
    const double cores = count_cores(stat);
    double load[3] = {};
    bool understood = parts.size() >= 3 && cores > 0;
    for (std::size_t i = 0; understood && i < 3; ++i)
        understood = std::from_chars(parts[i].data(), parts[i].data() + parts[i].size(), load[i]).ec == std::errc{};
    if (!understood) return unknown("The kernel does not tell the load or the number of cores.");
    const double per_core = load[1] / cores;
    return {.state = judge_high(per_core, limits),
            .message = fmt::format("{:.2f} per core over five minutes; {:.2f}, {:.2f}, {:.2f} on {:.0f} cores",
                                   per_core, load[0], load[1], load[2], cores),
            .metrics = {{"per_core", rounded(per_core)},
                        {"1min", load[0]},
                        {"5min", load[1]},
                        {"15min", load[2]},
                        {"cores", cores}}};
}

std::vector<Task> plan_load(const Settings& settings, const Machine& machine) {
    return {{"load", "", settings.timeout,
             [proc = machine.proc, limits = Limits{settings.load_warning, settings.load_critical}] {
                 return judge_load(read_proc(proc / "loadavg"), read_proc(proc / "stat"), limits);
             }}};
}

}  // namespace mf::probe

// SPDX-License-Identifier: MIT
#include "service/run_template_warnings.h"

#include "domain/retry.h"
#include "domain/schedule_rule.h"
#include "service/configuration.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::vector<std::string> timing_warnings(const RunTemplate& run_template, const Zone& server_zone, Timestamp now) {
    const auto schedule = schedule_of(run_template, server_zone);
    if (!schedule || !schedule->ever_runs()) return {};
    const auto slot = schedule->next_slot(now);
    if (!slot) return {};
    const auto window = window_of(*schedule, run_template, *slot);
    const auto launch = schedule->launch_of(*slot);
    const auto shown = [&](Timestamp moment) { return format_local(moment, schedule->zone()); };
    if (launch > window.deadline)
        return {
            fmt::format("Every run is late: the run planned for {} starts at {}, after its deadline {}. Change "
                        "delay, jitter or deadline_offset.",
                        shown(*slot), shown(launch), shown(window.deadline))};
    const auto fit = attempts_that_fit(run_template, window, launch);
    if (fit >= run_template.max_attempts) return {};
    return {
        fmt::format("Of {} attempts only {} can start before the deadline: the run planned for {} has until {}, and "
                    "there are at least {} seconds between two attempts. Lower max_attempts or retry_min_gap, or "
                    "move the deadline.",
                    run_template.max_attempts, fit, shown(*slot), shown(window.deadline), run_template.retry_min_gap)};
}

}  // namespace

std::vector<std::string> run_template_warnings(Call& call, const RunTemplate& run_template, const Zone& server_zone) {
    std::vector<std::string> out;
    if (!run_template.fault.empty()) out.push_back(run_template.fault);
    for (auto& warnings :
         {configuration_warnings(call, run_template), timing_warnings(run_template, server_zone, call.now)})
        out.insert(out.end(), warnings.begin(), warnings.end());
    return out;
}

}  // namespace mf

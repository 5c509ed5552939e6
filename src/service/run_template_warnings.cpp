// SPDX-License-Identifier: MIT
#include "service/run_template_warnings.h"

#include "domain/retry.h"
#include "domain/schedule_rule.h"
#include "service/configuration.h"
#include "service/credential_requirements.h"

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

std::vector<std::string> requirement_warnings(const std::vector<Requirement>& requirements) {
    std::vector<std::string> out;
    for (const Requirement& requirement : requirements)
        if (!requirement.sentence.empty())
            out.push_back(fmt::format("Its jobs will be blocked: {}", requirement.sentence));
    return out;
}

void add_requirements(Call& call, const RunTemplate& run_template, json::object& record) {
    const auto requirements = requirements_of(call.session, run_template);
    json::array out;
    for (const auto& [prototype, state, id, name, sentence] : requirements) {
        const bool is_met = state == RequirementState::assigned;
        out.push_back({{"prototype", prototype},
                       {"state", name_of(state)},
                       {"credential_id", is_met ? json::value(id) : json::value(nullptr)},
                       {"credential", is_met ? json::value(name) : json::value(nullptr)}});
    }
    record["requirements"] = std::move(out);
    if (const auto warnings = requirement_warnings(requirements); !warnings.empty())
        record["warnings"] = json::array(warnings.begin(), warnings.end());
}

std::vector<std::string> run_template_warnings(Call& call, const RunTemplate& run_template, const Zone& server_zone) {
    std::vector<std::string> out;
    if (!run_template.fault.empty()) out.push_back(run_template.fault);
    for (auto& warnings :
         {requirement_warnings(requirements_of(call.session, run_template)), configuration_warnings(call, run_template),
          timing_warnings(run_template, server_zone, call.now)})
        out.insert(out.end(), warnings.begin(), warnings.end());
    return out;
}

}  // namespace mf

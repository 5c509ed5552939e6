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

namespace {

std::vector<std::string> warnings_of(const Requirements& requirements, Id<RunTemplate> run_template) {
    std::vector<std::string> out;
    const auto warn = [&](const std::string& sentence) {
        if (!sentence.empty()) out.push_back(fmt::format("Its jobs will be blocked: {}", sentence));
    };
    for (const Requirement& requirement : requirements.of(run_template)) warn(requirement.sentence);
    for (const auto& sentence : requirements.about_others(run_template)) warn(sentence);
    return out;
}

}  // namespace

std::vector<std::string> requirement_warnings(Session& session, const RunTemplate& run_template) {
    return warnings_of(requirements_of(session, run_template), run_template.id);
}

void add_requirements(Call& call, const RunTemplate& run_template, json::object& record) {
    const auto requirements = requirements_of(call.session, run_template);
    json::array out;
    for (const auto& [prototype, state, id, name, sentence] : requirements.of(run_template.id)) {
        const bool is_there = state == RequirementState::assigned || state == RequirementState::incomplete;
        out.push_back({{"prototype", prototype},
                       {"state", name_of(state)},
                       {"credential_id", is_there ? json::value(id) : json::value(nullptr)},
                       {"credential", is_there ? json::value(name) : json::value(nullptr)}});
    }
    record["requirements"] = std::move(out);
    if (const auto warnings = warnings_of(requirements, run_template.id); !warnings.empty())
        record["warnings"] = json::array(warnings.begin(), warnings.end());
}

std::vector<std::string> run_template_warnings(Call& call, const RunTemplate& run_template, const Zone& server_zone) {
    std::vector<std::string> out;
    if (!run_template.fault.empty()) out.push_back(run_template.fault);
    for (auto& warnings : {requirement_warnings(call.session, run_template), configuration_warnings(call, run_template),
                           timing_warnings(run_template, server_zone, call.now)})
        out.insert(out.end(), warnings.begin(), warnings.end());
    return out;
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// What somebody says about a run template when making or changing one; what is left out stays, or gets its default.
struct RunTemplateInput {
    std::optional<std::int64_t> id, app_id, company_id;
    std::optional<std::string> name, app_uuid, company;  ///< company: id or code
    std::optional<std::string> interv, cron, anchor, zone;
    std::optional<std::string> delay, jitter;  ///< lengths of time as people type them
    std::optional<CatchUp> catch_up;
    std::optional<std::int64_t> catch_up_limit;
    std::optional<Overlap> overlap;
    std::optional<ExecutorKind> executor;
    std::optional<std::string> runs_on;
    std::optional<bool> active;
    std::optional<TextMap> config;
    std::optional<TextList> unset;
    std::optional<std::string> time_limit, grace;
    std::optional<std::int64_t> output_limit, artifact_limit, artifact_count_limit;
    std::optional<std::string> note, deadline_offset;
    std::optional<std::int64_t> max_attempts, retry_min_gap;
    std::optional<RetryBackoff> retry_backoff;
    std::optional<bool> allow_late;
};
template <>
const Entity& entity_of<RunTemplateInput>();

/// Everything that is wrong with it whatever the run template is like; with a name and without an id, with a new one.
Result<void> check_input(const RunTemplateInput& input);

/// Copies what was said into a run template and checks it; every complaint at once.
Result<void> apply(const RunTemplateInput& input, RunTemplate& run_template);

}  // namespace mf

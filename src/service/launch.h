// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Values that one launch adds on top of its run template; "env" wins over "config".
struct LaunchValues {
    TextMap config, env;
    bool empty() const { return config.empty() && env.empty(); }
};
std::string to_text(const LaunchValues& values);
Result<LaunchValues> launch_values_from(std::string_view text);

/// Somebody wants a job that no schedule planned.
struct LaunchRequest {
    Id<RunTemplate> run_template;
    std::optional<std::string> when;  ///< as people type times; none: now
    std::optional<ExecutorKind> executor;
    std::optional<std::string> schedule_type;  ///< none: by the way in, adhoc-api, adhoc-web, adhoc-cli, or
                                               ///< CommandLine for a later time
    LaunchValues values;
    std::int64_t attempt = 1;
    std::optional<Id<Task>> task = {};     ///< whose next attempt it is; opened for that
    std::optional<Id<Job>> retry_of = {};  ///< the launch that it repeats
};

/// Has the company as many jobs waiting as it may? The sentence that says so.
std::optional<std::string> full_queue(Call& call, const Company& company);

/// Makes the job and its queue row, checks the values (names and types), wakes the server.
/// not_found: no such run template. conflict: inactive, retired, or of a disabled company.
Result<Job> launch(Call& call, const LaunchRequest& request);

/// The record of a job that was launched with these values, and in "secret_fields" which of them are secrets.
json::object launched_record(Call& call, const Job& job, const LaunchValues& values);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Which job is shown, and whether with its output.
struct JobReference {
    std::int64_t id = 0;
    std::optional<bool> output;
};
template <>
const Entity& entity_of<JobReference>();

/// One job with its environment, secrets masked, what its exit code means, and its output. Of a job that has ended one
/// statement, and one for each stream that is not empty.
Result<json::value> get_job(Call& call, const JobReference& input);

/// The same as text (see service/list_rows.h).
Result<std::string> job_text(Call& call, const json::object& input);

/// Adds the members stdout and stderr, each up to 16 MiB; longer ones are read with job:output.
void add_output(Call& call, const Job& job, json::object& record);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

#include <map>

namespace mf {

/// Its environment is not settled yet.
bool is_waiting(const Job& job);

/// That which a job was started with, from what "job_environment" holds; empty when that cannot be read.
json::object recorded_environment(const std::string& text);
/// The same as text.
void append_recorded_environment(std::string& out, const std::string& text);

/// The environments of jobs for people, secrets masked, by job: that which a job was started with; of one that waits
/// the one it would get now; empty where there is none. Takes the same few statements for each 512 jobs.
std::map<std::int64_t, json::object> job_environments(Call& call, std::span<const Job> jobs);

}  // namespace mf

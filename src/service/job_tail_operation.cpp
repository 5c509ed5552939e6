// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "service/job_operations.h"
#include "store/queries/job_output.h"

#include <fmt/format.h>

namespace mf {

struct JobTailInput {
    std::int64_t id = 0;
    std::optional<std::int64_t> bytes;
};

template <>
const Entity& entity_of<JobTailInput>() {
    using I = JobTailInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the job", .required = true}),
                     field<&I::bytes>("bytes", {.help = "At most so many bytes (default 65536, at most 1048576)"}));
    static constexpr Entity entity{"job_tail", "End of the output", fields};
    return entity;
}

namespace {

constexpr std::int64_t usual_tail = 64 << 10;
constexpr std::int64_t longest_tail = 1 << 20;

Result<json::value> tail_of_job(Call& call, const JobTailInput& input) {
    const auto bytes = input.bytes.value_or(usual_tail);
    if (bytes < 1 || bytes > longest_tail)
        return Error{ErrorCode::invalid, fmt::format("bytes must be from 1 to {}.", longest_tail)};
    const auto job = call.repository<Job>().find({input.id});
    if (!job) return Error{ErrorCode::not_found, "No job found with given identifier"};
    const auto tail = read_tail(call.session, job->id, static_cast<std::size_t>(bytes));
    return json::value{{"id", input.id},
                       {"state", name_of(job->state)},
                       {"exitcode", job->exitcode ? json::value(*job->exitcode) : json::value()},
                       {"reason", job->reason ? json::value(*job->reason) : json::value()},
                       {"skipped", tail.skipped},
                       {"output", to_utf8(tail.bytes)}};
}

}  // namespace

void add_job_tail_operation(Operations& operations) {
    add(operations,
        {"job:tail", "GET /jobs/{id}/tail",
         "Show the end of what a job printed, standard output and error as they came, and how it stands.",
         Permission::view},
        tail_of_job);
}

}  // namespace mf

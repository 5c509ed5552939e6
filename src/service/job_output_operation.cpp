// SPDX-License-Identifier: MIT
#include "base/base64.h"
#include "base/text.h"
#include "service/job_operations.h"
#include "store/queries/job_output.h"

namespace mf {

/// For a time as records have it, with its milliseconds.
struct OutputMoment {
    std::optional<Timestamp> at;
};

template <>
const Entity& entity_of<OutputMoment>() {
    static constexpr auto fields = fields_of<OutputMoment>(field<&OutputMoment::at>("at"));
    static constexpr Entity entity{"output_moment", "Time", fields};
    return entity;
}

struct JobOutputInput {
    std::int64_t id = 0;
    std::optional<std::int64_t> after;
};

template <>
const Entity& entity_of<JobOutputInput>() {
    using I = JobOutputInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the job", .required = true}),
                     field<&I::after>("after", {.help = "Only what follows the piece with this number"}));
    static constexpr Entity entity{"job_output", "Output of a job", fields};
    return entity;
}

namespace {

json::value moment_of(std::optional<Timestamp> moment) {
    const OutputMoment record{moment};
    return to_json(entity_of<OutputMoment>(), &record).at("at");
}

json::object piece_of(const OutputPiece& piece) {
    json::object out{{"sequence", piece.seq + 1},
                     {"at", moment_of(piece.at)},
                     {"stream", piece.source == OutputSource::standard_output ? "stdout" : "stderr"}};
    if (is_utf8(piece.bytes))
        out["text"] = piece.bytes;
    else
        out["base64"] = to_base64(piece.bytes);
    return out;
}

/// State and output are of one moment: when the job has ended, and no piece comes any more, that was all.
Result<json::value> output_of_job(Call& call, const JobOutputInput& input) {
    const auto job = call.repository<Job>().find({input.id});
    if (!job) return Error{ErrorCode::not_found, "No job found with given identifier"};
    json::array pieces;
    for (const auto& piece : read_output(call.session, job->id, input.after.value_or(0) - 1, std::nullopt))
        pieces.push_back(piece_of(piece));
    return json::value{{"id", input.id},
                       {"state", name_of(job->state)},
                       {"state_since", moment_of(time_of_state(*job))},
                       {"ended_at", moment_of(job->end)},
                       {"exitcode", job->exitcode ? json::value(*job->exitcode) : json::value()},
                       {"reason", job->reason ? json::value(*job->reason) : json::value()},
                       {"pieces", std::move(pieces)}};
}

}  // namespace

void add_job_output_operation(Operations& operations) {
    add(operations,
        {"job:output", "GET /jobs/{id}/output",
         "Show how a job stands and, about a megabyte at once, what it printed behind a piece with a number: each "
         "piece "
         "with its time, and as text or, where it is not UTF-8, in base 64.",
         Permission::view},
        output_of_job);
}

}  // namespace mf

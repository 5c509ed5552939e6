// SPDX-License-Identifier: MIT
#include "base/base64.h"
#include "cli/interrupt.h"
#include "cli/remote_backend.h"
#include "cli/shape.h"

namespace mf {
namespace {

using namespace std::chrono_literals;

/// A follower asks again after these, the longer the less happens.
constexpr std::chrono::milliseconds shortest_pause = 50ms, longest_pause = 500ms;
/// A server that restarts is back by then; its jobs run on meanwhile.
constexpr auto patience_with_server = 60s;

/// What job:output answers, without what is not needed here.
struct JobLook {
    JobState state = JobState::pending;
    Timestamp since{};
    std::optional<Timestamp> ended;
    std::optional<std::int64_t> exit_code;
    std::string reason;
    json::array pieces;
};

std::optional<JobLook> read_look(json::value answer) {
    if (!answer.is_object()) return std::nullopt;
    auto& object = answer.get_object();
    const auto state = enum_named<JobState>(text_member(object, "state"));
    auto* pieces = object.if_contains("pieces");
    if (!state || !pieces || !pieces->is_array()) return std::nullopt;
    return JobLook{.state = *state,
                   .since = read_iso(text_member(object, "state_since")).value_or(Timestamp{}),
                   .ended = read_iso(text_member(object, "ended_at")),
                   .exit_code = integer_member(object, "exitcode"),
                   .reason = std::string(text_member(object, "reason")),
                   .pieces = std::move(pieces->get_array())};
}

struct RemotePiece {
    std::int64_t sequence = 0;
    Timestamp at{};
    JobStream stream = JobStream::out;
    std::string bytes;
};

std::optional<RemotePiece> read_remote_piece(const json::value& value) {
    if (!value.is_object()) return std::nullopt;
    const auto& object = value.get_object();
    const auto sequence = integer_member(object, "sequence");
    if (!sequence) return std::nullopt;
    RemotePiece out{.sequence = *sequence,
                    .at = read_iso(text_member(object, "at")).value_or(Timestamp{}),
                    .stream = text_member(object, "stream") == "stdout" ? JobStream::out : JobStream::err,
                    .bytes = std::string(text_member(object, "text"))};
    if (!object.contains("base64")) return out;
    auto bytes = from_base64(text_member(object, "base64"));
    if (!bytes) return std::nullopt;
    out.bytes = *std::move(bytes);
    return out;
}

}  // namespace

Result<void> RemoteBackend::follow_job(std::int64_t job, std::int64_t from_sequence, const JobEventSink& sink,
                                       std::stop_token stop) {
    const auto operation = std::ranges::find(operations_, "job:output", &Operation::name);
    if (operation == operations_.end()) return other_version();
    Interrupt interrupt;
    std::optional<JobState> shown;
    std::int64_t after = from_sequence;
    std::optional<Timestamp> silent_since;
    auto length = shortest_pause;
    bool any = false;
    while (!stop.stop_requested() && !interrupt.happened()) {
        const auto answer = run(*operation, {{"id", job}, {"after", after}});
        std::optional<JobLook> look;
        if (answer) {
            silent_since.reset();
            any = true;
            look = read_look(*answer);
            if (!look) return other_version();
        } else {
            if (!any || answer.error().code != ErrorCode::unavailable) return answer.error();
            if (!silent_since) silent_since = clock_.now();
            if (clock_.now() - *silent_since > patience_with_server) return answer.error();
        }
        if (look && shown != look->state && !has_ended(look->state)) {
            shown = look->state;
            length = shortest_pause;
            if (!sink({.kind = JobEvent::Kind::state, .sequence = after, .at = look->since, .state = look->state}))
                return {};
        }
        if (look)
            for (const auto& value : look->pieces) {
                const auto piece = read_remote_piece(value);
                if (!piece) return other_version();
                after = piece->sequence;
                if (!sink({.kind = JobEvent::Kind::output,
                           .sequence = after,
                           .at = piece->at,
                           .stream = piece->stream,
                           .bytes = piece->bytes}))
                    return {};
            }
        if (look && !look->pieces.empty()) {
            length = shortest_pause;
            continue;
        }
        if (look && has_ended(look->state)) {
            sink({.kind = JobEvent::Kind::ended,
                  .sequence = after,
                  .at = look->ended.value_or(clock_.now()),
                  .state = look->state,
                  .exit_code = look->exit_code,
                  .reason = look->reason});
            return {};
        }
        if (!sink({.kind = JobEvent::Kind::idle,
                   .sequence = after,
                   .at = clock_.now(),
                   .state = shown.value_or(JobState::pending)}))
            return {};
        clock_.wait_until(clock_.now() + length, interrupt.nudge(), stop);
        length = std::min(2 * length, longest_pause);
    }
    return {};
}

}  // namespace mf

// SPDX-License-Identifier: MIT
// What a node writes about its jobs, in the order and with the repetitions of the Recorder (schedule/recorder.cpp).
#include "simulation/node.h"

#include <fmt/format.h>

namespace mf::simulation {
namespace {

using namespace std::chrono_literals;
using How = Evidence::Run::How;

bool is_final(const sql::DatabaseError& error) {
    return error.kind == sql::DatabaseError::Kind::other || error.kind == sql::DatabaseError::Kind::unique_violation;
}

}  // namespace

void Node::wake_recorder(Timestamp at) {
    if (!is_up_) return;
    if (record_at_ && *record_at_ <= at) return;
    record_at_ = at;
    later(at, [this, at] {
        if (record_at_ != at) return;
        record_at_.reset();
        record();
    });
}

JobEnd Node::end_of(std::int64_t job, const Running& running) const {
    const auto& run = stage_.evidence.runs[running.run];
    JobEnd end{.job = {job},
               .fence = running.fence,
               .state = run.exit_code == 0 ? JobState::succeeded : JobState::failed,
               .end = std::max(*run.end + offset_, run.begin_by_clock),
               .exitcode = run.exit_code,
               .app_version = "1.0",
               .cpu_ms = 7};
    if (run.how == How::time_limit) end.state = JobState::timed_out;
    if (run.how == How::cancelled || run.how == How::disowned) end.state = JobState::cancelled;
    if (run.how == How::with_shim) end.state = JobState::lost;
    for (int i = 0; i < running.recorded; ++i) end.stdout_size += std::ssize(run.piece(i));
    return end;
}

Node::Batch Node::take_batch() {
    Batch batch;
    batch.starts = std::exchange(starts_, {});
    batch.ends = std::exchange(ends_, {});
    for (auto& [job, running] : running_) {
        const auto& run = stage_.evidence.runs[running.run];
        for (const int written = run.written(stage_.now); running.recorded < written; ++running.recorded)
            batch.output.push_back(pack(
                {job}, running.fence, {.seq = running.recorded, .at = clock(), .bytes = run.piece(running.recorded)}));
    }
    for (const auto job : std::exchange(ended_, {})) batch.ends.push_back(end_of(job, running_.at(job)));
    return batch;
}

void Node::record() {
    Batch batch = retried_ ? *std::exchange(retried_, {}) : take_batch();
    if (batch.empty()) return;
    const auto note = [&] {
        if (std::ranges::any_of(batch.ends, [](const JobEnd& end) { return end.state == JobState::lost; }))
            note_losses(true);
    };
    try {
        write(batch);
    } catch (const sql::DatabaseError& error) {
        log(fmt::format("cannot record: {}", error.what()));
        note();
        retried_ = std::move(batch);
        return wake_recorder(next_try(500ms));
    } catch (const Died&) {
        note();
        throw;
    }
    note();
    let_go(batch);
    if (!starts_.empty() || !ends_.empty() || !ended_.empty()) wake_recorder(stage_.now + 4ms);
}

void Node::write(const Batch& batch) {
    try {
        database_->write([&](Session& session) {
            record_starts(session, batch.starts);
            append_output(session, batch.output);
            record_ends(session, batch.ends);
        });
    } catch (const sql::DatabaseError& error) {
        if (!is_final(error)) throw;
        log(fmt::format("records one by one: {}", error.what()));
        write_one_by_one(batch);
    }
}

void Node::write_one_by_one(const Batch& batch) {
    const auto attempt = [&](auto work) {
        try {
            database_->write([&](Session& session) { work(session); });
        } catch (const sql::DatabaseError& error) {
            if (!is_final(error)) throw;
        }
    };
    for (const JobStart& start : batch.starts) attempt([&](Session& session) { record_start(session, start); });
    for (const PackedPiece& piece : batch.output)
        attempt([&](Session& session) { append_output(session, std::span(&piece, 1)); });
    for (const JobEnd& end : batch.ends) attempt([&](Session& session) { record_end(session, end); });
}

void Node::let_go(const Batch& batch) {
    for (const JobStart& start : batch.starts) log(fmt::format("has recorded the start of job {}", start.job.value));
    for (const JobEnd& end : batch.ends) {
        const auto job = end.job.value;
        log(fmt::format("has recorded the end of job {}: {}", job, name_of(end.state)));
        faults_.between_steps();
        in_flight_.erase(job);
        running_.erase(job);
        spool_.erase(job);
    }
    if (!batch.ends.empty()) stage_.wake_all();
}

}  // namespace mf::simulation

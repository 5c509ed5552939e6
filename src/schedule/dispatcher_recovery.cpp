// SPDX-License-Identifier: MIT
// What an earlier run of this node, or a lost connection, has left in the database and on the disk.
#include "base/log.h"
#include "base/text.h"
#include "schedule/dispatcher.h"
#include "store/queries/content.h"

namespace mf {
namespace {

/// Watches a process of an earlier run of this server until it has ended.
class LeftBehind final : public ProcessListener {
public:
    LeftBehind(Recorder& recorder, JobEnd end, std::function<void()> recorded)
        : recorder_(recorder), end_(std::move(end)), recorded_(std::move(recorded)) {}
    void started(const ProcessIdentity&) override {}
    Flow wrote(const OutputChunk&) override { return Flow::more; }
    void ended(const ProcessEnd& end) override {
        end_.end = end.ended_at;
        recorder_.end(end_, nullptr, recorded_);
    }

private:
    Recorder& recorder_;
    JobEnd end_;
    std::function<void()> recorded_;
};

}  // namespace

void Dispatcher::record_left_behind() {
    const auto left = database_.write([&](Session& session) { return take_over_jobs(session, options_.node); });
    for (const Job& job : left) {
        JobEnd end{.job = job.id,
                   .fence = job.fence,
                   .state = JobState::lost,
                   .end = clock_.now(),
                   .exitcode = 255,
                   .reason = "The server ended while the job was running; what it did after that is not known."};
        log::warning("job of an earlier run", {{"job", job.id.value}, {"state", name_of(job.state)}});
        {
            const std::lock_guard lock(mutex_);
            state_.in_flight.insert(job.id.value);
        }
        const auto done = when_recorded(job.id);
        if (job.handle) {
            const auto listener = std::make_shared<LeftBehind>(recorder_, end, done);
            if (const auto handle = native_.recover(*job.handle, {.job_id = job.id.value}, listener)) {
                // Nobody reads its output any more: better ended than half done without a record.
                native_.stop(*handle, StopReason::shutdown);
                continue;
            }
        }
        recorder_.end(std::move(end), nullptr, done);
    }
}

void Dispatcher::remove_left_content() {
    try {
        database_.write([](Session& session) { remove_abandoned_content(session); });
    } catch (const sql::DatabaseError& error) {
        log::warning("unfinished content of artifacts stays until the next start", {{"error", error.what()}});
    }
}

/// Work directories of jobs that an earlier run of this server could not finish: the base is of this node of this
/// installation alone, so nobody else's are in it. Those that were kept on purpose have another name.
void Dispatcher::remove_old_directories() {
    std::error_code problem;
    for (const auto& entry : std::filesystem::directory_iterator(options_.work_base, problem)) {
        const auto name = entry.path().filename().string();
        if (!name.starts_with("job-")) continue;
        // Its destructor removes it.
        if (const auto directory = WorkDirectory::reopen(entry.path()))
            log::info("old work directory removed", {{"directory", to_utf8(name)}});
    }
}

void Dispatcher::give_back_strays() {
    database_.write([&](Session& session) {
        for (const Job& job : unfinished_jobs(session, options_.node)) {
            {
                const std::lock_guard lock(mutex_);
                if (job.state != JobState::claimed || state_.in_flight.contains(job.id.value)) continue;
            }
            log::warning("job goes back into the queue: the connection was lost while it was claimed",
                         {{"job", job.id.value}});
            give_back(session, job);
        }
    });
}

}  // namespace mf

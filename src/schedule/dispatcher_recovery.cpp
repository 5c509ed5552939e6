// SPDX-License-Identifier: MIT
// What an earlier run of this node, or a lost connection, has left in the database and on the disk.
#include "base/log.h"
#include "base/text.h"
#include "schedule/dispatcher.h"
#include "schedule/job_memo.h"
#include "store/queries/content.h"

namespace mf {
namespace {

constexpr std::string_view ended_meanwhile =
    "The server ended while the job was running; what it did after that is not known.";
constexpr std::string_view perhaps_begun =
    "The server that had claimed the job is gone, and whether it began the job is not known.";

/// Of a job that nobody wants any more: its record has ended, or belongs to somebody else.
class Unwanted final : public ProcessListener {
public:
    Unwanted(Executor& executor, JobHandle handle) : executor_(executor), handle_(std::move(handle)) {}
    void started(const ProcessIdentity&) override {}
    Flow wrote(const OutputChunk&) override { return Flow::more; }
    void ended(const ProcessEnd&) override { executor_.forget(handle_); }

private:
    Executor& executor_;
    const JobHandle handle_;
};

}  // namespace

std::unordered_set<std::string> Dispatcher::take_up_jobs() {
    std::unordered_set<std::string> directories;
    std::unordered_map<std::int64_t, Executor::Survivor> survivors;
    for (auto& survivor : native_.survivors()) {
        // Of two with the same number the later one counts.
        const auto [known, is_new] = survivors.try_emplace(survivor.job_id, survivor);
        if (is_new) continue;
        if (known->second.begin < survivor.begin) std::swap(known->second, survivor);
        end_unwanted(survivor);
    }
    // A server that took so long to come up that another one has its name by now leaves that one's jobs alone.
    const auto left = database_.write([&](Session& session) {
        if (options_.lease && !options_.lease->holds_name(session)) return std::vector<Job>();
        auto jobs = take_over_jobs(session, options_.node);
        // At once: the next start, after a crash, could take the server that claimed them for one that has ended.
        if (options_.unbegun == Options::Unbegun::lost) {
            const auto unbegun = std::ranges::stable_partition(jobs, [&](const Job& job) {
                return job.state != JobState::claimed || survivors.contains(job.id.value);
            });
            std::vector<JobEnd> lost;
            for (const Job& job : unbegun) lost.push_back(end_of_lost(session, job, perhaps_begun));
            jobs.erase(unbegun.begin(), unbegun.end());
            // One that is not recorded has ended, or is somebody else's.
            record_ends(session, std::move(lost));
        }
        return jobs;
    });
    for (const Job& job : left) {
        const auto found = survivors.extract(job.id.value);
        if (found) {
            directories.insert(found.mapped().work_directory.filename().string());
            take_up(job, found.mapped());
        } else if (job.state != JobState::claimed) {
            record_lost(job, ended_meanwhile);
        } else {
            claim_is_uncertain_ = true;  // nothing of it began: the dispatcher's thread gives it back
        }
    }
    for (const auto& [id, survivor] : survivors) end_unwanted(survivor);
    return directories;
}

void Dispatcher::take_up(const Job& job, const Executor::Survivor& survivor) {
    auto prepared = open_memo(vault_, survivor.memo, job.id);
    auto directory = WorkDirectory::reopen(survivor.work_directory);
    std::string without_files;
    if (!prepared)
        // The message of the vault tells what to do with secrets that people enter.
        without_files =
            "what the server had noted about them does not open any more, because the key of stored "
            "secrets is another one or the note is damaged";
    else if (!directory)
        without_files = directory.error().message;
    PreparedJob known = prepared ? *std::move(prepared) : PreparedJob{.environment = "[]"};
    known.plan.job_id = job.id.value;
    const auto run = make_run({.job = job}, std::move(known), directory ? *std::move(directory) : WorkDirectory());
    run->without_files = without_files;
    for (std::int64_t seq = -1;;) {
        const auto pieces =
            database_.read([&](Session& session) { return read_output(session, job.id, seq, std::nullopt); });
        for (const auto& piece : pieces) run->log()->add_recorded(piece);
        if (pieces.empty()) break;
        seq = pieces.back().seq;
    }
    log::info("job of an earlier run is taken up", {{"job", job.id.value},
                                                    {"state", name_of(job.state)},
                                                    {"bytes", run->log()->recorded()},
                                                    {"problem", without_files}});
    {
        const std::lock_guard lock(mutex_);
        state_.in_flight.insert(job.id.value);
        state_.running.emplace(job.id.value, run);
        ++state_.occupied;
    }
    if (const auto recovered = native_.recover(survivor.handle, run->log()->recorded(), run); !recovered) {
        {
            const std::lock_guard lock(mutex_);
            state_.running.erase(job.id.value);
            --state_.occupied;
        }
        return record_lost(job, ended_meanwhile);
    }
    run->was_taken_up(survivor);
    tell_what_was_missed(*run, survivor.handle);
}

void Dispatcher::record_lost(const Job& job, std::string_view reason) {
    {
        const std::lock_guard lock(mutex_);
        state_.in_flight.insert(job.id.value);
    }
    recorder_.end(database_.read([&](Session& session) { return end_of_lost(session, job, reason); }), nullptr,
                  when_recorded(job.id));
}

JobEnd Dispatcher::end_of_lost(Session& session, const Job& job, std::string_view reason) const {
    log::warning("job of an earlier run is lost", {{"job", job.id.value}});
    const auto sizes = recorded_sizes(session, job.id);
    return {.job = job.id,
            .fence = job.fence,
            .state = JobState::lost,
            .end = clock_.now(),
            .exitcode = 255,
            .reason = std::string(reason),
            .stdout_size = sizes.standard_output,
            .stderr_size = sizes.standard_error};
}

void Dispatcher::end_unwanted(const Executor::Survivor& survivor) {
    log::warning("a job that is not ours any more is ended", {{"job", survivor.job_id}});
    if (native_.recover(survivor.handle, 0, std::make_shared<Unwanted>(native_, survivor.handle)))
        native_.stop(survivor.handle, StopReason::shutdown);
}

void Dispatcher::end_disowned() {
    std::unordered_map<std::int64_t, std::shared_ptr<JobRun>> before;
    {
        const std::lock_guard lock(mutex_);
        before = state_.running;
    }
    if (before.empty()) return;
    const auto ours = database_.read([&](Session& session) { return fences_of(session, options_.node); });
    for (const auto& [id, run] : before) {
        const auto found = ours.find(id);
        if (found != ours.end() && found->second == run->claimed().job.fence) continue;
        {
            // Whatever has ended meanwhile may have been recorded by ourselves.
            const std::lock_guard lock(mutex_);
            if (!state_.running.contains(id)) continue;
        }
        const auto handle = run->handle();
        if (!handle) continue;  // it is just being started: next time
        log::warning("job is not ours any more, its process is ended", {{"job", id}});
        native_.stop(*handle, StopReason::shutdown);
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
/// installation alone, so nobody else's are in it. Those that were kept on purpose have another name. Jobs that were
/// taken up need theirs also when they have ended by now: their files may not have been brought in yet.
void Dispatcher::remove_old_directories(const std::unordered_set<std::string>& in_use) {
    std::error_code problem;
    for (const auto& entry : std::filesystem::directory_iterator(options_.work_base, problem)) {
        const auto name = entry.path().filename().string();
        if (!name.starts_with("job-") || in_use.contains(name)) continue;
        // Its destructor removes it.
        if (const auto directory = WorkDirectory::reopen(entry.path()))
            log::info("old work directory removed", {{"directory", to_utf8(name)}});
    }
}

bool Dispatcher::give_back_strays() {
    return database_.write([&](Session& session) {
        // What another server of our name has claimed it may be starting at this moment.
        if (options_.lease && !options_.lease->holds_name(session)) return false;
        for (const Job& job : unfinished_jobs(session, options_.node)) {
            {
                const std::lock_guard lock(mutex_);
                if (job.state != JobState::claimed || state_.in_flight.contains(job.id.value)) continue;
            }
            log::warning("job goes back into the queue: it was claimed, and nothing of it began",
                         {{"job", job.id.value}});
            give_back(session, job);
        }
        return true;
    });
}

}  // namespace mf

// SPDX-License-Identifier: MIT
// The starters: from a claimed job to its process.
#include "base/log.h"
#include "base/uptime.h"
#include "schedule/dispatcher.h"
#include "schedule/input_file.h"
#include "schedule/job_memo.h"
#include "store/queries/data_keys.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr auto between_starts = 500ms;

/// The system has not got what a start needs at this moment.
class Shortage : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn]] void refuse_start(const Error& error) {
    if (error.code == ErrorCode::unavailable) throw Shortage(error.message);
    throw std::runtime_error(error.message);
}

/// Will the same statement work in a moment?
bool passes(const sql::DatabaseError& error) {
    using enum sql::DatabaseError::Kind;
    return error.kind == busy || error.kind == lost || error.kind == full;
}

}  // namespace

void Dispatcher::start_jobs(std::stop_token stop) {
    for (;;) {
        auto batch = take_to_start(stop);
        if (batch.empty()) return;
        start_together(std::move(batch), stop);
    }
}

/// The starters share what waits: the reading for all jobs of a share is done once.
std::vector<ClaimedJob> Dispatcher::take_to_start(std::stop_token stop) {
    std::vector<ClaimedJob> share;
    std::unique_lock lock(mutex_);
    auto& waiting = state_.to_start;
    if (!to_start_.wait(lock, stop, [&] { return !waiting.empty(); }) || stop.stop_requested()) return share;
    for (auto left = (waiting.size() + starter_threads - 1) / starter_threads; left > 0; --left) {
        share.push_back(std::move(waiting.front()));
        waiting.pop_front();
    }
    return share;
}

void Dispatcher::start_together(std::vector<ClaimedJob> jobs, std::stop_token stop) {
    std::shared_ptr<const JobPreparation> preparation;
    try {
        database_.read([&](Session& session) {
            learn_data_keys(session, vault_);
            preparation = std::make_shared<JobPreparation>(session, jobs);
        });
    } catch (const std::exception& error) {
        const auto* refusal = dynamic_cast<const sql::DatabaseError*>(&error);
        if (refusal && passes(*refusal)) {
            log::warning("cannot start jobs, will try again", {{"jobs", jobs.size()}, {"error", error.what()}});
            keep_for_later(std::move(jobs), stop);
        } else if (jobs.size() == 1) {
            fail_start(jobs.front(), error);
        } else {
            // What is wrong with one of them must not keep the others.
            for (ClaimedJob& job : jobs) start_together({std::move(job)}, stop);
        }
        return;
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        const ClaimedJob& claimed = jobs[i];
        if (stop.stop_requested()) {
            // stop() gives back what is kept here.
            jobs.erase(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(i));
            return keep_for_later(std::move(jobs), stop);
        }
        if (!is_asked_for(preparation, claimed)) start_guarded(*preparation, claimed, {}, stop);
    }
}

void Dispatcher::start_guarded(const JobPreparation& preparation, const ClaimedJob& claimed,
                               const JobPreparation::Provided& provided, std::stop_token stop) {
    try {
        start_job(preparation, claimed, provided);
    } catch (const Shortage& shortage) {
        postpone(claimed, shortage, stop);
    } catch (const std::exception& error) {
        fail_start(claimed, error);
    }
}

void Dispatcher::keep_for_later(std::vector<ClaimedJob> jobs, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    std::ranges::move(jobs, std::back_inserter(state_.to_start));
    to_start_.wait_for(lock, stop, between_starts, [] { return false; });
}

void Dispatcher::postpone(const ClaimedJob& claimed, const std::exception& error, std::stop_token stop) {
    const auto id = claimed.job.id;
    log::warning("cannot start job now, it goes back into the queue", {{"job", id.value}, {"error", error.what()}});
    {
        // Before it is in the queue again: it is not to be claimed at once.
        const std::lock_guard lock(mutex_);
        state_.rests_until = clock_.now() + rest_of_a_shortage;
    }
    try {
        database_.write([&](Session& session) { give_back(session, claimed.job); });
    } catch (const std::exception& refusal) {
        log::warning("cannot give job back, will try to start it again",
                     {{"job", id.value}, {"error", refusal.what()}});
        return keep_for_later({claimed}, stop);
    }
    {
        const std::lock_guard lock(mutex_);
        --state_.occupied;
        state_.in_flight.erase(id.value);
    }
    queue_.notify();
}

void Dispatcher::fail_start(const ClaimedJob& claimed, const std::exception& error) {
    const auto id = claimed.job.id;
    log::error("cannot start job", {{"job", id.value}, {"error", error.what()}});
    end_unstarted({.job = id,
                   .fence = claimed.job.fence,
                   .state = JobState::failed,
                   .end = clock_.now(),
                   .exitcode = 255,
                   .reason = fmt::format("The platform could not start it: {}", error.what())});
}

/// Of uptime(), to start a job; none: any. Throws when it is over.
std::optional<std::chrono::milliseconds> Dispatcher::last_moment(const ClaimedJob& claimed) const {
    if (!options_.lease) return std::nullopt;
    const auto now = uptime();  // before we ask: who stands still in between has less time, not more
    const auto left = options_.lease->left_for(claimed);
    if (!left) throw Shortage("the lease of this node, under which it was claimed, is over");
    return now + *left;
}

void Dispatcher::start_job(const JobPreparation& preparation, const ClaimedJob& claimed,
                           const JobPreparation::Provided& provided) {
    const auto id = claimed.job.id;
    const auto start_until = last_moment(claimed);
    if (preparation.is_unwanted(claimed))
        return end_unstarted(
            {.job = id, .fence = claimed.job.fence, .state = JobState::cancelled, .end = clock_.now()});
    auto directory = WorkDirectory::create(options_.work_base, id.value);
    if (!directory) refuse_start(directory.error());
    auto prepared = preparation.prepare(vault_, claimed, directory->path(), options_.surroundings, provided);
    if (const auto* blocked = std::get_if<BlockedJob>(&prepared)) return block(claimed, *blocked);
    if (claimed.job.executor != ExecutorKind::native)
        return block(claimed, {.reason = fmt::format("This server runs Native jobs only; the job asks for {}.",
                                                     name_of(claimed.job.executor))});

    auto job = std::get<PreparedJob>(std::move(prepared));
    for (const auto& input : job.inputs)
        if (auto written = write_input(database_, *directory, input); !written) {
            if (written.error().code == ErrorCode::unavailable) refuse_start(written.error());
            return block(claimed, {.reason = written.error().message,
                                   .command = job.command,
                                   .environment = job.environment,
                                   .app_version = job.app_version});
        }
    job.plan.memo = seal_memo(vault_, job);
    job.plan.start_until = start_until;
    const auto run = make_run(claimed, std::move(job), *std::move(directory));
    {
        const std::lock_guard lock(mutex_);
        state_.running.emplace(id.value, run);
    }
    const auto begin = clock_.now();
    const auto started = native_.start(run->prepared().plan, run);
    if (!started) {
        const std::lock_guard lock(mutex_);
        state_.running.erase(id.value);
        refuse_start(started.error());
    }
    run->was_started(*started, begin);
    log::debug("job started", {{"job", id.value},
                               {"runtemplate", run->claimed().job.runtemplate_id.value},
                               {"company", run->claimed().job.company_id.value},
                               {"pid", started->pid.value_or(0)}});
    tell_what_was_missed(*run, started->handle);
}

/// What came before the executor and the job's run knew of each other.
void Dispatcher::tell_what_was_missed(const JobRun& run, const JobHandle& handle) {
    if (run.missed_resume()) native_.resume_output(handle);
    if (const auto bytes = run.kept(); bytes > 0) native_.kept(handle, bytes);
    bool unwanted_now = false;
    {
        const std::lock_guard lock(mutex_);
        unwanted_now = state_.to_cancel.erase(run.claimed().job.id.value) > 0;
    }
    if (unwanted_now) native_.stop(handle, StopReason::cancelled);
}

std::shared_ptr<JobRun> Dispatcher::make_run(const ClaimedJob& claimed, PreparedJob prepared, WorkDirectory directory) {
    const auto when_finished = [link = link_, &recorder = recorder_](std::shared_ptr<JobRun> done) {
        if (!link->reach([&](Dispatcher& self) { self.finished(done); }))
            record_without_files(recorder, std::move(done));
    };
    auto run = std::make_shared<JobRun>(claimed, std::move(prepared), std::move(directory), recorder_, when_finished);
    if (const auto& file = run->prepared().artifacts.result_file;
        file.starts_with('/') && !file.starts_with(run->directory().path().string()))
        run->outside_result = outside_results_.begin(file, claimed.job.company_id);
    run->open_log(
        [link = link_, weak = std::weak_ptr(run)] {
            link->reach([&](Dispatcher& self) {
                if (const auto alive = weak.lock())
                    if (const auto handle = alive->handle_to_resume()) self.native_.resume_output(*handle);
            });
        },
        [link = link_, weak = std::weak_ptr(run)](std::uint64_t bytes) {
            link->reach([&](Dispatcher& self) {
                if (const auto alive = weak.lock())
                    if (const auto handle = alive->note_kept(bytes)) self.native_.kept(*handle, bytes);
            });
        });
    return run;
}

void Dispatcher::block(const ClaimedJob& claimed, const BlockedJob& blocked) {
    const auto id = claimed.job.id;
    log::warning("job is blocked", {{"job", id.value}, {"reason", blocked.reason}});
    end_unstarted({.job = id,
                   .fence = claimed.job.fence,
                   .state = JobState::blocked,
                   .end = clock_.now(),
                   .exitcode = blocked.exit_code,
                   .reason = blocked.reason,
                   .app_version = blocked.app_version,
                   .command = blocked.command,
                   .environment = blocked.environment});
}

void Dispatcher::end_unstarted(JobEnd end) {
    {
        const std::lock_guard lock(mutex_);
        --state_.occupied;
    }
    const auto done = when_recorded(end.job);
    recorder_.end(std::move(end), nullptr, done);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "schedule/dispatcher.h"

#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr int most_at_once = 64;            // jobs of one claiming transaction
constexpr std::size_t starter_threads = 2;  // a start waits for the kernel (exec), so two overlap
constexpr auto between_claims = 4ms;  // while half of the slots are taken: so that many claims share a transaction
constexpr auto between_attempts = 500ms;
constexpr auto rest_of_a_shortage = 1s;

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

Dispatcher::Dispatcher(Database& database, Clock& clock, const Vault& vault, Executor& native, Recorder& recorder,
                       Options options, Nudge& queue, Nudge& cancel)
    : database_(database),
      clock_(clock),
      vault_(vault),
      native_(native),
      recorder_(recorder),
      options_(std::move(options)),
      queue_(queue),
      cancel_(cancel),
      finisher_(database, recorder, outside_results_, when_recorded()) {}

Dispatcher::~Dispatcher() {
    stop(0ms);
    link_->detach();
}

void Dispatcher::start() {
    record_left_behind();
    remove_left_content();
    remove_old_directories();
    for (std::size_t i = 0; i < starter_threads; ++i)
        starters_.emplace_back([this](std::stop_token stop) { start_jobs(stop); });
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

void Dispatcher::stop(std::chrono::milliseconds patience) {
    if (thread_.joinable()) {
        thread_.request_stop();
        queue_.notify();
        thread_.join();
    }
    for (auto& starter : starters_) starter.request_stop();
    starters_.clear();
    std::deque<ClaimedJob> not_started;
    {
        const std::lock_guard lock(mutex_);
        not_started.swap(state_.to_start);
    }
    try {
        if (!not_started.empty())
            database_.write([&](Session& session) {
                for (const ClaimedJob& claimed : not_started) give_back(session, claimed.job);
            });
    } catch (const sql::DatabaseError& error) {
        log::error("cannot give jobs back; the next start of this node will declare them lost",
                   {{"jobs", not_started.size()}, {"error", error.what()}});
    }
    std::unique_lock lock(mutex_);
    for (const ClaimedJob& claimed : not_started) state_.in_flight.erase(claimed.job.id.value);
    const auto all_recorded = [&] { return state_.in_flight.empty(); };
    if (drained_.wait_for(lock, patience, all_recorded)) return;
    std::vector<JobHandle> handles;
    for (const auto& [id, run] : state_.running)
        if (auto handle = run->handle()) handles.push_back(*std::move(handle));
    lock.unlock();
    if (!handles.empty()) log::info("ending running jobs", {{"jobs", handles.size()}});
    for (const auto& handle : handles) native_.stop(handle, StopReason::shutdown);
    lock.lock();
    if (!drained_.wait_for(lock, options_.last_patience, all_recorded))
        log::error("jobs are not recorded yet", {{"jobs", state_.in_flight.size()}});
}

std::size_t Dispatcher::running() const {
    const std::lock_guard lock(mutex_);
    return state_.running.size();
}

void Dispatcher::run(std::stop_token stop) {
    std::optional<Timestamp> next;
    Timestamp looked{};
    bool nudged = true, failing = false;
    while (!stop.stop_requested()) {
        const auto now = clock_.now();
        const bool long_ago = now - looked >= options_.look_anyway || now < looked;
        if (nudged || (next && *next <= now) || long_ago) {
            looked = now;
            try {
                // Requests of other machines may come without a nudge.
                if (cancel_.consume() || long_ago) stop_cancelled();
                next = database_.read([](Session& session) { return next_due(session); });
                if (next && *next <= now) {
                    if (!has_free_slot()) {
                        next.reset();  // the end of a job is the next event
                    } else if (const auto rest = rests_until(); rest > now && rest <= now + rest_of_a_shortage) {
                        next = rest;
                    } else if (rest_between_claims(stop), claim(clock_.now()) > 0) {
                        nudged = true;  // there may be more
                        continue;
                    } else {
                        // They are for other nodes or wait for other jobs or for a limit, or another server is claiming
                        // them at this moment.
                        next = database_.read([&](Session& session) { return next_due_after(session, now); });
                        next = std::min(next.value_or(now + 1s), now + 1s);
                    }
                }
                if (std::exchange(failing, false)) log::info("claiming again");
            } catch (const std::exception& error) {
                if (!std::exchange(failing, true))
                    log::error("cannot claim jobs, will try again", {{"error", error.what()}});
                cancel_.notify();  // it may be that request that could not be read
                next = now + 1s;
            }
        }
        nudged = clock_.wait_until(next, queue_, stop);
    }
}

bool Dispatcher::has_free_slot() const {
    const std::lock_guard lock(mutex_);
    return state_.occupied < options_.slots && std::ssize(state_.in_flight) < options_.unrecorded;
}

Timestamp Dispatcher::rests_until() const {
    const std::lock_guard lock(mutex_);
    return state_.rests_until;
}

void Dispatcher::rest_between_claims(std::stop_token stop) {
    const auto rest = last_claim_ + between_claims - std::chrono::steady_clock::now();
    if (rest <= 0ms) return;
    std::unique_lock lock(mutex_);
    slot_freed_.wait_for(lock, stop, rest, [&] { return state_.occupied <= options_.slots / 2; });
}

std::size_t Dispatcher::claim(Timestamp now) {
    int free = 0;
    {
        const std::lock_guard lock(mutex_);
        free = std::min({options_.slots - state_.occupied,
                         options_.unrecorded - static_cast<int>(state_.in_flight.size()), most_at_once});
    }
    if (free <= 0) return 0;
    last_claim_ = std::chrono::steady_clock::now();
    if (claim_is_uncertain_) give_back_strays();
    claim_is_uncertain_ = true;
    auto claimed = database_.write(
        [&](Session& session) { return claim_due(session, options_.node, now, free, options_.labels); });
    claim_is_uncertain_ = false;
    const std::lock_guard lock(mutex_);
    state_.occupied += static_cast<int>(claimed.size());
    for (auto& job : claimed) {
        state_.in_flight.insert(job.job.id.value);
        state_.to_start.push_back(std::move(job));
        to_start_.notify_one();
    }
    return claimed.size();
}

void Dispatcher::stop_cancelled() {
    const auto requested = database_.read([&](Session& session) { return cancel_requests(session, options_.node); });
    std::vector<JobHandle> handles;
    {
        const std::lock_guard lock(mutex_);
        state_.to_cancel.clear();
        for (const Id<Job> id : requested) {
            const auto found = state_.running.find(id.value);
            if (auto handle = found == state_.running.end() ? std::nullopt : found->second->handle())
                handles.push_back(*std::move(handle));
            else  // it may be just being started: start_job() looks here once it has a handle
                state_.to_cancel.insert(id.value);
        }
    }
    for (const auto& handle : handles) native_.stop(handle, StopReason::cancelled);
}

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
    std::optional<JobPreparation> preparation;
    try {
        database_.read([&](Session& session) { preparation.emplace(session, jobs); });
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
    for (const ClaimedJob& claimed : jobs) {
        try {
            start_job(*preparation, claimed);
        } catch (const Shortage& shortage) {
            postpone(claimed, shortage, stop);
        } catch (const std::exception& error) {
            fail_start(claimed, error);
        }
    }
}

void Dispatcher::keep_for_later(std::vector<ClaimedJob> jobs, std::stop_token stop) {
    std::unique_lock lock(mutex_);
    std::ranges::move(jobs, std::back_inserter(state_.to_start));
    to_start_.wait_for(lock, stop, between_attempts, [] { return false; });
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
        if (state_.in_flight.empty()) drained_.notify_all();
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

void Dispatcher::start_job(const JobPreparation& preparation, const ClaimedJob& claimed) {
    const auto id = claimed.job.id;
    if (preparation.is_unwanted(claimed))
        return end_unstarted(
            {.job = id, .fence = claimed.job.fence, .state = JobState::cancelled, .end = clock_.now()});
    auto directory = WorkDirectory::create(options_.work_base, id.value);
    if (!directory) refuse_start(directory.error());
    auto prepared = preparation.prepare(vault_, claimed, directory->path(), options_.surroundings);
    if (const auto* blocked = std::get_if<BlockedJob>(&prepared)) return block(claimed, *blocked);
    if (claimed.job.executor != ExecutorKind::native)
        return block(claimed, {.reason = fmt::format("This server runs Native jobs only; the job asks for {}.",
                                                     name_of(claimed.job.executor))});

    const auto when_finished = [link = link_, &recorder = recorder_](std::shared_ptr<JobRun> done) {
        if (!link->reach([&](Dispatcher& self) { self.finished(done); }))
            record_without_files(recorder, std::move(done));
    };
    auto run = std::make_shared<JobRun>(claimed, std::get<PreparedJob>(std::move(prepared)), *std::move(directory),
                                        recorder_, when_finished);
    if (const auto& file = run->prepared().artifacts.result_file;
        file.starts_with('/') && !file.starts_with(run->directory().path().string()))
        run->outside_result = outside_results_.begin(file, claimed.job.company_id);
    run->open_log([link = link_, weak = std::weak_ptr(run)] {
        link->reach([&](Dispatcher& self) {
            if (const auto alive = weak.lock())
                if (const auto handle = alive->handle_to_resume()) self.native_.resume_output(*handle);
        });
    });
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
    if (run->missed_resume()) native_.resume_output(started->handle);
    bool unwanted_now = false;
    {
        const std::lock_guard lock(mutex_);
        unwanted_now = state_.to_cancel.erase(id.value) > 0;
    }
    if (unwanted_now) native_.stop(started->handle, StopReason::cancelled);
}

void Dispatcher::block(const ClaimedJob& claimed, const BlockedJob& blocked) {
    const auto id = claimed.job.id;
    log::warning("job is blocked", {{"job", id.value}, {"reason", blocked.reason}});
    end_unstarted({.job = id,
                   .fence = claimed.job.fence,
                   .state = JobState::blocked,
                   .end = clock_.now(),
                   .exitcode = exit_code_of_blocked,
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

void Dispatcher::finished(std::shared_ptr<JobRun> run) {
    {
        const std::lock_guard lock(mutex_);
        --state_.occupied;
        state_.running.erase(run->claimed().job.id.value);
        state_.rests_until = {};  // what it held may be what was short
        if (state_.occupied <= options_.slots / 2) slot_freed_.notify_one();
    }
    queue_.notify();
    finisher_.finish(std::move(run));
}

void Dispatcher::recorded(Id<Job> id) {
    // Another job of its run template may go now.
    queue_.notify();
    const std::lock_guard lock(mutex_);
    state_.in_flight.erase(id.value);
    if (state_.in_flight.empty()) drained_.notify_all();
}

std::function<void(Id<Job>)> Dispatcher::when_recorded() const {
    return [link = link_](Id<Job> id) { link->reach([&](Dispatcher& self) { self.recorded(id); }); };
}

std::function<void()> Dispatcher::when_recorded(Id<Job> id) const {
    return [recorded = when_recorded(), id] { recorded(id); };
}

}  // namespace mf

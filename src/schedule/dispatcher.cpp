// SPDX-License-Identifier: MIT
#include "schedule/dispatcher.h"

#include "base/fault_point.h"
#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr int most_at_once = 64;      // jobs of one claiming transaction
constexpr auto between_claims = 4ms;  // while half of the slots are taken: so that many claims share a transaction

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
    const auto taken_up = take_up_jobs();
    remove_left_content();
    remove_old_directories(taken_up);
    for (std::size_t i = 0; i < starter_threads; ++i)
        starters_.emplace_back([this](std::stop_token stop) { start_jobs(stop); });
    if (options_.credentials)
        for (std::size_t i = 0; i < asker_threads; ++i)
            askers_.emplace_back([this](std::stop_token stop) { ask_for_credentials(stop); });
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

void Dispatcher::stop(std::chrono::milliseconds patience, Running running) {
    if (stopped_) return;
    stop_claiming();
    let_jobs_end(patience, running);
    wait_for_records(std::chrono::steady_clock::now() + options_.record_patience);
}

void Dispatcher::stop_claiming() {
    if (thread_.joinable()) {
        thread_.request_stop();
        queue_.notify();
        thread_.join();
    }
    for (auto* threads : {&starters_, &askers_})
        for (auto& thread : *threads) thread.request_stop();
    starters_.clear();
    askers_.clear();
    std::deque<ClaimedJob> not_started;
    {
        const std::lock_guard lock(mutex_);
        not_started.swap(state_.to_start);
        for (Asking& asking : state_.to_ask) not_started.push_back(std::move(asking.claimed));
        state_.to_ask.clear();
    }
    try {
        if (!not_started.empty())
            database_.write([&](Session& session) {
                for (const ClaimedJob& claimed : not_started) give_back(session, claimed.job);
            });
    } catch (const sql::DatabaseError& error) {
        log::error("cannot give jobs back; the next start of this node will do it",
                   {{"jobs", not_started.size()}, {"error", error.what()}});
    }
    const std::lock_guard lock(mutex_);
    for (const ClaimedJob& claimed : not_started) state_.in_flight.erase(claimed.job.id.value);
}

void Dispatcher::let_jobs_end(std::chrono::milliseconds patience, Running running) {
    std::unique_lock lock(mutex_);
    const auto none_runs = [&] { return state_.running.empty(); };
    if (drained_.wait_for(lock, patience, none_runs)) return;
    if (running == Running::leave) return leave_jobs(lock);
    end_jobs(lock);
    if (!drained_.wait_for(lock, options_.last_patience, none_runs))
        log::error("jobs have not ended although they were told to", {{"jobs", state_.running.size()}});
}

void Dispatcher::wait_for_records(std::chrono::steady_clock::time_point until) {
    stopped_ = true;
    std::unique_lock lock(mutex_);
    if (!drained_.wait_until(lock, until, [&] { return state_.all_recorded(); }))
        log::warning("jobs have ended and are not recorded yet; the next start of this node will do it",
                     {{"jobs", state_.in_flight.size() - state_.running.size()}});
}

void Dispatcher::leave_jobs(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    native_.leave();
    lock.lock();
    // What has not told of its end by now will not tell us any more.
    for (const auto& [id, run] : state_.running) {
        run->directory().keep();
        state_.in_flight.erase(id);
    }
    log::info("jobs go on without the server", {{"jobs", state_.running.size()}});
    state_.running.clear();
}

void Dispatcher::end_jobs(std::unique_lock<std::mutex>& lock) {
    std::vector<JobHandle> handles;
    for (const auto& [id, run] : state_.running)
        if (auto handle = run->handle()) handles.push_back(*std::move(handle));
    lock.unlock();
    if (!handles.empty()) log::info("ending running jobs", {{"jobs", handles.size()}});
    for (const auto& handle : handles) native_.stop(handle, StopReason::shutdown);
    lock.lock();
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
                if (claim_is_uncertain_ && give_back_strays()) claim_is_uncertain_ = false;
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
    claim_is_uncertain_ = true;
    auto claimed = database_.write([&](Session& session) {
        const auto us = options_.lease ? options_.lease->claimant(session) : NodeIdentity{};
        auto jobs = us ? claim_due(session, options_.node, now, free, options_.labels) : std::vector<ClaimedJob>();
        for (ClaimedJob& job : jobs) job.incarnation = us->incarnation;
        return jobs;
    });
    claim_is_uncertain_ = false;
    const std::lock_guard lock(mutex_);
    fault_point("claimed");
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

void Dispatcher::finished(std::shared_ptr<JobRun> run) {
    {
        const std::lock_guard lock(mutex_);
        --state_.occupied;
        state_.running.erase(run->claimed().job.id.value);
        if (auto handle = run->handle()) state_.to_forget.emplace(run->claimed().job.id.value, *std::move(handle));
        state_.rests_until = {};  // what it held may be what was short
        if (state_.occupied <= options_.slots / 2) slot_freed_.notify_one();
        if (state_.running.empty()) drained_.notify_all();
    }
    queue_.notify();
    finisher_.finish(std::move(run));
}

void Dispatcher::recorded(Id<Job> id) {
    // Another job of its run template may go now.
    queue_.notify();
    if (options_.ended) options_.ended->notify();
    std::unique_lock lock(mutex_);
    if (const auto handle = state_.to_forget.extract(id.value)) {
        lock.unlock();
        native_.forget(handle.mapped());
        lock.lock();
    }
    state_.in_flight.erase(id.value);
    if (state_.all_recorded()) drained_.notify_all();
}

std::function<void(Id<Job>)> Dispatcher::when_recorded() const {
    return [link = link_](Id<Job> id) { link->reach([&](Dispatcher& self) { self.recorded(id); }); };
}

std::function<void()> Dispatcher::when_recorded(Id<Job> id) const {
    return [recorded = when_recorded(), id] { recorded(id); };
}

}  // namespace mf

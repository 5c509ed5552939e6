// SPDX-License-Identifier: MIT
#include "simulation/node.h"

#include <fmt/format.h>

namespace mf::simulation {
namespace {

using namespace std::chrono_literals;
using How = Evidence::Run::How;

// Servers look every 15 seconds whether there is something that nobody told them of; that often would be most of what
// a simulated day costs.
constexpr auto look_anyway = 6h;
constexpr auto look_again = 1h;

}  // namespace

Node::Node(Stage& stage, sql::Connection& database, Options options)
    : stage_(stage),
      shared_(database),
      options_(std::move(options)),
      name_(options_.name),
      faults_(stage.random, [this](std::string_view what) { log(what); }),
      planner_clock_(*this),
      offset_(options_.skew) {}

void Node::log(std::string_view what) const { stage_.log(fmt::format("{} {}", name_, what)); }

/// What kills the program ends one step, and with it the life of the program.
void Node::step(const std::function<void()>& work) {
    if (!is_up_) return;
    ++stage_.moment;
    try {
        work();
    } catch (const Died&) {
        kill();
    }
}

void Node::later(Timestamp at, std::function<void()> work) {
    stage_.later(at, [this, life = life_, work = std::move(work)] {
        if (life != life_) return;
        // Who wakes first after that is chance.
        if (stage_.now < paused_until_) return later(paused_until_ + stage_.random.span(0ms, 50ms), work);
        step(work);
    });
}

void Node::start() {
    if (is_up_ || is_retired_) return;
    is_up_ = true;
    ++life_;
    watching_since_ = stage_.now;
    log("starts");
    database_ = std::make_unique<Database>(
        sql::Address{}, Database::Options{.open = faulty_sessions(shared_, faults_, stage_.now, options_.sabotage)});
    if (options_.plans)
        planner_.emplace(*database_, planner_clock_, Planner::Facts{stage_.server_zone, stage_.user}, nudge_,
                         [this] { stage_.wake_all(); });
    lease_.emplace([this] { return stage_.now.time_since_epoch(); });
    reaper_.emplace(*database_, Reaper::Facts{name_, stage_.evidence.lease}, [this] {
        has_declared_ = true;
        stage_.wake_all();
    });
    later(stage_.now, [this] { take_name(); });
}

void Node::forget_everything() {
    is_up_ = is_ready_ = false;
    ++life_;
    planner_.reset();
    reaper_.reset();
    lease_.reset();
    waits_for_.reset();
    identity_ = {};
    has_predecessor_ended_ = false;
    database_.reset();
    in_flight_.clear();
    waiting_.clear();
    running_.clear();
    starts_.clear();
    ends_.clear();
    ended_.clear();
    retried_.reset();
    unheard_ = false;
    plan_at_ = claim_at_ = record_at_ = cancel_at_ = std::nullopt;
}

void Node::kill() {
    if (!is_up_) return;
    log("is killed");
    forget_everything();
    stage_.later(stage_.now + stage_.random.span(500ms, stage_.random.one_in(4) ? 3h : 30s), [this] { start(); });
}

void Node::fail_machine() {
    log("fails with its machine");
    ++boot_;
    if (is_up_) forget_everything();
    for (const auto& [job, run] : spool_)
        if (stage_.evidence.runs[run].how == How::lives) end_process(run, How::with_machine, 0);
    stage_.later(stage_.now + stage_.random.span(30s, 2h), [this] { start(); });
}

void Node::drain() {
    step([this] {
        log("drains");
        try {
            database_->write([&](Session& session) {
                for (const auto& [id, claimed] : waiting_) give_back(session, claimed.job);
            });
            record();
            database_->write(
                [&](Session& session) { stop_node(session, identity_, stage_.now, stage_.evidence.lease); });
        } catch (const sql::DatabaseError&) {  // the next start finds what could not be given back
        }
        note_heard();
        forget_everything();
        stage_.wake_all();
        stage_.later(stage_.now + stage_.random.span(1s, 6h), [this] { start(); });
    });
}

void Node::retire() {
    log("is taken away");
    if (is_up_) forget_everything();
    is_retired_ = true;
}

void Node::pause(Timestamp until) {
    log("is paused");
    paused_until_ = until;
    if (until - stage_.now >= stage_.evidence.lease) watching_since_ = until;
}

void Node::cut_off(Timestamp until) {
    faults_.set_cut(true);
    if (until - stage_.now >= stage_.evidence.lease) watching_since_ = std::max(watching_since_, until);
    stage_.later(until, [this] { faults_.set_cut(false); });
}

void Node::kill_shim() {
    std::vector<std::size_t> living;
    for (const auto& [job, run] : spool_)
        if (stage_.evidence.runs[run].how == How::lives) living.push_back(run);
    if (living.empty()) return;
    const auto run = stage_.random.among(living);
    log(fmt::format("has the shim of job {} killed", stage_.evidence.runs[run].job));
    end_process(run, How::with_shim, 255);
}

void Node::step_clock(std::chrono::milliseconds by) {
    log(fmt::format("has its clock stepped by {} s", by.count() / 1000));
    offset_ += by;
    // Who waits for a moment is woken by the step.
    wake_planner(stage_.now);
    wake_queue(stage_.now);
}

void Node::look_at_everything() {
    wake_planner(stage_.now);
    wake_queue(stage_.now);
    wake_cancels(stage_.now);
    later(stage_.now + look_anyway, [this] { look_at_everything(); });
}

void Node::wake_planner(Timestamp at) {
    if (!is_ready_ || !options_.plans || (plan_at_ && *plan_at_ <= at)) return;
    plan_at_ = at;
    later(at, [this, at] {
        if (plan_at_ != at) return;
        plan_at_.reset();
        plan();
    });
}

void Node::wake_queue(Timestamp at) {
    if (!is_ready_ || (claim_at_ && *claim_at_ <= at)) return;
    claim_at_ = at;
    later(at, [this, at] {
        if (claim_at_ != at) return;
        claim_at_.reset();
        claim();
    });
}

void Node::wake_cancels(Timestamp at) {
    if (!is_ready_ || (cancel_at_ && *cancel_at_ <= at)) return;
    cancel_at_ = at;
    later(at, [this, at] {
        if (cancel_at_ != at) return;
        cancel_at_.reset();
        look_for_cancels();
    });
}

Timestamp Node::look_at_clock() {
    const auto read = clock();
    if (look_) {
        look_->low = std::min(look_->low, read);
        look_->high = std::max(look_->high, read);
    }
    stage_.interleave(options_.machine);
    return read;
}

void Node::plan() {
    if (!is_ready_ || !planner_ || !stage_.is_planning) return;
    Evidence::Look look{.first_moment = ++stage_.moment};
    look_ = &look;
    std::optional<Timestamp> next;
    const auto done = [&] {
        look_ = nullptr;
        look.last_moment = ++stage_.moment;
        stage_.evidence.looks.push_back(look);
    };
    try {
        next = planner_->plan_due();
        look.is_complete = true;
    } catch (const sql::DatabaseError& error) {
        log(fmt::format("cannot plan: {}", error.what()));
        next = next_try(1s) + offset_;
    } catch (const Died&) {
        done();
        throw;
    }
    done();
    if (next) wake_planner(std::max(*next - offset_, stage_.now + 1ms));
}

bool Node::give_back_strays() {
    return database_->write([&](Session& session) {
        if (!lease_->holds_name(session)) return false;
        for (const Job& job : unfinished_jobs(session, name_)) {
            if (job.state != JobState::claimed || in_flight_.contains(job.id.value)) continue;
            log(fmt::format("gives back job {}, of whose claim it did not hear", job.id.value));
            give_back(session, job);
        }
        return true;
    });
}

void Node::claim() {
    if (!is_ready_) return;
    std::optional<Timestamp> next;
    try {
        if (unheard_ && give_back_strays()) unheard_ = false;
        const auto occupied = std::ranges::count_if(running_, [](const auto& each) { return !each.second.has_ended; });
        const auto free = options_.slots - static_cast<int>(occupied) - static_cast<int>(waiting_.size());
        next = database_->read([](Session& session) { return next_due(session); });
        if (!next) return;
        if (*next > clock()) return wake_queue(*next - offset_);
        if (free <= 0) return;  // the end of a job is the next event
        unheard_ = true;
        auto claimed = database_->write([&](Session& session) {
            const auto us = lease_->claimant(session);
            auto jobs = us ? claim_due(session, name_, clock(), free, options_.labels) : std::vector<ClaimedJob>();
            for (ClaimedJob& job : jobs) job.incarnation = us->incarnation;
            return jobs;
        });
        unheard_ = false;
        for (auto& each : claimed) {
            const auto id = each.job.id.value;
            log(fmt::format("claims job {}", id));
            in_flight_.insert(id);
            waiting_.emplace(id, each);
            later(stage_.now + stage_.random.span(0ms, 1500ms),
                  [this, claim = Claim{std::move(each), stage_.now, clock()}] { prepare_job(claim); });
        }
        if (!claimed.empty()) {
            hesitate(1);
            return wake_queue(stage_.now + 10ms);
        }
        // What is due and was not taken waits for another node, or for a limit.
        next = database_->read([&](Session& session) { return next_due_after(session, clock()); });
        next = std::min(next.value_or(Timestamp::max()), clock() + look_again);
    } catch (const sql::DatabaseError& error) {
        log(fmt::format("cannot claim: {}", error.what()));
        hesitate(20);
        next = next_try(1s) + offset_;
    }
    if (next) wake_queue(*next - offset_);
}

void Node::prepare_job(const Claim& claim) {
    const auto& job = claim.what.job;
    bool is_unwanted = false;
    try {
        is_unwanted = database_->read([&](Session& session) {
            return !is_null(
                session.sql.query(R"(SELECT "cancel_requested_at" FROM "job" WHERE "id" = ?)", {job.id.value})
                    .at(0)[0]);
        });
    } catch (const sql::DatabaseError&) {
        return later(next_try(500ms), [this, claim] { prepare_job(claim); });
    }
    faults_.between_steps();
    const bool is_covered = keeps(Step::compare_leases_before_start) ? lease_->left_for(claim.what).has_value()
                                                                     : lease_->identity().has_value();
    if (!is_covered && keeps(Step::ask_lease_before_start)) return postpone(claim);
    if (is_unwanted) {
        waiting_.erase(job.id.value);
        ends_.push_back({.job = job.id, .fence = job.fence, .state = JobState::cancelled, .end = clock()});
        return wake_recorder(stage_.now);
    }
    hesitate(2);
    later(stage_.now, [this, claim, looked = stage_.now] { begin_job(claim, looked); });
}

/// The system is short of something, a lease for instance: Dispatcher::postpone().
void Node::postpone(const Claim& claim) {
    const auto& job = claim.what.job;
    log(fmt::format("puts job {} back into the queue", job.id.value));
    try {
        database_->write([&](Session& session) { give_back(session, job); });
    } catch (const sql::DatabaseError&) {
        return later(next_try(500ms), [this, claim] { prepare_job(claim); });
    }
    waiting_.erase(job.id.value);
    in_flight_.erase(job.id.value);
    wake_queue(stage_.now + 1s);
}

void Node::begin_job(const Claim& claim, Timestamp looked_at_lease) {
    const auto& claimed = claim.what;
    const auto id = claimed.job.id.value;
    waiting_.erase(id);
    auto& random = stage_.random;
    Evidence::Run run{.job = id,
                      .run_template = claimed.run_template.id.value,
                      .company = claimed.job.company_id.value,
                      .application = claimed.job.app_id.value,
                      .machine = options_.machine,
                      .claimed = claim.at,
                      .claimed_by_clock = claim.at_by_clock,
                      .begin = stage_.now,
                      .begin_by_clock = clock(),
                      .looked_at_lease = looked_at_lease,
                      .exit_code = random.one_in(5) ? static_cast<int>(random.between(1, 3)) : 0,
                      .pieces = static_cast<int>(random.between(0, 3))};
    const auto length = random.span(200ms, random.one_in(6) ? 5h : 3min);
    const auto limit = std::chrono::seconds(claimed.run_template.time_limit);
    const bool is_too_long = length > limit;
    run.would_end = run.begin + (is_too_long ? limit : length);
    const auto number = stage_.evidence.runs.size();
    stage_.evidence.runs.push_back(run);
    spool_[id] = number;
    log(fmt::format("begins job {}", id));
    stage_.later(run.would_end, [this, number, is_too_long] {
        const auto& ended = stage_.evidence.runs[number];
        if (ended.how != How::lives) return;
        end_process(number, is_too_long ? How::time_limit : How::exited, is_too_long ? 124 : ended.exit_code);
    });
    faults_.between_steps();
    running_[id] = {.run = number, .fence = claimed.job.fence};
    starts_.push_back({.job = claimed.job.id,
                       .fence = claimed.job.fence,
                       .begin = run.begin_by_clock,
                       .handle = "h",
                       .command = "job"});
    wake_recorder(stage_.now + 5ms);
    if (run.pieces > 0 && length > 1min) later(stage_.now + length / 2, [this] { wake_recorder(stage_.now); });
}

void Node::end_process(std::size_t number, How how, int exit_code) {
    auto& run = stage_.evidence.runs[number];
    run.how = how;
    run.end = stage_.now;
    run.exit_code = exit_code;
    ++stage_.moment;
    if (!is_up_ || !running_.contains(run.job)) return;
    later(stage_.now, [this, job = run.job] {
        log(fmt::format("sees job {} end", job));
        process_ended(job);
    });
}

void Node::process_ended(std::int64_t job) {
    const auto found = running_.find(job);
    if (found == running_.end() || std::exchange(found->second.has_ended, true)) return;
    ended_.push_back(job);
    wake_recorder(stage_.now);
    wake_queue(stage_.now + 1ms);
}

void Node::look_for_cancels() {
    try {
        for (const auto& id : database_->read([&](Session& session) { return cancel_requests(session, name_); })) {
            const auto found = running_.find(id.value);
            if (found == running_.end() || stage_.evidence.runs[found->second.run].how != How::lives) continue;
            log(fmt::format("ends job {}", id.value));
            end_process(found->second.run, How::cancelled, 143);
        }
    } catch (const sql::DatabaseError&) {
        wake_cancels(next_try(1s));
    }
}

}  // namespace mf::simulation

// SPDX-License-Identifier: MIT
// How a server gets the name of its node and what an earlier one left under it, how it keeps it, and what it does about
// others that are silent: NodeClaim, Dispatcher::start() and Heartbeat, in their order.
#include "simulation/checker.h"
#include "simulation/node.h"
#include "store/sql/clock.h"

#include <fmt/format.h>

namespace mf::simulation {
namespace {

using namespace std::chrono_literals;
using How = Evidence::Run::How;

std::chrono::milliseconds between_heartbeats(std::chrono::milliseconds lease) { return lease / 6; }

}  // namespace

/// When what the database has refused is tried again: while it is out of reach not as often as the program does, which
/// would only cost time.
Timestamp Node::next_try(std::chrono::milliseconds usual) {
    return stage_.now + (faults_.is_cut() ? stage_.random.span(1min, 30min) : usual);
}

/// The system lets the program wait at a moment that it does not like.
void Node::hesitate(int as_often) {
    if (!faults_.freezes(as_often)) return;
    pause(stage_.now + stage_.random.span(1s, stage_.evidence.lease * 2));
}

/// As systemd does it: it is started again some time later.
void Node::give_up(std::string_view why) {
    log(why);
    forget_everything();
    stage_.later(stage_.now + stage_.random.span(1min, 6h), [this] { start(); });
}

void Node::take_name() {
    std::optional<mf::Node> found;
    Timestamp now{};
    try {
        database_->read([&](Session& session) {
            found = find_node(session, name_);
            now = sql::current_time(session.sql);
        });
        const bool has_holder = found && !found->stopped_at;
        const bool was_here = found && found->host == fmt::format("machine{}", options_.machine) &&
                              found->boot == fmt::format("{}", boot_);
        const bool is_known = !has_holder || was_here;
        if (!is_known && waits_for_ &&
            (waits_for_->incarnation != found->incarnation || waits_for_->seen_at != found->seen_at))
            return give_up("finds that another server has its name");
        if (!is_known && keeps(Step::wait_for_lease_of_others) &&
            holds_lease(found->seen_at, found->lease_until, now)) {
            if (!waits_for_) {
                log("waits whether another server has its name");
                waits_for_ = found;
            }
            return later(std::min(found->lease_until, stage_.now + stage_.evidence.lease / 4), [this] { take_name(); });
        }
        const bool has_ended = found && (was_here || (is_known && !keeps(Step::remember_unsettled)));
        if (!replace(found, has_ended)) return later(stage_.now + 1ms, [this] { take_name(); });
        has_predecessor_ended_ = has_ended;
    } catch (const sql::DatabaseError& error) {
        note_heard();
        return give_up(fmt::format("cannot start: {}", error.what()));
    } catch (const Died&) {
        note_heard();
        throw;
    }
    faults_.between_steps();
    hesitate(8);
    later(stage_.now, [this] { come_up(); });
}

bool Node::replace(const std::optional<mf::Node>& found, bool is_settled) {
    const auto begin = stage_.now;
    const auto taken = database_->write([&](Session& session) {
        const mf::Node self{.name = name_,
                            .roles = "executor",
                            .slots = options_.slots,
                            .pid = life_,
                            .process_start = life_,
                            .boot = is_settled || !keeps(Step::remember_unsettled) ? fmt::format("{}", boot_) : "",
                            .host = fmt::format("machine{}", options_.machine)};
        return take_node(session, self, found, sql::current_time(session.sql), stage_.evidence.lease);
    });
    if (!taken) return false;
    if (found && !found->stopped_at && found->host != fmt::format("machine{}", options_.machine) &&
        stage_.now - stage_.evidence.heard.at(name_).back().at < stage_.evidence.lease)
        throw Complaint(fmt::format("{} was taken from a server that had its lease", name_));
    note_heard();
    log("has its name");
    identity_ = *taken;
    lease_->renewed(identity_, begin.time_since_epoch() + stage_.evidence.lease);
    return true;
}

/// What an earlier life of this program has left, as Dispatcher::start() finds it.
void Node::come_up() {
    try {
        const auto left = database_->write([&](Session& session) {
            if (!lease_->holds_name(session) && keeps(Step::ask_name_before_taking_over)) return std::vector<Job>();
            auto jobs = take_over_jobs(session, name_);
            std::erase_if(jobs, [&](const Job& job) {
                if (job.state != JobState::claimed || spool_.contains(job.id.value) || has_predecessor_ended_ ||
                    !keeps(Step::lose_what_others_claimed))
                    return false;
                log(fmt::format("does not know whether job {} has begun", job.id.value));
                return record_end(session, end_of_lost(job));
            });
            return jobs;
        });
        note_losses(true);
        if (!has_predecessor_ended_)
            database_->write([&](Session& session) { settle_node(session, identity_, fmt::format("{}", boot_)); });
        std::erase_if(spool_, [&](const auto& entry) {
            if (std::ranges::any_of(left, [&](const Job& job) { return job.id.value == entry.first; })) return false;
            if (stage_.evidence.runs[entry.second].how == How::lives) end_process(entry.second, How::disowned, 143);
            return true;
        });
        for (const Job& job : left) take_up(job);
    } catch (const sql::DatabaseError& error) {
        note_losses(true);
        return give_up(fmt::format("cannot start: {}", error.what()));
    } catch (const Died&) {
        note_losses(true);
        throw;
    }
    is_ready_ = true;
    beat_later();
    wake_recorder(stage_.now);
    look_at_everything();
}

void Node::take_up(const Job& job) {
    const auto id = job.id.value;
    const auto kept = spool_.find(id);
    if (kept == spool_.end() && job.state == JobState::claimed) {
        unheard_ = true;  // nothing of it began: give_back_strays()
        return;
    }
    in_flight_.insert(id);
    // What had ended before the machine failed has left its end on the disk.
    if (kept == spool_.end() || stage_.evidence.runs[kept->second].how == How::with_machine ||
        stage_.evidence.runs[kept->second].how == How::with_shim)
        return ends_.push_back(end_of_lost(job));
    const auto& run = stage_.evidence.runs[kept->second];
    const auto pieces = database_->read([&](Session& session) {
        return session.sql.query(R"(SELECT COUNT(*) FROM "job_output" WHERE "job_id" = ?)", {id})[0][0];
    });
    log(fmt::format("takes up job {}", id));
    running_[id] = {
        .run = kept->second, .fence = job.fence, .recorded = static_cast<int>(std::get<std::int64_t>(pieces))};
    if (job.state == JobState::claimed)
        starts_.push_back({.job = job.id, .fence = job.fence, .begin = run.begin_by_clock, .handle = "h"});
    if (run.end) process_ended(id);
}

JobEnd Node::end_of_lost(const Job& job) const {
    log(fmt::format("has lost job {}", job.id.value));
    return {
        .job = job.id, .fence = job.fence, .state = JobState::lost, .end = clock(), .exitcode = 255, .reason = "Lost."};
}

void Node::beat_later() {
    later(stage_.now + between_heartbeats(stage_.evidence.lease), [this] {
        beat_later();
        beat();
    });
}

void Node::beat() {
    try {
        if (!renew()) {
            // Jobs that somebody else answers for do not run on unseen; what is written about them comes too late.
            for (const auto& [job, running] : running_)
                if (stage_.evidence.runs[running.run].how == How::lives) end_process(running.run, How::disowned, 143);
            for (auto& [job, running] : running_)
                if (!std::exchange(running.has_ended, true)) ended_.push_back(job);
            record();
            return give_up("has lost its name to another server");
        }
        end_disowned();
        reap();
    } catch (const sql::DatabaseError& error) {
        note_heard();
        log(fmt::format("cannot tell that it lives: {}", error.what()));
    } catch (const Died&) {
        note_heard();
        throw;
    }
}

/// False: the name is not its own any more.
bool Node::renew() {
    const auto begin = stage_.now;
    const auto renewal = database_->write([&](Session& session) {
        return renew_lease(session, identity_, sql::current_time(session.sql), stage_.evidence.lease, offset_);
    });
    if (renewal == Renewal::renewed) {
        note_heard();
        lease_->renewed(identity_, begin.time_since_epoch() + stage_.evidence.lease);
        return true;
    }
    for (;;) {
        const auto found = database_->read([&](Session& session) { return find_node(session, name_); });
        if (found && (found->host != fmt::format("machine{}", options_.machine) ||
                      found->boot != fmt::format("{}", boot_) || found->pid != life_))
            return false;
        log("has missed its lease");
        if (replace(found, true)) return true;
    }
}

void Node::end_disowned() {
    if (running_.empty()) return;
    const auto ours = database_->read([&](Session& session) { return fences_of(session, name_); });
    for (const auto& [job, running] : running_) {
        const auto found = ours.find(job);
        if (found != ours.end() && found->second == running.fence) continue;
        if (stage_.evidence.runs[running.run].how != How::lives) continue;
        log(fmt::format("ends job {}, which is not its own any more", job));
        end_process(running.run, How::disowned, 143);
    }
}

void Node::reap() {
    has_declared_ = false;
    try {
        reaper_->look(stage_.now.time_since_epoch());
    } catch (...) {
        note_losses(false);
        throw;
    }
    if (has_declared_) note_losses(false);
}

/// The database may have heard of it though it did not hear of the database.
void Node::note_heard() {
    const auto rows = shared_.query(R"(SELECT "seen_at", "host" FROM "node" WHERE "name" = ?)", {{name_}});
    if (rows.empty()) return;
    const Timestamp seen{std::chrono::milliseconds{std::get<std::int64_t>(rows[0][0])}};
    auto& heard = stage_.evidence.heard[name_];
    if (heard.empty() || heard.back().at != seen) heard.push_back({seen, std::get<std::string>(rows[0][1])});
}

void Node::note_losses(bool own) {
    for (const auto& row : shared_.query(R"(SELECT "id" FROM "job" WHERE "state" = 'lost' ORDER BY "id")", {})) {
        const auto id = std::get<std::int64_t>(row[0]);
        const auto [noted, is_new] =
            stage_.evidence.losses.try_emplace(id, Evidence::Loss{.at = stage_.now,
                                                                  .machine = options_.machine,
                                                                  .own = own,
                                                                  .is_unknowable = !has_predecessor_ended_,
                                                                  .watching_since = watching_since_});
        if (is_new) log(fmt::format("has recorded that job {} is lost", id));
    }
}

}  // namespace mf::simulation

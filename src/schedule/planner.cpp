// SPDX-License-Identifier: MIT
#include "schedule/planner.h"

#include "base/log.h"
#include "base/text_within.h"
#include "domain/schedule_rule.h"
#include "store/queries/job_queue.h"
#include "store/queries/task.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t batch_size = 250;
/// Slots that make no job are missed runs; of a long pause only the latest ones of each run template are recorded so.
constexpr std::int64_t most_missed = 100;
/// When other planners work on everything that is due: look again whether they have done it.
constexpr auto while_others_plan = 100ms;

/// Is a job of this run template unfinished, so that its overlap policy decides?
struct Occupation {
    bool running = false;
    bool waiting = false;
};
Occupation occupation_of(Session& session, Id<RunTemplate> id, Timestamp now) {
    return {!session.sql.query(R"(SELECT 1 FROM "job" WHERE "exclusive" = ?)", {id.value}).empty(),
            !session.sql
                 .query(R"(SELECT 1 FROM "schedule" WHERE "runtemplate_id" = ? AND "after" <= ? LIMIT 1)",
                        {id.value, ms(now)})
                 .empty()};
}

bool makes_job(Overlap policy, const Occupation& occupied) {
    switch (policy) {
        case Overlap::skip: return !occupied.running && !occupied.waiting;
        case Overlap::coalesce: return !occupied.waiting;
        case Overlap::queue:
        case Overlap::parallel: return true;
    }
    return true;
}

std::string why_skipped(const RunTemplate& run_template) {
    constexpr std::string_view begin = "No server planned it in time, and the run template makes up for";
    switch (run_template.catch_up) {
        case CatchUp::none: return fmt::format("{} no missed run (catch_up none).", begin);
        case CatchUp::last: return fmt::format("{} the latest missed run only (catch_up last).", begin);
        case CatchUp::all:
            return fmt::format("{} the latest {} missed runs only (catch_up all).", begin, run_template.catch_up_limit);
    }
    return {};
}

std::string why_overlapped(const RunTemplate& run_template) {
    return run_template.overlap == Overlap::skip
               ? "A job of the run template had not ended when this one came due (overlap skip)."
               : "A job of the run template was waiting already when this one came due (overlap coalesce).";
}

struct Planned {
    RunTemplate run_template;  ///< as it is to be stored
    std::size_t jobs = 0;
};

/// What is due of one run template: a job or a missed run for each slot, and what comes next.
Planned plan_one(Session& session, const Planner::Facts& facts, const RunTemplate& before, const Schedule& schedule,
                 Timestamp now) {
    Planned out{.run_template = before};
    RunTemplate& after = out.run_template;
    const auto plan = plan_slots(schedule, {.planned_slot = before.next_slot,
                                            .activated_at = before.activated_at.value_or(before.created_at),
                                            .now = now,
                                            .catch_up = before.catch_up,
                                            .catch_up_limit = before.catch_up_limit});
    after.skipped_slots += plan.skipped;
    const auto interval = enum_named<Interval>(before.interv).value_or(Interval::custom);
    // As it was before: the slots of one catching up, wanted all of them, do not overlap each other.
    const auto occupied = occupation_of(session, before.id, now);
    std::vector<TaskWindow> overlapped;
    for (const PlannedSlot& slot : plan.create) {
        // A slot that has its task already was planned before: the unique key says so.
        if (session.sql
                .query(R"(SELECT 1 FROM "task" WHERE "runtemplate_id" = ? AND "window_start" = ?)",
                       {before.id.value, ms(slot.slot)})
                .empty()) {
            const auto window = window_of(schedule, before, slot.slot);
            if (!makes_job(before.overlap, occupied)) {
                ++after.skipped_slots;
                overlapped.push_back(window);
                continue;
            }
            const auto made = enqueue(session, Scope::everything(),
                                      {.run_template = before,
                                       .schedule = slot.launch,
                                       .window = window,
                                       .schedule_type = std::string(word_of(interval)),
                                       .executor = before.executor,
                                       .launched_by = facts.user},
                                      now);
            if (!made) throw sql::DatabaseError(sql::DatabaseError::Kind::busy, made.error().message);
            ++out.jobs;
        }
        after.last_schedule = slot.slot;
    }
    const auto recorded = std::min(std::ssize(overlapped), most_missed);
    miss_windows(session, before, std::span(overlapped).last(static_cast<std::size_t>(recorded)),
                 why_overlapped(before), now);
    std::vector<TaskWindow> skipped;
    for (const auto slot : latest_skipped(schedule, plan, most_missed - recorded))
        skipped.push_back(window_of(schedule, before, slot));
    miss_windows(session, before, skipped, why_skipped(before), now);
    after.fault.clear();  // that its company was paused
    after.next_slot.reset();
    after.next_launch.reset();
    if (plan.next) {
        after.next_slot = plan.next->slot;
        after.next_launch = plan.next->launch;
    } else {
        after.fault = "The schedule never comes due again.";
    }
    return out;
}

/// A row that this program cannot read (made by another one) is a fault of its own and stops nobody else.
void set_aside(Session& session, const sql::Row& row, std::string_view fault) {
    const auto fields = entity_of<RunTemplate>().fields;
    const auto key = std::ranges::find_if(fields, [](const Field& field) { return field.options.key; });
    const Value& id = row.at(static_cast<std::size_t>(key - fields.begin()));
    session.sql.execute(
        R"(UPDATE "runtemplate" SET "next_slot" = NULL, "next_launch" = NULL, "fault" = ? WHERE "id" = ?)",
        {text_within(fault, 1024), id});
    log::warning("run template cannot be planned", {{"fault", fault}});
}

}  // namespace

Planner::Planner(Database& database, Clock& clock, Facts facts, Nudge& nudge, std::function<void()> queued)
    : database_(database), clock_(clock), facts_(std::move(facts)), nudge_(nudge), queued_(std::move(queued)) {}

std::optional<std::size_t> Planner::plan_batch(Timestamp now) {
    static const std::string due =
        fmt::format(R"(SELECT {} FROM "runtemplate" WHERE "next_launch" <= ? ORDER BY "next_launch", "id" LIMIT ?)",
                    column_list(entity_of<RunTemplate>()));
    return database_.write([&](Session& session) -> std::optional<std::size_t> {
        // SQLite has one writer at a time.
        const bool alone = session.sql.dialect() == sql::Dialect::sqlite;
        const auto rows = session.sql.query(alone ? due : due + " FOR UPDATE SKIP LOCKED", {ms(now), batch_size});
        if (rows.empty()) return std::nullopt;
        std::size_t jobs = 0;
        Repository<RunTemplate> run_templates(session, Scope::everything());
        for (const auto& row : rows) {
            RunTemplate before;
            try {
                fill(entity_of<RunTemplate>(), row, &before);
            } catch (const sql::DatabaseError& error) {
                set_aside(session, row, error.what());
                continue;
            }
            Planned planned{.run_template = before};
            if (const auto schedule = schedule_of(before, facts_.server_zone)) {
                planned = plan_one(session, facts_, before, *schedule, now);
            } else {
                // A fault of this run template; it is shown there and stops nobody else.
                auto& faulty = planned.run_template;
                faulty.next_slot.reset();
                faulty.next_launch.reset();
                faulty.fault = text_within(schedule.error().message, 1024);
                log::warning("run template cannot be planned",
                             {{"runtemplate", before.id.value}, {"fault", faulty.fault}});
            }
            jobs += planned.jobs;
            if (auto updated = run_templates.update(before, planned.run_template); !updated)
                throw sql::DatabaseError(sql::DatabaseError::Kind::other, updated.error().message);
        }
        return jobs;
    });
}

std::optional<Timestamp> Planner::plan_due() {
    // One part of them at a time; at the end it begins again.
    looked_at_ = close_abandoned_tasks(database_, looked_at_, clock_.now()).value_or(Id<Task>{});
    for (;;) {
        // Usually nothing is due: a look needs no write lock.
        const auto next = database_.read([](Session& session) -> std::optional<Timestamp> {
            const auto first = session.sql.query(R"(SELECT MIN("next_launch") FROM "runtemplate")")[0][0];
            if (is_null(first)) return std::nullopt;
            return Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(first)}};
        });
        const auto now = clock_.now();
        if (!next || *next > now) return next;
        const auto jobs = plan_batch(now);
        if (!jobs) return now + while_others_plan;
        if (*jobs > 0) queued_();
    }
}

void Planner::run(std::stop_token stop) {
    std::optional<Timestamp> next;
    Timestamp looked{};
    bool nudged = true;
    bool failing = false;
    while (!stop.stop_requested()) {
        const auto now = clock_.now();
        // A clock that was put back makes `looked` lie ahead; then it is time to look again, too.
        if (nudged || (next && *next <= now) || now - looked >= facts_.look_anyway || now < looked) {
            looked = now;
            try {
                next = plan_due();
                if (std::exchange(failing, false)) log::info("planning again");
            } catch (const std::exception& error) {
                if (!std::exchange(failing, true)) log::error("cannot plan, will try again", {{"error", error.what()}});
                next = now + 1s;
            }
        }
        nudged = clock_.wait_until(next, nudge_, stop);
    }
}

}  // namespace mf

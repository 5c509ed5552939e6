// SPDX-License-Identifier: MIT
#include "schedule/planner.h"

#include "base/log.h"
#include "domain/schedule_rule.h"
#include "store/queries/job_queue.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t batch_size = 250;
/// Plans also change in ways that send no nudge (another machine, a restored database): look once in a while.
constexpr auto look_anyway = 15s;

std::int64_t ms(Timestamp moment) { return moment.time_since_epoch().count(); }

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

/// A row that this program cannot read (made by another one) is a fault of its own and stops nobody else.
void set_aside(Session& session, const sql::Row& row, std::string_view fault) {
    const auto fields = entity_of<RunTemplate>().fields;
    const auto key = std::ranges::find_if(fields, [](const Field& field) { return field.options.key; });
    const Value& id = row.at(static_cast<std::size_t>(key - fields.begin()));
    session.sql.execute(
        R"(UPDATE "runtemplate" SET "next_slot" = NULL, "next_launch" = NULL, "fault" = ? WHERE "id" = ?)",
        {std::string(fault.substr(0, 1024)), id});
    log::warning("run template cannot be planned", {{"fault", fault}});
}

}  // namespace

Planner::Planner(Database& database, Clock& clock, Facts facts, Nudge& nudge, std::function<void()> queued)
    : database_(database), clock_(clock), facts_(std::move(facts)), nudge_(nudge), queued_(std::move(queued)) {}

std::size_t Planner::plan_batch(Timestamp now) {
    const auto everything = Scope::everything();
    static const std::string due =
        fmt::format(R"(SELECT {} FROM "runtemplate" WHERE "next_launch" <= ? ORDER BY "next_launch", "id" LIMIT ?)",
                    column_list(entity_of<RunTemplate>()));
    return database_.write([&](Session& session) {
        std::size_t jobs = 0;
        Repository<RunTemplate> run_templates(session, everything);
        for (const auto& row : session.sql.query(due, {ms(now), batch_size})) {
            RunTemplate before;
            try {
                fill(entity_of<RunTemplate>(), row, &before);
            } catch (const sql::DatabaseError& error) {
                set_aside(session, row, error.what());
                continue;
            }
            RunTemplate after = before;
            after.next_slot.reset();
            after.next_launch.reset();
            const auto schedule = schedule_of(before, facts_.server_zone);
            if (!schedule) {
                // A fault of this run template; it is shown there and stops nobody else.
                after.fault = schedule.error().message.substr(0, 1024);
                log::warning("run template cannot be planned",
                             {{"runtemplate", before.id.value}, {"fault", after.fault}});
            } else {
                const auto plan =
                    plan_slots(*schedule, {.planned_slot = before.next_slot,
                                           .activated_at = before.activated_at.value_or(before.created_at),
                                           .now = now,
                                           .catch_up = before.catch_up,
                                           .catch_up_limit = before.catch_up_limit});
                after.skipped_slots += plan.skipped;
                const auto interval = enum_named<Interval>(before.interv).value_or(Interval::custom);
                // As it was before: the slots of one catching up, wanted all of them, do not overlap each other.
                const auto occupied = occupation_of(session, before.id, now);
                for (const PlannedSlot& slot : plan.create) {
                    // A job for this slot that exists already is a job well made: the unique key says so.
                    if (session.sql
                            .query(R"(SELECT 1 FROM "job" WHERE "runtemplate_id" = ? AND "slot" = ?)",
                                   {before.id.value, ms(slot.slot)})
                            .empty()) {
                        if (!makes_job(before.overlap, occupied)) {
                            ++after.skipped_slots;
                            continue;
                        }
                        const auto made = enqueue(session, everything,
                                                  {.run_template = before,
                                                   .schedule = slot.launch,
                                                   .slot = slot.slot,
                                                   .schedule_type = std::string(word_of(interval)),
                                                   .executor = before.executor,
                                                   .launched_by = facts_.user},
                                                  now);
                        if (!made) throw sql::DatabaseError(sql::DatabaseError::Kind::busy, made.error().message);
                        ++jobs;
                    }
                    after.last_schedule = slot.slot;
                }
                if (plan.next) {
                    after.next_slot = plan.next->slot;
                    after.next_launch = plan.next->launch;
                } else {
                    after.fault = "The schedule never comes due again.";
                }
            }
            if (auto updated = run_templates.update(before, after); !updated)
                throw sql::DatabaseError(sql::DatabaseError::Kind::other, updated.error().message);
        }
        return jobs;
    });
}

std::optional<Timestamp> Planner::plan_due() {
    for (;;) {
        // Usually nothing is due: a look needs no write lock.
        const auto next = database_.read([](Session& session) -> std::optional<Timestamp> {
            const auto first = session.sql.query(R"(SELECT MIN("next_launch") FROM "runtemplate")")[0][0];
            if (is_null(first)) return std::nullopt;
            return Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(first)}};
        });
        const auto now = clock_.now();
        if (!next || *next > now) return next;
        if (plan_batch(now) > 0) queued_();
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
        if (nudged || (next && *next <= now) || now - looked >= look_anyway || now < looked) {
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

// SPDX-License-Identifier: MIT
#include "service/planning.h"

#include "base/text_within.h"
#include "domain/schedule_rule.h"
#include "service/audit.h"
#include "store/queries/job_queue.h"

#include <fmt/format.h>

namespace mf {
namespace {

void withdraw(Call& call, Id<RunTemplate> id, Withdraw which, std::string_view reason) {
    withdraw_queued(call.session, id, which, reason, call.now);
    call.wake_server = true;
}

/// Pages by key, so that a company with very many run templates needs no memory for all of them.
template <class Change>
void for_each(Call& call, ListQuery query, Change change) {
    query.limit = 500;
    for (;;) {
        const auto page = call.repository<RunTemplate>().list(query);
        for (const RunTemplate& run_template : page) change(run_template);
        if (page.size() < 500) return;
        query.after = page.back().id.value;
    }
}

/// Zone names that are stored were checked when they came in; a database from elsewhere may hold others.
Zone zone_of_caller(const Call& call) {
    auto zone = Zone::named(call.zone);
    return zone ? *zone : Zone::utc();
}

/// Sets next_launch, and fault, of a run template that has a next slot.
void launch_after_pause(RunTemplate& run_template, const Schedule& schedule, const PlanningFacts& facts) {
    const auto launch = std::max(schedule.launch_of(*run_template.next_slot), facts.now);
    run_template.next_launch = launch;
    run_template.fault.clear();
    if (!facts.pause || (facts.pause->until && *facts.pause->until <= launch)) return;
    run_template.next_launch = facts.pause->until;
    run_template.fault = "The company is paused; nothing is launched until the pause is over.";
}

}  // namespace

void plan_from_now(RunTemplate& run_template, const PlanningFacts& facts) {
    run_template.next_slot.reset();
    run_template.next_launch.reset();
    run_template.fault.clear();
    if (!run_template.active || !run_template.live) {
        run_template.activated_at.reset();
        return;
    }
    if (!run_template.activated_at) run_template.activated_at = facts.now;
    if (run_template.interv == name_of(Interval::disabled)) return;
    if (!facts.company_enabled) {
        run_template.fault = "The company is disabled; nothing is planned until somebody enables it.";
        return;
    }
    if (!facts.application_enabled) {
        run_template.fault = "The application is disabled; nothing is planned until somebody enables it.";
        return;
    }
    const auto schedule = schedule_of(run_template, facts.server_zone);
    if (!schedule) {
        run_template.fault = text_within(schedule.error().message, 1024);
        return;
    }
    run_template.next_slot = schedule->next_slot(facts.now);
    if (!run_template.next_slot)
        run_template.fault = "The schedule never comes due; check the day and the month.";
    else
        launch_after_pause(run_template, *schedule, facts);
}

void replan(Call& call, const ListQuery& which) {
    PlanningFacts facts{.server_zone = zone_of_caller(call), .now = call.now};
    for_each(call, which, [&](const RunTemplate& before) {
        const auto application = call.repository<Application>().find(before.app_id);
        const auto company = call.repository<Company>().find(before.company_id);
        facts.application_enabled = application && application->enabled;
        facts.company_enabled = company && company->enabled;
        facts.pause = company ? pause_of(*company, call.now) : std::nullopt;
        RunTemplate after = before;
        plan_from_now(after, facts);
        if (auto updated = call.repository<RunTemplate>().update(before, after); !updated)
            throw sql::DatabaseError(sql::DatabaseError::Kind::other, updated.error().message);
        // What must not be launched now must not start because it was launched before either.
        const bool is_off = !after.active || !facts.company_enabled || !facts.application_enabled;
        withdraw(call, before.id, is_off ? Withdraw::all : Withdraw::planned,
                 is_off
                     ? "The run template, its application or its company was switched off before the job was started."
                     : "The plan changed before the job was started.");
    });
}

void hold_plans(Call& call, const Company& company) {
    const PlanningFacts facts{
        .server_zone = zone_of_caller(call), .now = call.now, .pause = pause_of(company, call.now)};
    const ListQuery planned{.equals = {{"company_id", company.id.value}}, .present = {"next_slot"}};
    for_each(call, planned, [&](const RunTemplate& before) {
        const auto schedule = schedule_of(before, facts.server_zone);
        if (!schedule) return;
        RunTemplate after = before;
        launch_after_pause(after, *schedule, facts);
        if (auto updated = call.repository<RunTemplate>().update(before, after); !updated)
            throw sql::DatabaseError(sql::DatabaseError::Kind::other, updated.error().message);
    });
    call.wake_server = true;
}

bool same_plan(const RunTemplate& a, const RunTemplate& b) {
    return a.interv == b.interv && a.cron == b.cron && a.anchor == b.anchor && a.zone == b.zone && a.delay == b.delay &&
           a.jitter == b.jitter && a.active == b.active && a.executor == b.executor;
}

void retire_run_templates(Call& call, const ListQuery& which) {
    for_each(call, which, [&](const RunTemplate& before) {
        RunTemplate after = before;
        after.live.reset();
        after.active = false;
        after.updated_at = call.now;
        plan_from_now(after, {.now = call.now});
        if (auto updated = call.repository<RunTemplate>().update(before, after); !updated)
            throw sql::DatabaseError(sql::DatabaseError::Kind::other, updated.error().message);
        call.sql().execute(R"(DELETE FROM "configuration" WHERE "runtemplate_id" = ? AND "sealed" = ? AND {scope})",
                           {before.id.value, true});
        call.sql().execute(
            R"(DELETE FROM "event_rule" WHERE ("runtemplate_id" = ? OR "runtemplate_source_id" = ?) AND {scope})",
            {before.id.value, before.id.value});
        withdraw(call, before.id, Withdraw::all, "The run template was removed before the job was started.");
        audit(call, {.entity = "runtemplate",
                     .id = before.id.value,
                     .action = "delete",
                     .company = before.company_id,
                     .details = told_fields(before)});
    });
}

}  // namespace mf

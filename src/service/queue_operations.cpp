// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "base/zone.h"
#include "domain/definition/finding.h"
#include "domain/interval.h"
#include "service/audit.h"
#include "service/job_operations.h"
#include "service/list_filter.h"
#include "service/planning.h"
#include "service/waiting_reason.h"
#include "store/queries/job_queue.h"
#include "store/queries/lane.h"
#include "store/queries/statistics.h"

#include <fmt/format.h>

namespace mf {

enum class QueueDirection { ASC, DESC };
constexpr auto names_of(QueueDirection) { return std::to_array<std::string_view>({"ASC", "DESC"}); }

struct QueueFilter {
    std::optional<std::int64_t> limit, offset, after;
    std::optional<std::string> order;
    std::optional<QueueDirection> direction;
};

template <>
const Entity& entity_of<QueueFilter>() {
    using F = QueueFilter;
    static constexpr auto fields = fields_of<F>(
        limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
        field<&F::order>(
            "order", {.help = "Order by: after, id, job, schedule_type, runtemplate_id, app_id, company_id; A and D "
                              "are the directions of id"}),
        field<&F::direction>("direction", {.help = "ASC or DESC"}));
    static constexpr Entity entity{"queue_filter", "Queue", fields};
    return entity;
}

namespace {

/// invalid: there is no such order.
Result<std::string> order_by(const QueueFilter& filter) {
    static constexpr std::pair<std::string_view, std::string_view> columns[] = {
        {"after", R"(s."after")"},
        {"id", R"(s."id")"},
        {"job", R"(s."job_id")"},
        {"job_id", R"(s."job_id")"},
        {"schedule_type", R"(r."interv")"},
        {"runtemplate_id", R"(s."runtemplate_id")"},
        {"runtemplate_name", R"(r."name")"},
        {"app_id", R"(r."app_id")"},
        {"app_name", R"(a."name")"},
        {"company_id", R"(s."company_id")"},
        {"company_name", R"(c."name")"}};
    std::string_view column = R"(s."id")";
    const auto order = filter.order.value_or("id");
    const bool is_direction = equal_ignoring_case(order, "A") || equal_ignoring_case(order, "D");
    if (!is_direction) {
        const auto found = std::ranges::find(columns, order, &std::pair<std::string_view, std::string_view>::first);
        if (found == std::end(columns)) {
            const auto sentence =
                fmt::format("The queue is not ordered by '{}'; see the help of order.", printable(order));
            return Error{ErrorCode::invalid, sentence, {{"order", sentence}}};
        }
        column = found->second;
    }
    const bool down = equal_ignoring_case(order, "D") || filter.direction == QueueDirection::DESC;
    return fmt::format(" ORDER BY {}{}, s.\"id\"", column, down ? " DESC" : "");
}

Result<json::value> list_queue_entries(Call& call, const QueueFilter& filter) {
    const auto order = order_by(filter);
    if (!order) return order.error();
    json::array out;
    const WaitingReasons reasons(call.session, call.now);
    for (
        const auto& row : call.sql().query(
            R"(SELECT s."id", s."job_id", r."interv", s."runtemplate_id", r."name", r."app_id", a."name", s."company_id",
                c."name", s."after", s."waiting", r."runs_on", c."max_parallel", a."max_parallel", j."reason" FROM "schedule" s JOIN "job" j ON j."id" = s."job_id"
                JOIN "runtemplate" r ON r."id" = s."runtemplate_id" JOIN "application" a ON a."id" = r."app_id"
                JOIN "company" c ON c."id" = s."company_id" WHERE {scope s} AND s."id" > ?)" +
                *order + " LIMIT ? OFFSET ?",
            {filter.after.value_or(0), filter.limit.value_or(std::numeric_limits<std::int64_t>::max()),
             filter.offset.value_or(0)})) {
        QueueEntry entry;
        entry.after = Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(row[9])}};
        const auto number = [&](std::size_t i) { return std::get<std::int64_t>(row[i]); };
        const auto text = [&](std::size_t i) { return std::get<std::string>(row[i]); };
        const auto limit = [&](std::size_t i) { return is_null(row[i]) ? std::nullopt : std::optional(number(i)); };
        const bool waiting = row[10] != Value{false} && row[10] != Value{std::int64_t{0}};
        std::string reason;
        if (waiting)
            reason = "Another job of its run template has to end first.";
        else if (entry.after <= call.now)
            reason = reasons.of({.company = number(7),
                                 .application = number(5),
                                 .runs_on = text(11),
                                 .company_limit = limit(12),
                                 .application_limit = limit(13)});
        // What it was put back for, such as a credential that is unavailable.
        if (reason.empty() && !is_null(row[14])) reason = text(14);
        out.push_back({{"id", number(0)},
                       {"job_id", number(1)},
                       {"schedule_type", word_of(enum_named<Interval>(text(2)).value_or(Interval::custom))},
                       {"runtemplate_id", number(3)},
                       {"runtemplate_name", text(4)},
                       {"app_id", number(5)},
                       {"app_name", text(6)},
                       {"company_id", number(7)},
                       {"company_name", text(8)},
                       {"after", to_json(entry).at("after")},
                       {"waiting", waiting},
                       {"runs_on", text(11)},
                       {"reason", reason}});
    }
    return json::value(std::move(out));
}

/// Midnights of the calendar of the one who asks.
CalendarEnds calendar_ends(const Call& call) {
    const auto found = Zone::named(call.zone);
    const Zone zone = found ? *found : Zone::utc();
    const auto today = std::chrono::floor<std::chrono::days>(zone.to_local(call.now));
    const std::chrono::year_month_day date{today};
    const auto weekday = std::chrono::weekday{today}.iso_encoding();
    const std::chrono::local_days first_of_next{(date.year() / date.month() + std::chrono::months(1)) / 1};
    return {zone.from_local(today + std::chrono::days(1)), zone.from_local(today + std::chrono::days(2)),
            zone.from_local(today + std::chrono::days(8 - weekday)), zone.from_local(first_of_next)};
}

Result<json::value> overview(Call& call, const NoInput&) {
    const auto queue = queue_statistics(call.session, call.scope, call.now, calendar_ends(call));
    return json::value{{"total_jobs_in_queue", queue.total},
                       {"orphaned_jobs", 0},
                       {"unique_applications", queue.applications},
                       {"unique_companies", queue.companies},
                       {"unique_runtemplates", queue.run_templates},
                       {"schedule_breakdown",
                        {{"overdue_jobs", queue.overdue},
                         {"jobs_today", queue.today},
                         {"jobs_tomorrow", queue.tomorrow},
                         {"jobs_this_week", queue.this_week},
                         {"jobs_this_month", queue.this_month}}}};
}

/// Foreign keys leave nothing to repair in the rows; what can go wrong is a wait for a job that is gone, a pending job
/// without a queue row or in a wrong lane, and a plan that was never made.
Result<json::value> fix(Call& call, const NoInput&) {
    json::array messages;
    const auto say = [&](std::string_view type, std::string text) {
        messages.push_back({{"type", type}, {"message", std::move(text)}});
    };
    if (const auto released = release_stranded(call.session, call.scope))
        say("success", fmt::format("{} waiting job(s) let go.", released));
    const auto pending = call.sql().query(
        R"(SELECT j."id" FROM "job" j WHERE j."state" = 'pending' AND {scope j} AND NOT EXISTS (SELECT 1 FROM "schedule" s WHERE s."job_id" = j."id"))");
    for (const auto& row : pending) {
        const auto job = call.repository<Job>().find({std::get<std::int64_t>(row[0])});
        if (!job) continue;
        if (auto queued = put_in_queue(call.session, call.scope, *job, lane_of(call.session, *job)); !queued)
            return queued.error();
        say("success", fmt::format("Job {} was put back into the queue.", job->id.value));
    }
    if (const auto repaired = repair_lanes(call.session, call.scope))
        say("success", fmt::format("{} job(s) put where nodes look for them.", repaired));
    if (messages.empty()) say("info", "The queue is in order.");
    call.wake_server = true;
    return json::value{
        {"status", "success"}, {"message", "Queue diagnostics and fix completed"}, {"messages", std::move(messages)}};
}

/// Cancels the job of one queue row.
Result<json::value> remove_queue_entry(Call& call, const Reference& input) {
    const auto entry = call.repository<QueueEntry>().find({input.id});
    if (!entry) return Error{ErrorCode::not_found, fmt::format("There is no queue entry {}.", input.id)};
    const auto job = request_cancel(call.session, call.scope, entry->job_id,
                                    fmt::format("Taken from the queue by {}.", call.actor.login), call.now);
    if (!job) return job.error();
    call.wake_server = true;
    audit(call, {.entity = "job", .id = job->id.value, .action = "cancel", .company = job->company_id});
    return json::value{{"deleted", true}, {"id", input.id}, {"job_id", job->id.value}};
}

/// Cancels everything that waits; the rows of the jobs stay.
Result<json::value> truncate(Call& call, const NoInput&) {
    std::int64_t waiting = 0;
    for (;;) {
        const auto page = call.repository<QueueEntry>().list({.limit = 500});
        if (page.empty()) break;
        for (const auto& entry : page) {
            if (auto cancelled =
                    request_cancel(call.session, call.scope, entry.job_id, "The queue was emptied.", call.now);
                !cancelled)
                return cancelled.error();
            ++waiting;
        }
    }
    call.wake_server = true;
    audit(call, {.entity = "queue", .action = "truncate", .details = {{"waiting", waiting}}});
    return json::value{{"result", fmt::format("Queue truncated. Previously waiting jobs: {}.", waiting)},
                       {"waiting", waiting}};
}

}  // namespace

void add_queue_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"queue:list", "GET /queue", "List the jobs that wait.", view}, list_queue_entries);
    add(operations, {"queue:overview", "GET /queue/overview", "Count the jobs that wait.", view}, overview);
    add(operations,
        {"queue:fix", "POST /queue/fix", "Look for jobs that would wait for ever, and let them go.", administer,
         changes},
        fix);
    add(operations,
        {"queue:delete", "DELETE /queue/{id}", "Take a job from the queue: it is cancelled, its record stays.", run,
         changes},
        remove_queue_entry);
    add(operations, {"queue:truncate", "POST /queue/truncate", "Cancel all jobs that wait.", administer, changes},
        truncate);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "service/audit.h"
#include "service/company_operations.h"
#include "service/list_filter.h"
#include "service/planning.h"
#include "store/queries/job_queue.h"

#include <fmt/format.h>

namespace mf {

enum class OfQueued { hold, cancel };
constexpr auto names_of(OfQueued) { return std::to_array<std::string_view>({"hold", "cancel"}); }
enum class OfRunning { finish, stop };
constexpr auto names_of(OfRunning) { return std::to_array<std::string_view>({"finish", "stop"}); }

struct PauseInput {
    std::int64_t id = 0;
    std::optional<std::string> until, reason;
    std::optional<OfQueued> queued;
    std::optional<OfRunning> running;
};

template <>
const Entity& entity_of<PauseInput>() {
    using I = PauseInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the company", .required = true}),
        field<&I::until>("until", {.help = "When it goes on by itself; without it somebody has to resume it"}),
        field<&I::reason>("reason", {.help = "What people are told when they launch something", .max_length = 1024}),
        field<&I::queued>("queued", {.help = "What becomes of jobs that wait (hold)"}),
        field<&I::running>("running", {.help = "What becomes of jobs that run (finish)"}));
    static constexpr Entity entity{"company_pause", "Company", fields};
    return entity;
}

namespace {

Result<Company> company_to_change(Call& call, std::int64_t id) {
    if (auto found = call.repository<Company>().first({.equals = {only_live(), {"id", id}}})) return *std::move(found);
    return Error{ErrorCode::not_found, "No company found with given identifier"};
}

/// Jobs of the company in these states, a page after the other.
template <class Work>
std::int64_t for_each_job(Call& call, Id<Company> company, std::string_view states, Work work) {
    std::int64_t done = 0;
    for (std::int64_t after = 0;;) {
        const auto rows = call.sql().query(
            fmt::format(R"(SELECT "id" FROM "job" WHERE "company_id" = ? AND "state" IN ({}) AND "id" > ? AND {{scope}}
                           ORDER BY "id" LIMIT 500)",
                        states),
            {company.value, after});
        for (const auto& row : rows) {
            after = std::get<std::int64_t>(row[0]);
            if (work(Id<Job>{after})) ++done;
        }
        if (rows.size() < 500) return done;
    }
}

Result<json::value> pause_company(Call& call, const PauseInput& input) {
    const auto before = company_to_change(call, input.id);
    if (!before) return before.error();
    Company after = *before;
    after.paused_at = pause_of(*before, call.now) ? before->paused_at : call.now;
    after.paused_until.reset();
    if (input.until) {
        const auto zone = Zone::named(call.zone);
        const auto until = parse_time(*input.until, call.now, zone ? *zone : Zone::utc());
        if (!until) return until.error();
        if (*until <= call.now)
            return Error{ErrorCode::invalid,
                         "The pause would be over already; --until takes a time to come.",
                         {{"until", "It must be a time to come."}}};
        after.paused_until = *until;
    }
    after.pause_reason = input.reason;
    after.updated_at = call.now;
    if (auto updated = call.repository<Company>().update(*before, after); !updated) return updated.error();
    hold_plans(call, after);
    const std::string why = fmt::format("The company was paused by {}.", call.actor.login);
    const auto cancel = [&](Id<Job> job) {
        return static_cast<bool>(request_cancel(call.session, call.scope, job, why, call.now));
    };
    std::int64_t cancelled = 0, stopped = 0;
    if (input.queued == OfQueued::cancel) {
        cancelled = for_each_job(call, after.id, "'pending'", cancel);
    } else if (after.paused_until) {
        // They come due by themselves when the pause is over.
        call.sql().execute(R"(UPDATE "schedule" SET "after" = ? WHERE "company_id" = ? AND "after" < ? AND {scope})",
                           {ms(*after.paused_until), after.id.value, ms(*after.paused_until)});
    }
    if (input.running == OfRunning::stop) stopped = for_each_job(call, after.id, "'claimed', 'running'", cancel);
    audit(call, {.entity = "company",
                 .id = after.id.value,
                 .action = "pause",
                 .company = after.id,
                 .details = {{"until", after.paused_until ? json::value(format_iso(*after.paused_until, Zone::utc()))
                                                          : json::value(nullptr)},
                             {"reason", input.reason.value_or("")},
                             {"cancelled_jobs", cancelled},
                             {"stopped_jobs", stopped}}});
    return json::value{{"paused", true},
                       {"id", after.id.value},
                       {"cancelled_jobs", cancelled},
                       {"stopped_jobs", stopped},
                       {"message", pause_sentence(after)},
                       {"record", to_json(after)}};
}

Result<json::value> resume_company(Call& call, const Reference& input) {
    const auto before = company_to_change(call, input.id);
    if (!before) return before.error();
    const bool was_paused = pause_of(*before, call.now).has_value();
    Company after = *before;
    after.paused_at.reset();
    after.paused_until.reset();
    after.pause_reason.reset();
    after.updated_at = call.now;
    if (auto updated = call.repository<Company>().update(*before, after); !updated) return updated.error();
    if (was_paused) {
        hold_plans(call, after);
        call.sql().execute(
            R"(UPDATE "schedule" SET "after" = (SELECT j."schedule" FROM "job" j WHERE j."id" = "schedule"."job_id")
               WHERE "company_id" = ? AND {scope})",
            {after.id.value});
    }
    audit(call, {.entity = "company", .id = after.id.value, .action = "resume", .company = after.id});
    return json::value{{"resumed", was_paused},
                       {"id", after.id.value},
                       {"message", was_paused ? fmt::format("The company '{}' goes on.", after.name)
                                              : fmt::format("The company '{}' was not paused.", after.name)},
                       {"record", to_json(after)}};
}

}  // namespace

void add_company_pause_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"company:pause", "POST /companies/{id}/pause", "Launch nothing of a company for a while.", manage, changes},
        pause_company);
    add(operations, {"company:resume", "POST /companies/{id}/resume", "Let a paused company go on.", manage, changes},
        resume_company);
}

}  // namespace mf

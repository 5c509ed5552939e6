// SPDX-License-Identifier: MIT
#include "service/audit.h"
#include "service/job_operations.h"
#include "store/queries/job_queue.h"
#include "store/queries/task.h"

namespace mf {

struct PruneInput {
    std::optional<bool> jobs, logs;
    std::optional<std::int64_t> keep;
};

template <>
const Entity& entity_of<PruneInput>() {
    using I = PruneInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::jobs>("jobs", {.help = "Remove old jobs with their output and artifacts"}),
                     field<&I::logs>("logs", {.help = "Accepted for compatibility; the log is not in the database"}),
                     field<&I::keep>("keep", {.help = "How many of the newest stay (1000)"}));
    static constexpr Entity entity{"prune", "Prune", fields};
    return entity;
}

namespace {

/// The oldest jobs below a number, of the company of the call. What has not ended is nobody's history yet.
std::vector<Id<Job>> history_before(Call& call, std::int64_t before) {
    // The company belongs into the statement: its limit would be used up by the jobs of others.
    std::vector<Id<Job>> out;
    for (const auto& row : call.sql().query(
             R"(SELECT "id" FROM "job" WHERE "id" < ? AND "state" NOT IN ('pending', 'claimed', 'running') AND {scope}
                ORDER BY "id" LIMIT ?)",
             {before, most_erased_at_once}))
        out.push_back({std::get<std::int64_t>(row[0])});
    return out;
}

Result<json::value> prune(Call& call, const PruneInput& input) {
    if (!input.jobs.value_or(false) && !input.logs.value_or(false))
        return Error{ErrorCode::invalid, "Please specify --logs and/or --jobs to prune."};
    const auto keep = input.keep.value_or(1000);
    if (keep < 0) return Error{ErrorCode::invalid, "--keep must not be negative."};
    std::int64_t removed = 0, tasks = 0;
    bool more = false;
    if (input.jobs.value_or(false)) {
        auto jobs = call.repository<Job>();
        const auto oldest_kept = jobs.first({.newest_first = true, .offset = std::max<std::int64_t>(keep - 1, 0)});
        const auto before = keep == 0     ? std::numeric_limits<std::int64_t>::max()
                            : oldest_kept ? oldest_kept->id.value
                                          : 0;
        for (const Id<Job> id : history_before(call, before)) {
            const auto erased = erase_job(call.session, call.scope, id, call.now);
            if (!erased) return erased.error();
            ++removed;
            if (erased->with_task) ++tasks;
        }
        std::int64_t jobless = 0;
        // Expected runs that made no job are as old as the jobs beside them.
        if (keep == 0 || oldest_kept)
            jobless = forget_tasks_without_jobs(
                call.session, call.scope, keep == 0 ? call.now + std::chrono::milliseconds(1) : oldest_kept->created_at,
                most_erased_at_once);
        tasks += jobless;
        more = removed == most_erased_at_once || jobless == most_erased_at_once;
        if (removed > 0 || tasks > 0)
            audit(call, {.entity = "job",
                         .action = "prune",
                         .details = {{"removed", removed}, {"removed_tasks", tasks}, {"keep", keep}}});
    }
    return json::value{{"deleted_jobs", removed}, {"deleted_tasks", tasks}, {"deleted_logs", 0}, {"more", more}};
}

}  // namespace

void add_prune_operation(Operations& operations) {
    add(operations,
        {"prune", "POST /prune", "Remove old jobs, which the program never does by itself.", Permission::manage,
         Access::changes},
        prune);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "service/audit.h"
#include "service/job_operations.h"
#include "store/queries/content.h"
#include "store/queries/job_queue.h"
#include "store/queries/task.h"

#include <fmt/format.h>

namespace mf {

struct CleanupInput {
    std::int64_t days = 0;
};

template <>
const Entity& entity_of<CleanupInput>() {
    static constexpr auto fields = fields_of<CleanupInput>(
        field<&CleanupInput::days>("days", {.help = "Jobs that ended more days ago than this", .required = true}));
    static constexpr Entity entity{"job_cleanup", "Clean-up", fields};
    return entity;
}

namespace {

constexpr std::int64_t most_days = 36500;

Result<json::value> cleanup(Call& call, const CleanupInput& input) {
    if (input.days < 1 || input.days > most_days)
        return Error{ErrorCode::invalid,
                     fmt::format("The age in days must be from 1 to {}, not {}.", most_days, input.days)};
    const auto before = call.now - std::chrono::days(input.days);
    // What has not ended has no end.
    std::int64_t removed = 0, tasks = 0;
    const auto ended = call.sql().query(R"(SELECT "id" FROM "job" WHERE "end" < ? AND {scope} ORDER BY "id" LIMIT ?)",
                                        {ms(before), most_erased_at_once});
    for (const auto& row : ended) {
        const auto erased = erase_job(call.session, call.scope, {std::get<std::int64_t>(row[0])}, call.now);
        if (!erased) return erased.error();
        ++removed;
        if (erased->with_task) ++tasks;
    }
    const auto jobless = forget_tasks_without_jobs(call.session, call.scope, before, most_erased_at_once);
    tasks += jobless;
    if (removed > 0 || tasks > 0)
        audit(call, {.entity = "job",
                     .action = "cleanup",
                     .details = {{"removed", removed}, {"removed_tasks", tasks}, {"days", input.days}}});
    return json::value{{"deleted_jobs", removed},
                       {"deleted_tasks", tasks},
                       {"days", input.days},
                       {"more", removed == most_erased_at_once || jobless == most_erased_at_once}};
}

}  // namespace

void add_cleanup_operation(Operations& operations) {
    add(operations,
        {"job:cleanup", "POST /jobs/cleanup", "Remove jobs that ended long ago, some at a time.", Permission::manage,
         Access::changes},
        cleanup);
}

}  // namespace mf

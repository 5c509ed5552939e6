// SPDX-License-Identifier: MIT
#include "service/job_operations.h"
#include "service/list_filter.h"
#include "store/queries/task_count.h"

#include <fmt/format.h>

namespace mf {

struct TaskFilter {
    std::optional<std::int64_t> limit, offset, after, company_id, runtemplate_id;
    std::optional<std::string> order;
    std::optional<TaskState> state;
};

struct TaskReference {
    std::int64_t id = 0;
    std::optional<bool> with_jobs;
};

template <>
const Entity& entity_of<TaskFilter>() {
    using F = TaskFilter;
    static constexpr auto fields =
        fields_of<F>(limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
                     field<&F::company_id>("company_id", {.help = "Only of this company"}),
                     field<&F::runtemplate_id>("runtemplate_id", {.help = "Only of this run template"}),
                     order_field<&F::order>(), field<&F::state>("state", {.help = "Only in this state"}));
    static constexpr Entity entity{"task_filter", "Expected runs", fields};
    return entity;
}

template <>
const Entity& entity_of<TaskReference>() {
    using R = TaskReference;
    static constexpr auto fields =
        fields_of<R>(field<&R::id>("id", {.help = "Number of the task", .required = true}),
                     field<&R::with_jobs>("with_jobs", {.help = "With the jobs that were its attempts"}));
    static constexpr Entity entity{"task_reference", "Expected run", fields};
    return entity;
}

namespace {

Result<std::vector<Task>> list_tasks(Call& call, const TaskFilter& filter) {
    auto query = query_of(filter);
    if (filter.company_id) query.equals.emplace_back("company_id", *filter.company_id);
    if (filter.runtemplate_id) query.equals.emplace_back("runtemplate_id", *filter.runtemplate_id);
    if (filter.state) query.equals.emplace_back("state", std::string(name_of(*filter.state)));
    return call.repository<Task>().list(query);
}

Result<json::value> get_task(Call& call, const TaskReference& input) {
    const auto task = call.repository<Task>().find({input.id});
    if (!task)
        return Error{ErrorCode::not_found,
                     fmt::format("There is no task {}; see which there are with task list.", input.id)};
    auto record = to_json(*task);
    if (input.with_jobs.value_or(false)) {
        json::array jobs;
        for (const Job& job : call.repository<Job>().list({.equals = {{"task_id", input.id}}}))
            jobs.push_back(to_json(job));
        record["jobs"] = std::move(jobs);
    }
    return json::value(std::move(record));
}

Result<json::value> task_status(Call& call, const NoInput&) {
    const auto tasks = task_statistics(call.session, call.scope);
    return json::value{{"total", tasks.total()},
                       {"open", tasks.open},
                       {"running", tasks.running},
                       {"fulfilled", tasks.fulfilled},
                       {"fulfilled_late", tasks.fulfilled_late},
                       {"failed", tasks.failed},
                       {"missed", tasks.missed}};
}

}  // namespace

void add_task_operations(Operations& operations) {
    add(operations, {"task:list", "GET /tasks", "List expected runs: what each window of a schedule came to."},
        list_tasks);
    add(operations, {"task:get", "GET /tasks/{id}", "Show one expected run."}, get_task);
    add(operations, {"task:status", "GET /tasks/status", "Count expected runs by their state."}, task_status);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "service/job_operations.h"
#include "service/list_filter.h"
#include "store/queries/task_count.h"

#include <fmt/format.h>

namespace mf {

struct TaskFilter {
    std::optional<std::int64_t> limit, offset, after, company_id, runtemplate_id;
    std::optional<ListOrder> order;
    std::optional<std::string> from, to;
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
                     order_field<&F::order>(), field<&F::from>("from", {.help = "Not planned before this time"}),
                     field<&F::to>("to", {.help = "Planned before this time"}),
                     field<&F::state>("state", {.help = "Only in this state"}));
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

/// Those with a window that begins within the given times.
Result<std::vector<Task>> tasks_between(Call& call, const TaskFilter& filter) {
    const auto query = query_of(filter);
    const auto& entity = entity_of<Task>();
    auto text = fmt::format(R"(SELECT {} FROM "task" WHERE {{scope}})", column_list(entity));
    std::vector<Value> parameters;
    const auto add = [&](std::string_view condition, Value value) {
        text.append(" AND ").append(condition);
        parameters.push_back(std::move(value));
    };
    if (filter.company_id) add(R"("company_id" = ?)", *filter.company_id);
    if (filter.runtemplate_id) add(R"("runtemplate_id" = ?)", *filter.runtemplate_id);
    if (filter.state) add(R"("state" = ?)", std::string(name_of(*filter.state)));
    const auto zone = Zone::named(call.zone);
    for (const auto& [given, condition] :
         {std::pair(&filter.from, R"("window_start" >= ?)"), std::pair(&filter.to, R"("window_start" < ?)")}) {
        if (!*given) continue;
        const auto moment = parse_time(**given, call.now, zone ? *zone : Zone::utc());
        if (!moment) return moment.error();
        add(condition, std::int64_t{moment->time_since_epoch().count()});
    }
    if (query.after) add(query.newest_first ? R"("id" < ?)" : R"("id" > ?)", *query.after);
    text += query.newest_first ? R"( ORDER BY "id" DESC LIMIT ? OFFSET ?)" : R"( ORDER BY "id" LIMIT ? OFFSET ?)";
    parameters.emplace_back(query.limit.value_or(std::numeric_limits<std::int64_t>::max()));
    parameters.emplace_back(query.offset);
    std::vector<Task> out;
    for (const auto& row : call.sql().query(text, parameters)) fill(entity, row, &out.emplace_back());
    return out;
}

Result<std::vector<Task>> list_tasks(Call& call, const TaskFilter& filter) {
    if (filter.from || filter.to) return tasks_between(call, filter);
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

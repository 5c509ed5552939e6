// SPDX-License-Identifier: MIT
#include "store/queries/task.h"

#include "store/queries/task_count.h"
#include "store/rows_of.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace mf {
namespace {

/// So many tasks are looked at in one go.
constexpr std::int64_t at_once = 250;

/// Closes a task that has no outcome yet, as not fulfilled; a task of which nothing was tried is missed.
void close_task(Session& session, const Task& task, std::string_view cause) {
    const auto state = task.attempts == 0 ? TaskState::missed : TaskState::failed;
    const auto changed = session.sql.execute(
        R"(UPDATE "task" SET "state" = ?, "cause" = ? WHERE "id" = ? AND "state" IN ('open', 'running'))",
        {std::string(name_of(state)), as_cause(cause), task.id.value});
    if (changed) count_outcome(session, task.company_id, task.window_start, state, 1);
}

bool has_jobs(Session& session, Id<Task> task) {
    return !session.sql.query(R"(SELECT 1 FROM "job" WHERE "task_id" = ? LIMIT 1)", {task.value}).empty();
}

void erase(Session& session, const Task& task) {
    if (auto erased = Repository<Task>(session, Scope::everything()).erase(task.id); !erased)
        throw sql::DatabaseError(sql::DatabaseError::Kind::other, erased.error().message);
    count_outcome(session, task.company_id, task.window_start, task.state, -1);
}

/// Of these tasks, those that no unfinished job belongs to.
std::vector<std::int64_t> without_work(Session& session, const std::vector<std::int64_t>& tasks) {
    std::set<std::int64_t> left(tasks.begin(), tasks.end());
    rows_of(session,
            R"(SELECT "task_id" FROM "job" WHERE "task_id" IN ({}) AND "state" IN ('pending', 'claimed', 'running'))",
            tasks, [&](sql::Row& row) { left.erase(std::get<std::int64_t>(row[0])); });
    return {left.begin(), left.end()};
}

}  // namespace

Result<Id<Task>> open_task(Session& session, const Scope& scope, const RunTemplate& run_template,
                           const TaskWindow& window, Timestamp now) {
    Task task{.runtemplate_id = run_template.id,
              .company_id = run_template.company_id,
              .window_start = window.start,
              .window_end = window.end,
              .deadline = window.deadline,
              .created_at = now};
    if (auto made = Repository<Task>(session, scope).insert(task); !made) return made.error();
    return task.id;
}

void miss_windows(Session& session, const RunTemplate& run_template, std::span<const TaskWindow> windows,
                  std::string_view cause, Timestamp now) {
    if (windows.empty()) return;
    const auto [first, last] = std::ranges::minmax(windows, {}, &TaskWindow::start);
    std::set<std::int64_t> known;
    for (const auto& row : session.sql.query(
             R"(SELECT "window_start" FROM "task" WHERE "runtemplate_id" = ? AND "window_start" BETWEEN ? AND ?)",
             {run_template.id.value, ms(first.start), ms(last.start)}))
        known.insert(std::get<std::int64_t>(row[0]));
    std::vector<Task> missed;
    for (const TaskWindow& window : windows)
        if (!known.contains(ms(window.start)))
            missed.push_back({.runtemplate_id = run_template.id,
                              .company_id = run_template.company_id,
                              .window_start = window.start,
                              .window_end = window.end,
                              .deadline = window.deadline,
                              .state = TaskState::missed,
                              .cause = as_cause(cause),
                              .created_at = now});
    if (auto made = Repository<Task>(session, Scope::everything()).insert_all(missed); !made)
        // Another planner made one in between; the whole transaction is repeated and finds it.
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, made.error().message);
    std::map<std::int64_t, std::int64_t> days;
    for (const Task& task : missed) ++days[day_of(task.window_start)];
    for (const auto& [day, number] : days)
        count_outcomes(session, run_template.company_id, day, TaskState::missed, number);
}

bool reopen_task(Session& session, Id<Task> id) {
    const auto task = Repository<Task>(session, Scope::everything()).find(id);
    if (!task || (task->state != TaskState::failed && task->state != TaskState::missed)) return false;
    const auto changed =
        session.sql.execute(R"(UPDATE "task" SET "state" = 'open', "cause" = NULL WHERE "id" = ? AND "state" = ?)",
                            {id.value, std::string(name_of(task->state))});
    if (!changed) return false;
    count_outcome(session, task->company_id, task->window_start, task->state, -1);
    return true;
}

void note_attempts_started(Session& session, std::vector<std::int64_t> jobs) {
    std::vector<std::int64_t> tasks;
    rows_of(session, R"(SELECT "task_id" FROM "job" WHERE "id" IN ({}) AND "task_id" IS NOT NULL)", std::move(jobs),
            [&](sql::Row& row) { tasks.push_back(std::get<std::int64_t>(row[0])); });
    change_rows_of(session, R"(UPDATE "task" SET "state" = 'running' WHERE "state" = 'open' AND "id" IN ({}))",
                   std::move(tasks));
}

void note_attempt_withdrawn(Session& session, Id<Task> id, std::string_view cause) {
    const auto task = Repository<Task>(session, Scope::everything()).find(id);
    if (task) close_task(session, *task, cause);
}

bool forget_attempt(Session& session, Id<Task> id, Id<Job> job) {
    const auto task = Repository<Task>(session, Scope::everything()).find(id);
    if (!task || !has_outcome(task->state)) return false;
    if (!has_jobs(session, id)) {
        erase(session, *task);
        return true;
    }
    if (task->fulfilled_by_job_id == job.value)
        session.sql.execute(R"(UPDATE "task" SET "fulfilled_by_job_id" = NULL WHERE "id" = ?)", {id.value});
    return false;
}

std::int64_t forget_tasks_without_jobs(Session& session, const Scope& scope, Timestamp made_before, std::int64_t most) {
    std::string text = fmt::format(
        R"(SELECT {} FROM "task" t WHERE t."created_at" < ? AND t."state" NOT IN ('open', 'running') AND NOT EXISTS
           (SELECT 1 FROM "job" j WHERE j."task_id" = t."id"))",
        column_list(entity_of<Task>(), "t"));
    std::vector<Value> parameters{ms(made_before)};
    text += " AND " + scope.condition(R"(t."company_id")");
    parameters.emplace_back(most);
    const auto rows = session.sql.query(text + R"( ORDER BY t."id" LIMIT ?)", parameters);
    for (const auto& row : rows) {
        Task task;
        fill(entity_of<Task>(), row, &task);
        erase(session, task);
    }
    return std::ssize(rows);
}

std::optional<Id<Task>> close_abandoned_tasks(Database& database, Id<Task> after, Timestamp now) {
    std::optional<Id<Task>> go_on;
    const auto abandoned = database.read([&](Session& session) {
        go_on.reset();
        std::vector<std::int64_t> over;
        for (const auto* state : {"open", "running"}) {
            const auto rows = session.sql.query(
                R"(SELECT "id", "window_end" FROM "task" WHERE "state" = ? AND "id" > ? ORDER BY "id" LIMIT ?)",
                {std::string(state), after.value, at_once});
            for (const auto& row : rows)
                if (std::get<std::int64_t>(row[1]) < ms(now)) over.push_back(std::get<std::int64_t>(row[0]));
            if (std::ssize(rows) < at_once) continue;
            const Id<Task> last{std::get<std::int64_t>(rows.back()[0])};
            // Of two states that have more, the one that has got less far decides; what is seen twice does no harm.
            go_on = go_on ? std::min(*go_on, last) : last;
        }
        return without_work(session, over);
    });
    if (!abandoned.empty())
        database.write([&](Session& session) {
            Repository<Task> tasks(session, Scope::everything());
            for (const auto id : without_work(session, abandoned))
                if (const auto task = tasks.find({id}))
                    close_task(session, *task, "Its window ended, and none of its jobs was left in the queue.");
        });
    return go_on;
}

}  // namespace mf

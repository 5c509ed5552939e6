// SPDX-License-Identifier: MIT
#include "domain/job.h"
#include "domain/task.h"
#include "store/check.h"
#include "store/migration.h"
#include "store/queries/task_count.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using mf::testing::on_each_database;

namespace {

constexpr Timestamp now{std::chrono::milliseconds{1'795'000'000'123}};
constexpr std::int64_t hour = 3'600'000;
constexpr std::int64_t first_slot = 1'795'000'000'000;

/// A database of the time before there were tasks.
void fill_old(Session& session) {
    const auto insert = [&](std::string_view table, std::string_view columns, std::string_view values) {
        session.sql.execute(fmt::format(R"(INSERT INTO "{}" ({}) VALUES ({}))", table, columns, values));
    };
    insert("user", R"("id", "login", "enabled", "created_at")", "1, 'tester', FALSE, 1");
    insert("company", R"("id", "name", "code", "created_at", "updated_at")", "1, 'Acme', 'acme', 1, 1");
    insert(
        "application",
        R"("id", "uuid", "name", "description", "version", "executable", "arguments", "homepage", "ociimage", "image", "code", "tags", "requirements", "setup", "deploy", "resultfile", "helmchart", "deffile", "definition", "definition_sha256", "created_at", "updated_at")",
        "1, 'u', 'Probe', '', '1', '/bin/true', '', '', '', '', '', '[]', '[]', '', '', '', '', '', '', '', 1, 1");
    insert("runtemplate",
           R"("id", "app_id", "company_id", "name", "note", "next_slot", "next_launch", "created_at", "updated_at")",
           fmt::format("1, 1, 1, 'Run', '', {0}, {0}, 1, 1", first_slot + 6 * hour));
    std::int64_t id = 0;
    const auto job = [&](std::string_view state, std::optional<int> slot, std::optional<int> retry_of = {},
                         bool begun = true) {
        ++id;
        const bool ended = state != "pending" && state != "running";
        insert(
            "job",
            R"("id", "app_id", "company_id", "runtemplate_id", "state", "slot", "schedule", "schedule_type", "executor", "launched_by", "retry_of", "begin", "end", "created_at")",
            fmt::format("{}, 1, 1, 1, '{}', {}, 1, 'hourly', 'Native', 1, {}, {}, {}, {}", id, state,
                        slot ? fmt::to_string(first_slot + *slot * hour) : "NULL",
                        retry_of ? fmt::to_string(*retry_of) : "NULL", begun ? "5" : "NULL", ended ? "9" : "NULL", id));
        if (state == "pending")
            insert("schedule", R"("job_id", "runtemplate_id", "company_id", "after")", fmt::format("{}, 1, 1, 1", id));
    };
    job("succeeded", 0);             // 1
    job("failed", 1);                // 2
    job("succeeded", {}, 2);         // 3: its second attempt
    job("failed", 2);                // 4
    job("lost", {}, 4);              // 5
    job("cancelled", 3, {}, false);  // 6
    job("failed", 4);                // 7
    job("pending", {}, 7, false);    // 8
    job("running", 5);               // 9
    job("succeeded", {});            // 10: launched by somebody
}

}  // namespace

TEST_CASE("jobs of before get their tasks, with the outcome that they had") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, now, 5));
        database.write([](Session& session) { fill_old(session); });
        REQUIRE(migrate(database, now));
        database.read([](Session& session) {
            const auto tasks = Repository<Task>(session, Scope::everything()).list();
            REQUIRE(tasks.size() == 6);
            constexpr TaskState expected[] = {TaskState::fulfilled, TaskState::fulfilled, TaskState::failed,
                                              TaskState::missed,    TaskState::open,      TaskState::running};
            constexpr std::int64_t attempts[] = {0, 1, 2, 0, 1, 0};
            std::map<std::int64_t, const Task*> by_slot;
            for (const auto& task : tasks) by_slot[task.window_start.time_since_epoch().count()] = &task;
            for (int i = 0; i < 6; ++i) {
                CAPTURE(i);
                REQUIRE(by_slot.contains(first_slot + i * hour));
                const auto& task = *by_slot.at(first_slot + i * hour);
                CHECK(task.state == expected[i]);
                CHECK(task.attempts == attempts[i]);
                CHECK(task.window_end.time_since_epoch().count() == first_slot + (i + 1) * hour);
                CHECK(task.deadline == task.window_end);
                CHECK(task.cause.has_value() == (i == 2 || i == 3));
            }
            CHECK(by_slot.at(first_slot)->fulfilled_by_job_id == 1);
            CHECK(by_slot.at(first_slot + hour)->fulfilled_by_job_id == 3);
            Repository<Job> jobs(session, Scope::everything());
            CHECK(jobs.find({3})->task_id == jobs.find({2})->task_id);
            CHECK(jobs.find({8})->task_id == jobs.find({7})->task_id);
            CHECK_FALSE(jobs.find({10})->task_id);
            const auto counted = task_statistics(session, Scope::everything());
            CHECK(counted.fulfilled == 2);
            CHECK(counted.failed == 1);
            CHECK(counted.missed == 1);
            CHECK(counted.total() == 6);
        });
        const auto connection = sql::open(address);
        const auto problems = check_database(*connection, schema_tables());
        for (const auto& problem : *problems) {
            CAPTURE(problem.message);
            CHECK(problem.table != "task");
            CHECK(problem.table != "task_count");
        }
    });
}

// SPDX-License-Identifier: MIT
#include "store/check.h"

#include "store/queries/content.h"
#include "store/queries/job_claim.h"
#include "store/queries/job_queue.h"
#include "store/queries/job_record.h"
#include "store/sql/transaction.h"
#include "support/database_servers.h"
#include "support/moment.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <algorithm>
#include <fstream>

using namespace mf;
using mf::sql::Dialect;
using mf::testing::odd_moment;
using mf::testing::on_each_database;
using mf::testing::TemporaryDirectory;

namespace {

template <class T>
T inserted(Session& session, T record) {
    if (const auto made = Repository<T>(session, Scope::everything()).insert(record); !made)
        throw std::runtime_error(made.error().message);
    return record;
}

/// An installation with a planned job that succeeded, one that runs, one that waits, and an artifact.
void fill(Database& database) {
    database.write([](Session& session) {
        const auto user = inserted(session, User{.login = "tester", .created_at = odd_moment});
        const auto application =
            inserted(session, Application{.uuid = "u", .name = "Probe", .version = "1", .executable = "/bin/true"});
        const auto company = inserted(session, Company{.name = "Acme", .code = "acme"});
        const auto run_template =
            inserted(session, RunTemplate{.app_id = application.id, .company_id = company.id, .name = "Run"});
        const std::string sha256(64, 'a');
        for (int i = 0; i < 3; ++i) {
            const auto slot = odd_moment + std::chrono::hours(i);
            const NewJob request{.run_template = run_template,
                                 .schedule = odd_moment,
                                 .window = TaskWindow{slot, slot + std::chrono::hours(1), slot + std::chrono::hours(1)},
                                 .schedule_type = "hourly",
                                 .executor = ExecutorKind::native,
                                 .launched_by = user.id};
            if (!enqueue(session, Scope::everything(), request, odd_moment)) throw std::runtime_error("not queued");
        }
        for (int i = 0; i < 2; ++i) {
            const auto claimed = claim_due(session, "node", odd_moment, 1);
            if (claimed.size() != 1) throw std::runtime_error("nothing to claim");
            record_start(session, {.job = claimed[0].job.id, .fence = 1, .begin = odd_moment, .environment = "[]"});
            for (std::int64_t seq = 0; seq < 3; ++seq)
                session.sql.execute(R"(INSERT INTO "job_output" ("job_id", "seq", "at", "stream", "size", "encoding",
                                       "content") VALUES (?, ?, 1, 1, 1, 0, ?))",
                                    {claimed[0].job.id.value, seq, Bytes{"x"}});
            if (i == 1) continue;
            const auto content = begin_content(session, claimed[0].job.id);
            add_content_piece(session, content, 0, "first ");
            add_content_piece(session, content, 1, "second");
            if (!finish_content(session, content, claimed[0].job.id, sha256, 12, 2))
                throw std::runtime_error("not all pieces are there");
            record_end(session, {.job = claimed[0].job.id,
                                 .fence = 1,
                                 .state = JobState::succeeded,
                                 .end = odd_moment,
                                 .exitcode = 0,
                                 .artifacts = {Artifact{.job_id = claimed[0].job.id,
                                                        .company_id = company.id,
                                                        .kind = ArtifactKind::file,
                                                        .filename = "f",
                                                        .size = 12,
                                                        .sha256 = sha256}}});
        }
    });
}

std::vector<std::string> found(sql::Connection& connection) {
    std::vector<std::string> out;
    const auto problems = check_database(connection, schema_tables());
    for (const auto& problem : *problems) out.push_back(problem.message);
    return out;
}

}  // namespace

TEST_CASE("nothing is wrong with what the program itself has written") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        fill(database);
        const auto connection = sql::open(address);
        CHECK(found(*connection) == std::vector<std::string>{});
    });
}

TEST_CASE("every broken promise is found, with its row") {
    struct Case {
        const char* damage;
        const char* told;
    };
    on_each_database([](const sql::Address& address) {
        const TemporaryDirectory directory;
        const sql::Address whole{.database = directory.path() / "whole", .durable = false};
        for (const auto& each : {whole, address}) {
            Database database(each);
            REQUIRE(migrate(database, odd_moment));
            if (each.database == whole.database) fill(database);
        }
        const auto intact = sql::open(whole);
        const auto connection = sql::open(address);
        for (const auto& [damage, told] : std::initializer_list<Case>{
                 {R"(DELETE FROM "schedule")", "Job 3 is pending and not in the queue"},
                 {R"(UPDATE "job" SET "state" = 'succeeded' WHERE "id" = 3)", "is about job 3, which is succeeded"},
                 {R"(UPDATE "schedule" SET "lane_id" = 77)", "is not in the lane of its job 3"},
                 {R"(UPDATE "job" SET "state" = 'pending' WHERE "id" = 2)", "Job 2 is pending and still holds"},
                 {R"(UPDATE "job" SET "exclusive" = 7 WHERE "id" = 2)", "Job 2 of run template 1 holds run template 7"},
                 {R"(UPDATE "runtemplate" SET "next_slot" = 5)", "Run template 1 has only one of the two times"},
                 {R"(UPDATE "runtemplate" SET "successfull_jobs_count" = 4)",
                  "Run template 1 counts 4 succeeded and 0 failed jobs, and has 1 and 0."},
                 {R"(UPDATE "runtemplate" SET "failed_jobs_count" = 4)",
                  "Run template 1 counts 1 succeeded and 4 failed jobs, and has 1 and 0."},
                 {R"(UPDATE "job_count" SET "created" = "created" + 1)", "Company 1 counts 4 jobs, and has 3."},
                 {R"(UPDATE "task" SET "state" = 'open' WHERE "id" = 1)", "Task 1 is open and has no job"},
                 {R"(UPDATE "task" SET "state" = 'failed' WHERE "id" = 2)",
                  "Task 2 is failed although its job 2 is running."},
                 {R"(UPDATE "task_count" SET "fulfilled" = "fulfilled" + 1)",
                  "Company 1 counts 2 tasks with an outcome, and has 1."},
                 {R"(DELETE FROM "job_output" WHERE "job_id" = 1 AND "seq" = 1)", "The output of job 1 has 2 pieces"},
                 {R"(DELETE FROM "job_output" WHERE "job_id" = 1 AND "seq" = 0)", "The output of job 1 has 2 pieces"},
                 {R"(DELETE FROM "content_piece" WHERE "seq" = 1)",
                  "should have 12 bytes in pieces without gaps, and has 6"},
                 {R"(UPDATE "content_piece" SET "seq" = 2 WHERE "seq" = 1)", "in pieces without gaps, and has 12"},
                 {R"(INSERT INTO "erasure_request" ("user_id", "requested_at", "deletion_type", "reason", "status"))"
                  " VALUES (1, 1, 'soft', '', 'pending')",
                  "The erasure request 1 is pending, but"},
                 {R"(UPDATE "content" SET "sha256" = NULL)", "Artifact 1 of job 1 has no content."},
                 {R"(UPDATE "artifacts" SET "sha256" = 'x')", "Artifact 1 of job 1 has no content."},
                 {R"(UPDATE "artifacts" SET "size" = 3)",
                  "Artifact 1 of job 1 should have 3 bytes, its content has 12."},
             }) {
            INFO(std::string(damage));
            {
                const sql::Transaction snapshot(*intact, sql::TransactionKind::snapshot);
                REQUIRE(copy_database(*intact, *connection, schema_tables(), {}));
            }
            connection->execute(damage);
            const auto problems = found(*connection);
            const bool is_told = std::ranges::any_of(
                problems, [&](const std::string& problem) { return problem.find(told) != std::string::npos; });
            CHECK_MESSAGE(is_told, fmt::format("{}", fmt::join(problems, "\n")));
        }
    });
}

TEST_CASE("rows that refer to nothing, and values of another kind, are found in a file") {
    const TemporaryDirectory directory;
    const sql::Address address{.database = directory.path() / "x", .durable = false};
    Database database(address);
    REQUIRE(migrate(database, odd_moment));
    fill(database);
    const auto connection = sql::open(address);
    connection->query("PRAGMA foreign_keys=OFF", {});
    connection->execute(R"(UPDATE "job_output" SET "job_id" = 77 WHERE "job_id" = 1)");
    connection->execute(R"(UPDATE "company" SET "customer" = 'many')");
    const auto problems = found(*connection);
    CHECK(problems ==
          std::vector<std::string>{
              R"(The row 1 of the table "company" holds a value of another kind in "customer".)",
              R"(The row 77, 0 of the table "job_output" refers to the row 77 of "job", which is not there.)",
              R"(The row 77, 1 of the table "job_output" refers to the row 77 of "job", which is not there.)",
              R"(The row 77, 2 of the table "job_output" refers to the row 77 of "job", which is not there.)"});
}

TEST_CASE("of many problems of a kind the first are told, and that there are more") {
    const TemporaryDirectory directory;
    const sql::Address address{.database = directory.path() / "x", .durable = false};
    Database database(address);
    REQUIRE(migrate(database, odd_moment));
    const auto connection = sql::open(address);
    for (int i = 0; i < 105; ++i)
        connection->execute(R"(INSERT INTO "content" ("sha256", "size") VALUES (?, 1))", {fmt::to_string(i)});
    const auto problems = found(*connection);
    REQUIRE(problems.size() == 101);
    CHECK(problems.back() == R"(There are more than 100 such rows in the table "content".)");
}

TEST_CASE("a damaged file is told") {
    const TemporaryDirectory directory;
    const sql::Address address{.database = directory.path() / "x", .durable = false};
    {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        fill(database);
        const auto connection = sql::open(address);
        connection->query("PRAGMA wal_checkpoint(TRUNCATE)", {});
        // An index that lost its rows: reading the table alone does not show it.
        connection->execute(R"(INSERT INTO "audit" ("at", "entity", "action", "details") VALUES (1, 'e', 'a', 'd'))");
        connection->query("PRAGMA wal_checkpoint(TRUNCATE)", {});
    }
    std::fstream file(address.database, std::ios::in | std::ios::out | std::ios::binary);
    std::string content((std::istreambuf_iterator<char>(file)), {});
    const auto at = content.rfind("tester");
    REQUIRE(at != std::string::npos);
    file.seekp(static_cast<std::streamoff>(at));
    file << "TESTER";
    file.close();
    const auto connection = sql::open(address);
    const auto problems = found(*connection);
    REQUIRE(!problems.empty());
    CHECK(problems[0].starts_with("SQLite finds the file damaged: "));
}

// SPDX-License-Identifier: MIT
#include "schedule/recorder.h"
#include "store/migration.h"
#include "store/queries/job_claim.h"
#include "store/queries/job_queue.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <future>

using namespace mf;

namespace {

/// A database with one job that is claimed.
struct Fixture {
    Fixture() {
        REQUIRE(migrate(database, Timestamp{}));
        database.write([](Session& session) {
            auto& sql = session.sql;
            sql.execute(R"(INSERT INTO "user" ("id", "login", "created_at") VALUES (1, 'a', 0))");
            sql.execute(
                R"(INSERT INTO "company" ("id", "name", "code", "created_at", "updated_at") VALUES (1, 'A', 'a', 0, 0))");
        });
        database.write([](Session& session) {
            const auto all = Scope::everything();
            Application application{.uuid = "u", .name = "n", .executable = "/bin/true"};
            REQUIRE(Repository<Application>(session, all).insert(application));
            RunTemplate origin{.app_id = application.id, .company_id = {1}, .name = "t"};
            REQUIRE(Repository<RunTemplate>(session, all).insert(origin));
            REQUIRE(enqueue(session, all, {.run_template = origin, .schedule_type = "adhoc", .launched_by = {1}},
                            Timestamp{}));
            REQUIRE(claim_due(session, "node", Timestamp{}, 1).size() == 1);
        });
    }
    Job job() {
        return *database.read([](Session& session) { return Repository<Job>(session, Scope::everything()).find({1}); });
    }

    testing::TemporaryDirectory directory;
    Database database{sql::Address{.database = (directory.path() / "a.db").string()}};
};

}  // namespace

TEST_CASE("bytes that are not UTF-8 reach the record readable, not as a refusal") {
    Fixture fixture;
    std::promise<void> recorded;
    Recorder recorder(fixture.database);
    recorder.end({.job = {1},
                  .fence = 1,
                  .state = JobState::failed,
                  .exitcode = 1,
                  .reason = std::string("bad \xff name \0 here", 17)},
                 nullptr, [&] { recorded.set_value(); });
    recorded.get_future().wait();
    CHECK(fixture.job().reason == "bad \xEF\xBF\xBD name   here");
}

TEST_CASE("a record the database refuses neither loses the end of its job nor holds up others") {
    Fixture fixture;
    std::promise<void> recorded;
    Recorder recorder(fixture.database);
    // The digest is no text that a database takes.
    recorder.end({.job = {1},
                  .fence = 1,
                  .state = JobState::succeeded,
                  .exitcode = 0,
                  .artifacts = {{.job_id = {1}, .company_id = {1}, .filename = "f", .sha256 = "\xff"}}},
                 nullptr, [&] { recorded.set_value(); });
    recorded.get_future().wait();
    CHECK(fixture.job().state == JobState::succeeded);
    CHECK(fixture.job().exitcode == 0);
    CHECK(fixture.job().reason.value_or("").find("refused") != std::string::npos);
}

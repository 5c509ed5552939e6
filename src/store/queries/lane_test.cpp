// SPDX-License-Identifier: MIT
#include "store/queries/lane.h"

#include "base/time_text.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <set>

using namespace mf;
using testing::test_time;
using namespace std::chrono_literals;

namespace {

struct LaneQueue : testing::Queue {
    RunTemplate run_template(Id<Company> of, Id<Application> app, const std::string& runs_on = "") {
        return add_run_template([&](RunTemplate& record) {
            record.company_id = of;
            record.app_id = app;
            record.runs_on = runs_on;
            record.overlap = Overlap::parallel;
        });
    }
    /// Queues so many jobs, one millisecond after the other.
    void launch_many(const RunTemplate& of, int number, Timestamp first = test_time - 1h) {
        for (int i = 0; i < number; ++i) launch(of, first + std::chrono::milliseconds(i));
    }
    Application add_application(const std::string& uuid) {
        return add(Application{
            .uuid = uuid, .name = uuid, .executable = "/bin/true", .enabled = true, .created_at = test_time});
    }
    std::vector<ClaimedJob> claim_with(const TextList& labels, int most = 100, std::string_view node = "node") {
        return database.write([&](Session& session) { return claim_due(session, node, moment, most, labels); });
    }
    /// How many jobs of each company.
    static std::map<std::int64_t, int> by_company(const std::vector<ClaimedJob>& jobs) {
        std::map<std::int64_t, int> out;
        for (const auto& claimed : jobs) ++out[claimed.job.company_id.value];
        return out;
    }
};

}  // namespace

TEST_CASE("a node takes jobs whose labels it has, and finds them behind any number of others") {
    LaneQueue queue;
    const auto any = queue.run_template(queue.company.id, queue.application.id);
    const auto gpu = queue.run_template(queue.company.id, queue.application.id, "eu,gpu");
    queue.launch_many(gpu, 50);
    const auto last = queue.launch(any, test_time - 1ms);
    const auto without = queue.claim_with({"eu"}, 1);
    REQUIRE(without.size() == 1);
    CHECK(without[0].job.id == last.id);
    CHECK(queue.claim_with({"eu"}).empty());
    CHECK(queue.claim_with({"x", "gpu", "eu"}).size() == 50);
    CHECK(queue.number(R"(SELECT COUNT(*) FROM "lane")") == 2);
}

TEST_CASE("what is queued follows the labels of its run template") {
    LaneQueue queue;
    auto changing = queue.run_template(queue.company.id, queue.application.id, "gpu");
    const auto job = queue.launch(changing, test_time);
    CHECK(queue.claim_with({}).empty());
    SUBCASE("when they are changed") {
        queue.change(changing.id, [](RunTemplate& record) { record.runs_on = "eu"; });
        const auto changed = queue.get(changing.id);
        queue.database.write([&](Session& session) { change_lane(session, changed); });
    }
    SUBCASE("also when it was queued with those of before") {
        queue.change(changing.id, [](RunTemplate& record) { record.runs_on = "eu"; });
        CHECK(queue.claim_with({"gpu"}).empty());
    }
    CHECK(queue.claim_with({"gpu"}).empty());
    const auto claimed = queue.claim_with({"eu"});
    REQUIRE(claimed.size() == 1);
    CHECK(claimed[0].job.id == job.id);
    // Given back it is in its lane again.
    queue.database.write([&](Session& session) { give_back(session, claimed[0].job); });
    CHECK(queue.claim_with({}).empty());
    CHECK(queue.claim_with({"eu"}).size() == 1);
}

TEST_CASE("a job that is moved to another run template queues for the nodes of that one") {
    LaneQueue queue;
    const auto from = queue.run_template(queue.company.id, queue.application.id, "gpu");
    const auto to = queue.run_template(queue.company.id, queue.application.id, "eu");
    const auto job = queue.launch(from, test_time);
    auto moved = job;
    moved.runtemplate_id = to.id;
    queue.database.write([&](Session& session) { REQUIRE(change_queued(session, Scope::everything(), job, moved)); });
    CHECK(queue.claim_with({"gpu"}).empty());
    CHECK(queue.claim_with({"eu"}).size() == 1);
}

TEST_CASE("companies share the slots of a node, whichever came first with many jobs") {
    LaneQueue queue;
    const auto second = queue.add_company("second"), third = queue.add_company("third");
    queue.launch_many(queue.run_template(queue.company.id, queue.application.id), 100, test_time - 3h);
    queue.launch_many(queue.run_template(second.id, queue.application.id), 2, test_time - 2h);
    queue.launch_many(queue.run_template(third.id, queue.application.id), 100, test_time - 1h);
    const auto first_id = queue.company.id.value;
    CHECK(LaneQueue::by_company(queue.claim(12)) ==
          std::map<std::int64_t, int>{{first_id, 5}, {second.id.value, 2}, {third.id.value, 5}});
    // What runs already counts: the second company would come first now.
    queue.launch_many(queue.run_template(second.id, queue.application.id), 5, test_time - 1min);
    CHECK(LaneQueue::by_company(queue.claim(3)) == std::map<std::int64_t, int>{{second.id.value, 3}});
    CHECK(LaneQueue::by_company(queue.claim(3)) ==
          std::map<std::int64_t, int>{{first_id, 1}, {second.id.value, 1}, {third.id.value, 1}});
}

TEST_CASE("a company gets its oldest jobs first, of all its applications") {
    LaneQueue queue;
    const auto other = queue.add_application("other");
    const auto a = queue.run_template(queue.company.id, queue.application.id);
    const auto b = queue.run_template(queue.company.id, other.id);
    std::vector<std::int64_t> expected;
    for (int i = 0; i < 9; ++i)
        expected.push_back(queue.launch(i % 3 == 1 ? b : a, test_time - 1h + std::chrono::milliseconds(i)).id.value);
    std::vector<std::int64_t> taken;
    for (const int most : {4, 5})
        for (const auto& claimed : queue.claim(most)) taken.push_back(claimed.job.id.value);
    CHECK(taken == expected);
}

TEST_CASE("a limit counts the jobs of all nodes, claimed and running") {
    LaneQueue queue;
    const auto other = queue.add_application("other");
    const auto second = queue.add_company("second");
    SUBCASE("of a company") {
        queue.change(queue.company.id, [](Company& record) { record.max_parallel = 3; });
        queue.launch_many(queue.run_template(queue.company.id, queue.application.id), 5);
        queue.launch_many(queue.run_template(queue.company.id, other.id), 5);
    }
    SUBCASE("of an application, whoever uses it") {
        queue.change(queue.application.id, [](Application& record) { record.max_parallel = 3; });
        queue.launch_many(queue.run_template(queue.company.id, queue.application.id), 5);
        queue.launch_many(queue.run_template(second.id, queue.application.id), 5);
    }
    auto claimed = queue.claim_with({}, 2, "one");
    REQUIRE(claimed.size() == 2);
    CHECK(queue.start(claimed[0].job.id));
    const auto third = queue.claim_with({}, 100, "two");
    CHECK(third.size() == 1);
    CHECK(queue.claim_with({}, 100, "one").empty());
    // Others go past.
    queue.launch_many(queue.run_template(second.id, other.id), 2);
    CHECK(queue.claim_with({}, 100, "two").size() == 2);
    CHECK(queue.end(claimed[0].job.id));
    CHECK(queue.claim_with({}, 100, "one").size() == 1);
    CHECK(queue.claim_with({}, 100, "one").empty());
}

TEST_CASE("jobs that are set aside leave their slots to others") {
    LaneQueue queue;
    const auto alone = queue.add_run_template();
    for (int i = 0; i < 5; ++i) queue.launch(alone, test_time - 1h);
    queue.launch_many(queue.run_template(queue.company.id, queue.application.id), 3);
    CHECK(queue.claim(4).size() == 4);
    CHECK(queue.waiting() == 4);
}

TEST_CASE("more lanes than are looked at together: all of them are found, and each gets its turn") {
    LaneQueue queue;
    constexpr int companies = 600;
    std::vector<RunTemplate> of;
    for (int i = 0; i < companies; ++i)
        of.push_back(queue.run_template(queue.add_company("c" + std::to_string(i)).id, queue.application.id));
    for (const auto& run_template : of) queue.launch(run_template, test_time - 1h);
    CHECK(queue.claim(companies).size() == companies);
    // Many that this node cannot run, with one that it can anywhere among them.
    for (const auto& run_template : of)
        queue.change(run_template.id, [](RunTemplate& record) { record.runs_on = "gpu"; });
    for (const auto& run_template : of) queue.launch(queue.get(run_template.id), test_time - 1h);
    for (const int place : {0, 299, 599}) {
        queue.change(of[static_cast<std::size_t>(place)].id, [](RunTemplate& record) { record.runs_on = ""; });
        queue.launch(queue.get(of[static_cast<std::size_t>(place)].id), test_time - 1min);
        CHECK(queue.claim(10).size() == 1);
    }
    // A node with few slots serves all of them in the end, not the first part again and again.
    std::set<std::int64_t> served;
    for (int i = 0; i < 300; ++i)
        queue.database.write([&](Session& session) {
            for (const auto& claimed :
                 claim_due(session, "few", test_time + std::chrono::milliseconds(i), 1, {"gpu"})) {
                served.insert(claimed.job.company_id.value);
                give_back(session, claimed.job);
            }
        });
    CHECK(served.size() > 1);
}

TEST_CASE("a queue row without its lane is repaired") {
    LaneQueue queue;
    const auto one = queue.launch(queue.run_template(queue.company.id, queue.application.id, "gpu"), test_time);
    const auto other = queue.launch(queue.run_template(queue.company.id, queue.application.id), test_time);
    const auto repair = [&](const Scope& scope) {
        return queue.database.write([&](Session& session) { return repair_lanes(session, scope); });
    };
    CHECK(repair(Scope::everything()) == 0);
    queue.database.write([&](Session& session) {
        // That of the other kind of jobs, and none at all.
        const auto lane =
            session.sql.query(R"(SELECT "lane_id" FROM "schedule" WHERE "job_id" = ?)", {one.id.value})[0][0];
        session.sql.execute(R"(UPDATE "schedule" SET "lane_id" = ? WHERE "job_id" = ?)", {lane, other.id.value});
        session.sql.execute(R"(UPDATE "schedule" SET "lane_id" = 0 WHERE "job_id" = ?)", {one.id.value});
    });
    CHECK(repair(Scope::only(queue.add_company("other").id)) == 0);
    CHECK(repair(Scope::everything()) == 2);
    CHECK(queue.claim().size() == 1);
    CHECK(queue.claim_with({"gpu"}).size() == 1);
}

TEST_CASE("the next due job is told apart from those that wait for something else") {
    LaneQueue queue;
    const auto any = queue.run_template(queue.company.id, queue.application.id);
    queue.launch(any, test_time - 1h);
    const auto next = [&] {
        return queue.database.read([](Session& session) { return next_due_after(session, test_time); });
    };
    CHECK_FALSE(next());
    queue.launch(any, test_time + 5min);
    CHECK(next() == test_time + 5min);
}

TEST_CASE("jobs that were queued before there were lanes get theirs") {
    testing::TemporaryDirectory directory;
    Database database({.database = (directory.path() / "old.db").string(), .durable = false});
    REQUIRE(migrate(database, test_time, 5));
    database.write([&](Session& session) {
        for (
            const auto* statement :
            {R"(INSERT INTO "user" ("id", "login", "created_at") VALUES (1, 'u', 0))",
             R"(INSERT INTO "company" ("id", "name", "code", "created_at", "updated_at") VALUES (1, 'a', 'a', 0, 0))",
             R"(INSERT INTO "company" ("id", "name", "code", "created_at", "updated_at") VALUES (2, 'b', 'b', 0, 0))",
             R"(INSERT INTO "application" ("id", "uuid", "name", "description", "version", "executable", "arguments",
                 "homepage", "ociimage", "image", "code", "tags", "requirements", "setup", "deploy", "resultfile",
                 "helmchart", "deffile", "definition", "definition_sha256", "created_at", "updated_at")
                 VALUES (1, 'x', 'x', '', '', '/bin/true', '', '', '', '', '', '[]', '[]', '', '', '', '', '', '', '', 0, 0))",
             R"(INSERT INTO "runtemplate" ("id", "app_id", "company_id", "name", "note", "created_at", "updated_at")
                 SELECT "id", 1, "id", 'r', '', 0, 0 FROM "company")",
             R"(INSERT INTO "job" ("id", "app_id", "company_id", "runtemplate_id", "state", "schedule", "schedule_type",
                 "executor", "launched_by", "created_at") SELECT "id", 1, "id", "id", 'pending', 0, 'adhoc', 'Native', 1, 0
                 FROM "company")",
             R"(INSERT INTO "schedule" ("job_id", "runtemplate_id", "company_id", "after") SELECT "id", "id", "id", 0
                 FROM "company")"})
            session.sql.execute(statement);
    });
    REQUIRE(migrate(database, test_time));
    CHECK(database.write([](Session& session) { return claim_due(session, "node", test_time, 10); }).size() == 2);
}

// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/testing/fake_backend.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

json::object task() {
    return {{"id", 3},
            {"runtemplate_id", 2},
            {"company_id", 1},
            {"window_start", "2025-06-15T10:00:00.000Z"},
            {"window_end", "2025-06-15T11:00:00.000Z"},
            {"deadline", "2025-06-15T10:30:00.000Z"},
            {"state", "failed"},
            {"fulfilled_by_job_id", nullptr},
            {"fulfilled_at", nullptr},
            {"attempts", 2},
            {"cause", "Job 9 ended with exit code 1. The run template allows 2 attempts."},
            {"created_at", "2025-06-15T10:00:01.000Z"}};
}

constexpr std::string_view as_shown =
    R"({"id":3,"runtemplate_id":2,"window_start":"2025-06-15 12:00:00","window_end":"2025-06-15 13:00:00",)"
    R"("deadline":"2025-06-15 12:30:00","state":"failed","fulfilled_by_job_id":null,"fulfilled_at":null,)"
    R"("attempts":2,"created_at":"2025-06-15 12:00:01","company_id":1,)"
    R"("cause":"Job 9 ended with exit code 1. The run template allows 2 attempts."})";

}  // namespace

TEST_CASE("expected runs are listed in local time, filtered by run template and state") {
    FakeBackend fake;
    fake.offer("task:list", {"limit", "after", "offset", "order", "runtemplate_id", "state"},
               [](const json::object& input) -> Result<json::value> {
                   if (input.contains("after") || input.contains("state")) return json::array();
                   return json::array{task()};
               });
    Shell shell{fake};
    CHECK(shell({"task:list", "--runtemplate_id", "2", "-f", "json"}).code == 0);
    CHECK(testing::compact(shell) == fmt::format("[{}]", as_shown));
    CHECK(to_text(shell.last()) == R"({"runtemplate_id":"2","order":"A","limit":1000})");
    CHECK(shell({"task", "list", "--state", "missed"}).out == "No tasks found.\n\n");
    CHECK(shell({"task:list", "--state", "missed", "-f", "json"}).out == "[]\n");
    shell({"task:list", "--fields", "id,state,cause", "--limit", "1", "--order", "D", "-f", "json"});
    CHECK(testing::compact(shell).starts_with(R"([{"id":3,"state":"failed","cause":"Job 9)"));
    CHECK(shell({"task:list", "--fields", "id,state"}).out ==
          "+----+--------+\n| id | state  |\n+----+--------+\n|  3 | failed |\n+----+--------+\n\n");
}

TEST_CASE("an expected run is shown, with its jobs when wanted") {
    FakeBackend fake;
    fake.offer("task:get", {"id", "?with_jobs"}, [](const json::object& input) -> Result<json::value> {
        if (input.at("id") == "4") return Error{ErrorCode::not_found, "There is no task 4."};
        auto out = task();
        if (input.contains("with_jobs"))
            out["jobs"] = json::array{json::object{{"id", 9}, {"task_id", 3}, {"begin", "2025-06-15T10:00:02Z"}}};
        return json::value(out);
    });
    Shell shell{fake};
    shell({"task:get", "--id", "3", "-f", "json"});
    CHECK(testing::compact(shell) == as_shown);
    shell({"task:get", "--id", "3", "--with-jobs", "-f", "json"});
    CHECK(shell.last().at("with_jobs") == true);
    const auto jobs = shell.document().at("jobs").as_array();
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].at("task_id") == 3);
    CHECK(jobs[0].at("begin") == "2025-06-15 12:00:02");
    CHECK(jobs[0].at("state").is_null());
    // The environments are not read, so nothing is said about them.
    CHECK(!jobs[0].as_object().contains("env"));
    const auto text = shell({"task", "get", "3", "--with-jobs"}).out;
    CHECK(text.find("jobs: ") == std::string::npos);
    CHECK(text.find("| id | attempt | state | begin               | end | exitcode | reason |\n") != std::string::npos);
    CHECK(text.find("|  9 |         |       | 2025-06-15 12:00:02 |") != std::string::npos);
    CHECK(shell({"task", "get", "3", "--with-jobs", "--fields", "state"}).out == "state: failed\n");
    CHECK(shell({"task", "get", "3", "--with-jobs", "--fields", "jobs"}).out.starts_with("+----+"));
    CHECK(shell({"task", "get", "3", "--fields", "state,attempts"}).out == "state: failed\nattempts: 2\n");
    CHECK(shell({"task:get", "--id", "4"}).code == 1);
    CHECK(shell.out == "Task not found: ID=4\n");
    CHECK(shell({"task:get"}).out == "Missing --id\n");
}

TEST_CASE("expected runs are counted by state") {
    FakeBackend fake;
    fake.offer("task:status", {},
               json::value{{"missed", 2}, {"total", 9}, {"open", 1}, {"running", 0}, {"fulfilled", 4}, {"failed", 2}});
    Shell shell{fake};
    CHECK(shell({"task", "status"}).out ==
          "total: 9\nopen: 1\nrunning: 0\nfulfilled: 4\nfulfilled_late: 0\nfailed: 2\nmissed: 2\n");
    shell({"task:status", "-f", "json"});
    CHECK(testing::compact(shell) ==
          R"({"total":9,"open":1,"running":0,"fulfilled":4,"fulfilled_late":0,"failed":2,"missed":2})");
}

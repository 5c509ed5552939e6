// SPDX-License-Identifier: MIT
#include "api/rest_answer.h"
#include "support/api_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::ApiDesk;

TEST_CASE("an operation that should not be used any more says so, until when, and what to use instead") {
    ApiDesk desk;
    auto operations = desk.operations;
    auto& old = *std::ranges::find(operations, "job:get", &Operation::name);
    old.deprecated = {.since = desk.moment, .sunset = desk.moment + std::chrono::hours(24), .successor = "job:tail"};
    const ApiContext& usual = desk.context;
    const ApiContext context{.database = usual.database,
                             .vault = usual.vault,
                             .http = usual.http,
                             .sign_in = usual.sign_in,
                             .clock = usual.clock,
                             .operations = operations,
                             .zone = "UTC"};
    RestApi api(context);
    const auto answer =
        api.handle(desk.request("GET", fmt::format("/api/v1/jobs/{}", desk.acme.ended.id.value), desk.as_admin()));
    CHECK(answer.status == 200);
    CHECK(answer.headers.get("Deprecation") == fmt::format("@{}", desk.moment.time_since_epoch().count() / 1000));
    CHECK(answer.headers.get("Sunset").ends_with(" GMT"));
    CHECK(answer.headers.get("Link") ==
          fmt::format("</api/v1/jobs/{}/tail>; rel=\"successor-version\"", desk.acme.ended.id.value));
    CHECK_FALSE(
        desk.ask("GET", fmt::format("/jobs/{}", desk.acme.ended.id.value), desk.as_admin()).headers.has("Deprecation"));
}

TEST_CASE("a page of jobs that was written from rows says what the operation says") {
    ApiDesk desk;
    desk.furnish(desk.add(Company{.name = "Bravo", .code = "bravo"}));
    for (const std::string query : {"", "?order=D", "?company_id=1", "?company_id=bravo", "?limit=2"}) {
        CAPTURE(query);
        const auto answer = desk.ask("GET", "/jobs" + query, desk.as_admin());
        REQUIRE(answer.status == 200);
        auto page = desk.body_of(answer);
        json::object input{{"limit", std::ssize(page.at("items").as_array())}};
        if (query.find("order") != std::string::npos) input["order"] = "D";
        if (query.find("=1") != std::string::npos) input["company_id"] = 1;
        if (query.find("bravo") != std::string::npos) input["company_id"] = "bravo";
        CHECK(page.at("items") == testing::must(desk.run("job:list", input)));
        CHECK(page.at("next").is_null() == !answer.headers.has("Link"));
    }
    // What has more than its row goes the other way.
    CHECK(
        desk.body_of(desk.ask("GET", "/jobs?env=true", desk.as_admin())).at("items").at(0).as_object().contains("env"));
    CHECK(desk.body_of(desk.ask("GET", "/jobs?status=failed", desk.as_admin())).at("items").as_array().size() == 2);
    CHECK(desk.ask("GET", "/jobs").status == 401);
}

TEST_CASE("a job that was written from its rows is what the operation answers") {
    ApiDesk desk;
    desk.add(ApplicationExitCode{.application_id = desk.application.id, .exit_code = 3, .severity = "critical"});
    const auto declared = desk.add_run_template();
    std::vector<Id<Job>> jobs{desk.acme.ended.id};
    for (const auto state : {JobState::succeeded, JobState::failed, JobState::timed_out, JobState::pending}) {
        const auto made = testing::must(desk.run("runtemplate:schedule", {{"id", declared.id.value}}));
        jobs.push_back({made.at("job_id").as_int64()});
        if (state == JobState::pending) continue;
        desk.claim();
        desk.start(jobs.back());
        desk.end(jobs.back(), state, 3);
    }
    for (const auto& job : jobs) {
        CAPTURE(job.value);
        const auto path = fmt::format("/jobs/{}", job.value);
        const auto answer = desk.ask("GET", path, desk.as_admin());
        REQUIRE(answer.status == 200);
        const json::object of_job{{"id", job.value}};
        CHECK(answer.body == to_text(testing::must(desk.run("job:get", of_job))));
        CHECK(answer.headers.get("ETag") == entity_tag(answer.body));
        CHECK(desk.ask("GET", path + "?output=false", desk.as_admin()).body ==
              to_text(testing::must(desk.run("job:get", {{"id", job.value}, {"output", false}}))));
    }
    CHECK(desk.body_of(desk.ask("GET", fmt::format("/jobs/{}", jobs[2].value), desk.as_admin())).at("exit_severity") ==
          "critical");
    CHECK(desk.ask("GET", "/jobs/999999", desk.as_admin()).status == 404);
}

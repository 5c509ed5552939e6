// SPDX-License-Identifier: MIT
#include "support/compatible_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::CompatibleDesk;
using testing::refused_by_client;

namespace {

std::string_view error_of(const json::value& body) { return body.at("error").as_string(); }

}  // namespace

TEST_CASE("a run is scheduled with one answer for both kinds of clients") {
    CompatibleDesk desk;
    const auto run = desk.acme.origin.id.value;
    const auto answer = desk.post(
        "/job/", {{"runtemplate_id", run}, {"env", {{"LEDGER_URL", "x"}, {"N", 7}, {"T", true}, {"F", false}}}});
    CAPTURE(answer.body);
    REQUIRE(answer.status == 201);
    const auto job = desk.body_of(answer);
    CHECK(refused_by_client("Job", job) == "");
    CHECK(job.at("job_id") == job.at("id"));
    CHECK(job.at("scheduled") == job.at("schedule"));
    CHECK(job.at("schedule_type") == "adhoc-api");
    CHECK(job.at("runtemplate_id") == run);
    CHECK(job.at("env").at("N") == "7");
    CHECK(job.at("env").at("T") == "1");
    CHECK(job.at("env").at("F") == "");
    CHECK(job.at("begin") == nullptr);

    const auto scheduled = [&](const json::value& when) {
        const auto made = desk.post("/job", {{"runtemplate_id", fmt::to_string(run)}, {"scheduled", when}});
        return made.status == 201 ? std::string(desk.body_of(made).at("scheduled").as_string())
                                  : fmt::format("{} {}", made.status, error_of(desk.body_of(made)));
    };
    CHECK(scheduled("2030-01-02 03:04:05") == "2030-01-02 03:04:05");
    CHECK(scheduled("2030-01-02T03:04:05+01:00") == "2030-01-02 02:04:05");
    CHECK(scheduled("now") == format_local(desk.moment, Zone::utc()));
    CHECK(scheduled("+1 hour") == format_local(desk.moment + std::chrono::hours(1), Zone::utc()));
    CHECK(scheduled("") == scheduled("now"));
    CHECK(scheduled(nullptr) == scheduled("now"));
    for (const json::value& wrong : std::vector<json::value>{"someday", 7, json::array{}})
        CHECK(scheduled(wrong) == "400 Invalid scheduled value");
}

TEST_CASE("a run that cannot be scheduled says why") {
    CompatibleDesk desk;
    desk.read("/jobs.json");  // A first sign-in leaves a trace.
    const auto refused = [&](const json::value& body) {
        const auto before = desk.dump();
        const auto answer = desk.post("/job/", body);
        CHECK(desk.dump() == before);
        return fmt::format("{} {}", answer.status, error_of(desk.body_of(answer)));
    };
    CHECK(refused(json::object{}) == "400 Missing runtemplate_id");
    CHECK(refused({{"runtemplate_id", nullptr}}) == "400 Missing runtemplate_id");
    CHECK(refused({{"runtemplate_id", "x"}}).starts_with("400 "));
    CHECK(refused({{"runtemplate_id", 999}}) == "404 RunTemplate not found");
    const auto run = desk.acme.origin.id.value;
    CHECK(refused({{"runtemplate_id", run}, {"env", "A=1"}}).starts_with("400 env must be an object"));
    CHECK(refused({{"runtemplate_id", run}, {"env", {{"A", {1}}}}}).starts_with("400 env: A must be a text"));
    CHECK(refused({{"runtemplate_id", run}, {"executor", "Steam"}}).starts_with("400 "));
    CHECK(
        desk.post("/job/?jobId=" + fmt::to_string(desk.acme.pending.id.value), {{"scheduled", "2031-01-01"}}).status ==
        201);
    CHECK(desk.get(desk.acme.pending.id).schedule == testing::at("2031-01-01 00:00"));
    testing::must(desk.run("runtemplate:update", {{"id", run}, {"active", false}}));
    CHECK(refused({{"runtemplate_id", run}}) == "409 RunTemplate is not active");
    CHECK(refused({{"jobId", 999}, {"scheduled", "now"}}) == "404 Job not found");
    CHECK(refused({{"jobId", desk.acme.ended.id.value}, {"scheduled", "now"}}).starts_with("409 "));
}

TEST_CASE("the output of a job is complete, however long and wherever it was cut into pieces") {
    CompatibleDesk desk;
    const auto job = desk.launch(desk.acme.origin, desk.moment);
    desk.claim();
    desk.start(job.id);
    // More than is read at once, cut in the middle of characters again and again.
    std::string output = "p\xC5\x99\xC3\xAD \"quoted\"\n\xFF\x01";
    for (int i = 0; i < 500'000; ++i) output += "\xE2\x82\xAC\xF0\x9F\x98\x80";
    output += '\xC5';
    constexpr std::size_t at_once = 100'001;
    for (std::size_t i = 0; i * at_once < output.size(); ++i)
        desk.database.write([&](Session& session) {
            const auto piece = pack(
                job.id, 1, {.seq = std::int64_t(i), .at = desk.moment, .bytes = output.substr(i * at_once, at_once)});
            REQUIRE(append_output(session, std::span(&piece, 1)) == 0);
        });
    auto answer = desk.get(fmt::format("/job/{}.json", job.id.value));
    REQUIRE(answer.status == 200);
    REQUIRE(answer.source);
    const auto streamed = parse_json(desk.streamed(answer));
    REQUIRE(streamed);
    CHECK(refused_by_client("Job", *streamed) == "");
    CHECK((streamed->at("stdout").as_string() == to_utf8(output)));
    CHECK(streamed->at("stderr") == "");
    CHECK(streamed->at("id") == job.id.value);
    CHECK(desk.get(fmt::format("/job/{}.xml", job.id.value)).body.find("quoted") != std::string::npos);
}

TEST_CASE("whoever removes many jobs is told that there are more") {
    CompatibleDesk desk;
    const auto manager = desk.person_of("manager-acme", desk.company.id, CompanyRole::manager);
    const auto look = fmt::format("/jobs.json?runtemplate_id={}&dry_run=1", desk.acme.origin.id.value);
    const auto there = desk.body_of(desk.send("DELETE", look, manager)).at("matched").as_int64();
    const auto add = [&](std::int64_t count) {
        desk.database.write([&](Session& session) {
            for (; count > 0; --count) {
                auto job = *Repository<Job>(session, Scope::everything()).find(desk.acme.ended.id);
                job.id = {};
                REQUIRE(Repository<Job>(session, Scope::everything()).insert(job));
            }
        });
    };
    add(1000 - there);
    auto answer = desk.body_of(desk.send("DELETE", look, manager));
    CHECK(answer.at("matched") == 1000);
    CHECK(answer.at("more") == false);
    add(1);
    answer = desk.body_of(desk.send("DELETE", look, manager));
    CHECK(answer.at("matched") == 1000);
    CHECK(answer.at("more") == true);
}

TEST_CASE("jobs that have ended are removed by run template and time, after a look if wanted") {
    CompatibleDesk desk;
    const auto bravo = desk.furnish(desk.add_company("bravo"));
    const auto remove = [&](const std::string& query, const http::Headers& who) {
        return desk.send("DELETE", "/jobs.json" + query, who);
    };
    const auto manager = desk.person_of("manager-acme", desk.company.id, CompanyRole::manager);
    const auto viewer = desk.person_of("viewer-acme", desk.company.id, CompanyRole::viewer);
    CHECK(remove("", manager).status == 400);
    CHECK(remove("?from=soon", manager).status == 400);
    CHECK(remove("?runtemplate_id=x", manager).status == 400);
    CHECK(remove("?from=2000-01-01", viewer).status == 403);
    const auto origin = desk.acme.origin.id.value;
    for (const auto& wrong :
         {"?runtemplate_id={}&dryRun=1", "?runtemplate_id=&from=2000-01-01", "?runtemplate={}&from=2000-01-01",
          "?runtemplate_id={}&limit=1", "?runtemplate_id={}&runtemplate_id={}", "?runtemplate_id={}&dry_run=maybe",
          "?runtemplate_id={}&from=&to="}) {
        CAPTURE(wrong);
        CHECK(remove(fmt::format(fmt::runtime(wrong), origin, origin), manager).status == 400);
    }
    CHECK(desk.send("DELETE", "/jobs.json?from=2000-01-01", manager, R"({"runtemplate_id":2})").status == 400);
    for (const auto* looks : {"&dry_run", "&dry_run=", "&dry_run=true"}) {
        CAPTURE(looks);
        const auto answer = remove(fmt::format("?runtemplate_id={}{}", origin, looks), manager);
        CHECK(desk.body_of(answer).at("dry_run") == true);
    }
    const auto ended = desk.acme.ended.id.value;
    CHECK(remove("?from=2000-01-01&dry_run=1", manager).body ==
          fmt::format(R"({{"dry_run":true,"matched":1,"deleted":0,"more":false,"job_ids":[{}]}})", ended));
    CHECK(desk.body_of(remove("?to=2000-01-01", manager)).at("matched") == 0);
    CHECK(desk.body_of(remove(fmt::format("?runtemplate_id={}", bravo.origin.id.value), manager)).at("matched") == 0);
    CHECK(desk.body_of(remove("?from=2000-01-01", manager)).at("deleted") == 1);
    CHECK(desk.get(fmt::format("/job/{}.json", ended)).status == 404);
    // What waits stays, and so does what belongs to others.
    CHECK(desk.get(fmt::format("/job/{}.json", desk.acme.pending.id.value)).status == 200);
    CHECK(desk.get(fmt::format("/job/{}.json", bravo.ended.id.value)).status == 200);
}

TEST_CASE("tasks are found by state, run template and time; a job is removed; the audit log tells it") {
    CompatibleDesk desk;
    CHECK(desk.read("/tasks.json?state=missed").as_array().size() == 1);
    CHECK(desk.read("/tasks.json?state=open").as_array().empty());
    CHECK(desk.read(fmt::format("/tasks.json?runtemplate_id={}", desk.acme.origin.id.value)).as_array().size() == 1);
    CHECK(desk.read("/tasks.json?from=2000-01-01&to=2000-02-01").as_array().empty());
    CHECK(desk.read("/tasks.json?from=2000-01-01").as_array().size() == 1);
    CHECK(desk.get("/tasks.json?state=lost").status == 400);
    CHECK(desk.read(fmt::format("/task/{}.json", desk.acme.task.id.value)).at("jobs").is_array());
    const auto path = fmt::format("/job/{}.json", desk.acme.ended.id.value);
    const auto gone = desk.send("DELETE", path, desk.admin);
    CHECK(gone.status == 200);
    CHECK(desk.body_of(gone).at("success") == true);
    CHECK(desk.get(path).status == 404);
    const auto log = desk.read("/auditlog.json?entity_type=job&action=delete");
    REQUIRE(log.as_array().size() == 1);
    CHECK(log.at(0).at("entity_id") == desk.acme.ended.id.value);
}

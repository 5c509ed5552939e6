// SPDX-License-Identifier: MIT
#include "support/http_desk.h"
#include "support/people_desk.h"
#include "support/watching.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::Watching;

namespace {

struct StreamDesk : testing::OverHttp<testing::PeopleDesk> {
    StreamDesk() {
        person("boss", [&](const std::string& login) {
            testing::must(run("user-role:set", {{"login", login}, {"roles", {"super_admin"}}}));
        });
    }
    RunTemplate origin = add_run_template([](RunTemplate& r) { r.overlap = Overlap::parallel; });
    Company bravo = add_company("bravo");
    RunTemplate foreign = add_run_template([&](RunTemplate& r) {
        r.overlap = Overlap::parallel;
        r.company_id = bravo.id;
    });
    std::map<std::string, json::value> tokens;

    void person(const std::string& login, const std::function<void(const std::string&)>& grant) {
        add_person(login);
        grant(login);
        tokens.emplace(login, testing::must(run("token:create", {{"user", login}, {"name", "test"}})));
    }
    void viewer(const std::string& login) {
        person(login, [&](const std::string& name) {
            testing::must(
                run("user-company:assign", {{"company_id", company.id.value}, {"login", name}, {"role", "viewer"}}));
        });
    }
    http::Headers as(const std::string& login, std::string_view last_id = {}) {
        auto out = bearer(tokens.at(login).at("token").as_string());
        if (!last_id.empty()) out.add("Last-Event-ID", std::string(last_id));
        return out;
    }
    std::shared_ptr<http::EventStream> events(std::string_view target, http::Headers headers) {
        const auto answer = ask("GET", target, std::move(headers));
        CAPTURE(answer.body);
        CHECK(answer.status == 200);
        return answer.events;
    }
    /// Made and ended at once: four changes.
    Job through(const RunTemplate& of) {
        const auto job = launch(of, moment);
        claim();
        start(job.id);
        end(job.id);
        return job;
    }
    std::int64_t print(const Job& job, OutputSource source, std::string bytes) {
        const auto seq = number(R"(SELECT COUNT(*) FROM "job_output" WHERE "job_id" = ?)", {job.id.value});
        const auto piece =
            pack(job.id, get(job.id).fence, {.seq = seq, .at = moment, .source = source, .bytes = std::move(bytes)});
        database.write([&](Session& session) { append_output(session, {&piece, 1}); });
        return seq;
    }
};

/// Nothing that is not expected has come before what is.
std::vector<std::string> types_until(Watching& watching, std::string_view last) {
    std::vector<std::string> out;
    do out.push_back(watching.next().type);
    while (out.back() != last);
    return out;
}

using Words = std::vector<std::string>;
const Words whole_life{"job.created", "job.claimed", "job.started", "job.ended"};

}  // namespace

TEST_CASE("who watches hears of every change, and goes on where he was") {
    StreamDesk desk;
    Watching watching(desk.events("/events", desk.as("boss")));
    const auto hello = watching.next();
    CHECK(hello.type == "hello");
    CHECK(hello.data == "{\"id\":" + hello.id + "}");
    const auto job = desk.through(desk.origin);
    CHECK(types_until(watching, "job.ended") == whole_life);
    const auto last = watching.last_id();
    watching.leave();
    desk.through(desk.origin);
    Watching again(desk.events("/events", desk.as("boss", last)));
    CHECK(types_until(again, "job.ended") == whole_life);
    desk.through(desk.origin);
    CHECK(types_until(again, "job.ended") == whole_life);
    SUBCASE("in a query, for those who cannot set a header") {
        Watching third(desk.events("/events?types=job.ended&last_event_id=" + hello.id, desk.as("boss")));
        const auto event = third.next();
        const auto data = *parse_json(event.data);
        CHECK(data.at("job_id") == job.id.value);
        CHECK(data.at("state") == "succeeded");
        CHECK(data.at("exitcode") == 0);
        CHECK(data.at("runtemplate_id") == desk.origin.id.value);
        CHECK(data.at("company_id") == desk.company.id.value);
        CHECK(data.at("at").as_string().ends_with("Z"));
    }
}

TEST_CASE("who comes back for what is not there any more is told to begin anew") {
    StreamDesk desk;
    const auto type_of_first = [&](std::string_view last) {
        Watching watching(desk.events("/events", desk.as("boss", last)));
        return watching.next().type;
    };
    desk.through(desk.origin);
    CHECK(type_of_first("0") == "job.created");
    CHECK(type_of_first("4711") == "reset");
    desk.database.write([&](Session& session) {
        session.sql.execute(R"(DELETE FROM "job_change" WHERE "id" < (SELECT MAX("id") FROM "job_change"))");
    });
    // What is removed is old.
    desk.clock.advance(std::chrono::hours(1));
    Watching watching(desk.events("/events", desk.as("boss", "0")));
    CHECK(watching.next().type == "reset");
    desk.through(desk.origin);
    CHECK(types_until(watching, "job.ended") == whole_life);
}

TEST_CASE("somebody who is far behind gets it all, at his own pace") {
    StreamDesk desk;
    Watching live(desk.events("/events?types=job.created", desk.as("boss")));
    live.next();
    constexpr int number = 1500;  // more than waits for a viewer
    desk.database.write([&](Session& session) {
        for (int i = 0; i < number; ++i)
            note_change(session, JobChangeKind::created,
                        {.id = {i + 1}, .company_id = desk.company.id, .runtemplate_id = desk.origin.id}, desk.moment);
    });
    Watching behind(desk.events("/events", desk.as("boss", "0")));
    for (auto* each : {&behind, &live}) {
        std::int64_t last = 0;
        for (int i = 0; i < number; ++i) {
            const auto event = each->next();
            REQUIRE(event.type == "job.created");
            REQUIRE(std::stoll(event.id) > last);
            last = std::stoll(event.id);
            REQUIRE(parse_json(event.data)->at("job_id") == i + 1);
        }
    }
}

TEST_CASE("events are for those who may see the job at that moment") {
    StreamDesk desk;
    desk.viewer("alice");
    Watching alice(desk.events("/events", desk.as("alice")));
    Watching boss(desk.events("/events", desk.as("boss")));
    CHECK(alice.next().type == "hello");
    CHECK(boss.next().type == "hello");
    const auto with_company = fmt::format("/events?company_id={}", desk.bravo.id.value);
    CHECK(desk.ask("GET", with_company, desk.as("alice")).status == 404);
    CHECK(desk.ask("GET", with_company, desk.as("boss")).status == 200);
    desk.through(desk.foreign);
    const auto own = desk.through(desk.origin);
    for (const auto& expected : whole_life) {
        const auto event = alice.next();
        CHECK(event.type == expected);
        CHECK(parse_json(event.data)->at("job_id") == own.id.value);
    }
    SUBCASE("a role that is taken away stops them, one that is given lets them come") {
        const auto number_of = [&](const Company& of) { return json::value(of.id.value); };
        testing::must(desk.run("user-company:assign",
                               {{"company_id", number_of(desk.bravo)}, {"login", "alice"}, {"role", "viewer"}}));
        testing::must(desk.run("user-company:unassign", {{"company_id", number_of(desk.company)}, {"login", "alice"}}));
        desk.through(desk.origin);
        const auto now_own = desk.through(desk.foreign);
        for (const auto& expected : whole_life) {
            const auto event = alice.next();
            CHECK(event.type == expected);
            CHECK(parse_json(event.data)->at("job_id") == now_own.id.value);
        }
    }
    SUBCASE("a token that is revoked ends the stream") {
        testing::must(desk.run("token:revoke", {{"id", desk.tokens.at("alice").at("id")}}));
        CHECK(alice.rest().empty());
        CHECK(desk.ask("GET", "/events", desk.as("alice")).status == 401);
        // Others stay.
        types_until(boss, "job.ended");
        types_until(boss, "job.ended");
        desk.through(desk.origin);
        CHECK(types_until(boss, "job.ended") == whole_life);
    }
    SUBCASE("what was told while one was away is judged by what one may see now") {
        const auto last = alice.last_id();
        alice.leave();
        desk.through(desk.foreign);
        Watching again(desk.events("/events", desk.as("alice", last)));
        const auto next = desk.through(desk.origin);
        CHECK(parse_json(again.next().data)->at("job_id") == next.id.value);
    }
}

TEST_CASE("the only viewer loses his token, and another one comes") {
    StreamDesk desk;
    desk.viewer("alice");
    Watching alice(desk.events("/events", desk.as("alice")));
    CHECK(alice.next().type == "hello");
    testing::must(desk.run("token:revoke", {{"id", desk.tokens.at("alice").at("id")}}));
    CHECK(alice.rest().empty());
    Watching boss(desk.events("/events", desk.as("boss")));
    CHECK(boss.next().type == "hello");
    desk.through(desk.origin);
    CHECK(types_until(boss, "job.ended") == whole_life);
}

TEST_CASE("requests for streams that are refused") {
    StreamDesk desk;
    desk.person("nobody", [](const std::string&) {});
    desk.viewer("alice");
    const auto foreign = desk.launch(desk.foreign, desk.moment);
    const auto status = [&](std::string_view target, http::Headers headers) {
        return desk.ask("GET", target, std::move(headers)).status;
    };
    CHECK(status("/events", {}) == 401);
    CHECK(status("/events", desk.as("nobody")) == 403);
    CHECK(status("/events?types=job.exploded", desk.as("boss")) == 400);
    CHECK(status("/events", desk.as("boss", "yesterday")) == 400);
    CHECK(status("/jobs/4711/events", desk.as("boss")) == 404);
    CHECK(status("/jobs/x/events", desk.as("boss")) == 400);
    CHECK(status(fmt::format("/jobs/{}/events", foreign.id.value), desk.as("alice")) == 404);
    CHECK(desk.ask("POST", "/events", desk.as("boss")).headers.get("Allow") == "GET, HEAD");
    CHECK(desk.ask("HEAD", "/events", desk.as("boss")).headers.get("Content-Type") == "text/event-stream");
}

TEST_CASE("what a job prints is told as it comes, once, and the end is the end") {
    StreamDesk desk;
    const auto job = desk.launch(desk.origin, desk.moment);
    const auto target = fmt::format("/jobs/{}/events", job.id.value);
    Watching watching(desk.events(target, desk.as("boss")));
    const auto text_of = [](const testing::WatchedEvent& event) {
        REQUIRE(event.type == "output");
        const auto data = *parse_json(event.data);
        return fmt::format("{}: {}", std::string_view(data.at("stream").as_string()),
                           std::string_view(data.at("text").as_string()));
    };
    CHECK(parse_json(watching.next().data)->at("state") == "pending");
    desk.claim();
    desk.start(job.id);
    for (auto event = watching.next(); parse_json(event.data)->at("state") != "running"; event = watching.next())
        REQUIRE(event.type == "state");
    desk.print(job, OutputSource::standard_output, "one \xe2\x82");
    CHECK(text_of(watching.next()) == "stdout: one ");
    desk.print(job, OutputSource::standard_error, "oh");
    CHECK(text_of(watching.next()) == "stderr: oh");
    CHECK(watching.last_id() == "1-running");
    watching.leave();
    desk.print(job, OutputSource::standard_output, "\xac two\xf0");
    Watching again(desk.events(target, desk.as("boss", "1-running")));
    CHECK(text_of(again.next()) == "stdout: € two");
    desk.end(job.id, JobState::failed, 3);
    const auto rest = again.rest();
    REQUIRE(rest.size() == 2);
    CHECK(text_of(rest[0]) == "stdout: \uFFFD");
    CHECK(rest[1].type == "end");
    CHECK(parse_json(rest[1].data)->at("exitcode") == 3);
    CHECK(rest[1].id == "2-failed");
    CHECK(desk.ask("GET", target, desk.as("boss", "2-failed")).status == 204);
    SUBCASE("of a job that has ended everything is told at once") {
        Watching late(desk.events(target, desk.as("boss")));
        const auto all = late.rest();
        CHECK(all.size() == 5);
        CHECK(all.back().type == "end");
    }
}

TEST_CASE("a lot of output waits in the database for those who are slow") {
    StreamDesk desk;
    const auto job = desk.launch(desk.origin, desk.moment);
    desk.claim();
    desk.start(job.id);
    std::string expected;
    for (int i = 0; i < 60; ++i) {
        const std::string piece(60'000, static_cast<char>('a' + i % 26));
        desk.print(job, OutputSource::standard_output, piece);
        expected += piece;
    }
    desk.end(job.id);
    Watching slow(desk.events(fmt::format("/jobs/{}/events", job.id.value), desk.as("boss")));
    std::string told;
    for (const auto& event : slow.rest())
        if (event.type == "output") told += parse_json(event.data)->at("text").as_string();
    CHECK((told == expected));
}

TEST_CASE("a viewer of a job whose role is taken away sees no more of it") {
    StreamDesk desk;
    desk.viewer("alice");
    const auto job = desk.launch(desk.origin, desk.moment);
    const auto target = fmt::format("/jobs/{}/events", job.id.value);
    Watching alice(desk.events(target, desk.as("alice")));
    CHECK(alice.next().type == "state");
    testing::must(desk.run("user-company:unassign", {{"company_id", desk.company.id.value}, {"login", "alice"}}));
    CHECK(alice.rest().empty());
    CHECK(desk.ask("GET", target, desk.as("alice")).status == 403);
}

// SPDX-License-Identifier: MIT
#include "schedule/node_red.h"

#include "base/json.h"
#include "support/desk.h"
#include "support/fake_http.h"
#include "support/manual_clock.h"
#include "support/source_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct NodeRedDesk : testing::Desk {
    testing::ManualClock clock{moment};
    int status = 200;
    testing::FakeHttp receiver{[this](const HttpRequest&) -> Result<HttpReply> { return HttpReply{.status = status}; }};
    RunTemplate origin = add_run_template([](RunTemplate& r) { r.name = "import"; });

    NodeRed::Settings settings(std::string holder = "node-1") {
        return {.webhook_url = "http://127.0.0.1:1880/multiflexi", .token = "secret word", .holder = std::move(holder)};
    }
    Job ended(JobState state = JobState::succeeded) {
        const auto job = launch(origin, moment);
        claim();
        start(job.id);
        end(job.id, state, state == JobState::succeeded ? 0 : 3);
        return get(job.id);
    }
    json::object said(std::size_t i) const { return parse_json(receiver.requests.at(i).body)->as_object(); }
    std::vector<std::int64_t> jobs_told() const {
        std::vector<std::int64_t> out;
        for (std::size_t i = 0; i < receiver.requests.size(); ++i) out.push_back(said(i).at("job_id").as_int64());
        return out;
    }
};

}  // namespace

TEST_CASE("Node-RED is told of each job that has ended, once and in order") {
    NodeRedDesk desk;
    NodeRed bridge(desk.database, desk.receiver, desk.clock, desk.settings());
    desk.ended();
    bridge.look();  // what was before is not told
    CHECK(desk.receiver.requests.empty());

    const auto good = desk.ended(), bad = desk.ended(JobState::failed);
    desk.add(Artifact{.job_id = bad.id,
                      .company_id = bad.company_id,
                      .kind = ArtifactKind::file,
                      .filename = "report.json",
                      .content_type = "application/json",
                      .size = 7,
                      .created_at = desk.moment});
    bridge.look();
    bridge.look();
    REQUIRE(desk.jobs_told() == std::vector{good.id.value, bad.id.value});
    CHECK(testing::header_of(desk.receiver.requests[0], "X-MultiFlexi-Token") == "secret word");
    const auto message = desk.said(1);
    CHECK(message.at("event") == "job.completed");
    CHECK(message.at("runtemplate_id") == desk.origin.id.value);
    CHECK(message.at("app_uuid") == json::value(desk.application.uuid));
    CHECK(message.at("state") == "failed");
    CHECK(message.at("exitcode") == 3);
    CHECK(message.at("artifacts").at(0).at("filename") == "report.json");
}

TEST_CASE("Node-RED that is away is told later, and nothing is left out") {
    NodeRedDesk desk;
    NodeRed bridge(desk.database, desk.receiver, desk.clock, desk.settings());
    bridge.look();
    const auto first = desk.ended(), second = desk.ended();
    desk.status = 503;
    const auto soon = bridge.look();
    CHECK(bridge.look() > soon);
    CHECK(desk.jobs_told() == std::vector{first.id.value, first.id.value});
    desk.status = 200;
    bridge.look();
    CHECK(desk.jobs_told() == std::vector{first.id.value, first.id.value, first.id.value, second.id.value});

    // What it cannot read is passed over.
    const auto third = desk.ended(), fourth = desk.ended();
    desk.status = 400;
    bridge.look();
    desk.status = 200;
    bridge.look();
    const auto told = desk.jobs_told();
    CHECK(std::vector(told.end() - 2, told.end()) == std::vector{third.id.value, fourth.id.value});
}

TEST_CASE("of several servers one tells Node-RED, and another goes on where it was") {
    NodeRedDesk desk;
    NodeRed one(desk.database, desk.receiver, desk.clock, desk.settings("one"));
    NodeRed two(desk.database, desk.receiver, desk.clock, desk.settings("two"));
    one.look();
    two.look();
    const auto first = desk.ended();
    two.look();
    CHECK(desk.receiver.requests.empty());
    one.look();
    const auto second = desk.ended();
    desk.clock.advance(61s);  // the first one is gone
    two.look();
    one.look();
    CHECK(desk.jobs_told() == std::vector{first.id.value, second.id.value});
}

TEST_CASE("the catalogue is told when it has changed") {
    NodeRedDesk desk;
    auto settings = desk.settings();
    settings.webhook_url.clear();
    settings.catalogue_url = "http://127.0.0.1:1880/catalogue";
    NodeRed bridge(desk.database, desk.receiver, desk.clock, settings);
    bridge.look();
    REQUIRE(desk.receiver.requests.size() == 1);
    const auto message = desk.said(0);
    CHECK(message.at("event") == "catalog.update");
    CHECK(message.at("companies").at(0).at("code") == json::value(desk.company.code));
    CHECK(message.at("runtemplates").at(0).at("name") == "import");
    CHECK(message.at("runtemplates").at(0).at("app_uuid") == json::value(desk.application.uuid));
    CHECK(message.at("credentials").as_array().empty());

    desk.clock.advance(301s);
    bridge.look();
    CHECK(desk.receiver.requests.size() == 1);
    desk.add_run_template([](RunTemplate& r) { r.name = "another"; });
    bridge.look();  // not before its time
    CHECK(desk.receiver.requests.size() == 1);
    desk.clock.advance(301s);
    desk.status = 500;
    bridge.look();
    desk.status = 200;
    bridge.look();
    REQUIRE(desk.receiver.requests.size() == 3);
    CHECK(desk.said(2).at("runtemplates").as_array().size() == 2);
}

TEST_CASE("Node-RED is told of each change of an event source, if that is wanted, until it has taken it") {
    testing::SourceDesk desk;
    testing::ChangesProgram program(desk.file("erp.db"));
    SourceReader reader(desk.database, desk.clock, desk.vault,
                        {.holder = "node", .time_limit = 4s, .tell_node_red = true});
    const auto source = desk.source_at(program.address());
    desk.rule(source, desk.target, {{"evidence", "invoice"}});
    program.tell(1, "invoice", "create", R"({"number": 5})");
    program.tell(2, "order", "delete", "no json");
    REQUIRE(reader.look(source));

    int status = 503;
    testing::FakeHttp receiver{[&](const HttpRequest&) -> Result<HttpReply> { return HttpReply{.status = status}; }};
    NodeRed::Settings settings{.webhook_url = "http://127.0.0.1:1880/multiflexi", .holder = "node"};
    NodeRed silent(desk.database, receiver, desk.clock, settings);
    silent.look();
    CHECK(receiver.requests.empty());
    settings.forward_changes = true;
    NodeRed bridge(desk.database, receiver, desk.clock, settings);
    bridge.look();
    status = 200;
    bridge.look();
    bridge.look();
    std::vector<std::string> told;
    for (const auto& request : receiver.requests) told.push_back(request.body);
    const std::string first =
        R"({"event":"webhook.change","evidence":"invoice","operation":"create","inversion":1,"recordid":"r1",)"
        R"("event_source_id":1,"event_source":"source 1","data":{"number":5,"document_uri":null,"evidence":"invoice",)"
        R"("inversion":1,"operation":"create","recordid":"r1"}})";
    CHECK(told ==
          std::vector<std::string>{first, first,
                                   R"({"event":"webhook.change","evidence":"order","operation":"delete","inversion":2,)"
                                   R"("recordid":"r2","event_source_id":1,"event_source":"source 1"})"});
}

// SPDX-License-Identifier: MIT
#include "support/desk.h"
#include "support/moment.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::at;

namespace {

/// A company with an hourly run template that is due at 13:00, and the time is 12:00.
struct PausedDesk : testing::Desk {
    PausedDesk() : Desk(at("2026-03-01 12:00")) {}

    RunTemplate hourly = add_run_template([](RunTemplate& r) {
        r.interv = "h";
        r.next_slot = r.next_launch = at("2026-03-01 13:00");
    });

    Result<json::value> pause(json::object input = {}) {
        input["id"] = company.id.value;
        return run("company:pause", input);
    }
    Result<json::value> resume() { return run("company:resume", {{"id", company.id.value}}); }
    RunTemplate stored() { return get(hourly.id); }
    Result<json::value> launch_now() { return run("runtemplate:schedule", {{"id", hourly.id.value}}); }
};

}  // namespace

TEST_CASE("a paused company launches nothing, and its queue waits") {
    PausedDesk desk;
    const auto waiting = desk.launch(desk.hourly, desk.moment);
    REQUIRE(desk.pause({{"reason", "closing of the books"}}));
    CHECK(desk.claim().empty());
    CHECK_FALSE(desk.stored().next_launch);
    CHECK(desk.stored().next_slot == at("2026-03-01 13:00"));
    const auto refused = desk.launch_now();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message ==
          "The company 'acme' is paused until somebody resumes it (company resume): closing of the books.");

    REQUIRE(desk.resume());
    CHECK(desk.stored().next_launch == at("2026-03-01 13:00"));
    CHECK(desk.stored().fault.empty());
    REQUIRE(desk.claim().size() == 1);
    CHECK(desk.get(waiting.id).state == JobState::claimed);
}

TEST_CASE("a pause that ends by itself lets jobs and slots wait until then") {
    PausedDesk desk;
    desk.launch(desk.hourly, desk.moment);
    REQUIRE(desk.pause({{"until", "2026-03-01 15:30"}}));
    CHECK(desk.stored().next_launch == at("2026-03-01 15:30"));
    CHECK(desk.stored().next_slot == at("2026-03-01 13:00"));
    CHECK(desk.claim().empty());
    CHECK(desk.run("runtemplate:schedule", {{"id", desk.hourly.id.value}, {"schedule_time", "2026-03-01 16:00"}}));

    desk.moment = at("2026-03-01 15:31");
    CHECK(desk.claim().size() == 1);
    CHECK(desk.launch_now());
}

TEST_CASE("a slot that passes during a pause is a missed one when the company goes on") {
    PausedDesk desk;
    REQUIRE(desk.pause());
    desk.moment = at("2026-03-01 15:10");
    REQUIRE(desk.resume());
    // The planner finds the slot of 13:00 overdue and does what catch_up says.
    CHECK(desk.stored().next_slot == at("2026-03-01 13:00"));
    CHECK(desk.stored().next_launch == at("2026-03-01 15:10"));
}

TEST_CASE("what changes during a pause waits as well") {
    PausedDesk desk;
    REQUIRE(desk.pause());
    REQUIRE(desk.run("runtemplate:update", {{"id", desk.hourly.id.value}, {"interv", "d"}}));
    CHECK(desk.stored().next_slot);
    CHECK_FALSE(desk.stored().next_launch);
    REQUIRE(desk.resume());
    CHECK(desk.stored().next_launch == desk.stored().next_slot);
}

TEST_CASE("a pause may cancel what waits and stop what runs") {
    PausedDesk desk;
    const auto running = desk.launch(desk.hourly, desk.moment);
    desk.claim();
    desk.start(running.id);
    const auto waiting = desk.launch(desk.hourly, desk.moment);
    const auto done = desk.pause({{"queued", "cancel"}, {"running", "stop"}});
    REQUIRE(done);
    CHECK(done->at("cancelled_jobs") == 1);
    CHECK(done->at("stopped_jobs") == 1);
    CHECK(desk.get(waiting.id).state == JobState::cancelled);
    CHECK(desk.get(running.id).cancel_requested_at);
}

TEST_CASE("other companies do not notice a pause") {
    PausedDesk desk;
    const auto bravo = desk.add_company("bravo");
    const auto other = desk.add_run_template([&](RunTemplate& r) { r.company_id = bravo.id; });
    desk.launch(other, desk.moment);
    REQUIRE(desk.pause());
    CHECK(desk.claim().size() == 1);
}

TEST_CASE("times of a pause that make no sense are refused, and a company that is not paused stays as it is") {
    PausedDesk desk;
    CHECK(desk.error_of("company:pause", {{"id", desk.company.id.value}, {"until", "2026-03-01 11:00"}}).code ==
          ErrorCode::invalid);
    CHECK(desk.resume()->at("resumed") == false);
}

TEST_CASE("a company has no more jobs waiting than its limit when somebody launches one") {
    PausedDesk desk;
    REQUIRE(desk.run("company:update", {{"id", desk.company.id.value}, {"max_queued", 2}}));
    CHECK(desk.launch_now());
    CHECK(desk.launch_now());
    CHECK(desk.launch_now().error().code == ErrorCode::conflict);
    REQUIRE(desk.run("company:update", {{"id", desk.company.id.value}, {"max_queued", 0}}));
    CHECK(desk.launch_now());
}

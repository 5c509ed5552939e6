// SPDX-License-Identifier: MIT
#include "service/idempotency.h"

#include "store/queries/idempotency.h"
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

struct IdempotentDesk : testing::PeopleDesk {
    struct Asked {
        Result<json::value> answer;
        bool replayed = false;
    };
    Asked ask(const std::string& key, const json::object& input, std::string_view name = "company:create",
              Id<User> who = {}) {
        return ask(key, input, *std::ranges::find(operations, name, &Operation::name), who);
    }
    Asked ask(const std::string& key, const json::object& input, const Operation& operation, Id<User> who = {}) {
        Idempotency idempotency(key, operation.name, "", input);
        Outside outside{.http = http, .now = moment, .time_limit = 1s};
        auto done = perform_on(database, operation, input, {{who.value ? who : user, "tester"}, Rights::unlimited()},
                               {.vault = vault, .now = moment, .zone = "UTC", .password_cost = testing::cheap}, outside,
                               idempotency.alongside());
        if (!done) return {done.error(), false};
        return {std::move(done->answer), idempotency.was_replayed()};
    }
};

}  // namespace

TEST_CASE("a request that is sent again is done once and answered the same") {
    IdempotentDesk desk;
    const auto first = desk.ask("k1", {{"name", "Bravo"}});
    REQUIRE(first.answer);
    CHECK_FALSE(first.replayed);
    const auto again = desk.ask("k1", {{"name", "Bravo"}});
    CHECK(again.replayed);
    CHECK(*again.answer == *first.answer);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "company" WHERE "name" = 'Bravo')") == 1);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "entity" = 'company')") == 1);
    const auto other = desk.ask("k1", {{"name", "Charly"}});
    CHECK(other.answer.error().code == ErrorCode::invalid);
    CHECK(other.answer.error().fields.front().field == "Idempotency-Key");
    CHECK_FALSE(desk.ask("", {{"name", "Delta"}}).answer);
    CHECK_FALSE(desk.ask(std::string(256, 'k'), {{"name", "Delta"}}).answer);
    // Somebody else's keys are others.
    const auto bob = desk.add_person("bob");
    CHECK(desk.ask("k1", {{"name", "Echo"}}, "company:create", bob.id).answer);
}

TEST_CASE("the same request may be written in another way") {
    IdempotentDesk desk;
    const auto input = [](std::string_view text) { return testing::must(parse_json(text)).as_object(); };
    const auto first = desk.ask("k", input(R"({"name":"Bravo","ic":"1","max_parallel":3})"));
    REQUIRE(first.answer);
    for (const auto* same :
         {R"({"max_parallel":3,"ic":"1","name":"Bravo"})", R"({"ic":"1","name":"Bravo","max_parallel":3.0})",
          R"({"ic":"1","name":"Bra\u0076o","max_parallel":0.3e1})"}) {
        CAPTURE(same);
        CHECK(desk.ask("k", input(same)).replayed);
    }
    for (const auto* other :
         {R"({"name":"Bravo","ic":"1","max_parallel":4})", R"({"name":"1","ic":"Bravo","max_parallel":3})",
          R"({"name":"Bravo","ic":1,"max_parallel":3})", R"({"name":"Bravo","ic":"1"})"}) {
        CAPTURE(other);
        const auto asked = desk.ask("k", input(other));
        REQUIRE_FALSE(asked.answer);
        CHECK(asked.answer.error().fields.front().field == "Idempotency-Key");
    }
}

TEST_CASE("a request that is sent again asks no other machine") {
    IdempotentDesk desk;
    int talks = 0;
    auto test = *std::ranges::find(desk.operations, "event-source:test", &Operation::name);
    test.talk = [&](Call&, const json::object&) -> Result<Talk> {
        return Talk([&](Outside&) -> json::value {
            ++talks;
            return {{"reachable", true}};
        });
    };
    test.run = [](Call&, const json::object& input) -> Result<json::value> { return input.at("heard"); };
    CHECK(desk.ask("k", {{"id", 1}}, test).answer);
    CHECK(talks == 1);
    const auto again = desk.ask("k", {{"id", 1}}, test);
    CHECK(again.replayed);
    CHECK(again.answer->at("reachable") == true);
    CHECK_FALSE(desk.ask("k", {{"id", 2}}, test).answer);
    CHECK(talks == 1);
}

TEST_CASE("what failed is done when it is sent again, and no answer is kept in clear or for ever") {
    IdempotentDesk desk;
    CHECK_FALSE(desk.ask("k", {{"name", "acme"}}).answer);
    CHECK(desk.ask("k", {{"name", "Foxtrot"}}).answer);
    const auto token = desk.ask("t", {{"name", "robot"}, {"user", "tester"}}, "token:create");
    REQUIRE(token.answer);
    const auto text = std::string(token.answer->at("token").as_string());
    CHECK(desk.dump(true).find(text) == std::string::npos);
    const auto again = desk.ask("t", {{"name", "robot"}, {"user", "tester"}}, "token:create");
    CHECK(again.answer->at("token").as_string() == text);
    desk.database.write([&](Session& session) { forget_old_answers(session, desk.moment + 25h); });
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "idempotency")") == 0);
}

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
        const auto operation = std::ranges::find(operations, name, &Operation::name);
        Idempotency idempotency(key, std::string(name) + to_text(input));
        Outside outside{.http = http, .now = moment, .time_limit = 1s};
        auto done = perform_on(database, *operation, input, {{who.value ? who : user, "tester"}, Rights::unlimited()},
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

// SPDX-License-Identifier: MIT
#include "domain/data_export.h"
#include "support/people_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::must;

namespace {

/// The one who asks is "tester".
struct ExportDesk : testing::PeopleDesk {
    ExportDesk() {
        change(user, [](User& tester) {
            tester.email = "tester@example.com";
            tester.password = hash_password(testing::good_password, testing::cheap);
        });
        grant(get<User>(user), company.id, CompanyRole::viewer);
    }
    std::string link() { return std::string(must(run("account:export-link", {})).at("token").as_string()); }
    Error refusal_of(const std::string& token) { return error_of("account:export-download", {{"token", token}}); }
    Result<json::value> restricted(std::string_view name, const json::object& input) {
        const auto operation = std::ranges::find(operations, name, &Operation::name);
        Actor actor{user, "tester"};
        actor.restricted = true;
        Outside outside{.http = http, .now = moment, .time_limit = std::chrono::seconds(1)};
        const auto done = perform_on(database, *operation, input, {actor, Rights::unlimited()},
                                     {.vault = vault, .now = moment, .zone = "UTC"}, outside);
        if (!done) return done.error();
        return done->answer;
    }
};

}  // namespace

TEST_CASE("somebody gets what is stored about him, without secrets and without what is stored about others") {
    ExportDesk desk;
    const auto other = desk.add_person("other");
    must(desk.run("token:create", {{"name", "robot"}}));
    const auto data = must(desk.run("account:export", {}));
    CHECK(data.at("user").at("email") == "tester@example.com");
    CHECK(data.at("companies").at(0).at("role") == "viewer");
    CHECK(data.at("companies").at(0).at("created_at").as_string().ends_with("Z"));
    CHECK(data.at("tokens").at(0).at("name") == "robot");
    CHECK(data.at("audit").as_array().size() > 0);
    const auto text = to_text(data);
    for (const auto& secret : {desk.get<User>(desk.user).password, desk.all<ApiToken>().at(0).digest, other.login}) {
        CAPTURE(secret);
        CHECK(text.find(secret) == std::string::npos);
    }
    CHECK(desk.audited("export") == 1);
}

TEST_CASE("what is stored about somebody else is for administrators, and of more powerful people for none") {
    ExportDesk desk;
    const auto other = desk.add_person("other");
    const json::object input{{"user_id", other.id.value}};
    CHECK(desk.error_of("account:export", input, testing::manager_of(desk.company.id)).code == ErrorCode::forbidden);
    Rights admin;
    admin.grant(SystemRole::admin);
    CHECK(must(desk.run("account:export", input, admin)).at("user").at("login") == "other");
    desk.grant(other, SystemRole::super_admin);
    CHECK(desk.error_of("account:export", input, admin).code == ErrorCode::forbidden);
    for (const auto* operation : {"account:export", "account:export-link"})
        CHECK(desk.restricted(operation, {}).error().code == ErrorCode::forbidden);
}

TEST_CASE("a link is good once, for an hour, and for its owner") {
    ExportDesk desk;
    const auto token = desk.link();
    CHECK(desk.dump(true).find(token) == std::string::npos);
    CHECK(desk.refusal_of("mfe_guessed").code == ErrorCode::not_found);
    const auto tester = std::exchange(desk.user, desk.add_person("other").id);
    CHECK(desk.refusal_of(token).code == ErrorCode::not_found);
    desk.user = tester;
    CHECK(must(desk.run("account:export-download", {{"token", token}})).at("user").at("login") == "tester");
    CHECK(desk.refusal_of(token).code == ErrorCode::not_found);
    const auto late = desk.link();
    desk.moment += std::chrono::hours(1);
    CHECK(desk.refusal_of(late).code == ErrorCode::not_found);
    const auto exports = must(desk.run("account:exports", {}));
    CHECK(exports.as_array().size() == 2);
    CHECK_FALSE(exports.at(0).at("used_at").is_null());
    CHECK(exports.at(1).at("used_at").is_null());
}

TEST_CASE("five links within an hour are the most") {
    ExportDesk desk;
    for (int i = 0; i < 5; ++i) {
        desk.link();
        desk.moment += std::chrono::minutes(10);
    }
    const auto refused = desk.error_of("account:export-link", {});
    CHECK(refused.code == ErrorCode::limited);
    CHECK(refused.message.find("Try again in 10 ") != std::string::npos);
    desk.moment += std::chrono::minutes(10);
    desk.link();
    CHECK(desk.error_of("account:export-link", {}).code == ErrorCode::limited);
}

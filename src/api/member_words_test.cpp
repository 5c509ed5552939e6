// SPDX-License-Identifier: MIT
#include "api/member_words.h"

#include "support/api_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::ApiDesk;

TEST_CASE("sentences name members of the input, not options of the command line") {
    ApiDesk desk;
    const auto said = [&](std::string_view operation, std::string sentence) {
        const auto asked = std::ranges::find(desk.operations, operation, &Operation::name);
        REQUIRE(asked != desk.operations.end());
        return in_words_of_members(desk.operations, *asked, {ErrorCode::conflict, std::move(sentence)}).message;
    };
    CHECK(said("credential:remove", "Unassign it first, or use --force.") == "Unassign it first, or use force.");
    CHECK(said("runtemplate:update", "Take it away with --anchor ''; (--cron) 'a'") ==
          "Take it away with anchor ''; (cron) 'a'");
    CHECK(said("runtemplate:list", "--company-id, or --company") == "company_id, or company");
    // What belongs to a command, or is nothing that is taken here.
    for (const auto* kept :
         {"Cancel it first (job cancel --id 5).", "Enable it (run-template update --id 3 --active 1).", "Use --colour.",
          "--", "a  b -- c", " --"}) {
        CAPTURE(kept);
        CHECK(said("job:retry", kept) == kept);
    }
    CHECK(said("job:retry", "Say job cancel --id 5, or --force.") == "Say job cancel --id 5, or force.");
}

TEST_CASE("whoever leaves something out over REST is told its member") {
    ApiDesk desk;
    const auto complained = [&](const http::Response& answer) {
        CHECK(answer.status == 400);
        CHECK(answer.body.find("--") == std::string::npos);
        return std::string(ApiDesk::body_of(answer).at("errors").at(0).at("field").as_string());
    };
    CHECK(complained(desk.ask("GET", "/companies/-", desk.as_admin())) == "id");
    CHECK(complained(desk.ask_json("PATCH", "/runtemplates/-", desk.as_admin(), {{"note", "x"}})) == "id");
    CHECK(complained(desk.ask_json("PUT", "/users/1/password", desk.as_admin(), {})) == "password");
    CHECK(complained(desk.ask_json("POST", "/users/1/roles", desk.as_admin(), {})) == "roles");
    const auto conflict = desk.ask_json("PATCH", fmt::format("/runtemplates/{}", desk.acme.origin.id.value),
                                        desk.as_admin(), {{"interv", "h"}, {"cron", "0 1 * * *"}});
    CHECK(conflict.status == 400);
    CHECK(conflict.body.find("use interv c") != std::string::npos);
    // The command line.
    auto headers = desk.as_admin();
    headers.add("Prefer", "respond-async, names=options");
    const auto as_option = desk.ask_json("PATCH", fmt::format("/runtemplates/{}", desk.acme.origin.id.value), headers,
                                         {{"interv", "h"}, {"cron", "0 1 * * *"}});
    CHECK(as_option.body.find("use --interv c") != std::string::npos);
}

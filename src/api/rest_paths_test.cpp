// SPDX-License-Identifier: MIT
#include "support/http_desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct PathsDesk : testing::OverHttp<testing::TenantsDesk> {
    std::string token = [&] {
        add(User{.login = "boss", .enabled = true, .created_at = moment, .updated_at = moment});
        testing::must(run("user-role:set", {{"login", "boss"}, {"roles", {name_of(SystemRole::super_admin)}}}));
        return std::string(testing::must(run("token:create", {{"user", "boss"}})).at("token").as_string());
    }();
    http::Headers as_admin() const { return bearer(token); }
};

}  // namespace

TEST_CASE("what a client of another version needs: who answers, records by name, and paths that nobody knows") {
    PathsDesk desk;
    const auto about = desk.ask("GET", "", desk.as_admin());
    REQUIRE(about.status == 200);
    CHECK(desk.body_of(about).at("version") == MULTIFLEXI_VERSION);
    CHECK(desk.body_of(about).at("time_zone") == "UTC");
    CHECK(desk.body_of(about).at("login") == "boss");
    CHECK(desk.ask("GET", "/").status == 401);
    CHECK(desk.ask("POST", "", desk.as_admin()).status == 405);
    const auto named = desk.ask("GET", "/companies/-?code=" + desk.company.code, desk.as_admin());
    REQUIRE(named.status == 200);
    CHECK(desk.body_of(named).at("id") == desk.company.id.value);
    const auto changed =
        desk.ask_json("PATCH", "/companies/-", desk.as_admin(), {{"id", desk.company.id.value}, {"name", "Changed"}});
    CHECK(changed.status == 200);
    CHECK(desk.ask("GET", "/companies/-", desk.as_admin()).status == 400);
    CHECK(desk.body_of(desk.ask("GET", "/nosuch", desk.as_admin())).at("code") == "unknown-path");
    CHECK(desk.body_of(desk.ask("GET", "/companies/99", desk.as_admin())).at("code") == "not-found");
}

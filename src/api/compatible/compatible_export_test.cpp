// SPDX-License-Identifier: MIT
#include "support/compatible_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::CompatibleDesk;

TEST_CASE("what is stored about somebody is fetched with a link, once") {
    CompatibleDesk desk;
    const auto anna = desk.person_of("anna", desk.company.id, CompanyRole::viewer);
    const auto other = desk.person("other");
    const auto asked = desk.send("GET", "/data-export?action=export&format=json", anna);
    REQUIRE(asked.status == 200);
    CHECK(asked.headers.get("Cache-Control").find("no-store") != std::string::npos);
    const auto made = desk.body_of(asked).as_object();
    CHECK(made.at("success") == true);
    CHECK(made.at("format") == "json");
    CHECK(made.at("notification_sent") == false);
    const std::string root(compatible::CompatibleApi::root);
    const std::string url(made.at("download_url").as_string());
    REQUIRE(url.starts_with(root + "/data-export-download?token="));
    const auto target = url.substr(root.size());
    CHECK(desk.send("GET", target, {}).status == 401);
    CHECK(desk.send("GET", target, other).status == 404);
    CHECK(desk.send("HEAD", target, anna).status == 400);
    const auto fetched = desk.send("GET", target, anna);
    REQUIRE(fetched.status == 200);
    const auto data = desk.body_of(fetched).as_object();
    CHECK(data.at("user_profile").at("login") == "anna");
    CHECK(data.at("company_associations").at(0).at("role") == "viewer");
    CHECK(data.at("export_metadata").at("format") == "json");
    CHECK(fetched.body.find("$argon2id$") == std::string::npos);
    const auto again = desk.send("GET", target, anna);
    CHECK(again.status == 404);
    CHECK(desk.body_of(again).at("error") == "Export not found");
    const auto status = desk.body_of(desk.send("GET", "/data-export?action=status", anna)).as_object();
    CHECK(status.at("exports").at(0).at("message") == "Asked for, and fetched");
    CHECK(desk.body_of(desk.send("GET", "/data-export", other)).at("exports").as_array().empty());
}

TEST_CASE("asking for exports too often is 429, and from another site 403") {
    CompatibleDesk desk;
    auto elsewhere = desk.admin;
    elsewhere.add("Sec-Fetch-Site", "cross-site");
    CHECK(desk.send("GET", "/data-export?action=export", elsewhere).status >= 401);
    for (int i = 0; i < 5; ++i) CHECK(desk.post("/data-export", {{"action", "export"}}).status == 200);
    const auto refused = desk.post("/data-export", {{"action", "export"}});
    CHECK(refused.status == 429);
    CHECK(desk.body_of(refused).at("success") == false);
    CHECK(desk.get("/data-export?action=export").status == 429);
    CHECK(desk.get("/data-export?action=status").status == 200);
}

TEST_CASE("exports have one form, and links a token") {
    CompatibleDesk desk;
    CHECK(desk.get("/data-export?action=export&format=pdf").status == 400);
    CHECK(desk.get("/data-export?action=forget").status == 400);
    CHECK(desk.get("/data-export-download").status == 400);
    CHECK(desk.get("/data-export-download?token=guessed").status == 404);
}

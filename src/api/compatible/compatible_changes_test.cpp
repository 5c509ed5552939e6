// SPDX-License-Identifier: MIT
#include "support/compatible_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::CompatibleDesk;
using testing::refused_by_client;

TEST_CASE("a run template is changed in part, with its id twice") {
    CompatibleDesk desk;
    const auto id = desk.acme.origin.id.value;
    const auto path = fmt::format("/runtemplate/{}.json", id);
    const auto changed = [&](json::object body) {
        body["id"] = id;
        const auto answer = desk.post(path, body);
        CAPTURE(answer.body);
        CHECK(answer.status == 201);
        CHECK(refused_by_client("RunTemplate", desk.body_of(answer)) == "");
        return desk.body_of(answer);
    };
    CHECK(changed({{"active", 0}}).at("active") == false);
    CHECK(changed({{"active", true}, {"unknown", 1}}).at("active") == true);
    CHECK(changed({{"interv", "c"}, {"cron", "5 4 * * *"}}).at("cron") == "5 4 * * *");
    const auto daily = changed({{"interv", "d"}, {"cron", "5 4 * * *"}, {"delay", 60}, {"note", "n"}, {"name", "New"}});
    CHECK(daily.at("interv") == "d");
    CHECK(daily.at("cron") == nullptr);
    CHECK(daily.at("delay") == 60);
    CHECK(daily.at("note") == "n");
    CHECK(daily.at("name") == "New");
    CHECK(changed({{"interv", "cron"}, {"cron", "1 2 * * *"}}).at("cron") == "1 2 * * *");
    const auto wrong = desk.post(path, {{"id", id + 1}, {"active", 0}});
    CHECK(wrong.status == 400);
    CHECK(wrong.body ==
          fmt::format(R"({{"error":"ID mismatch","expected":{},"received":{},"success":false}})", id, id + 1));
    CHECK(desk.body_of(desk.post(path, {{"active", 0}})).at("received") == nullptr);
    CHECK(desk.post("/runtemplate/999.json", {{"id", 999}, {"active", 0}}).status == 404);
    CHECK(desk.post(path, {{"id", id}, {"interv", "fortnightly"}}).status == 400);

    const auto made =
        desk.post("/runtemplate",
                  {{"name", "Second"}, {"app_id", desk.application.id.value}, {"company_id", desk.company.id.value}});
    CHECK(made.status == 201);
    const auto second = desk.body_of(made).at("id").as_int64();
    CHECK(desk.body_of(desk.post(fmt::format("/runtemplate/?runTemplateId={}", second), {{"interv", "h"}}))
              .at("interv") == "h");
    CHECK(desk.post("/runtemplate", {{"name", "x"}}).status == 400);
    // The list for menus has all, without pages.
    for (int i = 0; i < 30; ++i) desk.add_run_template([&](RunTemplate& r) { r.company_id = desk.company.id; });
    const auto menu = desk.read("/runtemplate/");
    CHECK(menu.as_array().size() >= 32);
    for (const auto* name : {"id", "name", "app_id"}) CHECK(menu.at(0).as_object().contains(name));
}

TEST_CASE("an application has its environment, exit codes and data as objects") {
    CompatibleDesk desk;
    const auto imported = testing::must(desk.run("application:import", {{"document", R"({
        "uuid":"5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a11","name":"Mapped","description":"A","version":"1.0",
        "executable":"/bin/true","topics":["bank","cash"],
        "environment":{"URL":{"type":"url","description":{"cs":"Adresa","en":"Address"},"defval":"http://x","required":true}},
        "exitCodes":{"0":{"description":{"en":"Fine"},"severity":"success","retry":false},
                     "9":{"description":"Bad","severity":"critical"}},
        "produces":{"report":{"format":"json","description":"R"}}})"}}));
    const auto app = desk.read(fmt::format("/app/{}.json", imported.at("id").as_int64()));
    CHECK(refused_by_client("App", app) == "");
    CHECK(to_text(app.at("environment")) ==
          R"({"URL":{"type":"string","description":"Address","defval":"http://x","required":true}})");
    CHECK(app.at("exitCodes").at("0").at("description").at("en") == "Fine");
    CHECK(app.at("exitCodes").at("9").at("severity") == "error");
    CHECK(app.at("produces").at("report").at("format") == "json");
    CHECK(to_text(app.at("consumes")) == "{}");
    CHECK(app.at("tags") == "bank,cash");
    const auto plain = desk.read(fmt::format("/app/{}.json", desk.application.id.value));
    CHECK(plain.at("exitCodes").is_object());

    const auto made = desk.post("/app/", {{"name", "By hand"}, {"executable", "/bin/true"}, {"tags", "a, b"}});
    CAPTURE(made.body);
    CHECK(made.status == 201);
    const auto id = desk.body_of(made).at("id").as_int64();
    CHECK(desk.body_of(made).at("tags") == "a,b");
    const auto changed = desk.post(fmt::format("/app/?appId={}", id), {{"version", "2.0"}, {"enabled", false}});
    CHECK(changed.status == 201);
    CHECK(desk.body_of(changed).at("version") == "2.0");
    CHECK(desk.body_of(changed).at("enabled") == false);
    CHECK(desk.post("/app/?appId=999", {{"version", "2.0"}}).status == 404);
}

TEST_CASE("people get roles in companies and in the installation") {
    CompatibleDesk desk;
    const auto made = desk.body_of(desk.post("/user/", {{"login", "eva"}, {"email", "eva@example.com"}}));
    CHECK(refused_by_client("User", made) == "");
    CHECK_FALSE(made.as_object().contains("password"));
    const auto eva = made.at("id").as_int64();
    CHECK(desk.body_of(desk.post(fmt::format("/user/?userId={}", eva), {{"firstname", "Eva"}})).at("firstname") ==
          "Eva");
    const auto company = fmt::format("/company/{}", desk.company.id.value);
    const auto assigned = desk.post(company + "/user/", {{"user_id", eva}});
    CHECK(assigned.status == 201);
    CHECK(desk.body_of(assigned).at("role") == "viewer");
    CHECK(desk.body_of(assigned).at("id").is_int64());
    CHECK(desk.body_of(desk.post(company + "/user", {{"user_id", eva}, {"role", "editor"}})).at("role") == "editor");
    bool is_listed = false;
    const auto members = desk.read(company + "/users.json");
    for (const auto& member : members.as_array())
        is_listed = is_listed || (member.at("user").at("login") == "eva" && member.at("role") == "editor");
    CHECK(is_listed);
    CHECK(desk.post(company + "/user/", {{"user_id", eva}, {"role", "king"}}).status == 400);
    CHECK(desk.body_of(desk.post(company + "/user/", {{"user_id", 999}})).at("error") == "User not found");
    CHECK(desk.body_of(desk.post("/company/999/user/", {{"user_id", eva}})).at("error") == "Company not found");
    const auto gone = desk.send("DELETE", fmt::format("{}/user/{}", company, eva), desk.admin);
    CHECK(gone.body ==
          fmt::format(R"({{"success":true,"company_id":{},"user_id":{},"deleted":1}})", desk.company.id.value, eva));

    const auto roles = desk.post(fmt::format("/user/{}/roles/?replace=true", eva), {{"roles", {"viewer", "editor"}}});
    CHECK(roles.status == 200);
    CHECK(desk.body_of(roles).at("replace") == true);
    CHECK(desk.body_of(roles).at("roles").as_array().size() == 2);
    const auto more = desk.post(fmt::format("/user/{}/roles/?replace=false", eva), {{"roles", {"user"}}});
    CHECK(desk.body_of(more).at("roles").as_array().size() == 3);
    CHECK(desk.post(fmt::format("/user/{}/roles/", eva), {{"roles", {"emperor"}}}).status == 400);
    CHECK(desk.post(fmt::format("/user/{}/roles/", eva), json::object{}).status == 400);
}

TEST_CASE("a credential is changed by its name and value, a type by its texts") {
    CompatibleDesk desk;
    const auto path = fmt::format("/credential/{}.json?token=", desk.acme.credential);
    const auto answer = desk.post(path, {{"name", "Renamed"}, {"type", "token"}, {"value", "s3cret"}});
    CAPTURE(answer.body);
    CHECK(answer.status == 201);
    CHECK(desk.body_of(answer).at("name") == "Renamed");
    CHECK(desk.body_of(answer).at("type") == "token");
    CHECK(answer.body.find("s3cret") == std::string::npos);
    const auto revealed = testing::must(desk.run("credential:reveal", {{"id", desk.acme.credential}}));
    CHECK(revealed.at("fields").at("BANK_TOKEN") == "s3cret");
    CHECK(desk.send("POST", path, {}, R"({"name":"x"})").status == 401);
    CHECK(desk.send("POST", path + "mfx_nobody", {}, R"({"name":"x"})").status == 401);
    const auto token = testing::must(desk.run("token:create", {{"user", "boss"}, {"name", "t"}})).at("token");
    CHECK(desk.send("POST", path + std::string(token.as_string()), {}, R"({"name":"By token"})").status == 201);

    const auto type = fmt::format("/credential_type/{}.json", desk.acme.credential_type);
    const auto changed =
        desk.post(type, {{"name", "Typed"}, {"description", "For banks"}, {"url", "https://b.example"}});
    CAPTURE(changed.body);
    CHECK(changed.status == 201);
    CHECK(desk.read(type).at("description") == "For banks");
    CHECK(desk.read(type).at("name") == "Typed");
}

TEST_CASE("a login gives a token that is good until the logout") {
    CompatibleDesk desk;
    const auto log_in = [&](const json::value& body) { return desk.send("POST", "/login.json", {}, to_text(body)); };
    const auto in = log_in({{"username", "boss"}, {"password", testing::good_password}});
    CHECK(in.status == 200);
    CHECK(in.headers.get("Cache-Control") == "no-store");
    const auto body = desk.body_of(in);
    CHECK(body.at("status") == "success");
    CHECK(body.at("message") == "Login successful");
    CHECK(body.at("user").at("login") == "boss");
    CHECK(body.at("user").at("email") == "boss@example.com");
    const std::string token(body.at("token").as_string());
    CHECK(desk.send("GET", "/apps.json", desk.bearer(token)).status == 200);
    CHECK(log_in({{"login", "boss"}, {"password", testing::good_password}}).status == 200);
    http::Headers form{{"Content-Type", "application/x-www-form-urlencoded"}};
    auto by_form = desk.request("POST", std::string(compatible::CompatibleApi::root) + "/login.json", form,
                                "username=boss&password=wrong%21");
    CHECK(desk.compatible.handle(by_form).status == 401);
    CHECK(log_in({{"username", "boss"}}).status == 400);
    // Nobody learns whether there is such a login.
    const auto unknown = log_in({{"username", "nobody"}, {"password", "x"}});
    CHECK(unknown.status == 401);
    CHECK(unknown.body == log_in({{"username", "boss"}, {"password", "x"}}).body);
    CHECK(desk.body_of(unknown).at("status") == "error");
    CHECK(desk.send("POST", "/login.json", {{"Origin", "https://evil.example"}},
                    to_text({{"username", "boss"}, {"password", testing::good_password}}))
              .status == 403);

    const auto log_out = [&](const json::value& given) { return desk.send("POST", "/logout", {}, to_text(given)); };
    CHECK(log_out({{"token", token}}).status == 200);
    CHECK(desk.send("GET", "/apps.json", desk.bearer(token)).status == 401);
    CHECK(log_out({{"token", token}}).status == 401);
    CHECK(log_out(json::object{}).status == 400);
}

TEST_CASE("event sources, event rules and topics are kept for both kinds of clients") {
    CompatibleDesk desk;
    // The generated client fills in what its description calls defaults.
    json::object source{{"name", "erp"},
                        {"adapter_type", "abraflexi-webhook"},
                        {"db_connection", "mysql"},
                        {"db_host", "erp.example"},
                        {"db_port", "3306"},
                        {"db_database", "webhook"},
                        {"db_username", "reader"},
                        {"db_password", "s3cret"},
                        {"poll_interval", 60},
                        {"enabled", true},
                        {"last_processed_id", 0}};
    const auto made = desk.post("/eventsource/", source);
    CAPTURE(made.body);
    REQUIRE(made.status == 201);
    CHECK(refused_by_client("EventSource", desk.body_of(made)) == "");
    CHECK(made.body.find("s3cret") == std::string::npos);
    const auto id = desk.body_of(made).at("id").as_int64();
    // It sends 0 for the mark as well, which must not launch everything again.
    testing::must(desk.run("event-source:update", {{"id", id}, {"last_processed_id", 7}}));
    source["db_port"] = 3307;
    const auto changed = desk.post(fmt::format("/eventsource/?eventSourceId={}", id), source);
    CHECK(changed.status == 201);
    CHECK(desk.body_of(changed).at("db_port") == "3307");
    CHECK(testing::must(desk.run("event-source:get", {{"id", id}})).at("last_processed_id") == 7);
    CHECK(desk.body_of(changed).at("id") == id);
    CHECK(desk.post("/eventsource/?eventSourceId=999", source).status == 404);
    CHECK(desk.post("/eventsource/", json::object{}).status == 400);
    // Whoever manages one company makes sources of that one.
    const auto manager = desk.person_of("manager-acme", desk.company.id, CompanyRole::manager);
    source["name"] = "own";
    const auto own = desk.send("POST", "/eventsource/", manager, to_text(json::value(source)));
    CAPTURE(own.body);
    CHECK(own.status == 201);
    CHECK(desk.body_of(own).at("company_id") == desk.company.id.value);

    const auto run = desk.acme.origin.id.value;
    const auto rule = desk.post("/eventrule/", {{"event_source_id", id},
                                                {"evidence", "faktura-vydana"},
                                                {"operation", "create"},
                                                {"runtemplate_id", run},
                                                {"priority", 5},
                                                {"enabled", true},
                                                {"env_mapping", R"({"NUMBER":"$.invoice.id"})"}});
    CAPTURE(rule.body);
    REQUIRE(rule.status == 201);
    CHECK(refused_by_client("EventRule", desk.body_of(rule)) == "");
    const auto second = desk.add_run_template([&](RunTemplate& r) { r.company_id = desk.company.id; }).id.value;
    const auto mapped = desk.post("/eventrule/", {{"source_runtemplate_id", fmt::to_string(run)},
                                                  {"target_runtemplate_id", second},
                                                  {"env_mapping", {{"FILE", "@file:report"}}}});
    CAPTURE(mapped.body);
    REQUIRE(mapped.status == 201);
    const auto map = desk.body_of(mapped);
    CHECK(refused_by_client("EventRule", map) == "");
    CHECK(map.at("event_source_id") == nullptr);
    CHECK(map.at("runtemplate_source_id") == run);
    CHECK(map.at("runtemplate_id") == second);
    CHECK(map.at("env_mapping") == R"({"FILE":"@file:report"})");
    const auto path = fmt::format("/eventrule/{}.json", map.at("id").as_int64());
    const auto put = desk.send("PUT", path, desk.admin, R"({"env_mapping":{"FILE":"a.b"},"enabled":0})");
    CHECK(put.status == 200);
    CHECK(desk.read(path).at("env_mapping") == R"({"FILE":"a.b"})");
    CHECK(desk.read(path).at("enabled") == false);
    CHECK(desk.post("/eventrule/", {{"runtemplate_id", run}, {"operation", "explode"}}).status == 400);
    CHECK(desk.send("DELETE", path, desk.admin).body == R"({"success":true})");
    CHECK(desk.get(path).status == 404);
    CHECK(desk.send("DELETE", fmt::format("/eventsource/{}.json", id), desk.admin).status == 200);
    CHECK(desk.send("DELETE", fmt::format("/eventsource/{}.json", id), desk.admin).status == 404);

    testing::must(desk.run("topic:create", {{"name", "Bank"}}));
    const auto topic = desk.post("/topic/1.json", {{"name", "Banks"}, {"color", "#1a7f37"}});
    CHECK(topic.status == 201);
    CHECK(topic.body == R"({"id":1,"name":"Banks","color":"#1a7f37","description":""})");
    CHECK(desk.send("POST", "/topic/1.json", {}, R"({"name":"x"})").status == 401);
}

TEST_CASE("an event source that cannot be reached is told so, with 200") {
    CompatibleDesk desk;
    const auto id = testing::must(desk.run("event-source:create", {{"name", "gone"},
                                                                   {"db_connection", "sqlite"},
                                                                   {"db_database", "/nonexistent/changes.db"}}))
                        .at("id")
                        .as_int64();
    const auto answer = desk.post(fmt::format("/eventsource/{}/test.json", id), json::object{});
    CAPTURE(answer.body);
    CHECK(answer.status == 200);
    CHECK(desk.body_of(answer).at("reachable") == false);
    CHECK(desk.body_of(answer).at("message").is_string());
    CHECK(desk.post("/eventsource/999/test.json", json::object{}).status == 404);
}

TEST_CASE("what should be the number of a record and is none makes no other record") {
    CompatibleDesk desk;
    (void)desk.read("/apps.json");  // notes when the account was used first
    const auto before = desk.dump();
    for (const auto& [path, body] : std::vector<std::pair<std::string, json::value>>{
             {"/app/?appId=",
              {{"name", "New"}, {"executable", "/bin/true"}, {"uuid", "7c1f6f58-6c2b-4a55-9c4d-2f0f6f8f7a99"}}},
             {"/company/?companyId=", {{"name", "New"}}},
             {"/user/?userId=", {{"login", "newone"}, {"email", "new@example.com"}}},
             {"/runtemplate/?runTemplateId=",
              {{"name", "New"}, {"app_id", desk.application.id.value}, {"company_id", desk.company.id.value}}},
             {"/job/?jobId=", {{"runtemplate_id", desk.acme.origin.id.value}}},
             {"/eventsource/?eventSourceId=", {{"name", "New"}, {"db_connection", "sqlite"}, {"db_database", "/x.db"}}},
             {"/eventrule/?eventRuleId=",
              {{"event_source_id", desk.acme.event_source}, {"runtemplate_id", desk.acme.origin.id.value}}}})
        for (const auto* wrong : {"", "abc", "1x", "99999999999999999999"}) {
            CAPTURE(path);
            CAPTURE(wrong);
            const auto answer = desk.post(path + wrong, body);
            CHECK(answer.status == 400);
            CHECK(desk.body_of(answer).at("error").as_string().find("must be a whole number") != std::string::npos);
        }
    CHECK(desk.dump() == before);
}

TEST_CASE("a rule for a run template that there is not is refused with the name of what is missing") {
    CompatibleDesk desk;
    const auto answer =
        desk.post("/eventrule/", {{"event_source_id", desk.acme.event_source}, {"runtemplate_id", 999}});
    CHECK(answer.status == 404);
    CHECK(answer.body.find("no such run template") != std::string::npos);
    CHECK(desk.body_of(answer).at("errors").at(0).at("field") == "runtemplate_id");
    CHECK(desk.body_of(desk.get("/eventrule/999.json")).at("error") == "Event rule not found");
}

TEST_CASE("pages of other sites change nothing and are not asked for a password") {
    CompatibleDesk desk;
    auto headers = desk.admin;
    headers.add("Origin", "https://evil.example");
    const auto answer = desk.send("POST", "/company/", headers, R"({"name":"Bad"})");
    CHECK(answer.status == 403);
    CHECK_FALSE(answer.headers.has("WWW-Authenticate"));
    CHECK(desk.send("POST", "/logout", {{"Origin", "https://evil.example"}}, R"({"token":"mfs_x"})").status == 403);
}

TEST_CASE("what fails unexpectedly is told in the form that clients know") {
    CompatibleDesk desk;
    const Operations operations = [&] {
        auto out = desk.operations;
        const auto found = std::ranges::find(out, "company:list", &Operation::name);
        found->run = [](Call&, const json::object&) -> Result<json::value> { throw std::runtime_error("broken"); };
        return out;
    }();
    const auto& context = desk.context;
    ApiContext broken{.database = context.database,
                      .vault = context.vault,
                      .http = context.http,
                      .sign_in = context.sign_in,
                      .clock = context.clock,
                      .operations = operations,
                      .zone = "UTC",
                      .password_cost = testing::cheap};
    compatible::CompatibleApi api(broken);
    const auto answer =
        api.handle(desk.request("GET", std::string(compatible::CompatibleApi::root) + "/companies.json", desk.admin));
    CHECK(answer.status == 500);
    CHECK(answer.body == R"({"error":"The server failed. Its log says why.","success":false})");
}

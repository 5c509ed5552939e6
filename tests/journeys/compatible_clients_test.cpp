// SPDX-License-Identifier: MIT
#include "base/base64.h"
#include "base/json.h"
#include "journeys/installation.h"
#include "net/http_client.h"
#include "net/url.h"
#include "support/strict_client.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;

// The requests of the programs that were written for the former MultiFlexi, in their order, at a real server.

namespace {

constexpr const char* annas_password = "Vd7!kqPz#w";

struct FormerClient {
    std::string base;
    HttpHeaders headers;
    CurlClient http;

    HttpReply send(std::string method, std::string_view path, const json::value& body = nullptr) {
        HttpRequest request{.method = std::move(method), .url = base + std::string(path), .headers = headers};
        if (!body.is_null()) {
            request.headers.emplace_back("Content-Type", "application/json");
            request.body = to_text(body);
        }
        auto reply = http.send(request);
        REQUIRE_MESSAGE(reply, (reply ? "" : reply.error().message));
        return *std::move(reply);
    }
    /// The body, if the status is exactly this one.
    json::value body_of(int status, std::string method, std::string_view path, const json::value& body = nullptr) {
        const auto reply = send(std::move(method), path, body);
        CAPTURE(path);
        REQUIRE_MESSAGE(reply.status == status, reply.body);
        auto parsed = parse_json(reply.body);
        REQUIRE_MESSAGE(parsed, reply.body);
        return *std::move(parsed);
    }
};

/// A server with an account, and its clients: one with the password, one that sends none.
struct FormerServer {
    Installation it;
    FormerClient client, without_password;

    explicit FormerServer(const Variables& settings = {}) {
        it.environment.emplace("MULTIFLEXI_LISTEN", "127.0.0.1:0");
        for (const auto& [name, value] : settings) it.environment[name] = value;
        it.start();
        it.ask({"user:create", "--login", "anna", "--email", "anna@example.com", "--plaintext", annas_password});
        REQUIRE(it.cli({"user-role:set", "--login", "anna", "--roles", "super_admin"}).code == 0);
        const auto log = it.log();
        const auto place = log.find("port=", log.find(" listening "));
        REQUIRE(place != std::string::npos);
        const auto port = log.substr(place + 5, log.find_first_of(" \n", place) - place - 5);
        client.base = without_password.base =
            fmt::format("http://127.0.0.1:{}/api/VitexSoftware/MultiFlexi/1.0.0", port);
        client.headers = {{"Authorization", "Basic " + to_base64(fmt::format("anna:{}", annas_password))},
                          {"Accept", "application/json"}};
        without_password.headers = {{"Accept", "application/json"}};
    }
    /// Polls as the clients do until the job has an end.
    json::value ended(std::int64_t job) {
        json::value record;
        REQUIRE(comes_true([&] {
            record = client.body_of(200, "GET", fmt::format("/job/{}.json", job));
            return !record.at("end").is_null();
        }));
        return record;
    }
};

}  // namespace

TEST_CASE("Node-RED signs in, schedules runs and sees what it needs for a map") {
    FormerServer server;
    auto& client = server.client;
    // The editor lets in whoever gets 200 here.
    CHECK(client.send("GET", "/apps.json").status == 200);
    auto wrong = FormerClient{.base = client.base, .headers = {{"Authorization", "Basic " + to_base64("anna:wrong")}}};
    CHECK(wrong.send("GET", "/apps.json").status == 401);
    const auto run = server.it.run_template_of_script("echo \"hello $GREETED\"; echo bad >&2; exit 3");
    // The node sends no Accept, and its variables win.
    client.headers.pop_back();
    const auto made = client.body_of(201, "POST", "/job/",
                                     {{"runtemplate_id", run}, {"scheduled", "now"}, {"env", {{"GREETED", "world"}}}});
    const auto job = server.ended(made.at("job_id").as_int64());
    CHECK(job.at("stdout") == "hello world\n");
    CHECK(job.at("stderr") == "bad\n");
    CHECK(job.at("exitcode") == 3);
    CHECK(job.at("env").at("GREETED") == "world");
    CHECK(job.at("schedule_type") == "adhoc-api");
    // One for later waits, and everybody sees it.
    const auto later =
        client.body_of(201, "POST", "/job/", {{"runtemplate_id", run}, {"scheduled", "2100-01-01 12:00:00"}});
    CHECK(later.at("scheduled") == "2100-01-01 12:00:00");
    CHECK(server.it.job_state(later.at("job_id").as_int64()) == "pending");
    for (const auto& [status, body] :
         std::initializer_list<std::pair<int, json::value>>{{404, {{"runtemplate_id", 4711}}},
                                                            {400, {{"scheduled", "now"}}},
                                                            {400, {{"runtemplate_id", run}, {"scheduled", "someday"}}}})
        CHECK(client.body_of(status, "POST", "/job/", body).at("error").is_string());
    CHECK(wrong.send("POST", "/job/", {{"runtemplate_id", run}}).status == 401);
    REQUIRE(server.it.cli({"runtemplate:update", "--id", fmt::to_string(run), "--active", "0"}).code == 0);
    CHECK(client.body_of(409, "POST", "/job/", {{"runtemplate_id", run}}).at("error") == "RunTemplate is not active");
    // What the map editor reads.
    const auto menu = client.body_of(200, "GET", "/runtemplate/");
    REQUIRE(menu.as_array().size() == 1);
    CHECK(menu.at(0).at("id") == run);
    const auto app = client.body_of(200, "GET", fmt::format("/app/{}.json", menu.at(0).at("app_id").as_int64()));
    for (const auto* member : {"produces", "consumes", "environment"}) CHECK(app.at(member).is_object());
    // And what it stores: names of its own, numbers as texts, the mapping as an object.
    const auto second = server.it.run_template_of_script("true");
    const auto rule = client.body_of(201, "POST", "/eventrule/",
                                     {{"source_runtemplate_id", fmt::to_string(run)},
                                      {"target_runtemplate_id", fmt::to_string(second)},
                                      {"env_mapping", {{"NUMBER", "$.invoice.id"}}}});
    const auto rule_path = fmt::format("/eventrule/{}.json", rule.at("id").as_int64());
    CHECK(client.body_of(200, "GET", rule_path).at("env_mapping") == R"({"NUMBER":"$.invoice.id"})");
    client.body_of(200, "PUT", rule_path,
                   {{"source_runtemplate_id", run},
                    {"target_runtemplate_id", second},
                    {"env_mapping", {{"FILE", "@file:report"}}}});
    CHECK(client.body_of(200, "GET", rule_path).at("env_mapping") == R"({"FILE":"@file:report"})");
    // Later versions of the map call the columns by their names, and send the mapping as a text.
    const auto third = server.it.run_template_of_script("true");
    json::object later_rule{{"runtemplate_source_id", fmt::to_string(run)},
                            {"runtemplate_id", fmt::to_string(third)},
                            {"env_mapping", R"({"NUMBER":"report.id"})"}};
    const auto kept = client.body_of(201, "POST", "/eventrule/", later_rule);
    CHECK(kept.at("runtemplate_source_id") == run);
    later_rule["env_mapping"] = R"({"FILE":"@file:report"})";
    const auto changed =
        client.body_of(200, "PUT", fmt::format("/eventrule/{}.json", kept.at("id").as_int64()), later_rule);
    CHECK(changed.at("env_mapping") == R"({"FILE":"@file:report"})");
    CHECK(server.it.log().find(annas_password) == std::string::npos);
}

TEST_CASE("the editor of Node-RED signs in with what stands in the query") {
    FormerServer server;
    auto& guest = server.without_password;
    const auto asked_with = [](std::string_view word) { return "?username=anna&password=" + percent_encoded(word); };
    // It asks both ways of signing in that former servers had: the other one after 404, 405 or 501.
    CHECK(guest.send("GET", "/login" + asked_with(annas_password)).status == 405);
    CHECK(guest.body_of(200, "POST", "/login.json" + asked_with(annas_password)).at("token").is_string());
    CHECK(guest.send("POST", "/login.json" + asked_with("wrong")).status == 401);
    CHECK(server.it.log().find(percent_encoded(annas_password)) == std::string::npos);
}

TEST_CASE("the MCP server's strict client goes through its tools") {
    FormerServer server({{"MULTIFLEXI_API_ANONYMOUS_READS", "true"}, {"MULTIFLEXI_API_PREFIX", "/multiflexi"}});
    auto& client = server.client;
    // A proxy hands the path on as it came.
    client.base.insert(client.base.find("/api"), "/multiflexi");
    const auto run = server.it.run_template_of_script("echo done; echo \"$SECRET_TOKEN\"");
    REQUIRE(server.it.cli({"credential-prototype:sync"}).code == 0);
    server.it.ask(
        {"company:create", "--name", "A name that is longer than thirty-two characters", "--slug", "long-name"});

    // Its resources.
    CHECK(keyed_refused_by_client("App", client.body_of(200, "GET", "/apps.json")) == "");
    CHECK(keyed_refused_by_client("Job", client.body_of(200, "GET", "/jobs.json?limit=10&offset=0&order=-id")) == "");
    CHECK(keyed_refused_by_client("RunTemplate", client.body_of(200, "GET", "/runtemplates.json")) == "");
    const auto companies = client.body_of(200, "GET", "/companies.json?limit=100");
    CHECK(list_refused_by_client("Company", companies) == "");
    CHECK(companies.as_array().size() == 2);
    CHECK(list_refused_by_client("User", client.body_of(200, "GET", "/users.json")) == "");
    CHECK(list_refused_by_client("Task", client.body_of(200, "GET", "/tasks.json?state=open&limit=5")) == "");
    // These come without a password.
    auto& guest = server.without_password;
    CHECK(list_refused_by_client("Credential", guest.body_of(200, "GET", "/credentials.json")) == "");
    CHECK(list_refused_by_client("CredentialType", guest.body_of(200, "GET", "/credential_types.json")) == "");
    CHECK(guest.send("GET", "/jobs.json").status == 401);

    // create_job, get_job_status: scheduled, running, success.
    const auto made =
        client.body_of(201, "POST", "/job/",
                       {{"runtemplate_id", run}, {"scheduled", "now"}, {"env", {{"SECRET_TOKEN", "s3cr3t-t0k3n"}}}});
    CHECK(refused_by_client("Job", made) == "");
    CHECK(made.at("begin").is_null());
    const auto job = server.ended(made.at("id").as_int64());
    CHECK(refused_by_client("Job", job) == "");
    CHECK(job.at("exitcode") == 0);
    CHECK(to_text(job).find("s3cr3t-t0k3n") == std::string::npos);
    const auto after = client.body_of(200, "GET", fmt::format("/runtemplate/{}.json", run));
    CHECK(refused_by_client("RunTemplate", after) == "");
    CHECK(after.at("successfull_jobs_count") == 1);

    // update_runtemplate.
    const auto template_path = fmt::format("/runtemplate/{}.json", run);
    CHECK(refused_by_client("RunTemplate", client.body_of(201, "POST", template_path,
                                                          {{"id", run}, {"active", false}, {"interv", "d"}})) == "");
    CHECK(client.body_of(200, "GET", template_path).at("active") == false);
    CHECK(client.body_of(400, "POST", template_path, {{"id", run + 1}}).at("error") == "ID mismatch");

    // People, memberships and roles.
    const auto eva =
        client.body_of(201, "POST", "/user/", {{"login", "eva"}, {"email", "eva@example.com"}}).at("id").as_int64();
    const auto company = fmt::format("/company/{}", companies.at(0).at("id").as_int64());
    CHECK(client.body_of(201, "POST", company + "/user/", {{"user_id", eva}, {"role", "viewer"}}).at("role") ==
          "viewer");
    CHECK(list_refused_by_client("CompanyUser", client.body_of(200, "GET", company + "/users.json")) == "");
    CHECK(client.body_of(200, "DELETE", fmt::format("{}/user/{}", company, eva)).at("success") == true);
    const auto roles =
        client.body_of(200, "POST", fmt::format("/user/{}/roles/?replace=true", eva), {{"roles", {"viewer"}}});
    CHECK(to_text(roles.at("roles")) == R"(["viewer"])");
    CHECK(list_refused_by_client("RbacRole", client.body_of(200, "GET", fmt::format("/user/{}/roles.json", eva))) ==
          "");

    // Event sources and rules, with what the client fills in by itself.
    json::object source{{"name", "erp"},
                        {"adapter_type", "abraflexi-webhook"},
                        {"db_connection", "mysql"},
                        {"db_host", "127.0.0.1"},
                        {"db_port", "1"},
                        {"db_database", "webhook"},
                        {"db_username", "reader"},
                        {"db_password", "s3cr3t-p4ss"},
                        {"poll_interval", 60},
                        {"enabled", true},
                        {"last_processed_id", 0}};
    const auto erp = client.body_of(201, "POST", "/eventsource/", source);
    CHECK(refused_by_client("EventSource", erp) == "");
    const auto source_id = erp.at("id").as_int64();
    source["poll_interval"] = 90;
    CHECK(client.body_of(201, "POST", fmt::format("/eventsource/?eventSourceId={}", source_id), source)
              .at("poll_interval") == 90);
    CHECK(client.body_of(200, "POST", fmt::format("/eventsource/{}/test.json", source_id)).at("reachable") == false);
    CHECK(refused_by_client(
              "EventRule",
              client.body_of(201, "POST", "/eventrule/",
                             {{"event_source_id", source_id}, {"operation", "any"}, {"runtemplate_id", run}})) == "");
    CHECK(list_refused_by_client("EventSource", client.body_of(200, "GET", "/eventsources.json")) == "");
    CHECK(list_refused_by_client("EventRule", client.body_of(200, "GET", "/eventrules.json")) == "");
    CHECK(client.body_of(200, "DELETE", fmt::format("/eventsource/{}.json", source_id)).at("success") == true);
    CHECK(client.body_of(200, "GET", "/eventrules.json").as_array().empty());
    const auto topic = server.it.ask({"topic:create", "--name", "Bank", "--color", "#1a7f37"}).at("id").as_int64();
    CHECK(list_refused_by_client("Topic", guest.body_of(200, "GET", "/topics.json")) == "");
    CHECK(guest.send("POST", fmt::format("/topic/{}.json", topic), {{"name", "x"}}).status == 401);
    CHECK(client.body_of(201, "POST", fmt::format("/topic/{}.json", topic), {{"name", "Banks"}}).at("name") == "Banks");

    for (const auto* missing : {"/app/4711.json", "/job/4711.json", "/runtemplate/4711.json", "/company/4711.json"})
        CHECK(client.body_of(404, "GET", missing).at("error").is_string());
}

TEST_CASE("a long output is complete over the interface of the former MultiFlexi") {
    FormerServer server;
    const auto run = server.it.run_template_of_script("printf '%3000000s' x; echo end");
    const auto made = server.client.body_of(201, "POST", "/job/", {{"runtemplate_id", run}});
    const auto job = server.ended(made.at("id").as_int64());
    const auto output = job.at("stdout").as_string();
    CHECK(output.size() == 3'000'004);
    CHECK(std::string_view(output).ends_with("xend\n"));
}

// SPDX-License-Identifier: MIT
#include "base/json.h"
#include "base/text.h"
#include "journeys/installation.h"
#include "net/http_client.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sysexits.h>

using namespace mf;
using namespace mf::testing;

namespace {

/// An installation whose server answers over HTTP, and a token for it.
struct Served {
    Installation it;
    std::string token, base;
    CurlClient http;

    explicit Served(std::string_view connections = "256") {
        it.environment.emplace("MULTIFLEXI_LISTEN", "127.0.0.1:0");
        it.environment.emplace("MULTIFLEXI_CONNECTIONS_PER_ADDRESS", connections);
        it.start();
        it.ask({"user:create", "--login", "anna", "--email", "anna@example.com"});
        REQUIRE(it.cli({"user-role:set", "--login", "anna", "--roles", "admin"}).code == 0);
        token = text_of(it.ask({"token:create", "--user", "anna", "--name", "test"}).as_object(), "token");
        // "listening endpoint=127.0.0.1:0 port=40123"
        const auto log = it.log();
        const auto place = log.find("port=", log.find(" listening "));
        REQUIRE(place != std::string::npos);
        base = fmt::format("http://127.0.0.1:{}/api/v1",
                           log.substr(place + 5, log.find_first_of(" \n", place) - place - 5));
    }
    HttpReply send(std::string method, std::string_view path, const json::object& body = {}) {
        HttpRequest request{.method = std::move(method), .url = base + std::string(path)};
        request.headers.emplace_back("Authorization", "Bearer " + token);
        if (!body.empty()) {
            request.headers.emplace_back("Content-Type", "application/json");
            request.body = to_text(json::value(body));
        }
        auto reply = http.send(request);
        REQUIRE_MESSAGE(reply, (reply ? "" : reply.error().message));
        return *std::move(reply);
    }
};

}  // namespace

TEST_CASE("a job is launched, watched and read over HTTP") {
    Served server;
    const auto run = server.it.run_template_of_script("echo printed by a job; printf '%1048576s' x");
    const auto made = server.send("POST", fmt::format("/runtemplates/{}/jobs", run), {{"schedule_time", "now"}});
    CHECK(made.status == 200);
    const auto job = parse_json(made.body)->at("job_id").as_int64();
    server.it.ended(job);
    const auto record = server.send("GET", fmt::format("/jobs/{}", job));
    CHECK(record.status == 200);
    CHECK(parse_json(record.body)->at("state") == "succeeded");
    const auto output = server.send("GET", fmt::format("/jobs/{}/stdout", job));
    CHECK(output.status == 200);
    CHECK(output.body.starts_with("printed by a job\n"));
    CHECK(output.body.size() == 17 + 1048576);
    const auto list = parse_json(server.send("GET", "/jobs?limit=1&fields=id,state").body);
    CHECK(list->at("items").at(0).at("id") == job);
    // Who did it, and from where.
    const auto entries = server.it.rows({"audit:list", "--login", "anna", "--entity", "job"});
    REQUIRE(entries.size() == 1);
    CHECK(text_of(entries[0].as_object(), "entry") == "api");
    CHECK(text_of(entries[0].as_object(), "address") == "127.0.0.1");
    CHECK(server.it.log().find(server.token) == std::string::npos);
}

TEST_CASE("assistants are served beside the REST API, and only read unless the setting allows more") {
    Served server;
    const auto call = [&](std::string_view method, const json::object& params, std::string session) {
        HttpRequest request{.method = "POST", .url = server.base.substr(0, server.base.find("/api/")) + "/mcp"};
        request.headers = {{"Authorization", "Bearer " + server.token}, {"Content-Type", "application/json"}};
        if (!session.empty()) request.headers.emplace_back("Mcp-Session-Id", session);
        request.body = to_text(json::value{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}});
        auto reply = server.http.send(request);
        REQUIRE(reply);
        return *std::move(reply);
    };
    const auto begun = call("initialize",
                            {{"protocolVersion", "2025-06-18"},
                             {"capabilities", json::object()},
                             {"clientInfo", {{"name", "test"}, {"version", "1"}}}},
                            "");
    CHECK(begun.status == 200);
    const std::string session(begun.header("Mcp-Session-Id"));
    REQUIRE_FALSE(session.empty());
    const auto listed = call("tools/call", {{"name", "company_list"}, {"arguments", json::object()}}, session);
    CHECK_MESSAGE(has(listed.body, R"("items":[])"), listed.body);
    const auto refused = call("tools/call", {{"name", "company_create"}, {"arguments", {{"name", "X"}}}}, session);
    CHECK(has(refused.body, "MULTIFLEXI_MCP=change"));
    CHECK(server.it.rows({"company:list"}).empty());
}

TEST_CASE("a part of an artifact is read, and a server that ends lets requests come to their end") {
    Served server;
    const auto run = server.it.run_template_of_script("echo 0123456789");
    const auto job = server.it.job(run);
    server.it.ended(job);
    const auto artifacts = parse_json(server.send("GET", fmt::format("/artifacts?job_id={}", job)).body);
    REQUIRE_FALSE(artifacts->at("items").as_array().empty());
    const auto id = artifacts->at("items").at(0).at("id").as_int64();
    HttpRequest request{.url = fmt::format("{}/artifacts/{}/content", server.base, id)};
    request.headers = {{"Authorization", "Bearer " + server.token}, {"Range", "bytes=2-4"}};
    const auto part = server.http.send(request);
    REQUIRE(part);
    CHECK(part->status == 206);
    CHECK(part->body == "234");
    CHECK(part->header("Content-Range").starts_with("bytes 2-4/"));
    request.headers.back() = {"Range", "bytes=500-"};
    CHECK(server.http.send(request)->status == 416);
    server.it.stop();
    CHECK_FALSE(server.http.send(request));
}

TEST_CASE("one address has as many connections as the settings say") {
    Served server("1");
    // The client of the server has one, and keeps it.
    CHECK(server.send("GET", "/companies").status == 200);
    CurlClient other;
    CHECK(other.send({.url = server.base + "/companies"})->status == 429);
}

TEST_CASE("an endpoint that cannot be used ends the start with the name of the setting") {
    Installation it;
    it.environment.emplace("MULTIFLEXI_LISTEN", "localhost:http");
    const auto answer = it.serve({});
    CHECK(answer.code == EX_CONFIG);
    CHECK(has(answer.err, "MULTIFLEXI_LISTEN: 'localhost:http' is no endpoint."));
}

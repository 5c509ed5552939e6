// SPDX-License-Identifier: MIT
#include "mcp/http_transport.h"

#include "support/assistant.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace std::chrono_literals;
using testing::Assistant;
using testing::Desk;

namespace {

constexpr std::string_view first_message =
    R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{}}})";
constexpr std::string_view ping_message = R"({"jsonrpc":"2.0","id":2,"method":"ping"})";

/// What stands around a request in these tests.
struct CallerHost final : mcp::Host {
    CallerHost(Assistant& of, Caller by) : assistant(of), who(std::move(by)) {}
    Result<Caller> caller() override { return who; }
    Result<json::value> perform(const Operation& operation, const json::object& input, const Caller& by) override {
        return assistant.perform(operation, input, by);
    }
    Timestamp now() override { return assistant.moment; }
    Zone zone() override { return Zone::utc(); }
    Assistant& assistant;
    Caller who;
};

/// Two people with the tokens "alice" and "bob"; "broken" is a token that cannot be looked up now.
struct Site {
    Desk desk;
    Assistant behind{desk};
    Id<User> alice = desk.add(User{.login = "alice", .enabled = true, .created_at = desk.moment}).id;
    Id<User> bob = desk.add(User{.login = "bob", .enabled = true, .created_at = desk.moment}).id;
    Timestamp moment = desk.moment;
    mcp::HttpTransportOptions options{.session = Assistant::reading(), .origins = {"https://chat.example"}};
    mcp::HttpTransport transport{
        desk.operations, options,
        [this](std::string_view token, const http::Request&) -> mcp::HttpTransport::Recognition {
            const auto known = recognised(token);
            return {known, {{"RateLimit", "\"caller\";r=5;t=1"}, {"Retry-After", "7"}}};
        },
        [this](Caller caller) { return std::make_unique<CallerHost>(behind, std::move(caller)); },
        [this] { return moment; }};

    Result<Caller> recognised(std::string_view token) const {
        if (token == "broken") return Error{ErrorCode::unavailable, "The database is away."};
        if (token == "alice") return Caller{{alice, "alice", "mcp"}, testing::manager_of(desk.company.id)};
        if (token == "often") return Error{ErrorCode::limited, "Too many requests."};
        if (token == "bob") return Caller{{bob, "bob", "mcp"}, Rights{}};
        return Error{ErrorCode::forbidden, "The token is not known here."};
    }

    http::Response ask(std::string_view body, http::Headers headers = {}, std::string method = "POST",
                       std::string_view token = "alice") {
        http::Request request{.method = std::move(method), .path = "/mcp", .segments = {"mcp"}};
        request.headers = std::move(headers);
        if (!request.headers.has("Content-Type")) request.headers.add("Content-Type", "application/json");
        if (!request.headers.has("Accept")) request.headers.add("Accept", "application/json, text/event-stream");
        if (!token.empty()) request.headers.add("Authorization", fmt::format("Bearer {}", token));
        request.body = std::string(body);
        return transport.answer(request);
    }
    std::string begin(std::string_view token = "alice") {
        const auto answer = ask(first_message, {}, "POST", token);
        if (answer.status != 200) throw std::runtime_error(answer.body);
        return std::string(answer.headers.get("Mcp-Session-Id"));
    }
    int status_of(std::string_view body, http::Headers headers, std::string method = "POST",
                  std::string_view token = "alice") {
        return ask(body, std::move(headers), std::move(method), token).status;
    }
};

}  // namespace

TEST_CASE("a conversation over HTTP") {
    Site site;
    const auto first = site.ask(first_message);
    CHECK(first.status == 200);
    CHECK(first.headers.get("Content-Type") == "application/json");
    CHECK(first.headers.get("Cache-Control") == "no-store");
    const std::string id(first.headers.get("Mcp-Session-Id"));
    CHECK(id.size() >= 32);
    const auto noted = site.ask(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", {{"Mcp-Session-Id", id}});
    CHECK(noted.status == 202);
    CHECK(noted.body.empty());
    const auto tools = site.ask(R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})",
                                {{"Mcp-Session-Id", id}, {"MCP-Protocol-Version", "2025-06-18"}});
    CHECK(tools.status == 200);
    CHECK(tools.body.find("job_list") != std::string::npos);
    CHECK_FALSE(tools.headers.has("Mcp-Session-Id"));
    // An error of a request is an answer like another.
    CHECK(site.status_of(R"({"jsonrpc":"2.0","id":2,"method":"nonsense"})", {{"Mcp-Session-Id", id}}) == 200);
    CHECK(site.status_of("", {{"Mcp-Session-Id", id}}, "DELETE") == 204);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", id}}) == 404);
    CHECK(site.status_of("", {{"Mcp-Session-Id", id}}, "DELETE") == 404);
    CHECK(site.transport.sessions() == 0);
}

TEST_CASE("what is wrong with a request has its status") {
    Site site;
    const auto id = site.begin();
    CHECK(site.status_of("", {}, "GET") == 405);
    CHECK(site.ask("", {}, "GET").headers.get("Allow") == "POST, DELETE, OPTIONS");
    CHECK(site.status_of(ping_message, {}, "PUT") == 405);
    CHECK(site.status_of(ping_message, {{"Content-Type", "text/plain"}, {"Mcp-Session-Id", id}}) == 415);
    CHECK(site.status_of(ping_message, {{"Content-Type", "Application/JSON; charset=utf-8"}, {"Mcp-Session-Id", id}}) ==
          200);
    CHECK(site.status_of(ping_message, {{"Accept", "text/html"}, {"Mcp-Session-Id", id}}) == 406);
    CHECK(site.status_of(ping_message, {{"Accept", "*/*"}, {"Mcp-Session-Id", id}}) == 200);
    CHECK(site.status_of(ping_message, {{"MCP-Protocol-Version", "1999-01-01"}, {"Mcp-Session-Id", id}}) == 400);
    CHECK(site.status_of("garbage", {{"Mcp-Session-Id", id}}) == 400);
    CHECK(site.status_of("garbage", {}) == 400);
    // Without a session only "initialize" is answered.
    CHECK(site.status_of(ping_message, {}) == 400);
    CHECK(site.status_of(R"({"jsonrpc":"2.0","method":"x"})", {}) == 400);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", "nonsense"}}) == 404);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", ""}}) == 404);
    CHECK(site.transport.sessions() == 1);
}

TEST_CASE("nobody gets in without a token, and nobody into the session of somebody else") {
    Site site;
    const auto id = site.begin();
    const auto without = site.ask(ping_message, {{"Mcp-Session-Id", id}}, "POST", "");
    CHECK(without.status == 401);
    CHECK(without.headers.get("WWW-Authenticate") == "Bearer realm=\"MultiFlexi\"");
    const auto wrong = site.ask(ping_message, {{"Mcp-Session-Id", id}}, "POST", "mallory");
    CHECK(wrong.status == 401);
    CHECK(wrong.body.find("not known here") != std::string::npos);
    CHECK(wrong.body.find("mallory") == std::string::npos);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", id}}, "POST", "broken") == 503);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", id}}, "POST", "bob") == 404);
    CHECK(site.status_of("", {{"Mcp-Session-Id", id}}, "DELETE", "bob") == 404);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", id}}) == 200);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", id}, {"Authorization", "Basic YTpi"}}, "POST", "") == 401);
    // Rights are those of the token of the request.
    const auto own = site.begin("bob");
    const auto tools =
        site.ask(R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})", {{"Mcp-Session-Id", own}}, "POST", "bob");
    CHECK(tools.body == R"({"jsonrpc":"2.0","id":2,"result":{"tools":[]}})");
}

TEST_CASE("pages of other origins are refused, whatever host they name") {
    Site site;
    for (const auto* origin : {"https://evil.example", "null", "", "http://127.0.0.1:8080", "https://chat.example.evil",
                               "https://chat.example:444"})
        for (const auto* method : {"POST", "GET", "DELETE", "OPTIONS"})
            CHECK(site.status_of(first_message, {{"Origin", origin}, {"Host", "127.0.0.1:8080"}}, method) == 403);
    const auto asked = site.ask("", {{"Origin", "https://chat.example"}}, "OPTIONS", "");
    CHECK(asked.status == 204);
    CHECK(asked.headers.get("Access-Control-Allow-Origin") == "https://chat.example");
    CHECK(asked.headers.get("Access-Control-Allow-Headers").find("Authorization") != std::string_view::npos);
    const auto begun = site.ask(first_message, {{"Origin", "https://chat.example"}});
    CHECK(begun.status == 200);
    CHECK(begun.headers.get("Access-Control-Expose-Headers") ==
          "Mcp-Session-Id, RateLimit, RateLimit-Policy, Retry-After");
    CHECK_FALSE(site.ask(first_message).headers.has("Access-Control-Allow-Origin"));
}

TEST_CASE("sessions end when nobody uses them, and their number is bounded") {
    Site site;
    const auto used = site.begin();
    const auto idle = site.begin();
    site.moment += 59min;
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", used}}) == 200);
    site.moment += 2min;
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", idle}}) == 404);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", used}}) == 200);
    const auto of_bob = site.begin("bob");
    for (int i = 0; i < 40; ++i) {
        site.moment += 1s;
        site.begin();
    }
    CHECK(site.transport.sessions() == 33);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", used}}) == 404);
    CHECK(site.status_of(ping_message, {{"Mcp-Session-Id", of_bob}}, "POST", "bob") == 200);
    site.moment += 2h;
    site.begin();
    CHECK(site.transport.sessions() == 1);
}

TEST_CASE("requests in a minute are counted for a person, not for each of his sessions") {
    Site site;
    constexpr std::string_view look =
        R"({"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"job_status"}})";
    const auto is_refused = [&](const std::string& session, std::string_view token) {
        const auto answer = site.ask(look, {{"Mcp-Session-Id", session}}, "POST", token);
        return answer.body.find("too many requests") != std::string::npos;
    };
    const auto first = site.begin();
    for (int i = 0; i < site.options.session.calls_per_minute; ++i) REQUIRE_FALSE(is_refused(first, "alice"));
    CHECK(is_refused(first, "alice"));
    CHECK(is_refused(site.begin(), "alice"));
    CHECK_FALSE(is_refused(site.begin("bob"), "bob"));
}

TEST_CASE("whoever asks too often over HTTP is told when to come back") {
    Site site;
    const auto refused = site.ask(first_message, {}, "POST", "often");
    CHECK(refused.status == 429);
    CHECK(refused.headers.get("Retry-After") == "7");
    CHECK(refused.headers.get("RateLimit") == "\"caller\";r=5;t=1");
    CHECK(site.ask(first_message).headers.has("RateLimit"));
}

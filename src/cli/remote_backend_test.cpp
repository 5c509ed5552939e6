// SPDX-License-Identifier: MIT
#include "cli/remote_backend.h"

#include "base/json.h"
#include "service/job_operations.h"

#include <doctest/doctest.h>
#include <deque>

using namespace mf;
using namespace std::chrono_literals;

namespace {

/// Time passes only while somebody waits.
class WaitingClock final : public Clock {
public:
    Timestamp now() const override { return now_; }
    bool wait_until(std::optional<Timestamp> moment, Nudge&, std::stop_token) override {
        if (moment) now_ = std::max(now_, *moment);
        return false;
    }

private:
    Timestamp now_ = std::chrono::sys_days{std::chrono::year{2025} / 6 / 15};
};

/// Answers what a test says, in this order, and remembers what it was asked.
class ScriptedChannel final : public HttpChannel {
public:
    struct Lost {};
    struct Refused {};
    using Step = std::variant<HttpReply, Lost, Refused>;
    struct Script {
        std::deque<Step> steps;
        std::vector<HttpRequest> asked;
        std::vector<Send> how;

        void reply(int status, std::string body, std::string type = "application/json", HttpHeaders more = {}) {
            more.emplace_back("Content-Type", std::move(type));
            steps.emplace_back(HttpReply{.status = status, .headers = std::move(more), .body = std::move(body)});
        }
    };
    explicit ScriptedChannel(Script& script) : script_(script) {}

    Result<HttpReply> send(const HttpRequest& request, Send how, const Sink& sink) override {
        script_.asked.push_back(request);
        script_.how.push_back(how);
        was_lost_ = false;
        if (script_.steps.empty()) throw std::runtime_error("nobody expects " + request.url);
        auto step = std::move(script_.steps.front());
        script_.steps.pop_front();
        if (auto* reply = std::get_if<HttpReply>(&step)) {
            if (sink && reply->status / 100 == 2) {
                sink(reply->body);
                reply->body.clear();
            }
            return std::move(*reply);
        }
        was_lost_ = std::holds_alternative<Lost>(step);
        return Error{ErrorCode::unavailable, was_lost_ ? "The connection was closed." : "No connection."};
    }
    bool was_lost() const override { return was_lost_; }

private:
    Script& script_;
    bool was_lost_ = false;
};

struct RemoteDesk {
    ScriptedChannel::Script script;
    WaitingClock clock;
    Operations operations = all_operations();
    RemoteBackend backend{*read_server_address("https://multiflexi.example", Plain::only_here),
                          {.address = "https://multiflexi.example", .token = "mfx_secret"},
                          std::make_unique<ScriptedChannel>(script),
                          operations,
                          clock};

    Result<json::value> run(std::string_view name, const json::object& input = {}) {
        return backend.run(*std::ranges::find(operations, name, &Operation::name), input);
    }
    std::string header(std::size_t request, std::string_view name) const {
        for (const auto& [key, value] : script.asked.at(request).headers)
            if (key == name) return value;
        return {};
    }
    std::string target(std::size_t request) const {
        return script.asked.at(request).url.substr(std::string_view("https://multiflexi.example/api/v1").size());
    }
};

std::string page(std::initializer_list<int> ids, std::string_view next) {
    json::array items;
    for (const int id : ids) items.push_back(json::object{{"id", id}});
    return to_text(
        json::value{{"items", std::move(items)}, {"next", next.empty() ? json::value() : json::value(next)}});
}

}  // namespace

TEST_CASE("an operation is asked under its route, with the token, and answers as it did there") {
    RemoteDesk desk;
    desk.script.reply(200, R"({"id":5,"name":"Acme"})");
    const auto answer = desk.run("company:get", {{"id", "5"}});
    REQUIRE(answer);
    CHECK(to_text(*answer) == R"({"id":5,"name":"Acme"})");
    CHECK(desk.target(0) == "/companies/5");
    CHECK(desk.header(0, "Authorization") == "Bearer mfx_secret");
    desk.script.reply(201, R"({"id":6})");
    REQUIRE(desk.run("company:create", {{"name", "Bravo"}}));
    CHECK(desk.script.asked.at(1).body == R"({"name":"Bravo"})");
    CHECK(desk.header(1, "Content-Type") == "application/json");
}

TEST_CASE("the pages of a list are put together, up to what was asked for") {
    RemoteDesk desk;
    desk.script.reply(200, page({1, 2}, "k2"));
    desk.script.reply(200, page({3}, ""));
    CHECK(to_text(*desk.run("company:list", {{"offset", 4}})) == R"([{"id":1},{"id":2},{"id":3}])");
    CHECK(desk.target(0) == "/companies?offset=4&limit=1000");
    CHECK(desk.target(1) == "/companies?cursor=k2&limit=1000");
    desk.script.reply(200, page({1, 2}, "k2"));
    CHECK(desk.run("company:list", {{"limit", 2}, {"after", 9}})->as_array().size() == 2);
    CHECK(desk.target(2) == "/companies?limit=2&after=9");
    desk.script.reply(200, page({1}, "k1"));
    CHECK(desk.run("company:list", {{"limit", 0}})->as_array().empty());
    CHECK(desk.script.steps.empty());
}

TEST_CASE("a problem is the error that it was there") {
    RemoteDesk desk;
    desk.script.reply(400,
                      R"({"type":"urn:multiflexi:problem:invalid","status":400,"detail":"","code":"invalid","errors":[)"
                      R"({"field":"name","message":"is required","code":"needed","value":"7","file":"a.json"}]})",
                      "application/problem+json");
    const auto refused = desk.run("company:create", {{"name", ""}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().message.empty());
    REQUIRE(refused.error().fields.size() == 1);
    CHECK(refused.error().fields[0].field == "name");
    CHECK(refused.error().fields[0].code == "needed");
    CHECK(refused.error().fields[0].file == "a.json");
    const std::tuple<int, std::string_view, ErrorCode> codes[] = {
        {404, "not-found", ErrorCode::not_found},  {409, "conflict", ErrorCode::conflict},
        {403, "forbidden", ErrorCode::forbidden},  {401, "unauthenticated", ErrorCode::forbidden},
        {429, "limited", ErrorCode::limited},      {503, "unavailable", ErrorCode::unavailable},
        {500, "internal", ErrorCode::unavailable}, {413, "too-large", ErrorCode::invalid},
    };
    for (const auto& [status, word, code] : codes) {
        CAPTURE(word);
        desk.script.reply(status, fmt::format(R"({{"detail":"So it is.","code":"{}"}})", word),
                          "application/problem+json");
        const auto answer = desk.run("company:get", {{"id", 1}});
        REQUIRE_FALSE(answer);
        CHECK(answer.error().code == code);
        CHECK(answer.error().message == "So it is.");
    }
}

TEST_CASE("what is sent again when the connection breaks, and what never") {
    RemoteDesk desk;
    desk.script.steps = {ScriptedChannel::Lost{}, ScriptedChannel::Refused{}};
    desk.script.reply(200, R"({"id":5})");
    CHECK(desk.run("company:get", {{"id", 5}}));
    CHECK(desk.script.asked.size() == 3);
    // With the same key.
    desk.script.steps = {ScriptedChannel::Lost{}};
    desk.script.reply(201, R"({"id":6})");
    CHECK(desk.run("company:create", {{"name", "Acme"}}));
    CHECK(desk.script.asked.size() == 5);
    CHECK(desk.header(3, "Idempotency-Key").size() == 36);
    CHECK(desk.header(3, "Idempotency-Key") == desk.header(4, "Idempotency-Key"));
    for (const auto* name : {"company:update", "company:remove", "token:create"}) {
        CAPTURE(name);
        const auto before = desk.script.asked.size();
        desk.script.steps = {ScriptedChannel::Lost{}};
        const auto answer = desk.run(name, {{"id", 5}});
        REQUIRE_FALSE(answer);
        CHECK(answer.error().message.ends_with("look before you try again."));
        CHECK(desk.script.asked.size() == before + 1);
        CHECK(desk.script.how.back() == HttpChannel::Send::once);
        CHECK(desk.header(before, "Idempotency-Key").empty());
    }
    // Not for ever, and not where there was no connection in the first place.
    desk.script.steps.assign(4, ScriptedChannel::Lost{});
    CHECK_FALSE(desk.run("company:get", {{"id", 5}}));
    CHECK(desk.script.steps.empty());
    desk.script.steps = {ScriptedChannel::Refused{}};
    CHECK_FALSE(desk.run("company:get", {{"id", 5}}));
}

TEST_CASE("a server that is asked too often is left alone as long as it wants, if that is not too long") {
    RemoteDesk desk;
    const auto limited = [&](std::string_view seconds) {
        desk.script.reply(429, R"({"detail":"Too many requests.","code":"limited"})", "application/problem+json",
                          {{"Retry-After", std::string(seconds)}});
    };
    const auto begin = desk.clock.now();
    limited("20");
    limited("3");
    desk.script.reply(200, R"({"id":5})");
    CHECK(desk.run("company:update", {{"id", 5}, {"name", "Acme"}}));
    CHECK(desk.clock.now() - begin == 23s);
    limited("3600");
    CHECK(desk.run("company:get", {{"id", 5}}).error().code == ErrorCode::limited);
    limited("1");
    CHECK_FALSE(desk.backend.sign_in({"anna", "wrong"}));
    CHECK(desk.script.steps.empty());
    for (int i = 0; i < 4; ++i) limited("1");
    CHECK_FALSE(desk.run("company:get", {{"id", 5}}));
    CHECK(desk.script.steps.empty());
}

TEST_CASE("content goes on piece by piece, and is not begun again once some of it was handed on") {
    RemoteDesk desk;
    desk.script.steps = {ScriptedChannel::Lost{}};
    desk.script.reply(200, std::string("a\0b", 3), "application/octet-stream");
    std::string got;
    CHECK(desk.backend.read_artifact(7, [&](std::string_view piece) { return got += piece, true; }));
    CHECK(got == std::string("a\0b", 3));
    CHECK(desk.target(1) == "/artifacts/7/content");
    desk.script.reply(404, R"({"detail":"No artifact found.","code":"not-found"})", "application/problem+json");
    const auto missing = desk.backend.read_job_output(9, JobStream::err, [](std::string_view) { return true; });
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::not_found);
    CHECK(desk.target(2) == "/jobs/9/stderr");
}

TEST_CASE("a job is followed through a restart of the server, and nothing of it twice") {
    RemoteDesk desk;
    desk.script.reply(200,
                      R"({"state":"running","state_since":"2025-06-15T10:00:00.250Z","ended_at":null,"exitcode":null,
        "reason":null,"pieces":[{"sequence":3,"at":"2025-06-15T10:00:01Z","stream":"stdout","text":"one"},
        {"sequence":4,"at":"2025-06-15T10:00:01Z","stream":"stderr","base64":"4oI="}]})");
    desk.script.steps.insert(desk.script.steps.end(), 3, ScriptedChannel::Refused{});
    desk.script.reply(200, R"({"state":"failed","state_since":"2025-06-15T10:00:00Z","ended_at":"2025-06-15T10:00:09Z",
        "exitcode":3,"reason":null,"pieces":[]})");
    std::string told;
    const auto followed = desk.backend.follow_job(
        5, 2,
        [&](const JobEvent& event) {
            constexpr std::string_view kinds[] = {"output", "state", "ended", "idle"};
            told += fmt::format("{} {} {};", kinds[static_cast<int>(event.kind)], event.sequence, event.bytes.size());
            return true;
        },
        {});
    REQUIRE(followed);
    CHECK(told == "state 2 0;output 3 3;output 4 2;idle 4 0;idle 4 0;idle 4 0;ended 4 0;");
    CHECK(desk.target(0) == "/jobs/5/output?after=2");
    CHECK(desk.target(4) == "/jobs/5/output?after=4");
    desk.script.reply(404, R"({"detail":"No job found with given identifier","code":"not-found"})",
                      "application/problem+json");
    const auto missing = desk.backend.follow_job(9, 0, [](const JobEvent&) { return true; }, {});
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == ErrorCode::not_found);
}

TEST_CASE("a server of another version, something else, and a place to which a token must not follow") {
    RemoteDesk desk;
    const std::string unknown = R"({"detail":"There is nothing at that.","code":"unknown-path"})";
    desk.script.reply(404, unknown, "application/problem+json");
    desk.script.reply(200, R"({"name":"MultiFlexi","version":"2.9","time_zone":"UTC","login":"anna"})");
    CHECK(desk.run("company:get", {{"id", 5}}).error().message.find("another version (2.9) than this program") !=
          std::string::npos);
    RemoteDesk older;
    older.script.reply(404, unknown, "application/problem+json");
    older.script.reply(404, unknown, "application/problem+json");
    CHECK(older.run("company:get", {{"id", 5}}).error().message.find("another version than this program") !=
          std::string::npos);
    desk.script.reply(200, "<html>", "text/html");
    CHECK(desk.run("company:get", {{"id", 5}}).error().message.find("is not the API of MultiFlexi") !=
          std::string::npos);
    desk.script.reply(302, "", "text/html", {{"Location", "https://evil.example/api/v1?token=x"}});
    const auto sent_on = desk.run("company:get", {{"id", 5}});
    CHECK(sent_on.error().message.find("sends on to https://evil.example, where") != std::string::npos);
    CHECK(desk.script.asked.back().url.starts_with("https://multiflexi.example/"));
}

TEST_CASE("times are those of the zone of the server") {
    RemoteDesk desk;
    desk.script.reply(200, R"({"name":"MultiFlexi","version":"3","time_zone":"Europe/Prague","login":"anna"})");
    CHECK(desk.backend.zone().name() == "Europe/Prague");
    CHECK(desk.backend.zone().name() == "Europe/Prague");
    CHECK(desk.script.asked.size() == 1);
}

TEST_CASE("addresses of servers") {
    const auto root = [](std::string_view text, Plain plain = Plain::only_here) {
        const auto read = read_server_address(text, plain);
        return read ? read->root : "refused: " + read.error().message;
    };
    CHECK(root("https://multiflexi.example:8443/") == "https://multiflexi.example:8443/api/v1");
    CHECK(root("https://multiflexi.example/behind/proxy") == "https://multiflexi.example/behind/proxy/api/v1");
    CHECK(root("https://multiflexi.example/api/v1/") == "https://multiflexi.example/api/v1");
    CHECK(root("http://127.0.0.1:8080") == "http://127.0.0.1:8080/api/v1");
    CHECK(root("http://[::1]:8080") == "http://[::1]:8080/api/v1");
    CHECK(root("http://multiflexi.example", Plain::allowed) == "http://multiflexi.example/api/v1");
    for (const auto* text :
         {"http://multiflexi.example", "https://anna:secret@multiflexi.example", "multiflexi.example",
          "https://multiflexi.example?x", "unix:web.sock", "ftp://multiflexi.example", ""})
        CHECK(root(text).starts_with("refused: "));
    CHECK(root("https://anna:secret@multiflexi.example").find("secret") == std::string::npos);
    const auto socket = read_server_address("unix:/run/multiflexi/web.sock", Plain::only_here);
    REQUIRE(socket);
    CHECK(socket->unix_socket == "/run/multiflexi/web.sock");
    CHECK_FALSE(read_server_address("unix:/" + std::string(120, 'a'), Plain::only_here));
}

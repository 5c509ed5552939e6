// SPDX-License-Identifier: MIT
#include "support/compatible_desk.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;
using compatible::Endpoint;
using compatible::Who;
using testing::CompatibleDesk;

namespace {

/// The number of a record of the company for the first placeholder of a path.
std::int64_t record_for(const CompatibleDesk& desk, std::string_view path) {
    const auto& acme = desk.acme;
    if (path.starts_with("company/")) return acme.company.id.value;
    if (path.starts_with("runtemplate/")) return acme.origin.id.value;
    if (path.starts_with("job/")) return acme.ended.id.value;
    if (path.starts_with("task/")) return acme.task.id.value;
    if (path.starts_with("credential/")) return acme.credential;
    if (path.starts_with("credential_type/")) return acme.credential_type;
    if (path.starts_with("user/")) return acme.member.value;
    if (path.starts_with("eventsource/")) return acme.event_source;
    if (path.starts_with("eventrule/")) return acme.event_rule;
    if (path.starts_with("topic/")) return 1;
    if (path.starts_with("app/")) return desk.application.id.value;
    throw std::logic_error(fmt::format("no record for {}", path));
}

struct Attempt {
    std::string target;
    std::string body;
};

/// A request that would reach the things of the company, and change them.
Attempt attempt_at(const CompatibleDesk& desk, const Endpoint& endpoint) {
    std::string target = "/" + std::string(endpoint.path);
    json::object body{{"name", "changed"},  {"user_id", desk.acme.member.value},
                      {"role", "manager"},  {"roles", {"super_admin"}},
                      {"login", "changed"}, {"runtemplate_id", desk.acme.origin.id.value},
                      {"interv", "d"},      {"active", 0}};
    if (const auto open = target.find('{'); open != std::string::npos) {
        const auto id = record_for(desk, endpoint.path);
        body["id"] = id;
        target.replace(open, target.find('}') - open + 1, fmt::to_string(id));
    }
    if (const auto open = target.find('{'); open != std::string::npos)
        target.replace(open, target.find('}') - open + 1, fmt::to_string(desk.acme.member.value));
    if (endpoint.method == "DELETE" && endpoint.path == "jobs") return {target + ".json?from=2000-01-01", {}};
    if (endpoint.method != "POST" && endpoint.method != "PUT") return {target + ".json", {}};
    // With the number in the query the same paths change what is there.
    if (endpoint.path == "company") target += fmt::format("?companyId={}", desk.acme.company.id.value);
    if (endpoint.path == "runtemplate") target += fmt::format("?runTemplateId={}", desk.acme.origin.id.value);
    if (endpoint.path == "app") target += fmt::format("?appId={}", desk.application.id.value);
    if (endpoint.path == "eventsource") target += fmt::format("?eventSourceId={}", desk.acme.event_source);
    if (endpoint.path == "eventrule") target += fmt::format("?eventRuleId={}", desk.acme.event_rule);
    if (endpoint.path == "user") target += fmt::format("?userId={}", desk.acme.member.value);
    return {target, to_text(json::value(body))};
}

}  // namespace

TEST_CASE("nothing of a company is shown to or changed by those of another one, at any endpoint") {
    CompatibleDesk desk;
    testing::must(desk.run("topic:create", {{"name", "Bank"}}));
    const auto bravo = desk.add_company("bravo");
    const auto manager = desk.person_of("manager-bravo", bravo.id, CompanyRole::manager);
    const auto nobody = desk.person("nobody");
    for (const bool is_manager : {true, false}) {
        const auto& headers = is_manager ? manager : nobody;
        desk.send("GET", "/apps.json", headers);  // A first sign-in leaves a trace.
        const auto before = desk.dump();
        for (const auto& endpoint : compatible::all_endpoints()) {
            CAPTURE(endpoint.method);
            CAPTURE(endpoint.path);
            if (endpoint.who == Who::everybody) continue;
            // Makes something of one's own.
            if (endpoint.path == "data-export" && endpoint.method == "POST") continue;
            const auto& [target, body] = attempt_at(desk, endpoint);
            for (const auto* suffix : {"", "x"}) {
                // The second time as XML: the form must not matter.
                auto place = target;
                if (*suffix && endpoint.method == "GET") place.replace(place.find(".json"), 5, ".xml");
                const auto answer = desk.send(std::string(endpoint.method), place, headers, body);
                CAPTURE(answer.body);
                CHECK(answer.body.find("acme") == std::string::npos);
                CHECK(answer.status < 500);
                const bool is_of_company = endpoint.path.find('{') != std::string_view::npos &&
                                           !endpoint.path.starts_with("app/") && !endpoint.path.starts_with("user/") &&
                                           !endpoint.path.starts_with("topic/");
                if (is_of_company) CHECK((answer.status == 404 || (!is_manager && answer.status == 403)));
                if (endpoint.method != "GET" && endpoint.path != "jobs")
                    CHECK((answer.status == 403 || answer.status == 404));
            }
        }
        CHECK(desk.dump() == before);
    }
}

TEST_CASE("nobody reads or changes anything without signing in, at any endpoint") {
    CompatibleDesk desk;
    const auto before = desk.dump(true);
    for (const auto& endpoint : compatible::all_endpoints()) {
        CAPTURE(endpoint.method);
        CAPTURE(endpoint.path);
        if (endpoint.who == Who::everybody) continue;
        const auto& [target, body] = attempt_at(desk, endpoint);
        const auto answer = desk.send(std::string(endpoint.method), target, {}, body);
        CHECK(answer.body.find("acme") == std::string::npos);
        CHECK(answer.status == (endpoint.who == Who::guests ? 200 : 401));
    }
    CHECK(desk.dump(true) == before);
}

TEST_CASE("whatever is sent, the answer is one that a client can read") {
    CompatibleDesk desk;
    const auto endpoints = compatible::all_endpoints();
    const auto piece = [] {
        return *rc::gen::element<std::string>("1", "0", "-1", "999", "99999999999999999999", "x", "1.json", "1.xml",
                                              "1.", ".", "..json", "%20", "%F0%9F%98%80", "%22%3E%3Cb%3E", "users",
                                              "user", "roles", "test", "", "jobs.html");
    };
    const std::vector<json::value> values{nullptr,
                                          true,
                                          0,
                                          -1,
                                          1,
                                          1e300,
                                          9223372036854775807,
                                          "",
                                          "1",
                                          "now",
                                          "d",
                                          "\xC5\x99\xC3\xAD",
                                          "<b>",
                                          json::string(300, 'x'),
                                          json::array{},
                                          json::array{1, "a"},
                                          json::object{},
                                          json::object{{"A", json::object{{"B", 1}}}}};
    CHECK(rc::check([&] {
        auto target = "/" + std::string(endpoints[*rc::gen::inRange<std::size_t>(0, endpoints.size())].path);
        for (auto open = target.find('{'); open != std::string::npos; open = target.find('{'))
            target.replace(open, target.find('}') - open + 1, piece());
        if (*rc::gen::inRange(0, 4) == 0) target += "/" + piece();
        if (target == "/index" || target == "/") target = "/apps";
        target += *rc::gen::element<std::string>("", ".json", "/", ".xml?limit=-5&offset=x&order=-name", "?token=&a=b",
                                                 "?id=1", ".yaml?order=%00", "?companyId=1&name=%3Cb%3E",
                                                 "?limit=99999999999");
        json::object body;
        for (int i = *rc::gen::inRange(0, 5); i > 0; --i)
            body[*rc::gen::element<std::string>(
                "id", "name", "runtemplate_id", "scheduled", "env", "executor", "interv", "cron", "delay", "active",
                "roles", "role", "user_id", "value", "type", "fields", "tags", "env_mapping", "db_connection", "color",
                "customer", "login", "password", "token", "jobId", "uuid", "executable")] =
                values[*rc::gen::inRange<std::size_t>(0, values.size())];
        const auto method = *rc::gen::element<std::string>("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS");
        http::Headers headers = desk.admin;
        headers.add("Content-Type", "application/json");
        http::Request request;
        const auto read = http::read_target(std::string(compatible::CompatibleApi::root) + target, request);
        if (!read) return;
        request.method = method;
        request.headers = std::move(headers);
        request.body = *rc::gen::element<std::string>(to_text(json::value(body)), to_text(json::value(body)), "{",
                                                      "[1]", "\"", "a=b&c=%zz");
        request.client = "192.0.2.7";
        const auto answer = desk.compatible.handle(request);
        RC_LOG() << method << " " << target << " " << request.body << " -> " << answer.status << " " << answer.body
                 << "\n";
        RC_ASSERT(answer.status < 500);
        if (answer.status >= 400) RC_ASSERT(bool(parse_json(answer.body)));
        RC_ASSERT(answer.body.find("<b>") == std::string::npos ||
                  answer.headers.get("Content-Type") == "application/json" ||
                  answer.headers.get("Content-Type").starts_with("text/yaml"));
    }));
}

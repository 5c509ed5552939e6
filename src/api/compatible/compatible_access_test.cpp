// SPDX-License-Identifier: MIT
#include "support/compatible_desk.h"

#include <doctest/doctest.h>

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
    for (const auto& headers : {manager, nobody}) {
        desk.send("GET", "/apps.json", headers);  // A first sign-in leaves a trace.
        const auto before = desk.dump();
        for (const auto& endpoint : compatible::all_endpoints()) {
            CAPTURE(endpoint.method);
            CAPTURE(endpoint.path);
            if (endpoint.who == Who::everybody) continue;
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
                if (is_of_company) CHECK((answer.status == 404 || (&headers != &manager && answer.status == 403)));
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

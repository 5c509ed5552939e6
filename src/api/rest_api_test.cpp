// SPDX-License-Identifier: MIT
#include "base/base64.h"
#include "service/token_caller.h"
#include "support/api_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::ApiDesk;

TEST_CASE("every operation is answered under its route, for whoever may") {
    for (const auto& operation : all_operations()) {
        CAPTURE(operation.name);
        ApiDesk desk;
        auto headers = desk.as_admin();
        const auto input = desk.example(operation, desk.acme);
        // These are about the account of the one who asks, or about links that the desk has made for others.
        if (operation.permission == Permission::own || operation.permission == Permission::anyone || operation.talk)
            continue;
        const auto answer = desk.call(operation, input, std::move(headers));
        CAPTURE(answer.body);
        CHECK((answer.status == 200 || answer.status == 201));
        CHECK(answer.headers.get("Content-Type") == "application/json");
    }
}

TEST_CASE("every operation, for every role, over HTTP: read by those who may, refused to the others") {
    ApiDesk desk;
    const auto bravo = desk.add_company("bravo");
    std::vector<std::pair<std::string, std::string>> people{{"nobody", desk.token_of("nobody", [](const User&) {})}};
    for (const auto role : {CompanyRole::viewer, CompanyRole::operator_, CompanyRole::editor, CompanyRole::manager})
        for (const auto& [where, company] : {std::pair("acme", desk.company.id), std::pair("bravo", bravo.id)}) {
            const auto login = fmt::format("{}-{}", name_of(role), where);
            people.emplace_back(login, desk.company_token(login, company, role));
        }
    for (const auto role :
         {SystemRole::super_admin, SystemRole::admin, SystemRole::editor, SystemRole::user, SystemRole::viewer}) {
        const auto login = fmt::format("system-{}", name_of(role));
        people.emplace_back(login, desk.system_token(login, role));
    }
    for (const auto& [login, token] : people) {
        CAPTURE(login);
        const auto rights = testing::must(caller_of_token(desk.database, token, "api", "", desk.moment)).rights;
        const bool is_seen = rights.may(Permission::view, desk.company.id);
        const auto before = desk.dump();
        for (const auto& operation : desk.operations) {
            CAPTURE(operation.name);
            if (operation.permission == Permission::anyone) continue;
            const bool may = is_of_company(operation.permission) ? rights.may(operation.permission, desk.company.id)
                                                                 : rights.may(operation.permission);
            const bool reads = operation.access == Access::reads;
            // What changes something and succeeds is tried by the test above, and for each role without HTTP
            // (service/tenancy_test.cpp).
            if (may && (!reads || operation.permission == Permission::own)) continue;
            const auto answer = desk.call(operation, desk.example(operation, desk.acme), desk.bearer(token));
            CAPTURE(answer.body);
            if (may) CHECK(answer.status == 200);
            if (!may && (is_seen || !rights.may(operation.permission))) CHECK(answer.status == 403);
            if (!is_seen && is_of_company(operation.permission)) CHECK(answer.body.find("acme") == std::string::npos);
        }
        // Somebody of another company may do some of it there, to nothing.
        CHECK(desk.dump() == before);
    }
    for (const auto& operation : desk.operations) {
        CAPTURE(operation.name);
        if (operation.permission == Permission::anyone) continue;
        const auto answer = desk.call(operation, desk.example(operation, desk.acme), {});
        CHECK(answer.status == 401);
        CHECK(answer.headers.has("WWW-Authenticate"));
    }
}

TEST_CASE("a list comes page by page, and says where the next one begins") {
    ApiDesk desk;
    for (int i = 0; i < 5; ++i) desk.add_company(fmt::format("more{}", i));
    std::vector<std::int64_t> seen;
    std::string target = "/companies?limit=2";
    for (int pages = 0; pages < 10 && !target.empty(); ++pages) {
        const auto answer = desk.ask("GET", target, desk.as_admin());
        REQUIRE(answer.status == 200);
        const auto body = desk.body_of(answer);
        CHECK(body.at("items").as_array().size() <= 2);
        for (const auto& item : body.at("items").as_array()) seen.push_back(item.at("id").as_int64());
        const auto link = std::string(answer.headers.get("Link"));
        CHECK(link.empty() == body.at("next").is_null());
        target = link.empty() ? "" : link.substr(8, link.find('>') - 8);
        CHECK((link.empty() || link.starts_with("</api/v1/companies?limit=2&cursor=k")));
    }
    CHECK(seen.size() == 6);
    CHECK(std::ranges::is_sorted(seen));
    CHECK(desk.body_of(desk.ask("GET", "/companies?limit=1&order=D", desk.as_admin())).at("items").at(0).at("code") ==
          "more4");
    for (const auto* wrong : {"limit=0", "limit=1001", "limit=x", "cursor=5", "cursor=kx", "colour=red"}) {
        CAPTURE(wrong);
        CHECK(desk.ask("GET", fmt::format("/companies?{}", wrong), desk.as_admin()).status == 400);
    }
}

TEST_CASE("only the wanted members of records are sent") {
    ApiDesk desk;
    CHECK(desk.ask("GET", fmt::format("/companies/{}?fields=code,name", desk.company.id.value), desk.as_admin()).body ==
          R"({"code":"acme","name":"acme"})");
    const auto list = desk.body_of(desk.ask("GET", "/companies?fields=code", desk.as_admin()));
    CHECK(to_text(list) == R"({"items":[{"code":"acme"}],"next":null})");
    const auto wrong = desk.ask("GET", "/companies?fields=colour", desk.as_admin());
    CHECK(wrong.status == 400);
    CHECK(wrong.body.find("There are: id, name, code") != std::string::npos);
}

TEST_CASE("what was changed meanwhile is not overwritten, and what is known is not sent again") {
    ApiDesk desk;
    const auto target = fmt::format("/companies/{}", desk.company.id.value);
    const auto first = desk.ask("GET", target, desk.as_admin());
    const auto tag = std::string(first.headers.get("ETag"));
    REQUIRE(tag.size() == 34);
    const auto with = [&](std::string_view name, const std::string& value) {
        auto headers = desk.as_admin();
        headers.add(std::string(name), value);
        return headers;
    };
    const auto same = desk.ask("GET", target, with("If-None-Match", "\"x\", W/" + tag));
    CHECK(same.status == 304);
    CHECK(same.body.empty());
    CHECK(desk.ask_json("PATCH", target, with("If-Match", tag), {{"name", "Changed"}}).status == 200);
    const auto late = desk.ask_json("PATCH", target, with("If-Match", tag), {{"name", "Again"}});
    CHECK(late.status == 412);
    CHECK(desk.get(desk.company.id).name == "Changed");
    CHECK(desk.ask_json("PATCH", target, with("If-Match", "*"), {{"name", "Third"}}).status == 200);
    const auto weak = std::string(desk.ask("GET", target, desk.as_admin()).headers.get("ETag"));
    CHECK(desk.ask_json("PATCH", target, with("If-Match", "W/" + weak), {{"name", "Fourth"}}).status == 412);
}

TEST_CASE("a POST with a key is done once") {
    ApiDesk desk;
    auto headers = desk.as_admin();
    headers.add("Idempotency-Key", "one");
    const auto first = desk.ask_json("POST", "/companies", headers, {{"name", "Bravo"}});
    CHECK(first.status == 201);
    CHECK(first.headers.get("Location") ==
          fmt::format("/api/v1/companies/{}", desk.body_of(first).at("id").as_int64()));
    const auto again = desk.ask_json("POST", "/companies", headers, {{"name", "Bravo"}});
    CHECK(again.status == 201);
    CHECK(again.headers.get("Idempotency-Replayed") == "true");
    CHECK(again.body == first.body);
    CHECK(desk.ask_json("POST", "/companies", headers, {{"name", "Charly"}}).status == 400);
    // What only reads is not remembered.
    CHECK(desk.ask_json("POST", "/applications/validate", headers, {{"document", "{}"}}).status == 200);
    const auto reveal = fmt::format("/credentials/{}/reveal", desk.acme.credential);
    CHECK(desk.ask_json("POST", reveal, headers, {}).status == 400);
    CHECK(desk.ask_json("POST", reveal, desk.as_admin(), {}).status == 200);
}

TEST_CASE("problems are told as RFC 9457 has it, every wrong field at once") {
    ApiDesk desk;
    const auto answer = desk.ask_json("POST", "/companies", desk.as_admin(),
                                      {{"name", "B"}, {"code", "b c"}, {"colour", "red"}, {"size", 3}});
    CHECK(answer.status == 400);
    CHECK(answer.headers.get("Content-Type") == "application/problem+json");
    const auto body = desk.body_of(answer);
    CHECK(body.at("type") == "urn:multiflexi:problem:invalid");
    CHECK(body.at("title") == "Bad Request");
    CHECK(body.at("status") == 400);
    CHECK(body.at("errors").as_array().size() == 3);
    CHECK(desk.ask("GET", "/nothing", desk.as_admin()).status == 404);
    CHECK(desk.ask("GET", "/companies/999", desk.as_admin()).status == 404);
    const auto method = desk.ask("PUT", "/companies", desk.as_admin());
    CHECK(method.status == 405);
    CHECK(method.headers.get("Allow") == "GET, HEAD, POST");
    CHECK(desk.ask("OPTIONS", "/companies", desk.as_admin()).status == 204);
    const auto body_is = [&](std::string text, std::string type = "application/json") {
        auto headers = desk.as_admin();
        headers.add("Content-Type", std::move(type));
        return desk.ask("POST", "/companies", std::move(headers), std::move(text)).status;
    };
    for (const auto* wrong : {"", "[]", "{", "7", "{\"name\":\"a\"}}", "{\"name\":[1]}"}) {
        CAPTURE(wrong);
        CHECK(body_is(wrong) == 400);
    }
    CHECK(body_is("{\"name\":\"x\"}", "text/plain") == 400);
    const auto target = fmt::format("/companies/{}", desk.company.id.value);
    CHECK(desk.ask_json("PATCH", target, desk.as_admin(), {{"id", 999}, {"name", "x"}}).status == 400);
    CHECK(desk.ask_json("GET", target, desk.as_admin(), {{"name", "x"}}).status == 400);
}

TEST_CASE("a zero byte in a text is told as a wrong field, whatever the operation and the field") {
    for (const auto& operation : all_operations()) {
        if (operation.route.starts_with("GET") || operation.route.starts_with("DELETE")) continue;
        ApiDesk desk;
        const auto good = desk.example(operation, desk.acme);
        for (const Field& field : operation.input->fields) {
            if (operation.route.find(fmt::format("{{{}}}", field.name)) != std::string::npos) continue;
            CAPTURE(operation.name);
            CAPTURE(field.name);
            for (const auto& value :
                 {json::value(json::string("a\0b", 3)), json::value{{"A", json::string("a\0b", 3)}},
                  json::value{json::string("a\0b", 3)}, json::value(R"({"A":"a\u0000b","name":"a\u0000b"})")}) {
                auto input = good;
                input[field.name] = value;
                const auto answer = desk.call(operation, input, desk.as_admin());
                CAPTURE(answer.body);
                CHECK(answer.status < 500);
                if (value.is_string() && value.get_string().size() == 3 && !field.options.unchecked)
                    CHECK(answer.status == 400);
            }
        }
    }
}

TEST_CASE("who is nobody leaves nothing behind in the audit log by being refused") {
    ApiDesk desk;
    const auto denied = [&] { return desk.all<AuditEntry>({.equals = {{"action", "denied"}}}).size(); };
    const auto before = denied();
    CHECK(desk.ask("GET", "/companies").status == 401);
    CHECK(denied() == before);
    const auto viewer = desk.company_token("viewer", desk.company.id, CompanyRole::viewer);
    CHECK(desk.ask_json("POST", "/companies", desk.bearer(viewer), {{"name", "x"}}).status == 403);
    CHECK(denied() == before + 1);
}

TEST_CASE("who asks is told by a token, a password or the cookie of a session, and by nothing else") {
    ApiDesk desk;
    desk.add(User{.login = "anna",
                  .enabled = true,
                  .created_at = desk.moment,
                  .password = hash_password("Vd7!kqPz#w", testing::cheap),
                  .updated_at = desk.moment});
    const auto status = [&](http::Headers headers, std::string method = "GET") {
        return desk.ask(std::move(method), "/account", std::move(headers)).status;
    };
    const auto basic = [](std::string_view text) {
        http::Headers out;
        out.add("Authorization", "Basic " + to_base64(text));
        return out;
    };
    CHECK(status(basic("anna:Vd7!kqPz#w")) == 200);
    CHECK(status(basic("anna:wrong")) == 401);
    CHECK(status(basic("anna")) == 401);
    // Browsers send a password along from pages of other sites, too.
    const auto by_form = [&](http::Headers more) {
        more.add("Authorization", "Basic " + to_base64("anna:Vd7!kqPz#w"));
        return desk.ask("POST", "/tokens?name=x", std::move(more)).status;
    };
    CHECK(by_form({{"Origin", "https://evil.example"}}) == 403);
    CHECK(by_form({{"Sec-Fetch-Site", "cross-site"}}) == 403);
    CHECK(by_form({}) == 400);
    CHECK(desk.ask_json("POST", "/session", {{"Origin", "https://evil.example"}},
                        {{"login", "anna"}, {"password", "Vd7!kqPz#w"}})
              .status == 403);
    CHECK(status({{"Authorization", "Basic %%%"}}) == 401);
    CHECK(status({{"Authorization", "Digest x"}}) == 401);
    CHECK(status(desk.bearer("mfx_unknown")) == 401);
    CHECK(status({}) == 401);
    const auto in = desk.ask_json("POST", "/session", {}, {{"login", "anna"}, {"password", "Vd7!kqPz#w"}});
    REQUIRE(in.status == 200);
    const auto cookie = std::string(in.headers.get("Set-Cookie"));
    CHECK(cookie.find("HttpOnly; SameSite=Lax") != std::string::npos);
    const auto pair = cookie.substr(0, cookie.find(';'));
    CHECK(status({{"Cookie", "a=b; " + pair}}) == 200);
    CHECK(status(desk.bearer(desk.body_of(in).at("token").as_string())) == 200);
    // What changes something must come from a page of ours.
    const auto sign_out = [&](http::Headers more) {
        more.add("Cookie", pair);
        return desk.ask("DELETE", "/session", std::move(more)).status;
    };
    CHECK(sign_out({}) == 403);
    CHECK(sign_out({{"Origin", "http://elsewhere.example"}}) == 403);
    CHECK(sign_out({{"Origin", "http://multiflexi.example"}, {"Sec-Fetch-Site", "cross-site"}}) == 403);
    // A browser that is asked for a sign-in would ask for a password, with which it would be no better.
    CHECK_FALSE(desk.ask("DELETE", "/session", {{"Cookie", pair}}).headers.has("WWW-Authenticate"));
    CHECK(sign_out({{"Origin", "http://multiflexi.example"}}) == 204);
    CHECK(status({{"Cookie", pair}}) == 401);
    CHECK(desk.ask_json("POST", "/session", {}, {{"login", "anna"}, {"password", "wrong"}}).status == 401);
    desk.clock.advance(std::chrono::seconds(1));
    for (int i = 0; i < 6; ++i) (void)desk.ask_json("POST", "/session", {}, {{"login", "anna"}, {"password", "wrong"}});
    const auto wait = desk.ask_json("POST", "/session", {}, {{"login", "anna"}, {"password", "wrong"}});
    CHECK(wait.status == 429);
    CHECK(wait.headers.has("Retry-After"));
    CHECK(status(basic("anna:wrong again")) == 429);
}

TEST_CASE("outputs and artifacts are sent to those who may see the job, artifacts also in parts") {
    ApiDesk desk;
    const auto bravo = desk.add_company("bravo");
    const auto outsider = desk.company_token("outsider", bravo.id, CompanyRole::manager);
    const auto target = fmt::format("/jobs/{}/stdout", desk.acme.ended.id.value);
    auto answer = desk.ask("GET", target, desk.as_admin());
    REQUIRE(answer.source);
    CHECK(desk.streamed(answer) == "acme printed");
    CHECK(desk.ask("GET", target, desk.bearer(outsider)).status == 404);
    CHECK(desk.ask("GET", target).status == 401);
    CHECK(desk.ask("POST", target, desk.as_admin()).status == 405);
    CHECK(desk.ask("GET", "/jobs/x/stdout", desk.as_admin()).status == 400);
}

TEST_CASE("whoever comes back from another provider must have set out from here") {
    ApiDesk desk;
    CHECK(desk.ask("GET", "/session/openid").status == 404);
    OpenId openid(desk.database, desk.vault, desk.http,
                  {.issuer = "https://id.example.com", .client_id = "us", .redirect = "https://multiflexi.example/"});
    auto context = desk.context;
    context.openid = &openid;
    RestApi api(context);
    const auto back = [&](std::string_view query, http::Headers headers) {
        return api.handle(
            desk.request("GET", fmt::format("/api/v1/session/openid/return?{}", query), std::move(headers)));
    };
    CHECK(back("state=s&code=c", {}).status == 403);
    CHECK(back("state=s&code=c", {{"Cookie", "multiflexi_openid=other"}}).status == 403);
    CHECK(back("code=c", {{"Cookie", "multiflexi_openid="}}).status == 403);
    const auto broken_off = back("state=s&error=access_denied", {{"Cookie", "multiflexi_openid=s"}});
    CHECK(broken_off.status == 403);
    CHECK(broken_off.body.find("broken off") != std::string::npos);
    // A state that nobody was given.
    const auto made_up = back("state=s&code=c", {{"Cookie", "multiflexi_openid=s"}});
    CHECK(made_up.status >= 400);
    CHECK(made_up.headers.list("Set-Cookie").empty());
}

TEST_CASE("no secret stands in an address") {
    for (const auto& operation : all_operations()) {
        CAPTURE(operation.name);
        const bool in_address = operation.route.starts_with("GET ") || operation.route.starts_with("DELETE ");
        if (!in_address) continue;
        for (const Field& field : operation.input->fields) CHECK_FALSE(field.options.secret);
    }
}

// SPDX-License-Identifier: MIT
#pragma once

#include "support/http_desk.h"

namespace mf::testing {

/// The REST API on an installation with something of every kind, and people with tokens.
struct ApiDesk : OverHttp<TenantsDesk> {
    Furnished acme = furnish(company);
    Node node = add(Node{.name = "node", .roles = "executor", .started_at = moment, .stopped_at = moment});

    std::string token_of(const std::string& login, const std::function<void(User)>& grant) {
        const auto person = add(User{.login = login, .enabled = true, .created_at = moment, .updated_at = moment});
        grant(person);
        return std::string(must(run("token:create", {{"user", login}, {"name", login}})).at("token").as_string());
    }
    std::string system_token(const std::string& login, SystemRole role) {
        return token_of(login, [&](const User& person) {
            must(run("user-role:set", {{"login", person.login}, {"roles", {name_of(role)}}}));
        });
    }
    std::string company_token(const std::string& login, Id<Company> in, CompanyRole role) {
        return token_of(login, [&](const User& person) {
            must(run("user-company:assign",
                     {{"company_id", in.value}, {"login", person.login}, {"role", name_of(role)}}));
        });
    }
    std::string admin = system_token("boss", SystemRole::super_admin);
    http::Headers as_admin() const { return bearer(admin); }

    /// A request for an operation with this input: placeholders in the path, the rest in the query or the body.
    http::Response call(const Operation& operation, json::object input, http::Headers headers) {
        const auto blank = operation.route.find(' ');
        const auto method = operation.route.substr(0, blank);
        auto target = operation.route.substr(blank + 1);
        const auto text = [](const json::value& value) {
            return value.is_string() ? std::string(value.get_string()) : to_text(value);
        };
        for (auto open = target.find('{'); open != std::string::npos; open = target.find('{')) {
            const auto close = target.find('}', open);
            const auto name = target.substr(open + 1, close - open - 1);
            target.replace(open, close - open + 1, text(input.at(name)));
            input.erase(name);
        }
        if (method != "GET" && method != "DELETE") return ask_json(method, target, std::move(headers), input);
        char mark = '?';
        for (const auto& [name, value] : input) {
            if (value.is_object() || value.is_array() || text(value).find_first_of(" \n\"{") != std::string::npos)
                continue;
            target += fmt::format("{}{}={}", std::exchange(mark, '&'), std::string_view(name), text(value));
        }
        return ask(method, target, std::move(headers));
    }
};

}  // namespace mf::testing

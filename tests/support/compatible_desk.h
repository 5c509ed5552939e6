// SPDX-License-Identifier: MIT
#pragma once

#include "api/compatible/compatible_api.h"
#include "base/base64.h"
#include "support/http_desk.h"
#include "support/strict_client.h"

namespace mf::testing {

/// The compatible interface on an installation of two companies, without sockets.
struct CompatibleDesk : OverHttp<TenantsDesk> {
    Furnished acme = furnish(company);
    compatible::CompatibleApi compatible{context};

    /// A person with a password, who sends it along with each request as the clients do.
    http::Headers person(const std::string& login) {
        const auto made = add(User{.login = login,
                                   .email = login + "@example.com",
                                   .enabled = true,
                                   .created_at = moment,
                                   .password = hash_password(good_password, cheap),
                                   .updated_at = moment});
        ids[login] = made.id;
        return {{"Authorization", "Basic " + to_base64(login + ":" + good_password)}};
    }
    http::Headers person_of(const std::string& login, Id<Company> in, CompanyRole role) {
        auto headers = person(login);
        must(run("user-company:assign", {{"company_id", in.value}, {"login", login}, {"role", name_of(role)}}));
        return headers;
    }
    http::Headers administrator() {
        auto headers = person("boss");
        must(run("user-role:set", {{"login", "boss"}, {"roles", {"super_admin"}}}));
        return headers;
    }
    std::map<std::string, Id<User>> ids;
    const http::Headers admin = administrator();

    http::Response send(std::string method, const std::string& target, http::Headers headers, std::string body = {}) {
        if (!body.empty()) headers.add("Content-Type", "application/json");
        const auto asked = request(std::move(method), std::string(compatible::CompatibleApi::root) + target,
                                   std::move(headers), std::move(body));
        if (!compatible.serves(asked)) throw std::runtime_error("not served: " + target);
        return compatible.handle(asked);
    }
    http::Response get(const std::string& target) { return send("GET", target, admin); }
    http::Response post(const std::string& target, const json::value& body) {
        return send("POST", target, admin, to_text(body));
    }
    json::value read(const std::string& target) {
        const auto answer = get(target);
        if (answer.status != 200) throw std::runtime_error(target + ": " + answer.body);
        return body_of(answer);
    }
    using OverHttp<TenantsDesk>::get;
};

}  // namespace mf::testing

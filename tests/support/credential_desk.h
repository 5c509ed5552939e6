// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential.h"
#include "support/desk.h"

namespace mf::testing {

/// What people see of a secret.
constexpr const char* masked = "••••••••";

constexpr const char* bank_uuid = "0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f";

/// The definition of "Bank"; `more` replaces or adds members.
inline json::object bank_prototype(std::string_view version = "1.0", const json::object& more = {}) {
    json::object out{{"uuid", bank_uuid},
                     {"code", "Bank"},
                     {"name", "Bank"},
                     {"version", version},
                     {"fields",
                      {{{"keyword", "BANK_LOGIN"}, {"type", "string"}, {"name", "Login"}, {"required", true}},
                       {{"keyword", "BANK_TOKEN"}, {"type", "password"}, {"name", "Token"}, {"required", true}},
                       {{"keyword", "BANK_DAYS"}, {"type", "integer"}, {"name", "Days"}, {"default_value", "7"}}}}};
    for (const auto& [key, value] : more) out[key] = value;
    return out;
}

/// An installation in which credentials are made.
struct CredentialDesk : Desk {
    Result<json::value> import_bank(const json::object& document = bank_prototype(), const json::object& options = {}) {
        json::object input{{"document", to_text(document)}, {"file", "bank.credprototype.json"}};
        for (const auto& [key, value] : options) input[key] = value;
        return run("credential-prototype:import", input);
    }
    /// A type of the first company; `more` replaces or adds members of the input.
    json::object add_type(const json::object& more = {}) {
        json::object input{{"company_id", company.id.value}, {"class", "Bank"}, {"name", "Our bank"}};
        for (const auto& [key, value] : more) input[key] = value;
        return must(run("credential-type:create", input)).as_object();
    }
    json::object add_credential(std::int64_t type, const json::object& values = {}, const json::object& more = {}) {
        json::object input{{"company_id", company.id.value},
                           {"credential_type_id", type},
                           {"name", "Main account"},
                           {"fields", values}};
        for (const auto& [key, value] : more) input[key] = value;
        return must(run("credential:create", input)).as_object();
    }
};

}  // namespace mf::testing

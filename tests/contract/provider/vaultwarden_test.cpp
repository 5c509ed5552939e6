// SPDX-License-Identifier: MIT
#include "provider/vaultwarden.h"
#include "bitwarden_stand.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::testing;
using enum AvailabilityState;

namespace {

constexpr const char* first_items = R"([
    {"name": "DB_PASSWORD", "folder": "Jobs", "username": "app", "password": "s3cret", "uri": "https://db.example",
     "notes": "two\nlines",
     "fields": [{"name": "DB_HOST", "value": "db.example", "type": 0}, {"name": "PIN", "value": "1234", "type": 1},
                {"name": "DEBUG", "value": "true", "type": 2}, {"name": "a remark", "value": "x", "type": 0}]},
    {"name": "Mail of the company", "folder": "Jobs", "username": "post", "password": "žluťoučký"},
    {"name": "DELETED", "folder": "Jobs", "password": "old", "deleted": true},
    {"name": "BANK", "folder": "Private", "password": "private"}])";

/// Errors name no secret of the vault and not the master password.
Result<std::vector<ProvidedVariable>> resolve_with(const FieldValues& fields) {
    static CurlClient http;
    ProviderContext context{.http = http, .now = {}, .time_limit = std::chrono::seconds(60)};
    auto variables = VaultWarden().resolve(fields, context);
    if (!variables)
        for (const char* secret : {"s3cret", "private", "Pass"})
            CHECK(variables.error().message.find(secret) == std::string::npos);
    return variables;
}

Availability check_with(const FieldValues& fields) {
    CurlClient http;
    ProviderContext context{.http = http, .now = {}, .time_limit = std::chrono::seconds(60)};
    return VaultWarden().check(fields, context);
}

FieldValues fields_of(const BitwardenStand& stand) {
    return {{"VAULTWARDEN_URL", stand.server_url() + "/"},
            {"VAULTWARDEN_EMAIL", stand.email},
            {"VAULTWARDEN_PASSWORD", stand.password},
            {"VAULTWARDEN_FOLDER", "Jobs"},
            {"BW_SERVE_URL", stand.serve_url()}};
}

std::string wrong_keyword(const FieldValues& fields) {
    const auto variables = resolve_with(fields);
    REQUIRE(!variables);
    CHECK(variables.error().code == ErrorCode::invalid);
    return variables.error().fields.at(0).field;
}

/// The double has a certificate for "localhost" of its own authority.
void check_certificates(const BitwardenStand& stand) {
    CurlClient http;
    const auto url = stand.server_url() + "/api/config";
    const auto trusted = http.send({.url = url, .ca_file = stand.certificate()});
    REQUIRE_MESSAGE(trusted, trusted.error().message);
    CHECK(trusted->status == 200);
    const auto untrusted = http.send({.url = url});
    REQUIRE(!untrusted);
    CHECK(untrusted.error().code == ErrorCode::unavailable);
    CHECK(untrusted.error().message.find("certificate") != std::string::npos);
    const auto other_name = "https://127.0.0.1" + url.substr(url.find(':', 8));
    CHECK_MESSAGE(!http.send({.url = other_name, .ca_file = stand.certificate()}), "the name is checked, too");
}

}  // namespace

// One story, because logging in takes seconds.
TEST_CASE("variables from the official program of Bitwarden") {
    const auto stand = BitwardenStand::start();
    if (!stand) return;
    stand->set_items(first_items);
    const auto fields = fields_of(*stand);
    const auto with = [&](const char* keyword, const std::string& value) {
        auto changed = fields;
        changed[keyword] = value;
        return changed;
    };

    // A locked vault is opened, read, and locked again.
    CHECK(stand->status() == "locked");
    CHECK(check_with(fields).state == available);
    const auto variables = resolve_with(fields);
    REQUIRE_MESSAGE(variables, variables.error().message);
    CHECK(*variables == std::vector<ProvidedVariable>{{"DB_HOST", "db.example", true},
                                                      {"DB_PASSWORD", "s3cret", true},
                                                      {"DEBUG", "true", false},
                                                      {"PIN", "1234", true}});
    CHECK(stand->status() == "locked");

    // All folders, and picked values.
    const auto all = resolve_with(with("VAULTWARDEN_FOLDER", ""));
    REQUIRE(all);
    CHECK(all->size() == 5);
    const auto picked = resolve_with(with("VAULTWARDEN_ITEMS",
                                          "MAIL=Mail of the company\nUSER=DB_PASSWORD/username\nURL=DB_PASSWORD/uri\n"
                                          "NOTES=DB_PASSWORD/notes\nREMARK=DB_PASSWORD/a remark"));
    REQUIRE_MESSAGE(picked, picked.error().message);
    CHECK(*picked == std::vector<ProvidedVariable>{{"MAIL", "žluťoučký", true},
                                                   {"USER", "app", true},
                                                   {"URL", "https://db.example", true},
                                                   {"NOTES", "two\nlines", true},
                                                   {"REMARK", "x", true}});
    CHECK(wrong_keyword(with("VAULTWARDEN_ITEMS", "A=BANK")) == "VAULTWARDEN_ITEMS");
    CHECK(wrong_keyword(with("VAULTWARDEN_ITEMS", "A=DELETED")) == "VAULTWARDEN_ITEMS");

    // A secret that was changed elsewhere is the new one at once.
    stand->set_items(R"([{"name": "DB_PASSWORD", "folder": "Jobs", "password": "n3w"}])");
    CHECK(resolve_with(fields)->at(0).value == "n3w");

    // Who is somebody else, or does not know the password, gets nothing.
    CHECK(wrong_keyword(with("VAULTWARDEN_EMAIL", "other@example.org")) == "VAULTWARDEN_EMAIL");
    CHECK(check_with(with("VAULTWARDEN_EMAIL", "other@example.org")).state == misconfigured);
    CHECK(wrong_keyword(with("VAULTWARDEN_URL", "https://localhost:1")) == "VAULTWARDEN_URL");
    CHECK(wrong_keyword(with("VAULTWARDEN_FOLDER", "None")) == "VAULTWARDEN_FOLDER");
    CHECK(wrong_keyword(with("VAULTWARDEN_PASSWORD", "guess")) == "VAULTWARDEN_PASSWORD");
    CHECK(stand->status() == "locked");
    stand->unlock();
    CHECK(wrong_keyword(with("VAULTWARDEN_PASSWORD", "guess")) == "VAULTWARDEN_PASSWORD");
    CHECK(resolve_with(fields)->at(0).value == "n3w");
    CHECK_MESSAGE(stand->status() == "unlocked", "as it was found");
    stand->lock();

    // Certificates are checked.
    check_certificates(*stand);

    // The server of the vault is away.
    stand->end_server();
    const auto away = resolve_with(fields);
    REQUIRE(!away);
    CHECK(away.error().code == ErrorCode::unavailable);
    CHECK(stand->status() == "locked");
}

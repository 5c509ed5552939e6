// SPDX-License-Identifier: MIT
#include "provider/hashicorp_vault.h"
#include "support/fake_http.h"
#include "support/vault_double.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::testing;
using enum AvailabilityState;

namespace {

const HashiCorpVault provider_under_test;

FieldValues fields_of_token(std::string url = "https://vault.example:8200/") {
    return {{"VAULT_ADDR", std::move(url)}, {"VAULT_TOKEN", "root-token"}, {"VAULT_PATH", "team/my app"}};
}

FieldValues fields_of_role(const VaultDouble& vault) {
    return {{"VAULT_ADDR", vault.url()},
            {"VAULT_ROLE_ID", vault.role_id()},
            {"VAULT_SECRET_ID", vault.secret_id()},
            {"VAULT_PATH", "/team/app/"}};
}

Result<std::vector<ProvidedVariable>> resolve_vault(const FieldValues& fields, HttpClient& http) {
    ProviderContext context{.http = http, .now = {}};
    auto variables = provider_under_test.resolve(fields, context);
    if (!variables) {
        CHECK(variables.error().message.find("s3cret") == std::string::npos);
        CHECK(variables.error().message.find("root-token") == std::string::npos);
        CHECK((variables.error().code == ErrorCode::unavailable || !variables.error().fields.empty()));
    }
    return variables;
}

Availability check_vault(const FieldValues& fields, HttpClient& http) {
    ProviderContext context{.http = http, .now = {}};
    return provider_under_test.check(fields, context);
}

Result<std::vector<ProvidedVariable>> resolve_reply(const FieldValues& fields, int status, std::string body) {
    FakeHttp http(HttpReply{.status = status, .body = std::move(body)});
    return resolve_vault(fields, http);
}

std::string version_with(const std::string& data) {
    return R"({"data":{"data":)" + data + R"(,"metadata":{"version":3,"deletion_time":"","destroyed":false}}})";
}

/// Which field is to be corrected.
std::string wrong_in(const Result<std::vector<ProvidedVariable>>& variables) {
    REQUIRE(!variables);
    CHECK(variables.error().code == ErrorCode::invalid);
    return variables.error().fields.at(0).field;
}

}  // namespace

TEST_CASE("a secret of the vault becomes variables") {
    FakeHttp http(HttpReply{
        .status = 200,
        .body = version_with(R"({"db-password":"s3cret","PORT":5432,"on":true,"none":null,"list":[1],"path":"/x"})")});
    auto fields = fields_of_token();
    fields["VAULT_NAMESPACE"] = "team";
    const auto variables = resolve_vault(fields, http);
    REQUIRE(variables);
    CHECK(*variables ==
          std::vector<ProvidedVariable>{
              {"DB_PASSWORD", "s3cret", true}, {"PORT", "5432", true}, {"ON", "true", false}, {"LIST", "[1]", true}});
    REQUIRE(http.requests.size() == 1);
    const auto& request = http.requests.at(0);
    CHECK(request.method == "GET");
    CHECK(request.url == "https://vault.example:8200/v1/secret/data/team/my%20app");
    CHECK(header_of(request, "X-Vault-Request") == "true");
    CHECK(header_of(request, "X-Vault-Token") == "root-token");
    CHECK(header_of(request, "X-Vault-Namespace") == "team");
    CHECK(request.timeout <= std::chrono::seconds(10));
}

TEST_CASE("picked keys become variables of any name") {
    auto fields = fields_of_token();
    fields["VAULT_FIELDS"] = "DB_PASSWORD=password\nfile=path";
    fields["VAULT_MOUNT"] = "kv/team";
    FakeHttp http(HttpReply{.status = 200, .body = version_with(R"({"password":"s3cret","path":"/x","other":"y"})")});
    const auto variables = resolve_vault(fields, http);
    REQUIRE(variables);
    CHECK(*variables == std::vector<ProvidedVariable>{{"DB_PASSWORD", "s3cret", true}, {"file", "/x", true}});
    CHECK(http.requests.at(0).url == "https://vault.example:8200/v1/kv/team/data/team/my%20app");
    CHECK(wrong_in(resolve_reply(fields, 200, version_with(R"({"password":"s3cret"})"))) == "VAULT_FIELDS");
    CHECK(wrong_in(resolve_reply(fields, 200, version_with(R"({"password":"s3cret","path":null})"))) == "VAULT_FIELDS");
}

TEST_CASE("what the statuses of a vault mean") {
    const auto fields = fields_of_token();
    for (const int status : {307, 412, 429, 472, 473, 500, 501, 502, 503}) {
        CAPTURE(status);
        const auto variables = resolve_reply(fields, status, "s3cret");
        REQUIRE(!variables);
        CHECK(variables.error().code == ErrorCode::unavailable);
    }
    CHECK(wrong_in(resolve_reply(fields, 403, "")) == "VAULT_TOKEN");
    CHECK(wrong_in(resolve_reply(fields, 404, R"({"errors":[]})")) == "VAULT_PATH");
    CHECK(wrong_in(resolve_reply(fields, 301, "")) == "VAULT_ADDR");
    CHECK(wrong_in(resolve_reply(fields, 400, "")) == "VAULT_ADDR");
    CHECK(wrong_in(resolve_reply(fields, 200, "<html>s3cret")) == "VAULT_ADDR");
    CHECK(wrong_in(resolve_reply(fields, 200, R"({"data":{"password":"s3cret"}})")) == "VAULT_MOUNT");
    CHECK(wrong_in(resolve_reply(fields, 200, version_with(R"({"a-b":"s3cret","a_b":"x"})"))) == "VAULT_FIELDS");
    FakeHttp nobody(Error{ErrorCode::unavailable, "https://vault.example:8200 cannot be reached: no connection."});
    CHECK(resolve_vault(fields, nobody).error().code == ErrorCode::unavailable);
    FakeHttp refusing(invalid("The header X-Vault-Token of the request contains a line break."));
    CHECK(wrong_in(resolve_vault(fields, refusing)) == "VAULT_ADDR");
}

TEST_CASE("settings that cannot work are told before anybody is asked") {
    FakeHttp http(HttpReply{.status = 200});
    const auto wrong = [&](const char* keyword, const char* value) {
        auto fields = fields_of_token();
        fields[keyword] = value;
        CHECK(check_vault(fields, http).state == misconfigured);
        return wrong_in(resolve_vault(fields, http));
    };
    CHECK(wrong("VAULT_ADDR", "") == "VAULT_ADDR");
    CHECK(wrong("VAULT_ADDR", "vault.example") == "VAULT_ADDR");
    CHECK(wrong("VAULT_PATH", "") == "VAULT_PATH");
    CHECK(wrong("VAULT_PATH", "///") == "VAULT_PATH");
    CHECK(wrong("VAULT_PATH", "../../sys/raw") == "VAULT_PATH");
    CHECK(wrong("VAULT_MOUNT", "secret/..") == "VAULT_MOUNT");
    CHECK(wrong("VAULT_TOKEN", "") == "VAULT_TOKEN");
    CHECK(wrong("VAULT_FIELDS", "nonsense") == "VAULT_FIELDS");
    CHECK(wrong("VAULT_CACERT", "ca.pem") == "VAULT_CACERT");
    CHECK(wrong("VAULT_CACERT", "/no/such/ca.pem") == "VAULT_CACERT");
    auto fields = fields_of_token();
    fields["VAULT_TOKEN"] = "";
    fields["VAULT_ROLE_ID"] = "role";
    CHECK(wrong_in(resolve_vault(fields, http)) == "VAULT_SECRET_ID");
    CHECK(http.requests.empty());
}

TEST_CASE("with a role, over a real connection") {
    VaultDouble vault;
    vault.put("team/app", R"({"password":"s3cret"})");
    CurlClient http;
    auto fields = fields_of_role(vault);
    const auto variables = resolve_vault(fields, http);
    REQUIRE(variables);
    CHECK(*variables == std::vector<ProvidedVariable>{{"PASSWORD", "s3cret", true}});
    CHECK_MESSAGE(vault.open_tokens() == 0, "the token was revoked");
    CHECK(check_vault(fields, http).state == available);
    CHECK(vault.open_tokens() == 0);

    SUBCASE("the secret changes, is deleted, is destroyed") {
        vault.put("team/app", R"({"password":"n3w"})");
        CHECK(resolve_vault(fields, http)->at(0).value == "n3w");
        vault.remove_newest("team/app");
        CHECK(resolve_vault(fields, http).error().message.find("was deleted") != std::string::npos);
        vault.destroy_newest("team/app");
        CHECK(resolve_vault(fields, http).error().message.find("was destroyed") != std::string::npos);
        CHECK(vault.open_tokens() == 0);
    }
    SUBCASE("the vault is sealed") {
        vault.seal();
        CHECK(resolve_vault(fields, http).error().code == ErrorCode::unavailable);
        const auto availability = check_vault(fields, http);
        CHECK(availability.state == unavailable);
        CHECK(availability.message == "The vault at " + vault.url() + " is sealed (503). Try again later.");
        vault.unseal();
        CHECK(resolve_vault(fields, http));
    }
    SUBCASE("wrong role") {
        fields["VAULT_SECRET_ID"] = "s3cret";
        CHECK(wrong_in(resolve_vault(fields, http)) == "VAULT_SECRET_ID");
        CHECK(check_vault(fields, http).state == misconfigured);
    }
    SUBCASE("another path") {
        fields["VAULT_PATH"] = "team/other";
        CHECK(wrong_in(resolve_vault(fields, http)) == "VAULT_PATH");
    }
}

TEST_CASE("with a token, over a real connection") {
    VaultDouble vault;
    vault.put("team/my%20app", R"({"password":"s3cret"})");
    CurlClient http;
    auto fields = fields_of_token(vault.url());
    CHECK(resolve_vault(fields, http)->at(0).value == "s3cret");
    CHECK(check_vault(fields, http).state == available);
    for (const auto& request : vault.requests()) CHECK(request.target.find("revoke") == std::string::npos);
    fields["VAULT_TOKEN"] = "s3cret";
    CHECK(wrong_in(resolve_vault(fields, http)) == "VAULT_TOKEN");
    CHECK(check_vault(fields, http).state == misconfigured);
}

TEST_CASE("what is fine but for now") {
    const auto check = [](int health, int ttl) {
        FakeHttp http([&](const HttpRequest& request) -> Result<HttpReply> {
            if (request.url.ends_with("/sys/health")) {
                CHECK(header_of(request, "X-Vault-Namespace").empty());
                return HttpReply{.status = health};
            }
            return HttpReply{.status = 200, .body = R"({"data":{"ttl":)" + std::to_string(ttl) + "}}"};
        });
        auto fields = fields_of_token();
        fields["VAULT_NAMESPACE"] = "team";
        return check_vault(fields, http);
    };
    CHECK(check(200, 0).state == available);
    CHECK(check(200, 24 * 3600).state == available);
    CHECK(check(200, 3600).state == degraded);
    CHECK(check(200, 3600).message == "The vault takes VAULT_TOKEN, but only for another 60 minutes: renew it.");
    CHECK(check(429, 0).state == degraded);
    CHECK(check(473, 0).state == degraded);
    CHECK(check(472, 0).state == unavailable);
    CHECK(check(501, 0).state == unavailable);
    CHECK(check(404, 0).state == misconfigured);
}

// SPDX-License-Identifier: MIT
#include "provider/vaultwarden.h"
#include "support/fake_http.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;
using enum AvailabilityState;

namespace {

/// What a `bw serve` answers. The words are those of the real one (tests/contract/provider).
struct BwServeFake {
    std::string status = "locked";
    std::string email = "job@example.org";
    std::string server = "https://vault.example";
    std::string password = "s3cret-master";
    std::string items = "[]";
    int sync_status = 200;
    FakeHttp http{[this](const HttpRequest& request) { return answer(request); }};

    static std::string path_of(const HttpRequest& request) {
        return request.url.substr(request.url.find('/', request.url.find("://") + 3));
    }
    static HttpReply success(const std::string& data) {
        return {.status = 200, .body = R"({"success":true,"data":)" + data + "}"};
    }
    static HttpReply failure(int status_code = 400) {
        return {.status = status_code, .body = R"({"success":false,"message":"s3cret"})"};
    }
    Result<HttpReply> answer(const HttpRequest& request) {
        const std::string path = path_of(request);
        if (path == "/status")
            return success(
                fmt::format(R"({{"object":"template","template":{{"serverUrl":"{}","userEmail":"{}","status":"{}"}}}})",
                            server, email, status));
        if (path == "/unlock") {
            if (request.body != fmt::format(R"({{"password":"{}"}})", password)) return failure();
            status = "unlocked";
            return success("{}");
        }
        if (path == "/lock") {
            status = "locked";
            return success("{}");
        }
        if (path == "/sync") return sync_status == 200 ? success("{}") : failure(sync_status);
        if (status != "unlocked") return failure();
        if (path == "/list/object/folders")
            return success(R"({"data":[{"id":null,"name":"No Folder"},{"id":"f1","name":"Jobs"},)"
                           R"({"id":"f2","name":"Twice"},{"id":"f3","name":"Twice"}]})");
        if (path.starts_with("/list/object/items")) return success(R"({"object":"list","data":)" + items + "}");
        return HttpReply{.status = 404};
    }
    std::vector<std::string> paths() const {
        std::vector<std::string> all;
        for (const auto& request : http.requests) all.push_back(path_of(request));
        return all;
    }
};

FieldValues bw_fields() {
    return {{"VAULTWARDEN_URL", "https://vault.example/"},
            {"VAULTWARDEN_EMAIL", "Job@example.org"},
            {"VAULTWARDEN_PASSWORD", "s3cret-master"}};
}

const VaultWarden bw_provider;

Result<std::vector<ProvidedVariable>> resolve_bw(const FieldValues& fields, HttpClient& http) {
    ProviderContext context{.http = http, .now = {}};
    auto variables = bw_provider.resolve(fields, context);
    if (!variables) CHECK(variables.error().message.find("s3cret") == std::string::npos);
    return variables;
}

Availability check_bw(const FieldValues& fields, HttpClient& http) {
    ProviderContext context{.http = http, .now = {}};
    return bw_provider.check(fields, context);
}

std::string wrong_in_bw(const FieldValues& fields, HttpClient& http) {
    const auto variables = resolve_bw(fields, http);
    REQUIRE(!variables);
    CHECK(variables.error().code == ErrorCode::invalid);
    return variables.error().fields.at(0).field;
}

constexpr const char* many_items = R"([
    {"name":"DB_PASSWORD","folderId":"f1","login":{"username":"app","password":"s3cret","uris":[{"uri":"db://x"}]},
     "fields":[{"name":"DB_HOST","value":"db","type":0},{"name":"DEBUG","value":"true","type":2},
               {"name":"Remark","value":"no","type":0},{"name":"LINKED","value":null,"type":3}]},
    {"name":"Mail of the company","folderId":"f1","notes":"n0te","login":{"username":"us","password":"p"},
     "fields":[{"name":"pin","value":"1234","type":1}]},
    {"name":"NOTE_ONLY","folderId":"f1","login":null,"fields":null},
    {"name":"PATH","folderId":"f1","login":{"password":"/evil"}},
    {"name":"DELETED","folderId":"f1","deletedDate":"2026-01-01T00:00:00Z","login":{"password":"old"}},
    {"name":"ELSEWHERE","folderId":"f9","login":{"password":"other"}}])";

}  // namespace

TEST_CASE("fields and items with names of variables become variables") {
    BwServeFake serve;
    serve.items = many_items;
    auto fields = bw_fields();
    fields["VAULTWARDEN_FOLDER"] = "Jobs";
    const auto variables = resolve_bw(fields, serve.http);
    REQUIRE(variables);
    CHECK(*variables == std::vector<ProvidedVariable>{
                            {"DB_HOST", "db", true}, {"DB_PASSWORD", "s3cret", true}, {"DEBUG", "true", false}});
    CHECK(serve.paths() == std::vector<std::string>{"/status", "/unlock", "/sync", "/list/object/folders",
                                                    "/list/object/items?folderid=f1", "/lock"});
}

TEST_CASE("without a folder all items count") {
    BwServeFake serve;
    serve.items = many_items;
    const auto variables = resolve_bw(bw_fields(), serve.http);
    REQUIRE(variables);
    CHECK(variables->size() == 4);
    CHECK(variables->back() == ProvidedVariable{"ELSEWHERE", "other", true});
    CHECK(serve.paths().at(3) == "/list/object/items");
}

TEST_CASE("picked values and nothing else") {
    BwServeFake serve;
    serve.items = many_items;
    auto fields = bw_fields();
    fields["VAULTWARDEN_ITEMS"] =
        "A=Mail of the company\nB=Mail of the company / username\nC=Mail of the company/notes\n"
        "D=Mail of the company/pin\nE=DB_PASSWORD/uri\nF=DB_PASSWORD/DEBUG";
    const auto variables = resolve_bw(fields, serve.http);
    REQUIRE(variables);
    CHECK(*variables == std::vector<ProvidedVariable>{{"A", "p", true},
                                                      {"B", "us", true},
                                                      {"C", "n0te", true},
                                                      {"D", "1234", true},
                                                      {"E", "db://x", true},
                                                      {"F", "true", false}});
    for (const char* line : {"A=No such item", "A=Mail of the company/nothing", "A=NOTE_ONLY", "A=DELETED", "A="}) {
        CAPTURE(line);
        fields["VAULTWARDEN_ITEMS"] = line;
        CHECK(wrong_in_bw(fields, serve.http) == "VAULTWARDEN_ITEMS");
    }
    serve.items = R"([{"name":"A","login":{"password":"1"}},{"name":"A","login":{"password":"2"}}])";
    fields["VAULTWARDEN_ITEMS"] = "X=A";
    CHECK(wrong_in_bw(fields, serve.http) == "VAULTWARDEN_ITEMS");
}

TEST_CASE("two values for one variable are an error, twice the same is none") {
    BwServeFake serve;
    serve.items =
        R"([{"name":"A","login":{"password":"1"}},{"name":"x","fields":[{"name":"A","value":"1","type":0}]}])";
    CHECK(resolve_bw(bw_fields(), serve.http)->size() == 1);
    serve.items =
        R"([{"name":"A","login":{"password":"1"}},{"name":"x","fields":[{"name":"A","value":"2","type":0}]}])";
    CHECK(wrong_in_bw(bw_fields(), serve.http) == "VAULTWARDEN_FOLDER");
}

TEST_CASE("another account's secrets are never read") {
    BwServeFake serve;
    serve.status = "unlocked";
    serve.items = many_items;
    SUBCASE("another person") {
        serve.email = "other@example.org";
        CHECK(wrong_in_bw(bw_fields(), serve.http) == "VAULTWARDEN_EMAIL");
    }
    SUBCASE("another server") {
        serve.server = "https://vault.example:444";
        CHECK(wrong_in_bw(bw_fields(), serve.http) == "VAULTWARDEN_URL");
    }
    SUBCASE("another path of the server") {
        serve.server = "https://vault.example/second";
        CHECK(wrong_in_bw(bw_fields(), serve.http) == "VAULTWARDEN_URL");
    }
    SUBCASE("nobody") {
        serve.status = "unauthenticated";
        CHECK(wrong_in_bw(bw_fields(), serve.http) == "BW_SERVE_URL");
    }
    CHECK(check_bw(bw_fields(), serve.http).state == misconfigured);
    for (const auto& path : serve.paths()) CHECK(path == "/status");
}

TEST_CASE("the password is tried even where the vault is open") {
    BwServeFake serve;
    serve.status = "unlocked";
    serve.items = many_items;
    auto fields = bw_fields();
    fields["VAULTWARDEN_PASSWORD"] = "guess";
    CHECK(wrong_in_bw(fields, serve.http) == "VAULTWARDEN_PASSWORD");
    CHECK(serve.paths() == std::vector<std::string>{"/status", "/unlock"});
    CHECK(resolve_bw(bw_fields(), serve.http));
    CHECK_MESSAGE(serve.status == "unlocked", "as it was found");
}

TEST_CASE("the vault is locked again whatever happens") {
    BwServeFake serve;
    SUBCASE("no such folder") {
        auto fields = bw_fields();
        fields["VAULTWARDEN_FOLDER"] = "None";
        CHECK(wrong_in_bw(fields, serve.http) == "VAULTWARDEN_FOLDER");
        fields["VAULTWARDEN_FOLDER"] = "No Folder";
        CHECK(wrong_in_bw(fields, serve.http) == "VAULTWARDEN_FOLDER");
        fields["VAULTWARDEN_FOLDER"] = "Twice";
        CHECK(wrong_in_bw(fields, serve.http) == "VAULTWARDEN_FOLDER");
    }
    SUBCASE("the server of the vault is away") {
        serve.sync_status = 400;
        CHECK(resolve_bw(bw_fields(), serve.http).error().code == ErrorCode::unavailable);
        serve.sync_status = 503;
        CHECK(resolve_bw(bw_fields(), serve.http).error().code == ErrorCode::unavailable);
    }
    CHECK(serve.status == "locked");
    CHECK(serve.paths().back() == "/lock");
}

TEST_CASE("what answers may not be bw serve") {
    FakeHttp nobody(Error{ErrorCode::unavailable, "http://127.0.0.1:8087 cannot be reached: no connection."});
    const auto away = resolve_bw(bw_fields(), nobody);
    REQUIRE(!away);
    CHECK(away.error().code == ErrorCode::unavailable);
    CHECK(away.error().message ==
          "bw serve does not answer. http://127.0.0.1:8087 cannot be reached: no connection. "
          "It must run on the machine that BW_SERVE_URL names.");
    CHECK(check_bw(bw_fields(), nobody).state == unavailable);
    for (const char* body :
         {"<html>s3cret", "{}", R"({"success":true})", R"({"success":true,"data":{"template":1}})"}) {
        FakeHttp other(HttpReply{.status = 200, .body = body});
        CHECK(wrong_in_bw(bw_fields(), other) == "BW_SERVE_URL");
    }
    FakeHttp moved(HttpReply{.status = 302});
    CHECK(wrong_in_bw(bw_fields(), moved) == "BW_SERVE_URL");
    FakeHttp busy(HttpReply{.status = 500});
    CHECK(resolve_bw(bw_fields(), busy).error().code == ErrorCode::unavailable);
}

TEST_CASE("missing and impossible settings") {
    BwServeFake serve;
    for (const char* keyword : {"VAULTWARDEN_URL", "VAULTWARDEN_EMAIL", "VAULTWARDEN_PASSWORD"}) {
        auto fields = bw_fields();
        fields.erase(keyword);
        CHECK(wrong_in_bw(fields, serve.http) == keyword);
        CHECK(check_bw(fields, serve.http).state == misconfigured);
    }
    auto fields = bw_fields();
    fields["BW_SERVE_URL"] = "8087";
    CHECK(wrong_in_bw(fields, serve.http) == "BW_SERVE_URL");
    CHECK(serve.http.requests.empty());
}

TEST_CASE("a check unlocks nothing") {
    BwServeFake serve;
    CHECK(check_bw(bw_fields(), serve.http).state == available);
    CHECK(serve.paths() == std::vector<std::string>{"/status"});
    auto fields = bw_fields();
    fields["BW_SERVE_URL"] = "http://10.1.2.3:8087/";
    CHECK_MESSAGE(check_bw(fields, serve.http).state == degraded, "everybody on the way can read the secrets");
    CHECK(serve.http.requests.back().url == "http://10.1.2.3:8087/status");
    fields["BW_SERVE_URL"] = "https://10.1.2.3";
    CHECK(check_bw(fields, serve.http).state == available);
}

TEST_CASE("the cloud of Bitwarden has no address of its own") {
    BwServeFake serve;
    serve.server = "";
    auto fields = bw_fields();
    fields["VAULTWARDEN_URL"] = "https://vault.bitwarden.com";
    CHECK(check_bw(fields, serve.http).state == available);
    CHECK(check_bw(bw_fields(), serve.http).state == misconfigured);
}

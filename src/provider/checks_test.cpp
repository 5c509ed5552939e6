// SPDX-License-Identifier: MIT
#include "provider/abra_flexi.h"
#include "provider/bank.h"
#include "provider/mserver.h"
#include "provider/office365.h"
#include "provider/server_port.h"
#include "support/fake_http.h"
#include "support/http_double.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>

using namespace mf;
using namespace mf::testing;
using enum AvailabilityState;

namespace {

HttpReply reply_of(int status, std::string body = {}) { return {.status = status, .body = std::move(body)}; }

const Error nobody_answers{ErrorCode::unavailable, "https://host cannot be reached: no connection."};

/// What a provider says of the fields when the world answers like this.
Availability judge(const CredentialProvider& provider, const FieldValues& fields, FakeHttp& http) {
    ProviderContext context{.http = http, .now = {}};
    auto availability = provider.check(fields, context);
    // Nothing that is secret in these tests has another name.
    CHECK(availability.message.find("s3cret") == std::string::npos);
    return availability;
}

Availability judge(const CredentialProvider& provider, const FieldValues& fields, Result<HttpReply> reply) {
    FakeHttp http(std::move(reply));
    return judge(provider, fields, http);
}

}  // namespace

TEST_CASE("FioBank asks whether the bank is there, without the token") {
    const FioBank provider("https://bank.example/");
    const FieldValues fields{{"FIO_TOKEN", "s3cret"}};
    FakeHttp http(reply_of(404));
    const auto availability = judge(provider, fields, http);
    CHECK(availability.state == available);
    CHECK(availability.ttl.count() == 300);
    CHECK(http.requests.at(0).method == "HEAD");
    CHECK(http.requests.at(0).url == "https://bank.example/");
    CHECK(http.requests.at(0).timeout <= std::chrono::seconds(5));

    const auto away = judge(provider, fields, nobody_answers);
    CHECK(away.state == unavailable);
    CHECK(away.ttl.count() == 60);
    CHECK(judge(provider, fields, reply_of(503)).state == unavailable);
    CHECK(judge(provider, {}, reply_of(200)).state == misconfigured);
    CHECK(judge(provider, {{"FIO_TOKEN", " "}}, reply_of(200)).message == "The credential has no value for FIO_TOKEN.");
}

TEST_CASE("FioBank over a real connection") {
    HttpDouble bank([](const DoubleRequest&) { return DoubleReply{.status = 404}; });
    CurlClient http;
    ProviderContext context{.http = http, .now = {}};
    CHECK(FioBank(bank.url()).check({{"FIO_TOKEN", "s3cret"}}, context).state == available);
    const DeafPort nobody;
    const auto away =
        FioBank(fmt::format("http://127.0.0.1:{}/", nobody.port())).check({{"FIO_TOKEN", "s3cret"}}, context);
    CHECK(away.state == unavailable);
}

TEST_CASE("databases are connected to, and not asked anything") {
    FakeHttp http(reply_of(200));
    const SqlServer sql_server;
    const DatabaseConnection database;
    CHECK(judge(sql_server, {{"DB_HOST", "sql.example"}, {"DB_PASSWORD", "s3cret"}}, http).state == available);
    CHECK(http.targets.back().host == "sql.example");
    CHECK(http.targets.back().port == 1433);
    CHECK(http.targets.back().timeout <= std::chrono::seconds(5));
    CHECK(judge(sql_server, {{"DB_HOST", "sql.example"}, {"DB_PORT", "1500"}}, http).state == available);
    CHECK(http.targets.back().port == 1500);
    CHECK(judge(database, {{"DB_TYPE", "pgsql"}, {"DB_HOST", "a"}}, http).state == available);
    CHECK(http.targets.back().port == 5432);
    CHECK(judge(database, {{"DB_CONNECTION", "MySQL"}, {"DB_HOST", "a"}}, http).state == available);
    CHECK(http.targets.back().port == 3306);
    CHECK(judge(database, {{"DB_TYPE", "oracle"}, {"DB_HOST", "a"}, {"DB_PORT", "1521"}}, http).state == available);
    const auto asked = http.targets.size();

    CHECK(judge(sql_server, {}, http).state == misconfigured);
    CHECK(judge(sql_server, {{"DB_HOST", " "}}, http).state == misconfigured);
    CHECK(judge(sql_server, {{"DB_HOST", "a"}, {"DB_PORT", "x"}}, http).state == misconfigured);
    CHECK(judge(sql_server, {{"DB_HOST", "a"}, {"DB_PORT", "65536"}}, http).state == misconfigured);
    CHECK(judge(database, {{"DB_HOST", "a"}}, http).state == misconfigured);
    CHECK(judge(database, {{"DB_TYPE", "oracle"}, {"DB_HOST", "a"}}, http).state == misconfigured);
    CHECK(judge(database, {{"DB_TYPE", "sqlite"}}, http).state == unknown);
    CHECK(judge(database, {{"DB_CONNECTION", "sqlite"}}, http).state == unknown);
    CHECK(judge(database, {{"DB_TYPE", "mysql"}, {"DB_HOST", "/run/mysqld.sock"}}, http).state == unknown);
    CHECK(judge(sql_server, {{"DB_HOST", "HOST\\INSTANCE"}}, http).state == unknown);
    CHECK(http.targets.size() == asked);

    http.reached = nobody_answers;
    CHECK(judge(sql_server, {{"DB_HOST", "a"}}, http).state == unavailable);
    http.reached = invalid("no host");
    CHECK(judge(sql_server, {{"DB_HOST", "a"}}, http).state == misconfigured);
}

TEST_CASE("a database over a real connection") {
    HttpDouble server([](const DoubleRequest&) { return DoubleReply{}; });
    const DeafPort nobody;
    CurlClient http;
    ProviderContext context{.http = http, .now = {}};
    const auto check = [&](int port) {
        return SqlServer().check({{"DB_HOST", "127.0.0.1"}, {"DB_PORT", std::to_string(port)}}, context);
    };
    CHECK(check(server.port()).state == available);
    CHECK(check(nobody.port()).state == unavailable);
    CHECK(check(nobody.port()).message ==
          fmt::format("127.0.0.1:{} cannot be reached: no connection (Connection refused).", nobody.port()));
}

TEST_CASE("the server of a mail address is connected to") {
    FakeHttp http(reply_of(200));
    const Mail mail;
    const auto check = [&](const char* dsn) { return judge(mail, {{"MAILER_DSN", dsn}}, http); };
    CHECK(check("smtp://us%40er:s3cret@mail.example:587?verify_peer=0").state == available);
    CHECK(http.targets.back().host == "mail.example");
    CHECK(http.targets.back().port == 587);
    CHECK(check("smtps://user:s3cret@mail.example").state == available);
    CHECK(http.targets.back().port == 465);
    CHECK(check("smtp://mail.example").state == available);
    CHECK(http.targets.back().port == 25);
    const auto asked = http.targets.size();
    for (const char* dsn : {"sendmail://default", "smtp://default", "gmail+smtp://user:s3cret@default",
                            "failover(smtp://a smtp://b)", "null://null"})
        CHECK(check(dsn).state == unknown);
    for (const char* dsn : {"", "mail.example", "smtp://user:s3cret @mail.example", "smtp://user:s3cret@"})
        CHECK(check(dsn).state == misconfigured);
    CHECK(http.targets.size() == asked);
}

TEST_CASE("Office365 asks for a token of the application") {
    const Office365 provider("https://login.example");
    const FieldValues fields{
        {"OFFICE365_TENANT", "contoso"}, {"OFFICE365_CLIENTID", "c&d"}, {"OFFICE365_CLSECRET", "s3cret+/"}};
    FakeHttp http(reply_of(200, R"({"access_token":"s3cret"})"));
    CHECK(judge(provider, fields, http).state == available);
    const auto& request = http.requests.at(0);
    CHECK(request.method == "POST");
    CHECK(request.url == "https://login.example/contoso.onmicrosoft.com/oauth2/v2.0/token");
    CHECK(request.body ==
          "grant_type=client_credentials&client_id=c%26d&client_secret=s3cret%2B%2F&scope="
          "https%3A%2F%2Fgraph.microsoft.com%2F.default");

    const auto refused = judge(provider, fields, reply_of(401, R"({"error":"invalid_client","x":"s3cret"})"));
    CHECK(refused.state == misconfigured);
    CHECK(refused.message.find("OFFICE365_CLSECRET") != std::string::npos);
    CHECK(judge(provider, fields, reply_of(400, R"({"error":"unauthorized_client"})")).message.find("CLIENTID") !=
          std::string::npos);
    CHECK(judge(provider, fields, reply_of(400, "s3cret")).state == misconfigured);
    CHECK(judge(provider, fields, reply_of(404)).state == misconfigured);
    for (const int status : {302, 429, 500, 503}) CHECK(judge(provider, fields, reply_of(status)).state == unavailable);
    CHECK(judge(provider, fields, nobody_answers).state == unavailable);
    CHECK(judge(provider, {{"OFFICE365_TENANT", "contoso"}}, reply_of(200)).state == unknown);
    CHECK(judge(provider, {}, reply_of(200)).state == misconfigured);
    CHECK(judge(provider, {{"OFFICE365_TENANT", "a"}, {"OFFICE365_CLIENTID", "b"}}, reply_of(200)).state ==
          misconfigured);
}

TEST_CASE("the tenant of Office365 may be a domain or a UUID") {
    FakeHttp http(reply_of(200));
    for (const char* tenant : {"contoso.example", "11111111-2222-3333-4444-555555555555"}) {
        judge(Office365("https://login.example"),
              {{"OFFICE365_TENANT", tenant}, {"OFFICE365_CLIENTID", "c"}, {"OFFICE365_CLSECRET", "d"}}, http);
        CHECK(http.requests.back().url == fmt::format("https://login.example/{}/oauth2/v2.0/token", tenant));
    }
}

TEST_CASE("AbraFlexi reads the company with the account") {
    const AbraFlexi provider;
    FieldValues fields{{"ABRAFLEXI_URL", "https://abra.example:5434/"},
                       {"ABRAFLEXI_LOGIN", "user"},
                       {"ABRAFLEXI_PASSWORD", "s3cret"},
                       {"ABRAFLEXI_COMPANY", "my/company"}};
    FakeHttp http(reply_of(200));
    CHECK(judge(provider, fields, http).state == available);
    CHECK(http.requests.at(0).url == "https://abra.example:5434/c/my%2Fcompany.json");
    CHECK(header_of(http.requests.at(0), "Authorization") == "Basic dXNlcjpzM2NyZXQ=");
    for (const int status : {401, 403}) {
        const auto refused = judge(provider, fields, reply_of(status));
        CHECK(refused.state == misconfigured);
        CHECK(refused.message == fmt::format("AbraFlexi refuses the account ({}): correct ABRAFLEXI_LOGIN and "
                                             "ABRAFLEXI_PASSWORD.",
                                             status));
    }
    CHECK(judge(provider, fields, reply_of(404)).message.find("correct ABRAFLEXI_COMPANY") != std::string::npos);
    CHECK(judge(provider, fields, reply_of(301)).state == misconfigured);
    for (const int status : {400, 429, 500, 503}) CHECK(judge(provider, fields, reply_of(status)).state == unavailable);
    CHECK(judge(provider, fields, nobody_answers).state == unavailable);
    for (const char* keyword : {"ABRAFLEXI_URL", "ABRAFLEXI_LOGIN", "ABRAFLEXI_PASSWORD", "ABRAFLEXI_COMPANY"}) {
        auto incomplete = fields;
        incomplete.erase(keyword);
        const auto availability = judge(provider, incomplete, reply_of(200));
        CHECK(availability.state == misconfigured);
        CHECK(availability.message == fmt::format("The credential has no value for {}.", keyword));
    }
    for (const char* address : {"abra.example", "ftp://abra.example", "https://abra.example/?a=s3cret"}) {
        fields["ABRAFLEXI_URL"] = address;
        CHECK(judge(provider, fields, reply_of(200)).state == misconfigured);
    }
}

TEST_CASE("mServer tells its state to the account") {
    const MServer provider;
    const FieldValues fields{
        {"POHODA_URL", "http://pohoda:40000"}, {"POHODA_USERNAME", "user"}, {"POHODA_PASSWORD", "s3cret"}};
    FakeHttp http(reply_of(200));
    CHECK(judge(provider, fields, http).state == available);
    CHECK(http.requests.at(0).url == "http://pohoda:40000/status");
    CHECK(header_of(http.requests.at(0), "STW-Authorization") == "Basic dXNlcjpzM2NyZXQ=");
    CHECK(judge(provider, fields, reply_of(401)).message.find("POHODA_USERNAME and POHODA_PASSWORD") !=
          std::string::npos);
    CHECK(judge(provider, fields, reply_of(404)).state == misconfigured);
    CHECK(judge(provider, fields, reply_of(500)).state == unavailable);
    CHECK(judge(provider, {}, reply_of(200)).state == misconfigured);
}

TEST_CASE("banks that are not asked") {
    const TemporaryDirectory directory;
    const auto certificate = directory.path() / "a.p12";
    FieldValues fields{
        {"CERT_FILE", certificate}, {"CERT_PASS", "s3cret"}, {"XIBMCLIENTID", "s3cret"}, {"ACCOUNT_NUMBER", "1"}};
    const CertificateBank raiffeisen;
    CHECK(judge(raiffeisen, fields, nobody_answers).state == misconfigured);
    std::ofstream(certificate) << "x";
    CHECK(judge(raiffeisen, fields, nobody_answers).state == unknown);
    fields["CERT_FILE"] = directory.path();
    CHECK(judge(raiffeisen, fields, nobody_answers).state == misconfigured);
    fields["CERT_FILE"] = "a.p12";
    CHECK(judge(raiffeisen, fields, nobody_answers).message == "CERT_FILE must be a whole path, beginning with '/'.");
    fields.erase("XIBMCLIENTID");
    CHECK(judge(raiffeisen, fields, nobody_answers).message == "The credential has no value for XIBMCLIENTID.");

    CHECK(judge(Csas(), {{"CSAS_API_KEY", "s3cret"}, {"CSAS_ACCESS_TOKEN", "s3cret"}}, nobody_answers).state ==
          unknown);
    CHECK(judge(Csas(), {{"CSAS_API_KEY", "s3cret"}}, nobody_answers).state == misconfigured);
}

// SPDX-License-Identifier: MIT
#include "probe/certificate.h"

#include "settings_of.h"
#include "support/temporary_directory.h"
#include "tls_server.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::probe;
using namespace mf::probe::testing;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp start_of_march{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
const Limits usual{.warning = 21, .critical = 7};

CertificateFacts facts(Timestamp expires, std::string verification = "ok") {
    return {.subject = "CN=a",
            .issuer = "CN=b",
            .verification = std::move(verification),
            .expires = expires,
            .expiring = "CN=a"};
}

Finding look_at(const std::string& target, Environment environment = {}) {
    environment["PROBE_CERTIFICATES"] = target;
    const Machine machine{.now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())};
    const auto seen = observe(plan_certificate, settings_of(environment), machine);
    REQUIRE(seen.size() == 1);
    return seen[0].finding;
}

Endpoint endpoint(std::string_view text) {
    const auto parsed = parse_endpoint(text);
    return parsed ? *parsed : Endpoint{};
}

}  // namespace

TEST_CASE("endpoints are hosts with or without a port") {
    CHECK(endpoint("example.com") == Endpoint{"example.com", "443"});
    CHECK(endpoint(" example.com:8443 ") == Endpoint{"example.com", "8443"});
    CHECK(endpoint("[::1]:993") == Endpoint{"::1", "993"});
    CHECK(endpoint("[::1]") == Endpoint{"::1", "443"});
    CHECK(endpoint("fe80::1") == Endpoint{"fe80::1", "443"});
    CHECK(endpoint("https://example.com:444/path") == Endpoint{"example.com", "444"});
    for (const auto* wrong : {"", ":443", "host:", "host:0", "host:65536", "host:https", "[::1", "[::1]x", "[host]",
                              "a:b:c", "user:secret@host", "two words"})
        CHECK_FALSE(parse_endpoint(wrong));
}

TEST_CASE("whole days until expiry are judged") {
    CHECK(judge_certificate(facts(start_of_march + 21 * 24h), start_of_march, usual, Trust::required).state ==
          State::ok);
    CHECK(judge_certificate(facts(start_of_march + 21 * 24h - 1s), start_of_march, usual, Trust::required).state ==
          State::warning);
    CHECK(judge_certificate(facts(start_of_march + 7 * 24h), start_of_march, usual, Trust::required).state ==
          State::warning);
    CHECK(judge_certificate(facts(start_of_march + 7 * 24h - 1s), start_of_march, usual, Trust::required).state ==
          State::critical);
    CHECK(judge_certificate(facts(start_of_march), start_of_march, {0, 0}, Trust::reported).state == State::critical);
    CHECK(judge_certificate(facts(start_of_march - 1s), start_of_march, usual, Trust::required).message ==
          "expired on 2026-02-28");
}

TEST_CASE("a certificate that is not trusted is critical where trust is required, and always said") {
    const auto untrusted = facts(start_of_march + 1000 * 24h, "self-signed certificate");
    CHECK(judge_certificate(untrusted, start_of_march, usual, Trust::required).state == State::critical);
    const auto finding = judge_certificate(untrusted, start_of_march, usual, Trust::reported);
    CHECK(finding.state == State::ok);
    CHECK(finding.message.find("not trusted: self-signed certificate") != std::string::npos);
}

TEST_CASE("an issuer that expires first is named") {
    auto chain = facts(start_of_march + 3 * 24h);
    chain.expiring = "CN=b";
    CHECK(judge_certificate(chain, start_of_march, usual, Trust::required).message ==
          "expires in 3 days, on 2026-03-04 (its issuer CN=b)");
}

TEST_CASE("the certificate of a server is read over TLS") {
    const mf::testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "ca.pem").string();
    for (const auto& [days, state] : {std::pair(100, State::ok),
                                      {21, State::ok},
                                      {20, State::warning},
                                      {7, State::warning},
                                      {6, State::critical},
                                      {-3, State::critical}}) {
        INFO(days);
        const TlsServer server(days);
        server.save_certificate(file);
        const auto finding = look_at("localhost:" + server.port(), {{"PROBE_CA_FILE", file}});
        CHECK(finding.state == state);
        CHECK(finding.metrics.at(0).second == days);
        CHECK(finding.details.at("verification") == (days < 0 ? "certificate has expired" : "ok"));
        CHECK(finding.details.at("subject") == "CN = Zkušební server");
        CHECK(server.server_name() == "localhost");
    }
}

TEST_CASE("trust needs a known authority and the right name") {
    const TlsServer server(100);
    const mf::testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "ca.pem").string();
    server.save_certificate(file);
    CHECK(look_at("localhost:" + server.port()).state == State::critical);
    CHECK(look_at("localhost:" + server.port(), {{"PROBE_TLS_VERIFY", "false"}}).state == State::ok);

    CHECK(look_at("127.0.0.1:" + server.port(), {{"PROBE_CA_FILE", file}}).state == State::ok);
    CHECK(server.server_name().empty());  // addresses are not sent

    const auto other = look_at("127.0.0.2:" + server.port(), {{"PROBE_CA_FILE", file}});
    CHECK(other.state == State::unknown);  // nobody listens there
    const auto connected = fetch_certificate({"127.1", server.port()}, file, 5s);
    REQUIRE(connected);  // a name, as far as certificates go
    CHECK(connected->verification == "hostname mismatch");
}

TEST_CASE("an address must stand in the certificate as well") {
    const TlsServer server(100, "DNS:localhost");
    const mf::testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "ca.pem").string();
    server.save_certificate(file);
    const auto finding = look_at("127.0.0.1:" + server.port(), {{"PROBE_CA_FILE", file}});
    CHECK(finding.state == State::critical);
    CHECK(finding.details.at("verification") == "IP address mismatch");
}

TEST_CASE("a server that cannot be asked is unknown") {
    CHECK(look_at("127.0.0.1:" + dead_port()).state == State::unknown);
    CHECK(look_at("not an endpoint").state == State::unknown);
    CHECK(look_at("localhost", {{"PROBE_CA_FILE", "/no/such/file"}}).state == State::unknown);
    const Server plain(serve_http);
    CHECK(look_at(plain.address(), {{"PROBE_TIMEOUT", "1"}}).state == State::unknown);
    const Server closing([](int, int) {});
    CHECK(look_at(closing.address()).state == State::unknown);
}

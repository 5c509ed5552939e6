// SPDX-License-Identifier: MIT
#include "probe/url_target.h"

#include "server.h"
#include "settings_of.h"
#include "support/temporary_directory.h"
#include "tls_server.h"

#include <doctest/doctest.h>
#include <cstdlib>

using namespace mf;
using namespace mf::probe;
using namespace mf::probe::testing;

namespace {

Finding fetch(const std::string& line, Environment environment = {}) {
    ::setenv("no_proxy", "*", 1);  // a proxy of the machine must not stand between
    environment["PROBE_URLS"] = line;
    const auto seen = observe(plan_url, settings_of(environment));
    REQUIRE(seen.size() == 1);
    return seen[0].finding;
}

bool accepts(std::string_view statuses, long status) {
    const auto parsed = parse_statuses(statuses);
    return parsed && contains(*parsed, status);
}

}  // namespace

TEST_CASE("lines of URLs are taken apart") {
    const auto targets = parse_url_targets(
        "https://a/x,y | 200,204 | status|ok \n\n  http://b  https://c,https://d, http://e\nhttp://f || text\n",
        {.statuses = "2xx", .text = "default"});
    REQUIRE(targets.size() == 6);
    CHECK(targets[0].url == "https://a/x,y");
    CHECK(targets[0].statuses == "200,204");
    CHECK(targets[0].text == "status|ok");
    CHECK(targets[1].url == "http://b");
    CHECK(targets[1].statuses == "2xx");
    CHECK(targets[1].text == "default");
    CHECK(targets[2].url == "https://c");
    CHECK(targets[3].url == "https://d");
    CHECK(targets[4].url == "http://e");
    CHECK(targets[5].statuses == "2xx");
    CHECK(targets[5].text == "text");
    CHECK(parse_url_targets("", {}).empty());
    CHECK(parse_url_targets(" , \n | 200", {}).empty());
}

TEST_CASE("statuses are lists, ranges and classes") {
    CHECK(accepts("200", 200));
    CHECK_FALSE(accepts("200", 201));
    CHECK(accepts("200, 301-303", 302));
    CHECK_FALSE(accepts("200, 301-303", 304));
    CHECK(accepts("4XX", 499));
    CHECK_FALSE(accepts("4xx", 500));
    for (const auto* wrong : {"", "20", "600", "abc", "300-200", "200-", "9xx", "200,,204", "2000"})
        CHECK_FALSE(parse_statuses(wrong));
}

TEST_CASE("an answer as expected is fine") {
    const Server server(serve_http);
    const auto finding = fetch("http://" + server.address() + "/ok | 200 | all is well");
    CHECK(finding.state == State::ok);
    CHECK(finding.metrics.at(0).second == 200);
}

TEST_CASE("another status than expected is critical") {
    const Server server(serve_http);
    const auto finding = fetch("http://" + server.address() + "/missing");
    CHECK(finding.state == State::critical);
    CHECK(finding.message.find("status 404") != std::string::npos);
    CHECK(fetch("http://" + server.address() + "/missing | 404").state == State::ok);
}

TEST_CASE("a missing text is critical") {
    const Server server(serve_http);
    CHECK(fetch("http://" + server.address() + "/ok | | error page").state == State::critical);
    CHECK(fetch("http://" + server.address() + "/ok", {{"PROBE_URL_TEXT", "error page"}}).state == State::critical);
}

TEST_CASE("no answer in time is critical") {
    const Server server(serve_http);
    const auto finding = fetch("http://" + server.address() + "/silent", {{"PROBE_TIMEOUT", "1"}});
    CHECK(finding.state == State::critical);
    CHECK(finding.message == "no complete answer within 1 seconds");
}

TEST_CASE("a slow answer is a warning, when asked for") {
    const Server server(serve_http);
    CHECK(fetch("http://" + server.address() + "/ok", {{"PROBE_URL_SLOW", "0.00001"}}).state == State::ok);  // off
    CHECK(
        fetch("http://" + server.address() + "/huge", {{"PROBE_URL_SLOW", "0.001"}, {"PROBE_URL_BODY_LIMIT", "102400"}})
            .state == State::warning);
}

TEST_CASE("redirects are followed, but not for ever and not to other protocols") {
    const Server server(serve_http);
    const auto base = "http://" + server.address();
    const auto finding = fetch(base + "/moved | 200 | all is well\n");
    CHECK(finding.state == State::ok);
    CHECK(finding.details.at("redirects").to_number<int>() == 1);
    const int before = server.connections();
    const auto loop = fetch(base + "/loop", {{"PROBE_URL_REDIRECTS", "3"}});
    CHECK(loop.state == State::critical);
    CHECK(loop.message == "redirects more than 3 times");
    CHECK(server.connections() == before + 4);
    CHECK(fetch(base + "/elsewhere").state == State::critical);
    CHECK(fetch(base + "/elsewhere").message == "redirects to something that is neither http nor https");
    CHECK(fetch(base + "/loop | 302", {{"PROBE_URL_REDIRECTS", "0"}}).state == State::ok);
}

TEST_CASE("an endless body is read up to the limit") {
    const Server server(serve_http);
    const auto url = "http://" + server.address() + "/huge";
    const auto finding = fetch(url + " | 200 | begin", {{"PROBE_URL_BODY_LIMIT", "100"}});
    CHECK(finding.state == State::ok);
    CHECK(finding.details.at("bytes_read").to_number<int>() == 102400);
    CHECK(finding.details.at("body_cut").as_bool());
    const auto missing = fetch(url + " | 200 | the end", {{"PROBE_URL_BODY_LIMIT", "100"}});
    CHECK(missing.state == State::critical);
    CHECK(missing.message.find("not in the first 100.0 KiB") != std::string::npos);
}

TEST_CASE("user and password of the URL are used") {
    const Server server(serve_http);
    CHECK(fetch("http://user:password@" + server.address() + "/private").state == State::ok);
    CHECK(fetch("http://" + server.address() + "/private").state == State::critical);
}

TEST_CASE("nobody at the port is critical, what is no web address is unknown") {
    CHECK(fetch("http://127.0.0.1:" + dead_port() + "/").state == State::critical);
    for (const auto* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1/x", "http:/x", "http://"})
        CHECK(fetch(url).state == State::unknown);
    CHECK(fetch("http://127.0.0.1/ | nonsense").state == State::unknown);
}

TEST_CASE("HTTPS answers are trusted only with a trusted certificate") {
    const TlsServer server(100);
    const mf::testing::TemporaryDirectory directory;
    const auto file = directory.path() / "ca.pem";
    server.save_certificate(file);
    const auto url = "https://localhost:" + server.port() + "/ | 200 | safe";
    CHECK(fetch(url).state == State::critical);
    CHECK(fetch(url, {{"PROBE_TLS_VERIFY", "false"}}).state == State::ok);
    CHECK(fetch(url, {{"PROBE_CA_FILE", file.string()}}).state == State::ok);
    CHECK(fetch(url, {{"PROBE_CA_FILE", "/no/such/file"}}).state == State::unknown);
}

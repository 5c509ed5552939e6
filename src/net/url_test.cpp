// SPDX-License-Identifier: MIT
#include "net/url.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

TEST_CASE("the parts of an address") {
    const auto url = read_url("HTTPS://us%40er:p%3Aw@Example.ORG:8443/a/b?c=d#e");
    REQUIRE(url);
    CHECK(url->scheme == "https");
    CHECK(url->user == "us@er");
    CHECK(url->password == "p:w");
    CHECK(url->host == "example.org");
    CHECK(url->port == 8443);
    CHECK(url->rest == "/a/b?c=d#e");
    CHECK(url->origin() == "https://example.org:8443");
}

TEST_CASE("parts that may be missing") {
    const auto url = read_url("smtp://[FE80::1]");
    REQUIRE(url);
    CHECK(url->host == "fe80::1");
    CHECK(url->port == 0);
    CHECK(url->origin() == "smtp://[fe80::1]");
    CHECK(read_url("http://a")->effective_port() == 80);
    CHECK(read_url("https://a?x=http://b")->effective_port() == 443);
    CHECK(read_url("https://a?x=http://b")->host == "a");
    CHECK(read_url("http://a:8/")->effective_port() == 8);
}

TEST_CASE("a password with an '@' does not become the host") {
    const auto url = read_url("http://user:p@ss@host/");
    REQUIRE(url);
    CHECK(url->host == "host");
    CHECK(url->password == "p@ss");
}

TEST_CASE("what is no address is refused without repeating it") {
    for (const char* text :
         {"", "secret", "://secret", "1http://secret", "http://", "http://:80", "http://user:secret@", "http://host:0",
          "http://host:65536", "http://host:secret", "http://[::1", "http://[::1]x", "http://sec ret",
          "http://sec\\ret", "http://secret\n", "mailto:secret"}) {
        CAPTURE(text);
        const auto url = read_url(text);
        REQUIRE(!url);
        CHECK(url.error().code == ErrorCode::invalid);
        CHECK(url.error().message.find("secret") == std::string::npos);
    }
    CHECK(read_web_url("http://host"));
    CHECK(!read_web_url("ftp://host"));
    CHECK(!read_web_url("file:///etc/passwd"));
}

TEST_CASE("percent encoding") {
    CHECK(percent_encoded("a/b c?ž%~") == "a%2Fb%20c%3F%C5%BE%25~");
    CHECK(percent_decoded("100%") == "100%");
    CHECK(percent_decoded("%zz%4") == "%zz%4");
    CHECK(rc::check("what is encoded decodes to itself",
                    [](const std::string& text) { RC_ASSERT(percent_decoded(percent_encoded(text)) == text); }));
}

TEST_CASE("hosts that are this machine") {
    for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.9.8.7", "::1"}) CHECK(is_loopback(host));
    for (const char* host : {"localhost.example.org", "128.0.0.1", "10.0.0.1", "::2", ""}) CHECK(!is_loopback(host));
}

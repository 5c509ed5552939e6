// SPDX-License-Identifier: MIT
#include "probe/mask.h"

#include <doctest/doctest.h>

using namespace mf::probe;

TEST_CASE("user and password of a URL are hidden, the rest stays") {
    CHECK(masked("https://user:pass@host/a?b=c") == "https://***@host/a?b=c");
    CHECK(masked("https://user@host:8443/") == "https://***@host:8443/");
    CHECK(masked("https://us:p@ss:w@host/") == "https://***@host/");
    CHECK(masked("see http://a:b@c/ and http://d:e@f/.") == "see http://***@c/ and http://***@f/.");
}

TEST_CASE("text without secrets is not touched") {
    for (const auto* text : {"", "plain", "https://host", "https://host:443/@user", "https://[::1]:8443/x",
                             "mail me@example.com", "80.1 % free, / and /var", "https://host/?page=2&sort=name"})
        CHECK(masked(text) == text);
}

TEST_CASE("query parameters that speak of secrets are hidden") {
    CHECK(masked("https://h/?a=1&api_key=xyz&b=2") == "https://h/?a=1&api_key=***&b=2");
    CHECK(masked("https://h/?access_token=xyz") == "https://h/?access_token=***");
    CHECK(masked("https://h/?PASSWORD=xyz&q") == "https://h/?PASSWORD=***&q");
    CHECK(masked("https://h/?next=https://u:p@i/") == "https://h/?next=https://***@i/");
}

TEST_CASE("a password that breaks the URL is hidden all the same") {
    CHECK(masked("https://user:pa/ss@host/") == "https://***@host/");
    CHECK(masked("https://user:pa?ss@host/") == "https://***@host/");
    CHECK(masked("https://user:pass/word") == "https://***");
    CHECK(masked("https://user:p'q@host/") == "https://***@host/");
}

// SPDX-License-Identifier: MIT
#include "net/server/target.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::http;

namespace {

Request target_of(std::string_view text) {
    Request request{.method = "GET"};
    const auto read = read_target(text, request);
    CHECK_MESSAGE(read, text);
    return request;
}

using Segments = std::vector<std::string>;
using Query = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("a target is taken apart before it is decoded") {
    CHECK(target_of("/").segments.empty());
    CHECK(target_of("/jobs/7").segments == Segments{"jobs", "7"});
    CHECK(target_of("/jobs/").segments == Segments{"jobs", ""});
    CHECK(target_of("//jobs").segments == Segments{"", "jobs"});
    CHECK(target_of("/a%2Fb/c%20d+e").segments == Segments{"a/b", "c d+e"});
    CHECK(target_of("/%C4%8Desk%C3%BD").segments == Segments{"český"});
    CHECK(target_of("/...").segments == Segments{"..."});
    CHECK(target_of("/a%2Fb?x=1").path == "/a%2Fb");
}

TEST_CASE("the query is decoded part by part") {
    const auto request = target_of("/a?x=1&y=a%26b+c%3D&&z&x=2=3&%C3%A9=?/");
    CHECK(request.query == Query{{"x", "1"}, {"y", "a&b c="}, {"z", ""}, {"x", "2=3"}, {"é", "?/"}});
    CHECK(request.raw_query == "x=1&y=a%26b+c%3D&&z&x=2=3&%C3%A9=?/");
    CHECK(request.query_value("x") == "1");
    CHECK(request.query_value("z") == "");
    CHECK(!request.query_value("w"));
    CHECK(target_of("/a?").query.empty());
}

TEST_CASE("the absolute form names the host") {
    const auto request = target_of("HTTP://Jobs.Example:8080/a?b");
    CHECK(request.host == "jobs.example:8080");
    CHECK(request.path == "/a");
    CHECK(target_of("https://[::1]?b").path == "/");
    CHECK(target_of("https://[::1]?b").query == Query{{"b", ""}});
}

TEST_CASE("what is read differently elsewhere is refused") {
    for (const std::string_view target : {"",
                                          "jobs",
                                          "*",
                                          "/a b",
                                          "/a\tb",
                                          "/a\\b",
                                          "/a#b",
                                          "/\xC3\xA9",
                                          "/a%",
                                          "/a%4",
                                          "/a%4g",
                                          "/%00",
                                          "/a?%00",
                                          "/%C3",
                                          "/a?x=%FF",
                                          "/..",
                                          "/a/../b",
                                          "/%2e%2E/etc",
                                          "/a/.",
                                          "/.",
                                          "http://",
                                          "http:///a",
                                          "http://user@host/",
                                          "http://a:b/",
                                          "example.org:443",
                                          "/a\x7F",
                                          "ftp://a/"}) {
        Request request{.method = "GET"};
        CHECK_MESSAGE(!read_target(target, request), target);
    }
    Request request{.method = "OPTIONS"};
    CHECK(read_target("*", request));
}

TEST_CASE("hosts") {
    for (const char* host : {"a", "a.example:80", "127.0.0.1", "[::1]", "[::1]:80", "a:", "under_score"})
        CHECK(is_host(host));
    for (const char* host : {"", ":80", "a:b", "a b", "a/b", "a,b@c", "[::1", "[]", "[::1]x", "a:123456", "[g]"})
        CHECK_MESSAGE(!is_host(host), host);
}

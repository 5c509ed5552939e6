// SPDX-License-Identifier: MIT
#include "net/server/request_reader.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::http;
using State = RequestReader::State;

namespace {

struct ReadOutcome {
    State state;
    int status = 0;
    Request request;
    std::size_t used = 0;
    bool keeps_alive = false;
};

/// Reads as if the bytes came in steps of this size.
ReadOutcome read_in_steps(std::string_view bytes, std::size_t step, std::size_t most_body = 1000) {
    RequestReader reader({.head_bytes = 2000, .target_bytes = 500, .fields = 10});
    std::string pending;
    std::size_t used = 0;
    while (reader.state() != State::complete && reader.state() != State::refused) {
        const auto count = reader.read(pending);
        pending.erase(0, count);
        used += count;
        if (reader.state() == State::has_head) {
            reader.limit_body(most_body);
            continue;
        }
        if (count > 0 || reader.state() == State::complete || reader.state() == State::refused) continue;
        if (bytes.empty()) break;
        const auto next = bytes.substr(0, step);
        pending += next;
        bytes.remove_prefix(next.size());
    }
    ReadOutcome outcome{.state = reader.state(), .request = {}, .used = used};
    if (outcome.state == State::refused) outcome.status = reader.refusal().status;
    if (outcome.state == State::complete) {
        outcome.keeps_alive = reader.keeps_alive();
        outcome.request = std::move(reader.request());
    }
    return outcome;
}

constexpr std::string_view post = "POST /jobs HTTP/1.1\r\nHost: a\r\n";

std::string with_body(std::string_view headers, std::string_view body) {
    return std::string(post) + std::string(headers) + "\r\n" + std::string(body);
}

struct Smuggled {
    std::string what;
    std::string bytes;
    int status = 400;
};

}  // namespace

TEST_CASE("a request is read, however it is cut") {
    const std::string bytes =
        "\r\nPOST /jobs/a%2Fb?x=1 HTTP/1.1\r\nHost: Jobs.Example\r\nCookie: a\r\ncookie:  b \r\nX-Empty:\r\n"
        "Content-Length: 5\r\n\r\nhelloGET";
    for (const std::size_t step : {1u, 2u, 7u, 64u, 1000u}) {
        CAPTURE(step);
        const auto [state, status, request, used, keeps_alive] = read_in_steps(bytes, step);
        REQUIRE(state == State::complete);
        CHECK(used == bytes.size() - 3);
        CHECK(request.method == "POST");
        CHECK(request.segments == std::vector<std::string>{"jobs", "a/b"});
        CHECK(request.host == "jobs.example");
        CHECK(request.headers.list("Cookie") == "a, b");
        CHECK(request.headers.has("x-empty"));
        CHECK(request.body == "hello");
        CHECK(keeps_alive);
    }
}

TEST_CASE("chunks become a body, trailers become nothing") {
    const auto bytes = with_body(
        "Transfer-Encoding: Chunked\r\n",
        "5;name=\"v;\\\"x\"\r\nhello\r\n00b\r\n wide\r\nworl\r\n0;last\r\nX-Role: admin\r\nX-More:\r\n\r\nGET");
    for (const std::size_t step : {1u, 3u, 1000u}) {
        CAPTURE(step);
        const auto outcome = read_in_steps(bytes, step);
        REQUIRE(outcome.state == State::complete);
        CHECK(outcome.request.body == "hello wide\r\nworl");
        CHECK(!outcome.request.headers.has("X-Role"));
        CHECK(outcome.used == bytes.size() - 3);
    }
}

TEST_CASE("the version decides whether the connection stays") {
    const auto stays = [](std::string_view version, std::string_view headers) {
        const auto outcome =
            read_in_steps("GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(headers) + "\r\n", 1000);
        REQUIRE(outcome.state == State::complete);
        return outcome.keeps_alive;
    };
    CHECK(stays("HTTP/1.1", ""));
    CHECK(!stays("HTTP/1.1", "Connection: x, Close\r\n"));
    CHECK(!stays("HTTP/1.0", ""));
    CHECK(stays("HTTP/1.0", "Connection: Keep-Alive\r\n"));
    CHECK(read_in_steps("GET / HTTP/1.0\r\n\r\n", 1000).state == State::complete);
}

TEST_CASE("what could smuggle a second request is refused") {
    const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto get = [](std::string_view headers) {
        return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n";
    };
    const auto chunks = [&](std::string_view coding) {
        return with_body(std::string(coding) + "\r\n", "0\r\n\r\n") + hidden;
    };
    const Smuggled table[] = {
        {"CL.TE", with_body("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG") + hidden},
        {"TE.CL", with_body("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5c\r\n" + hidden)},
        {"two lengths", with_body("Content-Length: 5\r\nContent-Length: 6\r\n", "hello") + hidden},
        {"the same length twice", with_body("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
        {"a list of lengths", with_body("Content-Length: 5, 5\r\n", "hello")},
        {"a list of different lengths", with_body("Content-Length: 5, 6\r\n", "hello")},
        {"signed", with_body("Content-Length: +5\r\n", "hello")},
        {"negative", with_body("Content-Length: -5\r\n", "hello")},
        {"hexadecimal", with_body("Content-Length: 0x5\r\n", "hello")},
        {"no length", with_body("Content-Length:\r\n", "hello")},
        {"within quotes", with_body("Content-Length: \"5\"\r\n", "hello")},
        {"fraction", with_body("Content-Length: 5.0\r\n", "hello")},
        {"huge", with_body("Content-Length: 99999999999999999999\r\n", "hello")},
        {"longer than 64 bits", with_body("Content-Length: 18446744073709551621\r\n", "hello")},
        {"a blank before the colon", with_body("Content-Length : 5\r\n", "hello")},
        {"a tab before the colon", with_body("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n")},
        {"folded", with_body("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
        {"folded with a tab", with_body("X: a\r\n\tContent-Length: 5\r\n", "hello")},
        {"first line folded", "GET / HTTP/1.1\r\n Host: b\r\nHost: a\r\n\r\n"},
        {"bare LF", "POST / HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\nhello"},
        {"bare LF ends the head", "GET / HTTP/1.1\r\nHost: a\n\n"},
        {"only LF", "GET / HTTP/1.1\nHost: a\n\n"},
        {"bare CR", with_body("X: a\rContent-Length: 5\r\n", "hello")},
        {"CR CR LF", with_body("X: a\r\r\n", "")},
        {"NUL in a name", with_body(std::string_view("Content\0-Length: 5\r\n", 20), "hello")},
        {"NUL in a value", get(std::string_view("X: a\0b\r\n", 8))},
        {"a vertical tab before the coding", chunks("Transfer-Encoding: \x0b"
                                                    "chunked")},
        {"a vertical tab behind it", chunks("Transfer-Encoding: chunked\x0b")},
        {"a name that is none", get("X[]: a\r\n")},
        {"no name", get(": a\r\n")},
        {"no colon", get("Content-Length 5\r\n")},
        {"two codings", chunks("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")},
        {"two codings, the other way", chunks("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked")},
        {"chunked twice", chunks("Transfer-Encoding: chunked, chunked"), 501},
        {"gzip, chunked", chunks("Transfer-Encoding: gzip, chunked"), 501},
        {"chunked, gzip", chunks("Transfer-Encoding: chunked, gzip"), 501},
        {"xchunked", chunks("Transfer-Encoding: xchunked"), 501},
        {"identity", chunks("Transfer-Encoding: identity"), 501},
        {"no coding", chunks("Transfer-Encoding:"), 501},
        {"chunked with a parameter", chunks("Transfer-Encoding: chunked;q=1"), 501},
        {"a comma", chunks("Transfer-Encoding: ,chunked"), 501},
        {"within quotes", chunks("Transfer-Encoding: \"chunked\""), 501},
        {"HTTP/1.0 with chunks", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"two hosts", get("Host: b\r\n")},
        {"no host", "GET / HTTP/1.1\r\n\r\n"},
        {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {"a host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {"a host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"},
        {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a control character in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"no version", "GET /\r\nHost: a\r\n\r\n"},
        {"small letters", "GET / http/1.1\r\nHost: a\r\n\r\n"},
        {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {"another version", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
        {"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"a method that is no token", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
        {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        {"another expectation", get("Expect: miracle\r\n"), 417},
        {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)},
        {"empty lines only", "\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n"},
        {"chunk: no number", with_body("Transfer-Encoding: chunked\r\n", "x\r\n") + hidden},
        {"chunk: no size", with_body("Transfer-Encoding: chunked\r\n", "\r\n\r\n") + hidden},
        {"chunk: signed", with_body("Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n")},
        {"chunk: 0x", with_body("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n")},
        {"chunk: a blank before", with_body("Transfer-Encoding: chunked\r\n", " 5\r\nhello\r\n0\r\n\r\n")},
        {"chunk: bare LF", with_body("Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n")},
        {"chunk: too short", with_body("Transfer-Encoding: chunked\r\n", "6\r\nhello\r\n0\r\n\r\n")},
        {"chunk: too long", with_body("Transfer-Encoding: chunked\r\n", "4\r\nhello\r\n0\r\n\r\n")},
        {"chunk: longer than 64 bits", with_body("Transfer-Encoding: chunked\r\n", "10000000000000005\r\nhello\r\n")},
        {"chunk: almost 64 bits", with_body("Transfer-Encoding: chunked\r\n", "fffffffffffffffb\r\nhello\r\n"), 413},
        {"chunk: an extension that is none", with_body("Transfer-Encoding: chunked\r\n", "5;\x01\r\nhello\r\n")},
        {"chunk: a CR in an extension", with_body("Transfer-Encoding: chunked\r\n", "5;a\rb\r\nhello\r\n")},
        {"chunk: a length in the trailers",
         with_body("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 9\r\n\r\n")},
        {"chunk: a host in the trailers", with_body("Transfer-Encoding: chunked\r\n", "0\r\nHost: b\r\n\r\n")},
        {"chunk: trailers that are none", with_body("Transfer-Encoding: chunked\r\n", "0\r\nX : 9\r\n\r\n")},
    };
    for (const auto& each : table) {
        for (const std::size_t step : {1u, 1000u}) {
            CAPTURE(each.what);
            CAPTURE(step);
            const auto outcome = read_in_steps(each.bytes, step);
            CHECK(outcome.state == State::refused);
            const bool is_unusual = outcome.status == each.status || outcome.status == 505 || outcome.status == 413;
            CHECK_MESSAGE(is_unusual, outcome.status);
        }
    }
}

TEST_CASE("what is too much is refused while it comes") {
    const auto status_of = [](const std::string& bytes) {
        const auto outcome = read_in_steps(bytes, 100);
        CHECK(outcome.state == State::refused);
        return outcome.status;
    };
    CHECK(status_of("GET /" + std::string(700, 'a')) == 414);
    CHECK(status_of("GET /" + std::string(700, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n") == 414);
    CHECK(status_of("GET / HTTP/1.1\r\nX: " + std::string(2000, 'a')) == 431);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1970, 'a') + "\r\n\r\n") == 431);
    std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (int i = 0; i < 10; ++i) many += "X: a\r\n";
    CHECK(status_of(many + "\r\n") == 431);
    CHECK(status_of(with_body("Content-Length: 1001\r\n", "")) == 413);
    CHECK(status_of(with_body("Transfer-Encoding: chunked\r\n", "3e9\r\n")) == 413);
    const auto thousand = with_body("Transfer-Encoding: chunked\r\n", "3e8\r\n" + std::string(1000, 'a') + "\r\n");
    CHECK(read_in_steps(thousand + "0\r\n\r\n", 100).state == State::complete);
    CHECK(status_of(thousand + "1\r\na") == 413);
    CHECK(status_of(with_body("Transfer-Encoding: chunked\r\n", "1;" + std::string(20'000, 'a'))) == 400);
    std::string extended = with_body("Transfer-Encoding: chunked\r\n", "");
    for (int i = 0; i < 20; ++i) extended += "1;x=" + std::string(1000, 'a') + "\r\na\r\n";
    CHECK(status_of(extended) == 400);
    std::string trailers = with_body("Transfer-Encoding: chunked\r\n", "0\r\n");
    for (int i = 0; i < 2000; ++i) trailers += "X-Trailer: a\r\n";
    CHECK(status_of(trailers) == 400);
}

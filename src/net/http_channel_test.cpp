// SPDX-License-Identifier: MIT
#include "net/http_channel.h"
#include "support/http_double.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using mf::testing::DoubleReply;
using mf::testing::DoubleRequest;
using mf::testing::HttpDouble;

TEST_CASE("a body goes into the sink when the request was a success, and a refusal into the reply") {
    const std::string large(3 << 20, 'x');
    HttpDouble server([&](const DoubleRequest& request) {
        return request.target == "/large" ? DoubleReply{.body = large} : DoubleReply{.status = 404, .body = "not here"};
    });
    CurlChannel channel("the server");
    std::size_t got = 0;
    const auto count = [&](std::string_view piece) { return got += piece.size(), true; };
    // More than the reply itself might have.
    const auto reply = channel.send({.url = server.url() + "/large", .most_bytes = 10}, HttpChannel::Send::once, count);
    REQUIRE(reply);
    CHECK(got == large.size());
    CHECK(reply->body.empty());
    const auto refused = channel.send({.url = server.url() + "/none"}, HttpChannel::Send::once, count);
    REQUIRE(refused);
    CHECK(refused->body == "not here");
    CHECK(got == large.size());
    bool once = false;
    const auto enough = channel.send({.url = server.url() + "/large"}, HttpChannel::Send::once, [&](std::string_view) {
        CHECK_FALSE(once);
        once = true;
        return false;
    });
    CHECK(enough);
    CHECK_FALSE(channel.was_lost());
}

TEST_CASE("a connection is kept, and another one made where a request must not be sent twice") {
    HttpDouble server([](const DoubleRequest&) { return DoubleReply{.body = "here"}; });
    CurlChannel channel("the server");
    for (int i = 0; i < 3; ++i) CHECK(channel.send({.url = server.url()}, HttpChannel::Send::again_if_dead));
    CHECK(server.connections() == 1);
    CHECK(channel.send({.url = server.url()}, HttpChannel::Send::once));
    CHECK(server.connections() == 2);
}

TEST_CASE("a broken connection is told from none") {
    HttpDouble server([](const DoubleRequest& request) {
        return request.target == "/half" ? DoubleReply{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}
                                         : DoubleReply{.raw = " "};
    });
    CurlChannel channel("the server");
    const auto half = channel.send({.url = server.url() + "/half"}, HttpChannel::Send::once);
    REQUIRE_FALSE(half);
    CHECK(channel.was_lost());
    CHECK(half.error().message ==
          "the server cannot be reached: the connection was closed before the answer was complete.");
    const mf::testing::DeafPort deaf;
    CHECK_FALSE(
        channel.send({.url = fmt::format("http://127.0.0.1:{}", deaf.port())}, HttpChannel::Send::again_if_dead));
    CHECK_FALSE(channel.was_lost());
    CurlChannel socket("unix:/nowhere", "/nowhere/web.sock");
    CHECK_FALSE(socket.send({.url = server.url()}, HttpChannel::Send::again_if_dead));
    CHECK_FALSE(socket.was_lost());
    CHECK(server.requests().size() == 1);
}

// SPDX-License-Identifier: MIT
#include "provider/remote_calls.h"
#include "support/fake_http.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

TEST_CASE("all requests together have one time limit") {
    FakeHttp http(HttpReply{.status = 200});
    std::stop_source stop;
    ProviderContext context{.http = http, .now = {}, .time_limit = 3s, .stop = stop.get_token()};
    RemoteCalls calls(context);
    CHECK(calls.send({.url = "http://a", .timeout = 1h}));
    CHECK(http.requests.at(0).timeout <= 3s);
    CHECK(http.requests.at(0).timeout > 0s);
    CHECK(http.requests.at(0).stop == stop.get_token());
    CHECK(RemoteCalls(context, 1s).left() <= 1s);

    context.time_limit = 0ms;
    RemoteCalls late(context);
    const auto reply = late.send({.url = "http://a"});
    REQUIRE(!reply);
    CHECK(reply.error().code == ErrorCode::unavailable);
    CHECK(late.reach({.host = "a", .port = 1}).error().code == ErrorCode::unavailable);
    CHECK(http.requests.size() == 1);
    CHECK(http.targets.empty());
}

TEST_CASE("members of nested objects") {
    const auto document = *parse_json(R"({"a":{"b":"c","d":1}})");
    CHECK(text_member(document, {"a", "b"}) == "c");
    CHECK(text_member(document, {"a", "d"}).empty());
    CHECK(text_member(document, {"a", "b", "c"}).empty());
    CHECK(member_of(document, {"x"}) == nullptr);
    CHECK(*member_of(document, {"a", "d"}) == 1);
}

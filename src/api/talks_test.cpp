// SPDX-License-Identifier: MIT
#include "net/server/server.h"
#include "service/talk_limit.h"
#include "support/api_desk.h"

#include <doctest/doctest.h>
#include <atomic>
#include <future>

using namespace mf;
using testing::ApiDesk;
using testing::must;

TEST_CASE("machines that never answer keep nobody else waiting") {
    ApiDesk desk;
    std::promise<void> asked, over;
    const auto ended = over.get_future().share();
    std::atomic_flag was_asked;
    auto operations = desk.operations;
    std::ranges::find(operations, "event-source:test", &Operation::name)->talk =
        [&](Call&, const json::object&) -> Result<Talk> {
        return Talk([&](Outside&) -> json::value {
            if (!was_asked.test_and_set()) asked.set_value();
            ended.wait();
            return {{"reachable", false}, {"readable", false}, {"message", "Nobody answers."}};
        });
    };
    const http::ServerOptions options{.listen = {{.host = "127.0.0.1"}}, .worker_threads = 2};
    operations = with_limited_talks(std::move(operations), TalkLimit::of(http::number_of_workers(options) / 2));
    const ApiContext context{.database = desk.database,
                             .vault = desk.vault,
                             .http = desk.http,
                             .sign_in = desk.sign_in,
                             .clock = desk.clock,
                             .operations = operations,
                             .zone = "UTC"};
    RestApi api(context);
    http::Server server(options, [&](const http::Request& request) { return api.handle(request); });
    REQUIRE(server.start());
    CurlClient client;
    const auto ask = [&](std::string method, std::string_view path) {
        HttpRequest request{.method = std::move(method),
                            .url = fmt::format("http://127.0.0.1:{}/api/v1{}", server.ports().at(0), path)};
        for (const auto& [name, value] : desk.as_admin()) request.headers.emplace_back(name, value);
        return client.send(request);
    };
    const auto test = fmt::format("/event-sources/{}/test", desk.acme.event_source);
    auto first = std::async(std::launch::async, [&] { return ask("POST", test); });
    asked.get_future().wait();
    const auto second = ask("POST", test);
    const auto other = ask("GET", "/companies");
    over.set_value();
    CHECK(must(first.get()).status == 200);
    CHECK(must(second).status == 429);
    CHECK(must(second).header("Retry-After") == "5");
    CHECK(must(second).header("Content-Type") == "application/problem+json");
    CHECK(must(other).status == 200);
    CHECK(must(ask("POST", test)).status == 200);
}

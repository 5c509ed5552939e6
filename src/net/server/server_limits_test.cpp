// SPDX-License-Identifier: MIT
#include "net/server/server.h"

#include "net/server/server_test.h"
#include "support/raw_client.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <future>

using namespace mf;
using namespace mf::http;
using namespace mf::http::testing_server;
using namespace std::chrono_literals;
using testing::RawClient;
using testing::wait_for;

TEST_CASE("limits of head and body, and who sets another one") {
    auto options = loopback_options();
    options.limits.head_bytes = 1000;
    options.limits.body_bytes = 100;
    options.body_limit = [](const Request& request) { return request.path == "/upload" ? 200'000u : 100u; };
    options.refusal = [](int status, std::string_view sentence) {
        return response(status, "application/json", "{\"message\":\"" + std::string(sentence) + "\"}");
    };
    RunningServer running(options, [](const Request& request) {
        return response(200, "text/plain", std::to_string(request.body.size()));
    });
    const auto post = [&](std::string_view path, std::size_t size) {
        RawClient client(running.port());
        return client.ask("POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                          std::to_string(size) + "\r\n\r\n" + std::string(size, 'a'));
    };
    CHECK(post("/", 100).body == "100");
    CHECK(post("/", 101).status == 413);
    CHECK(post("/upload", 200'000).body == "200000");
    // The client hears the answer although it is not done with sending.
    const auto refused = post("/upload", 900'000);
    CHECK(refused.status == 413);
    CHECK(refused.header("content-type") == "application/json");
    CHECK(refused.body.starts_with("{\"message\":\"The body"));
    RawClient client(running.port());
    CHECK(client.ask(get_of("/", "X: " + std::string(1000, 'a') + "\r\n")).status == 431);
}

TEST_CASE("when all workers are busy and enough wait, others hear so") {
    Gate gate;
    auto options = loopback_options();
    options.worker_threads = 1;
    options.limits.waiting_requests = 1;
    RunningServer running(options, [&](const Request&) {
        gate.pass();
        return response(200, "text/plain", "");
    });
    RawClient working(running.port()), waiting(running.port()), refused(running.port());
    working.send(get_root);
    gate.wait_for_waiting(1);
    // Whichever of the two comes first waits.
    waiting.send(get_root);
    refused.send(get_root);
    RawClient* first = nullptr;
    wait_for([&] {
        for (RawClient* each : {&waiting, &refused}) {
            char byte = 0;
            if (::recv(each->descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0) first = each;
        }
        return first != nullptr;
    });
    const auto answer = first->answer();
    CHECK(answer.status == 503);
    CHECK(answer.header("retry-after") == "1");
    gate.open();
    CHECK(working.answer().status == 200);
    CHECK((first == &waiting ? refused : waiting).answer().status == 200);
    CHECK(first->ask(get_root).status == 200);
}

TEST_CASE("connections are counted, of one address and all together") {
    auto options = loopback_options();
    int status = 429;
    SUBCASE("of one address") { options.limits.connections_per_address = 2; }
    SUBCASE("all") {
        options.limits.connections = 2;
        status = 503;
    }
    SUBCASE("not those of a proxy") {
        options.limits.connections_per_address = 2;
        options.trusted_proxies = *AddressRanges::read("127.0.0.0/8");
        status = 200;
    }
    RunningServer running(options, say_path);
    auto one = std::make_unique<RawClient>(running.port());
    RawClient other(running.port());
    CHECK(one->ask(get_root).status == 200);
    CHECK(other.ask(get_root).status == 200);
    {
        RawClient third(running.port());
        CHECK(third.ask(get_root).status == status);
    }
    one.reset();
    wait_for([&] { return running.server.connections() == 1; });
    RawClient fourth(running.port());
    CHECK(fourth.ask(get_root).status == 200);
}

TEST_CASE("time limits hold on real connections") {
    auto options = loopback_options();
    options.limits.head_time = 30ms;
    options.limits.idle_time = 30ms;
    options.limits.progress_time = 30ms;
    RunningServer running(options, say_path);
    RawClient silent(running.port()), slow(running.port()), slow_body(running.port()), idle(running.port());
    slow.send("GET / HT");
    slow_body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello");
    CHECK(idle.ask(get_root).status == 200);
    CHECK(silent.rest().empty());
    CHECK(slow.answer().status == 408);
    CHECK(slow_body.answer().status == 408);
    CHECK(idle.rest().empty());
    wait_for([&] { return running.server.connections() <= 2; });  // those that were refused may linger
}

TEST_CASE("draining lets requests in flight end and takes no new connections") {
    Gate gate;
    RunningServer running(loopback_options(), [&](const Request& request) {
        if (request.path == "/slow") gate.pass();
        return response(200, "text/plain", request.path);
    });
    RawClient busy(running.port()), idle(running.port());
    CHECK(idle.ask(get_root).status == 200);
    busy.send(get_of("/slow"));
    gate.wait_for_waiting(1);
    auto drained = std::async(std::launch::async, [&] { running.server.drain(60s); });
    CHECK(idle.rest().empty());
    CHECK_THROWS(RawClient(running.port()));
    gate.open();
    const auto answer = busy.answer();
    CHECK(answer.body == "/slow");
    CHECK(answer.header("connection") == "close");
    CHECK(busy.rest().empty());
    busy.close();
    drained.get();
    CHECK(running.server.connections() == 0);
}

TEST_CASE("draining ends at its deadline") {
    Gate gate;
    RunningServer running(loopback_options(), [&](const Request&) {
        gate.pass();
        return response(200, "text/plain", "");
    });
    RawClient busy(running.port());
    busy.send(get_root);
    gate.wait_for_waiting(1);
    running.server.drain(1ms);
    CHECK(running.server.connections() == 0);
    CHECK(busy.rest().empty());
    gate.open();
}

// SPDX-License-Identifier: MIT
#include "net/server/server.h"
#include "net/server/server_test.h"
#include "support/raw_client.h"

#include <doctest/doctest.h>
#include <atomic>
#include <future>

using namespace mf;
using namespace mf::http;
using namespace mf::http::testing_server;
using namespace std::chrono_literals;
using testing::RawClient;
using testing::wait_for;

namespace {

constexpr std::string_view get_events = "GET /events HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n";

/// Makes everybody a viewer of "all".
Handler join_hub(EventHub& hub, std::atomic<int>* gone = nullptr, std::size_t most_queued = 256 * 1024) {
    return [&hub, gone, most_queued](const Request&) {
        const auto stream = std::make_shared<EventStream>(most_queued);
        if (gone) stream->when_gone([gone] { ++*gone; });
        hub.join("all", stream);
        Response answer;
        answer.events = stream;
        return answer;
    };
}

}  // namespace

TEST_CASE("thousands of viewers get an event") {
    const auto limit = raise_descriptor_limit();
    const std::size_t number = std::min<std::size_t>(2000, static_cast<std::size_t>(limit.now) / 2 - 100);
    EventHub hub;
    std::atomic<int> gone = 0;
    auto options = loopback_options();
    options.limits.connections_per_address = number;
    std::vector<std::unique_ptr<RawClient>> viewers;
    {
        RunningServer running(options, join_hub(hub, &gone));
        for (std::size_t i = 0; i < number; ++i) {
            viewers.push_back(std::make_unique<RawClient>(running.port()));
            viewers.back()->send(get_events);
        }
        for (const auto& viewer : viewers) REQUIRE(viewer->until("\r\n\r\n").find(" 200 ") != std::string::npos);
        CHECK(running.server.viewers() == number);
        CHECK(hub.publish("all", format_event("1", "job", "started")) == number);
        for (const auto& viewer : viewers) REQUIRE(viewer->until("\n\n") == "id: 1\nevent: job\ndata: started\n\n");
        for (std::size_t i = 0; i < number / 2; ++i) viewers[i]->close();
        wait_for([&] { return hub.viewers("all") == number - number / 2; });
        CHECK(hub.publish("all", "data: 2\n\n") == number - number / 2);
        CHECK(viewers.back()->until("\n\n") == "data: 2\n\n");
    }
    CHECK(gone == static_cast<int>(number));
    CHECK(viewers.back()->rest().empty());
}

TEST_CASE("a viewer who does not read is sent away, the others are not") {
    EventHub hub;
    std::atomic<int> gone = 0;
    RunningServer running(loopback_options(), join_hub(hub, &gone, 100'000));
    RawClient reading(running.port()), sleeping(running.port());
    for (RawClient* each : {&reading, &sleeping}) {
        each->send(get_events);
        each->until("\r\n\r\n");
    }
    const std::string event = "data: " + std::string(50'000, 'e') + "\n\n";
    // What the kernel holds for the sleeping one is unknown, but bounded.
    for (int i = 0; i < 10'000 && gone == 0; ++i) {
        hub.publish("all", event);
        const bool is_event = reading.until("\n\n") == event;
        REQUIRE(is_event);
    }
    wait_for([&] { return gone == 1; });
    CHECK(hub.publish("all", event) == 1);
    const bool goes_on = reading.until("\n\n") == event;
    CHECK(goes_on);
    CHECK(sleeping.rest().size() < 10'000u * event.size());
}

TEST_CASE("viewers hear that the connection lives, and that the server stops") {
    EventHub hub;
    auto options = loopback_options();
    options.heartbeat = 20ms;
    RunningServer running(options, join_hub(hub));
    RawClient viewer(running.port());
    viewer.send(get_events);
    const auto head = viewer.until("\r\n\r\n");
    CHECK(head.find("text/event-stream") != std::string::npos);
    CHECK(head.find("gzip") == std::string::npos);
    CHECK(viewer.until("\n\n") == ":\n\n");
    CHECK(viewer.until("\n\n") == ":\n\n");
    auto drained = std::async(std::launch::async, [&] { running.server.drain(60s); });
    const auto rest = viewer.rest();
    CHECK(rest.ends_with(options.events_goodbye));
    viewer.close();
    drained.get();
    CHECK(hub.viewers("all") == 0);
}

TEST_CASE("events are put in by many threads while viewers come and go") {
    EventHub hub;
    auto options = loopback_options();
    RunningServer running(options, join_hub(hub));
    std::atomic<bool> ends = false;
    std::vector<std::thread> senders;
    for (int i = 0; i < 2; ++i)
        senders.emplace_back([&] {
            while (!ends) hub.publish("all", "data: x\n\n");
        });
    for (int i = 0; i < 50; ++i) {
        RawClient viewer(running.port());
        viewer.send(get_events);
        CHECK(viewer.until("data: x\n\n").ends_with("data: x\n\n"));
    }
    RawClient viewer(running.port());
    viewer.send(get_events);
    viewer.until("data: x\n\n");
    running.server.drain(1ms);
    ends = true;
    for (auto& sender : senders) sender.join();
    CHECK(running.server.viewers() == 0);
}

// SPDX-License-Identifier: MIT
#include "net/server/event_stream.h"

#include <doctest/doctest.h>

using namespace mf::http;

TEST_CASE("events are written so that each line is read back") {
    CHECK(format_event("7", "log", "one\ntwo\r\nthree\rfour") ==
          "id: 7\nevent: log\ndata: one\ndata: two\ndata: three\ndata: four\n\n");
    CHECK(format_event("", "", "") == "data: \n\n");
    CHECK(format_event("1\n2", "a\r\nb", "x\n") == "id: 12\nevent: ab\ndata: x\ndata: \n\n");
}

TEST_CASE("a stream wakes the server once until it has looked") {
    EventStream stream(10);
    int woken = 0;
    stream.attach([&] { ++woken; });
    CHECK(stream.send("12345"));
    CHECK(stream.send("67890"));
    CHECK(woken == 1);
    std::string text;
    CHECK(stream.take(text, 3) == EventStream::Rest::open);
    CHECK(text == "12345");
    CHECK(stream.take(text, 100) == EventStream::Rest::open);
    CHECK(text == "1234567890");
    CHECK(stream.send("x"));
    CHECK(woken == 2);
    CHECK(!stream.send("0123456789"));
    CHECK(!stream.is_open());
    CHECK(stream.take(text, 100) == EventStream::Rest::overrun);
}

TEST_CASE("who has gone is told once") {
    EventStream stream;
    int gone = 0;
    stream.when_gone([&] { ++gone; });
    stream.detach();
    stream.detach();
    CHECK(gone == 1);
    stream.when_gone([&] { ++gone; });
    CHECK(gone == 2);
    CHECK(!stream.send("x"));
}

TEST_CASE("a hub forgets those who have gone") {
    EventHub hub;
    const auto here = std::make_shared<EventStream>();
    const auto leaving = std::make_shared<EventStream>();
    hub.join("job 7", here);
    hub.join("job 7", leaving);
    CHECK(hub.viewers("job 7") == 2);
    CHECK(hub.publish("job 7", "data: 1\n\n") == 2);
    leaving->detach();
    CHECK(hub.viewers("job 7") == 1);
    CHECK(hub.publish("job 7", "data: 2\n\n") == 1);
    CHECK(hub.publish("job 8", "data: 2\n\n") == 0);
    CHECK(leaving.use_count() == 1);
    std::string text;
    here->take(text, 1000);
    CHECK(text == "data: 1\n\ndata: 2\n\n");
    // Without anything being published.
    for (int i = 0; i < 1000; ++i) {
        const auto short_stay = std::make_shared<EventStream>();
        hub.join("job 9", short_stay);
        short_stay->detach();
    }
    const auto last = std::make_shared<EventStream>();
    hub.join("job 9", last);
    CHECK(hub.viewers("job 9") == 1);
    hub.end_all();
    CHECK(!last->is_open());
    CHECK(hub.viewers("job 7") == 0);
}

// SPDX-License-Identifier: MIT
#include "base/attachment.h"

#include <doctest/doctest.h>
#include <atomic>
#include <future>
#include <thread>

using namespace mf;

TEST_CASE("callbacks reach an object until it detaches itself") {
    int calls = 0;
    Attachment<int> link(calls);
    CHECK(link.reach([](int& value) { ++value; }));
    link.detach();
    CHECK_FALSE(link.reach([](int& value) { ++value; }));
    CHECK(calls == 1);
}

TEST_CASE("an object does not go while a callback is with it") {
    std::atomic<bool> alive = true;
    Attachment<std::atomic<bool>> link(alive);
    std::promise<void> inside, go_on;
    bool was_alive = false;
    std::jthread callback([&] {
        link.reach([&](std::atomic<bool>& object) {
            inside.set_value();
            go_on.get_future().wait();
            was_alive = object;
        });
    });
    inside.get_future().wait();
    std::promise<void> leaving;
    std::jthread owner([&] {
        leaving.set_value();
        link.detach();
        alive = false;
    });
    leaving.get_future().wait();
    // Gives the owner every chance to go too early.
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    go_on.set_value();
    callback.join();
    owner.join();
    CHECK(was_alive);
    CHECK_FALSE(link.reach([](auto&) {}));
}

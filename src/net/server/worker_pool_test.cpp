// SPDX-License-Identifier: MIT
#include "net/server/worker_pool.h"

#include <doctest/doctest.h>
#include <functional>
#include <latch>

using namespace mf;

namespace {

class Function final : public http::Work {
public:
    explicit Function(std::function<void()> f) : f_(std::move(f)) {}
    void run() override { f_(); }

private:
    const std::function<void()> f_;
};

}  // namespace

TEST_CASE("as much work is done at once as there are threads, however quickly it comes") {
    constexpr int threads = 8;
    for (int round = 0; round < 200; ++round) {
        // Each waits for all the others: it would not end if one of the threads stayed asleep.
        std::latch all(threads), done(threads);
        http::WorkerPool pool(threads, 100);
        for (int i = 0; i < threads; ++i)
            pool.add(std::make_unique<Function>([&] {
                all.arrive_and_wait();
                done.count_down();
            }));
        done.wait();
    }
}

TEST_CASE("work beyond what may wait is refused, and no other is") {
    std::latch begun(1), end(1), done(3);
    http::WorkerPool pool(1, 2);
    REQUIRE(pool.try_add(std::make_unique<Function>([&] {
        begun.count_down();
        end.wait();
        done.count_down();
    })));
    begun.wait();
    const auto quick = [&] { return std::make_unique<Function>([&] { done.count_down(); }); };
    CHECK(pool.try_add(quick()));
    CHECK(pool.try_add(quick()));
    CHECK_FALSE(pool.try_add(quick()));
    end.count_down();
    done.wait();
}

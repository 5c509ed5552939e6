// SPDX-License-Identifier: MIT
#include "service/change_order.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <set>

using namespace mf;
using namespace std::chrono_literals;

namespace {

using Ids = std::vector<std::int64_t>;

/// A table that others write: ids are given in order, and are seen, or never come, in another one.
struct MadeUpTable {
    std::set<std::int64_t> seen, voids;
    ChangeOrder order{0};
    ChangeOrder::Time now{};

    std::vector<JobChange> rows(std::size_t most = 1000) const {
        std::vector<JobChange> out;
        for (auto id = seen.upper_bound(order.settled()); id != seen.end() && out.size() < most; ++id)
            out.push_back({.id = *id,
                           .company = {},
                           .job = {},
                           .run_template = {},
                           .kind = voids.contains(*id) ? JobChangeKind::nothing : JobChangeKind::started,
                           .exitcode = {}});
        return out;
    }
    ChangeOrder::Step take(std::size_t most = 1000) { return order.take(rows(most), now); }
    Ids told() {
        Ids out;
        for (const auto& change : take().settled) out.push_back(change.id);
        return out;
    }
};

}  // namespace

TEST_CASE("changes are told in the order of their ids, and a late one is waited for") {
    MadeUpTable table;
    table.seen = {1, 2};
    CHECK(table.told() == Ids{1, 2});
    table.seen.insert({4, 5, 7});
    CHECK(table.told().empty());
    table.now += 900ms;
    CHECK(table.take().overdue.empty());
    table.seen.insert(3);
    CHECK(table.told() == Ids{3, 4, 5});
    SUBCASE("one that never comes is overdue after a second, counted from when it was first missed") {
        table.now += 99ms;
        CHECK(table.take().overdue.empty());
        table.now += 1ms;
        CHECK(table.take().overdue == Ids{6});
        table.seen.insert(6);
        table.voids.insert(6);
        CHECK(table.told() == Ids{7});
        CHECK(table.order.settled() == 7);
    }
    SUBCASE("a hole that is filled in its middle is two of the same age") {
        table.seen.insert(20);
        table.take();
        table.now += 500ms;
        table.seen.insert(14);
        table.take();
        table.now += 500ms;
        CHECK(table.take().overdue == Ids{6, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19});
    }
}

TEST_CASE("a hole that nobody can fill is passed over when no transaction is as old") {
    MadeUpTable table;
    table.seen = {1, 2'000'000'000};
    CHECK(table.told() == Ids{1});
    table.now += 59s;
    CHECK(table.take().overdue.empty());
    CHECK(table.told().empty());
    table.now += 1s;
    CHECK(table.told() == Ids{2'000'000'000});
}

TEST_CASE("a large hole is passed over as soon as it is known that nothing comes any more, and not before") {
    MadeUpTable table;
    table.seen = {1, 50'000, 50'002};
    CHECK(table.told() == Ids{1});
    table.now += 999ms;
    CHECK_FALSE(table.take().overdue_jump);
    table.now += 1ms;
    const auto step = table.take();
    CHECK(step.overdue_jump == 49'999);
    CHECK(step.overdue == Ids{50'001});
    // One was late; whoever has looked sees it.
    table.seen.insert(777);
    table.order.nothing_comes_until(49'999);
    CHECK(table.told() == Ids{777, 50'000});
    table.seen.insert(50'001);
    CHECK(table.told() == Ids{50'001, 50'002});
}

TEST_CASE("however late changes come, each is told once and in order") {
    CHECK(rc::check([] {
        MadeUpTable table;
        std::set<std::int64_t> open;
        std::int64_t newest = 0;
        Ids told, expected;
        const auto look = [&](std::size_t most) {
            const auto step = table.take(most);
            for (const auto& change : step.settled) told.push_back(change.id);
            for (const auto id : step.overdue) {
                // As with the database: whoever has it open is waited for.
                if (open.erase(id) > 0) {
                    if (*rc::gen::arbitrary<bool>())
                        expected.push_back(id);
                    else
                        table.voids.insert(id);
                } else if (!table.seen.contains(id)) {
                    table.voids.insert(id);
                }
                table.seen.insert(id);
            }
        };
        for (int step = *rc::gen::inRange(1, 60); step > 0; --step) {
            switch (*rc::gen::inRange(0, 5)) {
                case 0:
                case 1: open.insert(++newest); break;
                case 2:
                    if (!open.empty()) {
                        const auto id = *rc::gen::elementOf(open);
                        open.erase(id);
                        if (*rc::gen::inRange(0, 4) == 0) break;  // rolled back
                        table.seen.insert(id);
                        expected.push_back(id);
                    }
                    break;
                case 3: table.now += std::chrono::milliseconds(*rc::gen::inRange(0, 800)); break;
                default: look(*rc::gen::inRange<std::size_t>(1, 6)); break;
            }
        }
        for (const auto id : open) {
            table.seen.insert(id);
            expected.push_back(id);
        }
        open.clear();
        for (int i = 0; i < 200; ++i) {
            look(1000);
            table.now += 1s;
        }
        std::ranges::sort(expected);
        RC_ASSERT(told == expected);
    }));
}

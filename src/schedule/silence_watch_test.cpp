// SPDX-License-Identifier: MIT
#include "schedule/silence_watch.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp noon{12h};

JobHolder node(std::string name, Timestamp seen, std::chrono::milliseconds lease = 120s) {
    return {.node = std::move(name), .incarnation = 1, .seen_at = seen, .lease_until = seen + lease, .host = "web"};
}

/// Looks every 20 seconds, as often as wanted; returns when the first node was told.
std::optional<std::chrono::milliseconds> told_after(SilenceWatch& watch, std::chrono::milliseconds begin,
                                                    const std::function<JobHolder(std::chrono::milliseconds)>& found,
                                                    int looks = 20) {
    for (int i = 0; i < looks; ++i)
        if (!watch.look({found(i * 20s)}, begin + i * 20s).empty()) return i * 20s;
    return std::nullopt;
}

}  // namespace

TEST_CASE("a node is silent when it was watched, unchanged, for the length of its lease") {
    SilenceWatch watch(60s);
    const auto same = [](auto) { return node("a", noon); };
    CHECK(told_after(watch, 1000s, same) == 120s);
    SUBCASE("it is told again and again") { CHECK(watch.look({same(0s)}, 1140s).size() == 1); }
    SUBCASE("a heart-beat begins anew") {
        CHECK(watch.look({node("a", noon + 1s)}, 1140s).empty());
        CHECK(told_after(watch, 1160s, [](auto) { return node("a", noon + 1s); }) == 100s);
    }
    SUBCASE("so does another server of the name") {
        auto other = node("a", noon);
        other.incarnation = 2;
        CHECK(watch.look({other}, 1140s).empty());
    }
    SUBCASE("one that had no jobs for a moment is watched anew") {
        CHECK(watch.look({}, 1140s).empty());
        CHECK(watch.look({same(0s)}, 1160s).empty());
    }
}

TEST_CASE("a node that renews its lease is never silent") {
    SilenceWatch watch(60s);
    CHECK_FALSE(told_after(watch, 0s, [](auto passed) { return node("a", noon + passed); }));
}

TEST_CASE("what a short lease means is not taken from another machine") {
    SilenceWatch watch(60s);
    CHECK(told_after(watch, 0s, [](auto) { return node("a", noon, 2s); }) == 60s);
}

TEST_CASE("jobs of a node that is not known are watched for as long as our own lease") {
    SilenceWatch watch(60s);
    CHECK(told_after(watch, 0s, [](auto) { return JobHolder{.node = "a", .known = false}; }) == 60s);
}

TEST_CASE("an outage of the database, or of this machine, is nobody's silence") {
    SilenceWatch watch(60s);
    for (auto passed = 0s; passed < 120s; passed += 20s) CHECK(watch.look({node("a", noon)}, passed).empty());
    SUBCASE("the database could not be asked") { watch.interrupt(); }
    SUBCASE("nobody looked for a while") {
        CHECK(watch.look({node("a", noon)}, 130s + 100s).empty());
        return;
    }
    CHECK(watch.look({node("a", noon)}, 120s).empty());
    CHECK(told_after(watch, 140s, [](auto) { return node("a", noon); }) == 100s);
}

// SPDX-License-Identifier: MIT
#include "domain/fair_share.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;
using namespace std::chrono_literals;

namespace {

constexpr Timestamp moment_of_claim{1'000'000ms};

/// Plays the queue: lanes with the moments since when their jobs have been due.
struct Play {
    std::vector<DueLane> lanes;
    std::vector<std::vector<Timestamp>> jobs;  ///< of each lane, the oldest first
    RunningJobs running;
    std::vector<std::size_t> taken;  ///< lanes, in the order of taking

    void add(std::int64_t company, std::int64_t application, std::vector<int> due,
             std::optional<std::int64_t> limit = {}, std::optional<std::int64_t> application_limit = {}) {
        auto& times = jobs.emplace_back();
        for (const int at : due) times.push_back(Timestamp{std::chrono::milliseconds{at}});
        lanes.push_back({.id = std::ssize(lanes) + 1,
                         .company = company,
                         .application = application,
                         .oldest = times.front(),
                         .company_limit = limit,
                         .application_limit = application_limit});
    }
    /// How many jobs of each company were taken.
    std::map<std::int64_t, std::int64_t> share_out(std::int64_t free) {
        FairShare share(lanes, running, free, moment_of_claim);
        std::map<std::int64_t, std::int64_t> out;
        int turns = 0;
        while (const auto turn = share.next()) {
            REQUIRE(++turns < 100'000);
            REQUIRE(turn->most > 0);
            auto& waiting = jobs[turn->lane];
            std::int64_t got = 0;
            while (got < turn->most && !waiting.empty() && waiting.front() <= turn->until) {
                waiting.erase(waiting.begin());
                taken.push_back(turn->lane);
                ++got;
            }
            out[share.lane(*turn).company] += got;
            running.of_company[share.lane(*turn).company] += got;
            running.of_application[share.lane(*turn).application] += got;
            share.took(*turn, got);
            if (got < turn->most)
                share.ran_out(*turn, waiting.empty() || turn->until == moment_of_claim
                                         ? std::nullopt
                                         : std::optional(waiting.front()));
        }
        return out;
    }
};

std::vector<int> many(int number, int first = 1) {
    std::vector<int> out(static_cast<std::size_t>(number));
    for (int i = 0; i < number; ++i) out[static_cast<std::size_t>(i)] = first + i;
    return out;
}

}  // namespace

TEST_CASE("companies share the slots equally, however many jobs each of them has") {
    Play play;
    play.add(1, 1, many(1000));
    play.add(2, 1, many(3, 5000));
    play.add(3, 1, many(100, 6000));
    CHECK(play.share_out(16) == std::map<std::int64_t, std::int64_t>{{1, 7}, {2, 3}, {3, 6}});
}

TEST_CASE("who runs little already comes first") {
    Play play;
    play.add(1, 1, many(100));
    play.add(2, 1, many(100, 500));
    play.running.of_company = {{1, 10}, {2, 4}};
    CHECK(play.share_out(6) == std::map<std::int64_t, std::int64_t>{{2, 6}});
    CHECK(play.share_out(4) == std::map<std::int64_t, std::int64_t>{{1, 2}, {2, 2}});
}

TEST_CASE("one slot goes to the company that has waited longest") {
    Play play;
    play.add(1, 1, {700});
    play.add(2, 1, {600});
    CHECK(play.share_out(1) == std::map<std::int64_t, std::int64_t>{{2, 1}});
}

TEST_CASE("a company gets its oldest jobs first, from whichever lanes they are in") {
    Play play;
    play.add(1, 1, {1, 5, 9});
    play.add(1, 2, {2, 3, 10});
    play.share_out(5);
    CHECK(play.taken == std::vector<std::size_t>{0, 1, 1, 0, 0});
}

TEST_CASE("limits of companies and applications count what runs already") {
    Play play;
    play.add(1, 1, many(100), 5);
    play.add(2, 1, many(100), std::nullopt);
    play.running.of_company = {{1, 3}};
    CHECK(play.share_out(50) == std::map<std::int64_t, std::int64_t>{{1, 2}, {2, 48}});
    Play applications;
    applications.add(1, 7, many(100), std::nullopt, 3);
    applications.add(2, 7, many(100), std::nullopt, 3);
    applications.add(2, 8, many(100, 500));
    applications.running.of_application = {{7, 1}};
    CHECK(applications.share_out(10)[1] == 1);
    CHECK(applications.running.of_application[7] == 3);
    CHECK(applications.running.of_application[8] == 8);
}

TEST_CASE("no slot stays free while a job may run, none is given twice, and nobody is passed over") {
    CHECK(rc::check([] {
        Play play;
        const auto lanes = *rc::gen::inRange(1, 8);
        std::map<std::int64_t, std::optional<std::int64_t>> limit_of_company, limit_of_application;
        const auto limit_for = [](auto& limits, std::int64_t id) {
            if (!limits.contains(id)) {
                const auto drawn = *rc::gen::inRange(0, 12);
                limits[id] = drawn < 6 ? std::nullopt : std::optional<std::int64_t>(drawn - 5);
            }
            return limits[id];
        };
        for (int i = 0; i < lanes; ++i) {
            const std::int64_t company = *rc::gen::inRange(1, 4), application = *rc::gen::inRange(1, 4);
            auto due = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 50)));
            std::ranges::sort(due);
            play.add(company, application, due, limit_for(limit_of_company, company),
                     limit_for(limit_of_application, application));
            play.running.of_company.try_emplace(company, *rc::gen::inRange(0, 4));
        }
        const auto free = *rc::gen::inRange(0, 40);
        auto got = play.share_out(free);
        RC_ASSERT(std::ssize(play.taken) <= free);
        for (const auto& [company, limit] : limit_of_company) {
            const bool within = !limit || got[company] == 0 || play.running.of_company[company] <= *limit;
            RC_ASSERT(within);
        }
        for (const auto& [application, limit] : limit_of_application) {
            const bool within = !limit || play.running.of_application[application] <= *limit;
            RC_ASSERT(within);
        }
        for (std::size_t lane = 0; lane < play.lanes.size(); ++lane) {
            const DueLane& facts = play.lanes[lane];
            const bool may =
                !play.jobs[lane].empty() &&
                (!facts.company_limit || play.running.of_company[facts.company] < *facts.company_limit) &&
                (!facts.application_limit || play.running.of_application[facts.application] < *facts.application_limit);
            if (!may) continue;
            RC_ASSERT(std::ssize(play.taken) == free);
            // Whoever could have had another job has at most one less than anybody who got one.
            for (const auto& [other, number] : got)
                if (number > 0) RC_ASSERT(play.running.of_company[other] <= play.running.of_company[facts.company] + 1);
        }
    }));
}

// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"
#include "support/moment.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::test_time;

namespace {

struct PruneDesk : testing::Desk {
    PruneDesk() : other(add_company("bravo")) {
        of_acme = add_run_template();
        of_bravo = add_run_template([&](RunTemplate& r) { r.company_id = other.id; });
    }
    /// Jobs that have ended, as a long history holds them; their numbers, oldest first.
    std::vector<Id<Job>> history(const RunTemplate& origin, int count, JobState state = JobState::succeeded) {
        std::vector<Id<Job>> out;
        database.write([&](Session& session) {
            for (int i = 0; i < count; ++i) {
                Job job{.app_id = origin.app_id,
                        .company_id = origin.company_id,
                        .runtemplate_id = origin.id,
                        .state = state,
                        .schedule = test_time,
                        .schedule_type = "adhoc",
                        .launched_by = user,
                        .created_at = test_time};
                REQUIRE(Repository<Job>(session, Scope::everything()).insert(job));
                out.push_back(job.id);
            }
        });
        return out;
    }
    json::value prune(std::int64_t keep, Rights rights = Rights::unlimited()) {
        return testing::must(run("prune", {{"jobs", true}, {"keep", keep}}, rights));
    }
    std::vector<Id<Job>> left(const Company& of) {
        std::vector<Id<Job>> out;
        for (const Job& job : all<Job>({.equals = {{"company_id", of.id.value}}})) out.push_back(job.id);
        return out;
    }

    Company other;
    RunTemplate of_acme, of_bravo;
};

using JobIds = std::vector<Id<Job>>;

}  // namespace

TEST_CASE("a company keeps so many of its own newest jobs, whatever others have") {
    PruneDesk desk;
    // More of the other company, older, than one call removes; and newer ones, more than are kept.
    const auto others_old = desk.history(desk.of_bravo, 600);
    const auto own = desk.history(desk.of_acme, 5);
    const auto others_new = desk.history(desk.of_bravo, 3);
    const auto before = desk.left(desk.other);
    const auto answer = desk.prune(2, testing::manager_of(desk.company.id));
    CHECK(answer.at("deleted_jobs") == 3);
    CHECK(answer.at("more") == false);
    CHECK(desk.left(desk.company) == JobIds{own[3], own[4]});
    CHECK(desk.left(desk.other) == before);
    CHECK(desk.prune(0, testing::manager_of(desk.company.id)).at("deleted_jobs") == 2);
    CHECK(desk.left(desk.company).empty());
    CHECK(desk.left(desk.other) == before);
}

TEST_CASE("a call says when there is more to remove than it removed") {
    PruneDesk desk;
    const auto jobs = desk.history(desk.of_bravo, 600);
    const auto rights = testing::manager_of(desk.other.id);
    const auto first = desk.prune(10, rights);
    CHECK(first.at("deleted_jobs") == 500);
    CHECK(first.at("more") == true);
    const auto second = desk.prune(10, rights);
    CHECK(second.at("deleted_jobs") == 90);
    CHECK(second.at("more") == false);
    CHECK(desk.left(desk.other) == JobIds(jobs.end() - 10, jobs.end()));
}

TEST_CASE("the administrator of the installation prunes the jobs of all companies as one history") {
    PruneDesk desk;
    desk.history(desk.of_acme, 2);
    const auto kept_of_bravo = desk.history(desk.of_bravo, 1);
    const auto kept_of_acme = desk.history(desk.of_acme, 1);
    CHECK(desk.prune(2).at("deleted_jobs") == 2);
    CHECK(desk.left(desk.company) == kept_of_acme);
    CHECK(desk.left(desk.other) == kept_of_bravo);
}

TEST_CASE("what has not ended is not pruned") {
    PruneDesk desk;
    const auto waits = desk.launch(desk.of_acme, test_time);
    const auto running = desk.history(desk.of_acme, 1, JobState::running);
    desk.history(desk.of_acme, 1, JobState::cancelled);
    CHECK(desk.prune(0).at("deleted_jobs") == 1);
    CHECK(desk.left(desk.company) == JobIds{waits.id, running[0]});
}

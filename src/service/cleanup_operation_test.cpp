// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"
#include "support/moment.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::test_time;

TEST_CASE("jobs that ended long ago are removed, of the company of the one who asks, and nothing else") {
    using std::chrono::days;
    testing::Desk desk(test_time);
    const auto other = desk.add_company("other");
    const auto ended = [&](std::chrono::hours ago, Id<Company> company) {
        const auto origin = desk.add_run_template([&](RunTemplate& r) { r.company_id = company; });
        const auto job = desk.launch(origin, test_time);
        desk.change(job.id, [&](Job& j) {
            j.state = JobState::cancelled;
            j.end = test_time - ago;
        });
        return job.id;
    };
    ended(days(31), desk.company.id);
    const auto of_other = ended(days(31), other.id);
    const auto at_limit = ended(days(30), desk.company.id);
    const auto running = desk.in_state(JobState::running).id;
    const auto left = [&] {
        std::vector<Id<Job>> out;
        for (const auto& job : desk.all<Job>()) out.push_back(job.id);
        return out;
    };
    for (const std::int64_t wrong : {-1, 0, 36501})
        CHECK(desk.run("job:cleanup", {{"days", wrong}}).error().code == ErrorCode::invalid);
    CHECK_FALSE(desk.run("job:cleanup", {}));
    const auto answer = desk.run("job:cleanup", {{"days", 30}}, testing::manager_of(desk.company.id));
    REQUIRE(answer);
    CHECK(to_text(*answer) == R"({"deleted_jobs":1,"deleted_tasks":0,"days":30,"more":false})");
    CHECK(left() == std::vector{of_other, at_limit, running});
    REQUIRE(desk.run("job:cleanup", {{"days", 30}}));
    CHECK(left() == std::vector{at_limit, running});
}

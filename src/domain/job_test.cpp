// SPDX-License-Identifier: MIT
#include "domain/job.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace std::chrono_literals;

TEST_CASE("the time of a state is the job's own, not that of whoever looks") {
    const Timestamp made{1000s};
    Job job{.schedule = made + 60s, .created_at = made};
    CHECK(time_of_state(job) == made);
    job.state = JobState::claimed;
    CHECK(time_of_state(job) == made + 60s);
    job.schedule = made - 5s;
    CHECK(time_of_state(job) == made);
    job.state = JobState::running;
    job.begin = made + 2s;
    CHECK(time_of_state(job) == made + 2s);
}

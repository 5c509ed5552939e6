// SPDX-License-Identifier: MIT
// A checker that complains of nothing proves nothing: each kind of damage has to be seen. Here: of the rows alone.
#include "chaos/checked_world.h"

using namespace mf;
using namespace mf::chaos;

TEST_CASE("a history in order gives no complaint") { CHECK(World().complaints() == ""); }

TEST_CASE("slots") {
    World it;
    SUBCASE("one has no outcome") {
        it.history.run_templates[0].skipped = 0;
        it.says("named 3 instants");
        it.says("1 missed tasks tell of them");
    }
    SUBCASE("one has two") {
        it.job(2).slot = minute;
        it.says("the second one for the same slot");
    }
    SUBCASE("one is not of the schedule") {
        it.job(2).slot = 90'000;
        it.says("does not name");
    }
    SUBCASE("the plan has stopped") {
        it.history.run_templates[1].next_slot.reset();
        it.says("not planned any more");
    }
}

TEST_CASE("tasks") {
    World it;
    auto& task = *std::ranges::find(it.history.tasks, it.first_of(2).id, &TaskRow::id);
    SUBCASE("without an outcome") {
        task.state = "open";
        it.says("is open instead of fulfilled");
    }
    SUBCASE("that succeeded twice") {
        it.first_of(2).state = "succeeded";
        it.says("succeeded twice");
    }
    SUBCASE("that names another job") {
        task.fulfilled_by = 1;
        it.says("names the wrong job");
    }
    SUBCASE("that counts wrongly") {
        ++task.attempts;
        it.says("counts 2 failed attempts");
    }
    SUBCASE("whose success came too late") {
        task.deadline = 0;
        it.says("is fulfilled instead of failed");
    }
    SUBCASE("of no slot") {
        it.job(1).task.reset();
        it.says("The planned job 1 has no task");
    }
    SUBCASE("two of one window") {
        it.history.tasks.push_back(task);
        it.says("the second one of its window");
    }
    SUBCASE("with another window") {
        task.end += minute;
        it.says("is not that of its schedule");
    }
    SUBCASE("and their counters") {
        ++it.history.outcomes.begin()->second.failed;
        it.says("The counters of the outcomes");
    }
}

TEST_CASE("attempts") {
    World it;
    auto& first = it.first_of(2);
    SUBCASE("the next one is missing") {
        std::erase_if(it.history.jobs, [](const JobRow& job) { return job.retry_of.has_value(); });
        it.says("none followed");
    }
    SUBCASE("one too many") {
        it.deeds.arrangements[1].attempts = 1;
        it.says("followed by another attempt");
    }
    SUBCASE("after a success") {
        first.state = "succeeded";
        first.exit_code = 0;
        it.says("followed by another attempt");
    }
    SUBCASE("one left out") {
        for (auto& job : it.history.jobs)
            if (job.retry_of) job.attempt = 3;
        it.says("Attempt 2 of the run");
    }
}

TEST_CASE("counters") {
    World it;
    SUBCASE("of a company") {
        ++it.history.counts.begin()->second.succeeded;
        it.says("The counters of company 1");
    }
    SUBCASE("of a run template") {
        ++it.history.run_templates[0].succeeded;
        it.says("counts 3 successes");
    }
}

TEST_CASE("what is stuck") {
    World it;
    SUBCASE("a job") {
        it.job(1).state = "running";
        it.job(1).end.reset();
        it.says("is still running");
    }
    SUBCASE("a run template") {
        it.job(1).exclusive = true;
        it.says("still holds its run template");
    }
    SUBCASE("a row of the queue") {
        it.history.queue.push_back({.job = 1});
        it.says("does not wait");
    }
    SUBCASE("a launch that was promised") {
        it.deeds.launched.insert(999);
        it.says("said that the job 999 was made");
    }
}

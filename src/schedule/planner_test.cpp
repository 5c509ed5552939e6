// SPDX-License-Identifier: MIT
#include "schedule/planner.h"

#include "base/time_text.h"
#include "store/queries/task_count.h"
#include "support/manual_clock.h"
#include "support/moment.h"
#include "support/queue.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <future>

using namespace mf;
using testing::at;
using namespace std::chrono_literals;

namespace {

const Timestamp begin_of_test = at("2026-03-02 02:30");

struct Plans : testing::Queue {
    Plans() : testing::Queue(begin_of_test) {}

    /// Every hour, next at 03:00.
    RunTemplate hourly(const std::function<void(RunTemplate&)>& change = {}) {
        return add_run_template([&](RunTemplate& r) {
            r.interv = "h";
            r.next_slot = r.next_launch = at("2026-03-02 03:00");
            if (change) change(r);
        });
    }
    std::optional<Timestamp> plan_at(Timestamp when) {
        clock.set(when);
        return planner.plan_due();
    }
    std::vector<Timestamp> slots(Id<RunTemplate> id) {
        std::vector<Timestamp> out;
        for (const auto& job : all<Job>({.equals = {{"runtemplate_id", id.value}}}))
            if (job.slot) out.push_back(*job.slot);
        return out;
    }
    /// "03:00 open, 04:00 missed": the tasks of a run template.
    std::string tasks(Id<RunTemplate> id) {
        std::map<Timestamp, Task> by_start;
        for (const auto& task : all<Task>({.equals = {{"runtemplate_id", id.value}}}))
            by_start[task.window_start] = task;
        std::string out;
        for (const auto& [start, task] : by_start)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", format_iso(start, Zone::utc()).substr(11, 5),
                               name_of(task.state));
        return out;
    }
    void finish_all() {
        for (const auto& claimed : claim(1000, at("2027-01-01 00:00"))) end(claimed.job.id);
    }

    testing::ManualClock clock{begin_of_test};
    Nudge nudge;
    std::atomic<int> queued = 0;
    Planner planner{database, clock, {Zone::utc(), user}, nudge, [this] { ++queued; }};
};

}  // namespace

TEST_CASE("a slot becomes a job with its queue row when it comes due, once") {
    Plans plans;
    const auto origin = plans.hourly();
    CHECK(plans.plan_at(at("2026-03-02 02:59:59")) == at("2026-03-02 03:00"));
    CHECK(plans.all<Job>().empty());
    CHECK(plans.queued == 0);
    CHECK(plans.plan_at(at("2026-03-02 03:00")) == at("2026-03-02 04:00"));
    CHECK(plans.queued == 1);
    plans.planner.plan_due();
    const auto jobs = plans.all<Job>();
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].slot == at("2026-03-02 03:00"));
    CHECK(jobs[0].schedule == at("2026-03-02 03:00"));
    CHECK(jobs[0].schedule_type == "hourly");
    CHECK(jobs[0].launched_by == plans.user);
    CHECK(jobs[0].attempt == 1);
    const auto queue = plans.all<QueueEntry>();
    REQUIRE(queue.size() == 1);
    CHECK(queue[0].after == at("2026-03-02 03:00"));
    const auto after = plans.get(origin.id);
    CHECK(after.next_slot == at("2026-03-02 04:00"));
    CHECK(after.next_launch == at("2026-03-02 04:00"));
    CHECK(after.last_schedule == at("2026-03-02 03:00"));
    CHECK(after.skipped_slots == 0);
}

TEST_CASE("a clock that is put back makes no slot twice, one that is put forward loses none that the policy keeps") {
    Plans plans;
    const auto origin = plans.hourly([](RunTemplate& r) { r.overlap = Overlap::queue; });
    plans.plan_at(at("2026-03-02 03:00"));
    plans.plan_at(at("2026-03-02 01:00"));
    plans.plan_at(at("2026-03-02 03:30"));
    CHECK(plans.slots(origin.id) == std::vector{at("2026-03-02 03:00")});
    plans.plan_at(at("2026-03-02 04:00"));
    plans.plan_at(at("2026-03-02 09:59"));
    CHECK(plans.slots(origin.id) ==
          std::vector{at("2026-03-02 03:00"), at("2026-03-02 04:00"), at("2026-03-02 09:00")});
    CHECK(plans.get(origin.id).skipped_slots == 4);
}

TEST_CASE("a slot that has its job already is left alone, however the plan came to name it again") {
    Plans plans;
    const auto origin = plans.hourly();
    plans.plan_at(at("2026-03-02 03:00"));
    plans.change(origin.id, [](RunTemplate& r) { r.next_slot = r.next_launch = at("2026-03-02 03:00"); });
    CHECK(plans.plan_at(at("2026-03-02 03:10")) == at("2026-03-02 04:00"));
    CHECK(plans.slots(origin.id).size() == 1);
    CHECK(plans.get(origin.id).skipped_slots == 0);
}

TEST_CASE("what happens with missed slots is the catch-up policy's matter") {
    const auto after_pause = [](CatchUp policy, std::int64_t limit) {
        Plans plans;
        const auto origin = plans.hourly([&](RunTemplate& r) {
            r.overlap = Overlap::queue;
            r.catch_up = policy;
            r.catch_up_limit = limit;
        });
        CHECK(plans.plan_at(at("2026-03-02 07:30")) == at("2026-03-02 08:00"));
        return std::pair(plans.slots(origin.id).size(), plans.get(origin.id).skipped_slots);
    };
    CHECK(after_pause(CatchUp::none, 10) == std::pair<std::size_t, std::int64_t>(0, 5));
    CHECK(after_pause(CatchUp::last, 10) == std::pair<std::size_t, std::int64_t>(1, 4));
    CHECK(after_pause(CatchUp::all, 10) == std::pair<std::size_t, std::int64_t>(5, 0));
    CHECK(after_pause(CatchUp::all, 2) == std::pair<std::size_t, std::int64_t>(2, 3));
}

TEST_CASE("what happens while a job is unfinished is the overlap policy's matter") {
    const auto check = [](Overlap policy, std::vector<std::size_t> jobs_after_each_hour, std::int64_t skipped) {
        Plans plans;
        const auto origin = plans.hourly([&](RunTemplate& r) { r.overlap = policy; });
        plans.plan_at(at("2026-03-02 03:00"));
        REQUIRE(plans.claim(1, at("2026-03-02 03:00")).size() == 1);  // it runs all the time
        auto hour = at("2026-03-02 03:00");
        for (const auto expected : jobs_after_each_hour) {
            hour += 1h;
            plans.plan_at(hour);
            CHECK(plans.slots(origin.id).size() == expected);
        }
        CHECK(plans.get(origin.id).skipped_slots == skipped);
    };
    check(Overlap::skip, {1, 1, 1}, 3);
    check(Overlap::coalesce, {2, 2, 2}, 2);
    check(Overlap::queue, {2, 3, 4}, 0);
    check(Overlap::parallel, {2, 3, 4}, 0);
}

TEST_CASE("all missed slots that are wanted make jobs, whatever the policy for overlaps") {
    for (const auto policy : {Overlap::skip, Overlap::coalesce, Overlap::queue, Overlap::parallel}) {
        Plans plans;
        const auto origin = plans.hourly([&](RunTemplate& r) {
            r.overlap = policy;
            r.catch_up = CatchUp::all;
            r.catch_up_limit = 3;
        });
        plans.plan_at(at("2026-03-02 07:00"));
        CHECK(plans.slots(origin.id) ==
              std::vector{at("2026-03-02 05:00"), at("2026-03-02 06:00"), at("2026-03-02 07:00")});
    }
}

TEST_CASE("after the overlap is over, slots make jobs again") {
    Plans plans;
    const auto origin = plans.hourly([](RunTemplate& r) { r.overlap = Overlap::skip; });
    plans.plan_at(at("2026-03-02 03:00"));
    REQUIRE(plans.claim(1, at("2026-03-02 03:00")).size() == 1);
    plans.plan_at(at("2026-03-02 04:00"));
    plans.end(plans.all<Job>().at(0).id);
    plans.plan_at(at("2026-03-02 05:00"));
    CHECK(plans.slots(origin.id) == std::vector{at("2026-03-02 03:00"), at("2026-03-02 05:00")});
}

TEST_CASE("every slot has its task: the job's, or a missed one that says why") {
    Plans plans;
    const auto origin = plans.hourly([](RunTemplate& r) { r.deadline_offset = "+30m"; });
    plans.plan_at(at("2026-03-02 03:00"));
    const auto task = plans.all<Task>().at(0);
    CHECK(task.state == TaskState::open);
    CHECK(task.window_end == at("2026-03-02 04:00"));
    CHECK(task.deadline == at("2026-03-02 03:30"));
    CHECK(plans.all<Job>().at(0).task_id == task.id);
    REQUIRE(plans.claim(1, at("2026-03-02 03:00")).size() == 1);
    plans.plan_at(at("2026-03-02 04:00"));
    plans.plan_at(at("2026-03-02 05:00"));
    // The server was away for three hours; then one job is waiting already.
    plans.plan_at(at("2026-03-02 08:00"));
    CHECK(plans.tasks(origin.id) == "03:00 open, 04:00 open, 05:00 missed, 06:00 missed, 07:00 missed, 08:00 missed");
    const auto missed = plans.all<Task>({.equals = {{"state", std::string("missed")}}});
    CHECK(missed.at(0).cause.value_or("").find("overlap coalesce") != std::string::npos);
    const auto skipped = plans.all<Task>(
        {.equals = {{"window_start", std::int64_t{at("2026-03-02 06:00").time_since_epoch().count()}}}});
    CHECK(skipped.at(0).cause.value_or("").find("catch_up last") != std::string::npos);
    CHECK(plans.get(origin.id).skipped_slots == 4);
}

TEST_CASE("a slot that was missed stays so when the clock is put back") {
    Plans plans;
    const auto origin = plans.hourly();
    plans.plan_at(at("2026-03-02 05:00"));
    CHECK(plans.tasks(origin.id) == "03:00 missed, 04:00 missed, 05:00 open");
    plans.change(origin.id, [](RunTemplate& r) { r.next_slot = r.next_launch = at("2026-03-02 03:00"); });
    plans.plan_at(at("2026-03-02 03:30"));
    CHECK(plans.tasks(origin.id) == "03:00 missed, 04:00 missed, 05:00 open");
    CHECK(plans.slots(origin.id) == std::vector{at("2026-03-02 05:00")});
}

TEST_CASE("of a long pause the latest missed runs are recorded, the others only counted") {
    for (const auto policy : {CatchUp::none, CatchUp::last, CatchUp::all}) {
        Plans plans;
        const auto origin = plans.hourly([&](RunTemplate& r) {
            r.interv = "i";
            r.catch_up = policy;
            r.overlap = Overlap::skip;
        });
        plans.plan_at(at("2026-04-02 03:00"));
        const auto counted =
            plans.database.read([](Session& session) { return task_statistics(session, Scope::everything()); });
        CHECK(counted.missed == 100);
        CHECK(counted.open == (policy == CatchUp::all ? 10 : 1));
        CHECK(plans.get(origin.id).skipped_slots == 31 * 1440 + 1 - counted.open);
    }
    // Slots that overlap something are later than those that nobody planned.
    Plans plans;
    const auto origin = plans.hourly([&](RunTemplate& r) {
        r.interv = "i";
        r.catch_up = CatchUp::all;
        r.catch_up_limit = 30;
        r.overlap = Overlap::skip;
    });
    plans.launch(origin, begin_of_test);
    REQUIRE(plans.claim().size() == 1);
    plans.plan_at(at("2026-03-03 03:00"));
    const auto missed = plans.all<Task>();
    REQUIRE(missed.size() == 100);
    CHECK(std::ranges::count_if(missed, [](const Task& task) {
              return task.cause.value_or("").find("overlap skip") != std::string::npos;
          }) == 30);
    const auto first = std::ranges::min(missed, {}, &Task::window_start);
    CHECK(first.window_start == at("2026-03-03 01:21"));
}

TEST_CASE("the planner closes tasks that nobody works on any more") {
    Plans plans;
    plans.hourly();
    plans.plan_at(at("2026-03-02 03:00"));
    plans.database.write([&](Session& session) {
        session.sql.execute(R"(DELETE FROM "schedule")");
        session.sql.execute(R"(UPDATE "job" SET "state" = 'failed')");
    });
    plans.plan_at(at("2026-03-02 03:59"));
    CHECK(plans.all<Task>().at(0).state == TaskState::open);
    plans.plan_at(at("2026-03-02 04:00:01"));
    CHECK(plans.all<Task>().at(0).state == TaskState::missed);
}

TEST_CASE("a broken run template shows its fault and stops nobody else") {
    Plans plans;
    const auto broken = plans.hourly([](RunTemplate& r) {
        r.interv = "c";
        r.cron = "61 * * * *";
    });
    const auto unreadable = plans.hourly();
    plans.database.write([&](Session& session) {
        session.sql.execute(R"(UPDATE "runtemplate" SET "overlap" = 'sometimes' WHERE "id" = ?)",
                            {unreadable.id.value});
    });
    const auto nowhere = plans.hourly([](RunTemplate& r) { r.zone = "Mars/Olympus"; });
    const auto good = plans.hourly();
    CHECK(plans.plan_at(at("2026-03-02 03:00")) == at("2026-03-02 04:00"));
    CHECK(plans.slots(good.id).size() == 1);
    for (const auto& id : {broken.id, nowhere.id}) {
        CHECK(plans.slots(id).empty());
        CHECK_FALSE(plans.get(id).fault.empty());
        CHECK_FALSE(plans.get(id).next_launch);
    }
    CHECK(
        plans.number(R"(SELECT COUNT(*) FROM "runtemplate" WHERE "id" = ? AND "next_launch" IS NULL AND "fault" <> '')",
                     {unreadable.id.value}) == 1);
}

TEST_CASE("a schedule that is over says so") {
    Plans plans;
    const auto origin = plans.hourly([](RunTemplate& r) {
        r.interv = "c";
        r.cron = "0 0 31 2 *";
    });
    CHECK_FALSE(plans.plan_at(at("2026-03-02 03:00")));
    CHECK_FALSE(plans.get(origin.id).fault.empty());
}

TEST_CASE("more run templates than a batch are planned at once") {
    Plans plans;
    plans.database.write([&](Session& session) {
        Repository<RunTemplate> records(session, Scope::everything());
        for (int i = 0; i < 1000; ++i) {
            RunTemplate r{.app_id = plans.application.id,
                          .company_id = plans.company.id,
                          .name = "Run",
                          .interv = "h",
                          .activated_at = begin_of_test,
                          .next_slot = at("2026-03-02 03:00"),
                          .next_launch = at("2026-03-02 03:00")};
            REQUIRE(records.insert(r));
        }
    });
    CHECK(plans.plan_at(at("2026-03-02 03:00")) == at("2026-03-02 04:00"));
    CHECK(plans.all<Job>().size() == 1000);
    CHECK(plans.all<QueueEntry>().size() == 1000);
    CHECK(plans.queued == 4);
}

TEST_CASE("delay and jitter move the launch, not the slot") {
    Plans plans;
    const auto origin = plans.hourly([](RunTemplate& r) {
        r.delay = 600;
        r.next_launch = at("2026-03-02 03:10");
    });
    CHECK(plans.plan_at(at("2026-03-02 03:09")) == at("2026-03-02 03:10"));
    plans.plan_at(at("2026-03-02 03:10"));
    const auto job = plans.all<Job>().at(0);
    CHECK(job.slot == at("2026-03-02 03:00"));
    CHECK(job.schedule == at("2026-03-02 03:10"));
    plans.finish_all();
    plans.change(origin.id, [](RunTemplate& r) { r.jitter = 1200; });
    plans.plan_at(at("2026-03-02 04:10"));
    const auto first = plans.get(origin.id);
    const auto moved = *first.next_launch - *first.next_slot;
    CHECK(moved >= 600s);
    CHECK(moved <= 1800s);
    plans.plan_at(*first.next_launch);
    const auto second = plans.get(origin.id);
    CHECK(*second.next_launch - *second.next_slot == moved);
}

TEST_CASE("nothing due costs no write") {
    Plans plans;
    plans.hourly();
    // Somebody else holds the write lock all the time: the planner must not notice.
    const auto other = sql::open(plans.database.address());
    other->begin();
    other->execute(R"(UPDATE "runtemplate" SET "note" = 'x')");
    CHECK(plans.plan_at(begin_of_test + 20min) == at("2026-03-02 03:00"));
    other->rollback();
}

TEST_CASE("the planner's thread wakes for the due moment and for a changed plan") {
    Plans plans;
    std::promise<void> first, second;
    std::atomic<int> calls = 0;
    Nudge nudge;
    Planner planner(plans.database, plans.clock, {Zone::utc(), plans.user}, nudge, [&] {
        const int call = ++calls;
        if (call == 1) first.set_value();
        if (call == 2) second.set_value();
    });
    const auto origin = plans.hourly();
    planner.start();
    plans.clock.set(at("2026-03-02 03:00"));
    REQUIRE(first.get_future().wait_for(60s) == std::future_status::ready);
    CHECK(plans.slots(origin.id).size() == 1);
    const auto other = plans.hourly();
    nudge.notify();
    REQUIRE(second.get_future().wait_for(60s) == std::future_status::ready);
    CHECK(plans.slots(other.id).size() == 1);
}

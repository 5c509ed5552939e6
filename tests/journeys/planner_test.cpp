// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "journeys/faked_clock.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

namespace {

/// The planned times of all jobs of a run template, local time of the installation, in order.
std::vector<std::string> slots(const Installation& it, std::int64_t id) {
    std::vector<std::string> out;
    for (const auto& row : it.rows({"job:list"}))
        if (number_of(row.as_object(), "runtemplate_id") == id) out.push_back(text_of(row.as_object(), "schedule"));
    std::ranges::sort(out);
    return out;
}

bool has_jobs(const Installation& it, std::int64_t id, std::size_t count) {
    return comes_true([&] { return slots(it, id).size() >= count; });
}

/// With one that still waits in the queue the next slot would be merged.
bool has_ended_jobs(const Installation& it, std::int64_t id, std::size_t count) {
    const auto has_ended = [](const json::value& row) { return !text_of(row.as_object(), "end").empty(); };
    return has_jobs(it, id, count) && comes_true([&] { return std::ranges::all_of(it.rows({"job:list"}), has_ended); });
}

json::object record_of(const Installation& it, std::int64_t id) {
    return it.ask({"run-template:get", "--id", fmt::to_string(id)}).as_object();
}

}  // namespace

TEST_CASE("each planned time makes one job, whatever the clock does") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const auto id = it.run_template_of_script("date +%H:%M", each_minute);
    clock.set("2026-06-01 10:01:00");
    REQUIRE(has_ended_jobs(it, id, 1));
    clock.set("2026-06-01 10:02:01");
    REQUIRE(has_ended_jobs(it, id, 2));
    CHECK(slots(it, id) == std::vector<std::string>{"2026-06-01 10:01:00", "2026-06-01 10:02:00"});

    // Backwards, and through the same minutes again.
    for (const auto time : {"2026-06-01 09:59:00", "2026-06-01 10:01:30", "2026-06-01 10:02:30"}) {
        clock.set(time);
        clock.wait_until_seen();
    }
    clock.set("2026-06-01 10:03:00");
    REQUIRE(has_ended_jobs(it, id, 3));
    CHECK(slots(it, id).back() == "2026-06-01 10:03:00");
    CHECK(slots(it, id).size() == 3);

    // Forwards over an hour: the last of the missed times is caught up, the others are counted.
    clock.set("2026-06-01 11:00:20");
    REQUIRE(has_ended_jobs(it, id, 4));
    CHECK(slots(it, id).back() == "2026-06-01 11:00:00");
    CHECK(number_of(record_of(it, id), "skipped_slots") == 56);

    // All of them, where the run template says so.
    it.ask({"run-template:update", "--id", fmt::to_string(id), "--catch_up", "all", "--catch_up_limit", "100",
            "--overlap", "queue"});
    clock.set("2026-06-01 11:10:00");
    REQUIRE(has_ended_jobs(it, id, 14));
    CHECK(slots(it, id).size() == 14);
}

TEST_CASE("the hours of a clock change") {
    Installation it;
    FakedClock clock(it, "2026-03-29 01:58:00");
    if (!clock.available()) return;
    it.start();
    // 02:30 does not exist on that day; in October it exists twice.
    const auto id = it.run_template({{"executable", "/bin/true"}}, {"--cron", "30 2 * * *"});
    clock.set("2026-03-29 03:40:00");
    REQUIRE(has_ended_jobs(it, id, 1));
    CHECK(slots(it, id).size() == 1);
    clock.set("2026-03-30 02:30:00");
    REQUIRE(has_ended_jobs(it, id, 2));
    CHECK(slots(it, id).back() == "2026-03-30 02:30:00");

    clock.set("2026-10-24 12:00:00");
    REQUIRE(has_ended_jobs(it, id, 3));
    const auto before = slots(it, id).size();
    clock.set_utc("2026-10-25 00:30:00");  // 02:30 summer time
    REQUIRE(has_ended_jobs(it, id, before + 1));
    clock.set_utc("2026-10-25 01:30:10");  // 02:30 again
    clock.wait_until_seen();
    clock.set("2026-10-26 02:30:00");
    REQUIRE(has_ended_jobs(it, id, before + 2));
    CHECK(slots(it, id).size() == before + 2);
}

TEST_CASE("a change of the run template is planned at once") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const auto id = it.run_template({{"executable", "/bin/true"}}, {"--cron", "0 12 * * *"});
    const auto number = fmt::to_string(id);
    CHECK(text_of(record_of(it, id), "next_schedule") == "2026-06-01 12:00:00");
    it.ask({"run-template:update", "--id", number, "--cron", "5 10 * * *"});
    CHECK(text_of(record_of(it, id), "next_schedule") == "2026-06-01 10:05:00");
    clock.set("2026-06-01 10:05:00");
    REQUIRE(has_jobs(it, id, 1));

    it.ask({"run-template:update", "--id", number, "--active", "0"});
    CHECK(record_of(it, id).at("next_schedule").is_null());
    clock.set("2026-06-02 10:05:00");
    clock.wait_until_seen();
    it.ask({"run-template:update", "--id", number, "--active", "1"});
    // What passed while it was not active is nobody's loss.
    CHECK(text_of(record_of(it, id), "next_schedule") == "2026-06-03 10:05:00");
    CHECK(slots(it, id).size() == 1);
}

TEST_CASE("to deactivate withdraws what waits; the record stays") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    // The first holds the run template, the second waits for it.
    const auto go = it.directory() / "go";
    const auto id =
        it.run_template_of_script(fmt::format("while ! [ -e {} ]; do sleep 0.02; done", go.string()), each_minute);
    clock.set("2026-06-01 10:01:00");
    REQUIRE(has_jobs(it, id, 1));
    clock.set("2026-06-01 10:02:00");
    REQUIRE(has_jobs(it, id, 2));
    it.ask({"run-template:update", "--id", fmt::to_string(id), "--active", "0"});
    CHECK(it.job_state(2) == "cancelled");
    CHECK(it.job_state(1) == "running");
    CHECK(it.rows({"queue:list"}).empty());
    it.write("go", "");
    CHECK(text_of(it.ended(1), "state") == "succeeded");
}

TEST_CASE("what happens when the job before has not ended") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const auto go = it.directory() / "go";
    const auto program =
        fmt::format("echo $$ >> $0.$MULTIFLEXI_RUNTEMPLATE_ID; while ! [ -e {} ]; do sleep 0.02; done", go.string());
    std::map<std::string, std::int64_t> ids;
    for (const auto policy : {"skip", "coalesce", "queue", "parallel"})
        ids[policy] = it.run_template_of_script(program, {"--cron", "* * * * *", "--overlap", policy});
    const auto running = [&](const std::string& policy) {
        std::size_t count = 0;
        for (const auto& row : it.rows({"job:list", "--status", "running"}))
            count += number_of(row.as_object(), "runtemplate_id") == ids[policy];
        return count;
    };
    clock.set("2026-06-01 10:01:00");
    for (const auto& [policy, id] : ids) REQUIRE(comes_true([&] { return running(policy) == 1; }));
    for (const auto time : {"2026-06-01 10:02:00", "2026-06-01 10:03:00"}) {
        clock.set(time);
        REQUIRE(comes_true([&] { return slots(it, ids["queue"]).back() == time; }));
        REQUIRE(comes_true([&] { return slots(it, ids["parallel"]).back() == time; }));
    }
    CHECK(comes_true([&] { return running("parallel") == 3; }));
    CHECK(slots(it, ids["skip"]).size() == 1);
    CHECK(slots(it, ids["coalesce"]).size() == 2);
    CHECK(slots(it, ids["queue"]).size() == 3);
    for (const auto policy : {"skip", "coalesce", "queue"}) CHECK(running(policy) == 1);
    CHECK(number_of(record_of(it, ids["skip"]), "skipped_slots") == 2);
    CHECK(number_of(record_of(it, ids["coalesce"]), "skipped_slots") == 1);
    it.write("go", "");
    for (const auto& row : it.rows({"job:list"}))
        CHECK(text_of(it.ended(number_of(row.as_object(), "id")), "state") == "succeeded");
}

TEST_CASE("a bad stored expression is the fault of its run template and stops nobody else") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    const auto bad = it.run_template({{"executable", "/bin/true"}}, each_minute);
    const auto good = it.run_template({{"executable", "/bin/true"}}, each_minute);
    it.sql(fmt::format("UPDATE runtemplate SET cron = '61 25 * * *' WHERE id = {}", bad));
    it.start();
    clock.set("2026-06-01 10:01:00");
    REQUIRE(has_jobs(it, good, 1));
    CHECK(comes_true([&] { return text_of(record_of(it, bad), "fault").find("61") != std::string::npos; }));
    CHECK(slots(it, bad).empty());
    it.ask({"run-template:update", "--id", fmt::to_string(bad), "--cron", "* * * * *"});
    CHECK(text_of(record_of(it, bad), "fault").empty());
    clock.set("2026-06-01 10:02:00");
    CHECK(has_jobs(it, bad, 1));
}

TEST_CASE("nothing is planned for a company or an application that is disabled") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const auto id = it.run_template({{"executable", "/bin/true"}}, each_minute);
    const auto other = it.run_template({{"executable", "/bin/true"}}, each_minute);
    it.ask({"application:update", "--id", "1", "--enabled", "0"});
    clock.set("2026-06-01 10:01:00");
    REQUIRE(has_jobs(it, other, 1));
    CHECK(slots(it, id).empty());
    it.ask({"application:update", "--id", "1", "--enabled", "1"});
    it.ask({"company:update", "--id", "1", "--enabled", "0"});
    clock.set("2026-06-01 10:02:00");
    clock.wait_until_seen();
    clock.set("2026-06-01 10:03:30");
    clock.wait_until_seen();
    it.ask({"company:update", "--id", "1", "--enabled", "1"});
    clock.set("2026-06-01 10:04:00");
    REQUIRE(has_jobs(it, id, 1));
    REQUIRE(has_jobs(it, other, 2));
    CHECK(slots(it, id) == std::vector<std::string>{"2026-06-01 10:04:00"});
    CHECK(slots(it, other) == std::vector<std::string>{"2026-06-01 10:01:00", "2026-06-01 10:04:00"});
}

TEST_CASE("a server looks at the database by itself, too") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const auto begun = it.directory() / "begun";
    const auto id = it.run_template_of_script(fmt::format("echo > {}; exec sleep 1000", begun.string()), each_minute);
    // From here on nobody can wake it.
    std::filesystem::remove_all(it.wake_directory());
    const auto job = it.job(id);
    clock.set("2026-06-01 10:00:50");
    it.content_when_written(begun);
    CHECK(comes_true([&] { return it.job_state(job) == "running"; }));
    CHECK(it.ask({"job:cancel", "--id", fmt::to_string(job)}).at("state") == json::value("running"));
    clock.set("2026-06-01 10:01:10");
    CHECK(text_of(it.ended(job), "state") == "cancelled");
    REQUIRE(has_jobs(it, id, 2));
    const auto planned = number_of(it.rows({"job:list"}).back().as_object(), "id");
    CHECK(comes_true([&] { return it.job_state(planned) == "running"; }));
    it.ask({"job:cancel", "--id", fmt::to_string(planned)});
    clock.set("2026-06-01 10:01:30");
    CHECK(text_of(it.ended(planned), "state") == "cancelled");
}

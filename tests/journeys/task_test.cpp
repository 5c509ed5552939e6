// SPDX-License-Identifier: MIT
#include "journeys/faked_clock.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

namespace {

/// Tasks of a run template, oldest window first.
std::vector<json::object> tasks(const Installation& it, std::int64_t run_template) {
    std::vector<json::object> out;
    for (const auto& row : it.rows({"task:list", "--runtemplate_id", fmt::to_string(run_template)}))
        out.push_back(row.as_object());
    std::ranges::sort(out, {}, [](const json::object& task) { return text_of(task, "window_start"); });
    return out;
}

/// Waits until the oldest task of a run template is in this state; it.
json::object task_in(const Installation& it, std::int64_t run_template, std::string_view state) {
    REQUIRE(comes_true([&] {
        const auto there = tasks(it, run_template);
        return !there.empty() && text_of(there.front(), "state") == state;
    }));
    return tasks(it, run_template).front();
}

std::vector<json::object> attempts(const Installation& it, const json::object& task) {
    std::vector<json::object> out;
    for (const auto& row : it.rows({"job:list", "--task_id", fmt::to_string(number_of(task, "id"))}))
        out.push_back(row.as_object());
    return out;
}

Words with(Words options, const Words& more) {
    options.insert(options.end(), more.begin(), more.end());
    return options;
}

}  // namespace

TEST_CASE("a planned run that fails twice and then succeeds is one expected run, fulfilled") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const auto id = it.run_template_of_script("echo x >> $0.count; [ $(wc -l < $0.count) -ge 3 ] || exit 5",
                                              with(each_minute, {"--max_attempts", "5"}));
    clock.set("2026-06-01 10:01:00");
    const auto task = task_in(it, id, "fulfilled");
    CHECK(number_of(task, "attempts") == 2);
    CHECK(text_of(task, "window_start") == "2026-06-01 10:01:00");
    CHECK(text_of(task, "window_end") == "2026-06-01 10:02:00");
    const auto jobs = attempts(it, task);
    REQUIRE(jobs.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(number_of(jobs[i], "attempt") == static_cast<std::int64_t>(i) + 1);
        CHECK(text_of(jobs[i], "state") == (i == 2 ? "succeeded" : "failed"));
    }
    CHECK(task.at("fulfilled_by_job_id") == jobs[2].at("id"));
    const auto shown = it.ask({"task:get", "--id", fmt::to_string(number_of(task, "id")), "--with-jobs"});
    CHECK(shown.at("jobs").as_array().size() == 3);
    CHECK(it.ask({"task:status"}).at("fulfilled") == 1);
}

TEST_CASE("a run that succeeds after its deadline is late, and counts only where that is allowed") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const auto go = it.directory() / "go";
    const auto program =
        fmt::format("echo > $0.begun.$MULTIFLEXI_RUNTEMPLATE_ID; while ! [ -e {} ]; do sleep 0.02; done", go.string());
    const Words options = with(each_minute, {"--deadline_offset", "+30s"});
    const auto strict = it.run_template_of_script(program, options);
    const auto lenient = it.run_template_of_script(program, with(options, {"--allow_late", "1"}));
    clock.set("2026-06-01 10:01:00");
    for (const auto id : {strict, lenient}) task_in(it, id, "running");
    clock.set("2026-06-01 10:01:40");
    clock.wait_until_seen();
    it.write("go", "");
    const auto late = task_in(it, lenient, "fulfilled_late");
    // This clock stands still, and the job had ended some milliseconds before somebody looked.
    CHECK(text_of(late, "fulfilled_at") >= "2026-06-01 10:01:39");
    CHECK(text_of(late, "fulfilled_at") <= "2026-06-01 10:01:40");
    const auto failed = task_in(it, strict, "failed");
    CHECK(text_of(failed, "cause").find("after the deadline") != std::string::npos);
    CHECK(text_of(attempts(it, failed).at(0), "state") == "succeeded");
}

TEST_CASE("no attempt starts after the deadline, and none follows an exit code that is final") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const Words five = with(each_minute, {"--max_attempts", "5"});
    const auto hurried = it.run_template_of_script(
        "exit 5", with(five, {"--deadline_offset", "+20s", "--retry_min_gap", "15", "--retry_backoff", "linear"}));
    const json::object codes{{"9", json::object{{"description", "Bad account"}, {"retry", false}}}};
    const auto vetoed =
        it.run_template(json::object{{"executable", it.script("exit 9").string()}, {"exitCodes", codes}}, five);
    clock.set("2026-06-01 10:01:00");
    const auto final_code = task_in(it, vetoed, "failed");
    CHECK(number_of(final_code, "attempts") == 1);
    CHECK(text_of(final_code, "cause").find("declares this exit code final") != std::string::npos);
    CHECK(attempts(it, final_code).size() == 1);

    REQUIRE(comes_true([&] { return attempts(it, tasks(it, hurried).at(0)).size() == 2; }));
    CHECK(text_of(tasks(it, hurried).at(0), "state") == "open");
    clock.set("2026-06-01 10:01:15");
    const auto passed = task_in(it, hurried, "failed");
    CHECK(number_of(passed, "attempts") == 2);
    CHECK(text_of(passed, "cause").find("after the deadline") != std::string::npos);
}

TEST_CASE("what overlapped or was withdrawn is missed, and says why") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const auto go = it.directory() / "go";
    const auto id = it.run_template_of_script(fmt::format("while ! [ -e {} ]; do sleep 0.02; done", go.string()),
                                              with(each_minute, {"--overlap", "coalesce"}));
    clock.set("2026-06-01 10:01:00");
    task_in(it, id, "running");
    for (const std::size_t count : {2, 3}) {
        clock.set(fmt::format("2026-06-01 10:0{}:00", count));
        REQUIRE(comes_true([&] { return tasks(it, id).size() == count; }));
    }
    auto there = tasks(it, id);
    CHECK(text_of(there.at(1), "state") == "open");
    CHECK(text_of(there.at(2), "state") == "missed");
    CHECK(text_of(there.at(2), "cause").find("overlap coalesce") != std::string::npos);
    it.ask({"run-template:update", "--id", fmt::to_string(id), "--active", "0"});
    there = tasks(it, id);
    CHECK(text_of(there.at(1), "state") == "missed");
    CHECK(text_of(there.at(1), "cause").find("switched off") != std::string::npos);
    it.write("go", "");
    // Its window is long over: it was running, so nobody gave it up; but it is late.
    CHECK(text_of(task_in(it, id, "failed"), "cause").find("after the deadline") != std::string::npos);
    CHECK(it.rows({"task:list", "--state", "missed"}).size() == 2);
    CHECK(it.cli({"database:check"}).code == 0);
}

TEST_CASE("an ended job is run again on demand: as the next attempt of its run, with the values it was launched with") {
    Installation it;
    FakedClock clock(it, "2026-06-01 10:00:30");
    if (!clock.available()) return;
    it.start();
    const auto repaired = it.directory() / "repaired";
    const auto id = it.run_template_of_script(fmt::format("[ -e {} ] || exit 3", repaired.string()), each_minute);
    clock.set("2026-06-01 10:01:00");
    const auto failed = task_in(it, id, "failed");
    const auto first = number_of(attempts(it, failed).at(0), "id");
    it.write("repaired", "");
    const auto again = number_of(it.ask({"job:retry", "--id", fmt::to_string(first)}).as_object(), "job_id");
    CHECK(text_of(it.ended(again), "state") == "succeeded");
    const auto done = task_in(it, id, "fulfilled");
    CHECK(number_of(done, "fulfilled_by_job_id") == again);
    const auto refused = it.cli({"job:retry", "--id", fmt::to_string(first)});
    CHECK(refused.code == 1);
    CHECK(refused.out.find("--force") != std::string::npos);

    const auto launched =
        it.run_template(json::object{{"executable", it.script("echo \"$GREETING\"; exit 4").string()},
                                     {"environment", json::object{{"GREETING", json::object{{"type", "string"}}}}}});
    const auto job = it.job(launched, {"--env", "GREETING=hello"});
    it.ended(job);
    const auto repeated = number_of(it.ask({"job:retry", "--id", fmt::to_string(job)}).as_object(), "job_id");
    CHECK(number_of(it.ended(repeated), "exitcode") == 4);
    CHECK(it.cli({"job:output", "--id", fmt::to_string(repeated)}).out == "hello\n");
    CHECK(it.job_record(repeated).at("env").at("GREETING") == "hello");
}

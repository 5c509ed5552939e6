// SPDX-License-Identifier: MIT
// A checker that complains of nothing proves nothing: each kind of damage has to be seen.
#include "chaos/checker.h"

#include "base/digest.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::chaos;

namespace {

constexpr std::int64_t minute = 60'000;
constexpr std::uint64_t seed = 7;

/// A small history that is in order: run template 1 prints a lot, 2 fails, tries again and succeeds, 3 leaves files, 4
/// does not end by itself.
struct World {
    History history;
    Evidence evidence;
    Deeds deeds;
    std::map<std::int64_t, RecordedOutput> outputs;
    std::map<std::string, std::string> contents;
    std::set<Identity> living;

    World() {
        deeds.seed = seed;
        deeds.arrangements = {{.run_template = 1, .conduct = Conduct::steady, .every_minutes = 1},
                              {.run_template = 2, .conduct = Conduct::flaky, .every_minutes = 2, .attempts = 2},
                              {.run_template = 3, .conduct = Conduct::artist, .overlap = "parallel"},
                              {.run_template = 4, .conduct = Conduct::stubborn, .every_minutes = 3}};
        history.run_templates = {{.id = 1, .next_slot = 4 * minute, .skipped = 1},
                                 {.id = 2, .next_slot = 4 * minute},
                                 {.id = 3},
                                 {.id = 4, .next_slot = 6 * minute}};
        add(1, 1, 1 * minute);
        add(2, 1, 2 * minute);
        const auto fails = next_of(Conduct::flaky, 3, [](int code) { return code == repeatable_code; });
        add(fails, 2, 2 * minute);
        const auto succeeds = next_of(Conduct::flaky, fails + 1, [](int code) { return code == 0; });
        auto& second = add(succeeds, 2, std::nullopt);
        second.attempt = 2;
        second.retry_of = fails;
        std::int64_t artist = succeeds + 1;
        while (JobScript(seed, artist, Conduct::artist).files().empty()) ++artist;
        add(artist, 3, std::nullopt);
        deeds.launched.insert(artist);
        auto& stubborn = add(artist + 1, 4, 3 * minute);
        stubborn.state = "timed_out";
        stubborn.exit_code = 124;
        auto& run = evidence.runs.at(stubborn.id).front();
        run.ended_ms.reset();
        run.code.reset();
        add_tasks();
        history.output = [this](std::int64_t job) { return outputs[job]; };
        history.content = [this](const std::string& sha256) -> std::optional<std::string> {
            const auto found = contents.find(sha256);
            return found == contents.end() ? std::nullopt : std::optional(found->second);
        };
        count();
    }

    template <class Q>
    static std::int64_t next_of(Conduct conduct, std::int64_t id, const Q& fits) {
        while (!fits(JobScript(seed, id, conduct).exit_code())) ++id;
        return id;
    }

    JobRow& add(std::int64_t id, std::int64_t run_template, std::optional<std::int64_t> slot) {
        const auto conduct = deeds.arrangements.at(static_cast<std::size_t>(run_template - 1)).conduct;
        JobScript script(seed, id, conduct);
        const auto at = id * 1000;
        history.jobs.push_back({.id = id,
                                .company = 1,
                                .run_template = run_template,
                                .state = script.exit_code() == 0 ? "succeeded" : "failed",
                                .slot = slot,
                                .begin = at,
                                .end = at + 500,
                                .exit_code = script.exit_code(),
                                .created_at = at});
        auto& job = history.jobs.back();
        Run run{.process = {static_cast<pid_t>(100 + id), 5},
                .began_ms = at,
                .ended_ms = at + 500,
                .code = script.exit_code()};
        auto& output = outputs[id];
        // One that never ends is not heard to its end.
        for (int steps = 0; steps < 3000; ++steps)
            if (const auto step = script.next())
                (step->stream == 1 ? output.output : output.error_output) += step->text;
        job.output_size = std::ssize(output.output);
        job.error_size = std::ssize(output.error_output);
        run.progress = {output.output.size(), output.error_output.size()};
        evidence.runs[id] = {run};
        history.artifacts[id].push_back({id, "stdout", "stdout", sha256_hex(output.output), std::ssize(output.output)});
        for (const auto& file : script.files()) {
            const auto digest = sha256_hex(file.content);
            contents[digest] = file.content;
            history.artifacts[id].push_back({id, "file", file.name, digest, std::ssize(file.content)});
        }
        return job;
    }

    void add_tasks() {
        for (auto& job : history.jobs) {
            if (!job.slot) continue;
            const auto every = deeds.arrangements.at(static_cast<std::size_t>(job.run_template - 1)).every_minutes;
            history.tasks.push_back({.id = job.id,
                                     .company = 1,
                                     .run_template = job.run_template,
                                     .start = *job.slot,
                                     .end = *job.slot + every * minute,
                                     .deadline = *job.slot + every * minute,
                                     .state = "fulfilled",
                                     .fulfilled_by = job.id});
            job.task = job.id;
            auto& task = history.tasks.back();
            if (job.state != "succeeded") {
                task.attempts = 1;
                task.state = "failed";
                task.fulfilled_by.reset();
            }
            for (auto& again : history.jobs)
                if (again.retry_of == job.id) {
                    again.task = job.id;
                    task.state = "fulfilled";
                    task.fulfilled_by = again.id;
                }
        }
        history.tasks.push_back({.id = 999,
                                 .company = 1,
                                 .run_template = 1,
                                 .start = 3 * minute,
                                 .end = 4 * minute,
                                 .deadline = 4 * minute,
                                 .state = "missed"});
        history.outcomes = {{{1, 0}, {.fulfilled = 3, .failed = 1, .missed = 1}}};
    }

    void count() {
        history.counts = {{{1, 0}, {std::ssize(history.jobs), 0, 0, 0}}};
        for (const auto& job : history.jobs) {
            auto& row = history.run_templates.at(static_cast<std::size_t>(job.run_template - 1));
            ++(job.state == "succeeded" ? row.succeeded : row.failed);
            ++(job.state == "succeeded" ? history.counts[{1, 0}].succeeded : history.counts[{1, 0}].failed);
        }
    }

    JobRow& job(std::int64_t id) { return *std::ranges::find(history.jobs, id, &JobRow::id); }
    Run& run(std::int64_t id) { return evidence.runs.at(id).front(); }
    JobRow& first_of(std::int64_t run_template) {
        return *std::ranges::find(history.jobs, run_template, &JobRow::run_template);
    }

    std::string complaints() {
        const auto found =
            check(history, evidence, deeds, [this](const Identity& process) { return living.contains(process); });
        return fmt::format("{}", fmt::join(found.complaints, "\n"));
    }
    bool says(std::string_view part) {
        const auto all = complaints();
        INFO(all);
        CHECK(all.find(part) != std::string::npos);
        return true;
    }
};

}  // namespace

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

TEST_CASE("runs") {
    World it;
    SUBCASE("twice") {
        it.evidence.runs[1].push_back({.process = {7, 7}, .began_ms = 9});
        it.says("The job 1 began 2 times");
    }
    SUBCASE("without a job") {
        it.evidence.runs[999] = {{.process = {7, 7}}};
        it.says("there is no such job");
    }
    SUBCASE("another exit code") {
        it.job(1).exit_code = 1;
        it.job(1).state = "failed";
        it.says("it wrote down 0");
    }
    SUBCASE("a success that never was") {
        it.evidence.runs.erase(1);
        it.says("but it never began");
    }
    SUBCASE("an end that nobody brought about") {
        it.run(1).code.reset();
        it.job(1).exit_code = 137;
        it.job(1).state = "failed";
        it.says("never ended by itself");
    }
    SUBCASE("an end that we brought about") {
        it.run(1).code.reset();
        it.job(1).exit_code = 137;
        it.deeds.killed.insert(it.run(1).process);
        it.job(1).state = "failed";
        CHECK(it.complaints().find("never ended by itself") == std::string::npos);
    }
    SUBCASE("lost without a cause") {
        it.job(1).state = "lost";
        it.says("nobody says why");
        it.says("nobody brought that about");
        it.deeds.bereft.insert(it.run(1).process);
        CHECK(it.complaints().find("nobody brought that about") == std::string::npos);
    }
    SUBCASE("cancelled by nobody") {
        it.job(1).state = "cancelled";
        it.says("nobody asked");
    }
    SUBCASE("two at a time") {
        it.run(1).ended_ms = it.run(2).began_ms + 1;
        it.says("The job 2 began while the job 1");
    }
}

TEST_CASE("output") {
    World it;
    auto& output = it.outputs.at(1).output;
    REQUIRE(output.size() > 100);
    SUBCASE("a gap") {
        output.erase(50, 1);
        it.says("is not what it printed after the first 50.");
    }
    SUBCASE("a repetition") {
        output.insert(50, output.substr(0, 50));
        it.says("is not what it printed");
    }
    SUBCASE("cut off") {
        output.pop_back();
        it.says("of which");
    }
    SUBCASE("less than what a killed one had written") {
        auto& stubborn = it.first_of(4);
        it.outputs.at(stubborn.id).output.resize(10);
        it.says("has written");
    }
    SUBCASE("more than what a lost one printed") {
        it.job(1).state = "lost";
        output += "?";
        it.says("is not what it printed");
    }
    SUBCASE("a missing piece") {
        it.outputs.at(1).faults.emplace_back("the piece 3 of its output follows the piece 1");
        it.says("Of the job 1 the piece 3");
    }
    SUBCASE("sizes") {
        ++it.job(1).output_size;
        it.says("counts");
    }
    SUBCASE("digests") {
        it.history.artifacts.at(1).front().sha256 = "0";
        it.says("The digest or size of stdout");
    }
}

TEST_CASE("files") {
    World it;
    auto& files = it.history.artifacts.at(it.first_of(3).id);
    SUBCASE("one is missing") {
        files.pop_back();
        it.says("are not the same");
    }
    SUBCASE("without content") {
        it.contents.clear();
        it.says("is missing");
    }
    SUBCASE("with the content of another") {
        it.contents.begin()->second += "x";
        it.says("is damaged");
    }
}

TEST_CASE("processes that live on") {
    World it;
    SUBCASE("of the job") {
        it.living.insert(it.run(1).process);
        it.says("of the job 1 lives on");
    }
    SUBCASE("that it began") {
        it.evidence.children[1] = {{9, 9}};
        it.living.insert({9, 9});
        it.says("that the job 1 began lives on");
        it.deeds.killed.insert(it.run(1).process);
        CHECK(it.complaints() == "");
    }
}

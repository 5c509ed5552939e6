// SPDX-License-Identifier: MIT
#pragma once

#include "base/digest.h"
#include "chaos/checks.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace mf::chaos {

constexpr std::uint64_t seed_of_world = 7;

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
        deeds.seed = seed_of_world;
        deeds.arrangements = {
            {.run_template = 1, .conduct = Conduct::steady, .every_minutes = 1},
            {.run_template = 2, .conduct = Conduct::flaky, .every_minutes = 2, .attempts = 2},
            {.run_template = 3, .conduct = Conduct::artist, .overlap = "parallel"},
            {.run_template = 4, .conduct = Conduct::stubborn, .every_minutes = 3, .time_limit_seconds = 3}};
        history.run_templates = {{.id = 1, .next_slot = 4 * minute, .skipped = 1},
                                 {.id = 2, .next_slot = 4 * minute},
                                 {.id = 3},
                                 {.id = 4, .next_slot = 6 * minute}};
        add(1, 1, 1 * minute);
        add(2, 1, 2 * minute);
        const auto fails = next_of(Conduct::flaky, 3, [](int code) { return code == repeatable_code; });
        add(fails, 2, 2 * minute);
        const auto succeeds = next_of(Conduct::flaky, fails + 1, [](int code) { return code == 0; });
        auto& again = add(succeeds, 2, std::nullopt);
        again.attempt = 2;
        again.retry_of = fails;
        std::int64_t artist = succeeds + 1;
        while (JobScript(seed_of_world, artist, Conduct::artist).files().empty()) ++artist;
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
        while (!fits(JobScript(seed_of_world, id, conduct).exit_code())) ++id;
        return id;
    }

    JobRow& add(std::int64_t id, std::int64_t run_template, std::optional<std::int64_t> slot) {
        const auto conduct = deeds.arrangements.at(static_cast<std::size_t>(run_template - 1)).conduct;
        JobScript script(seed_of_world, id, conduct);
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
}  // namespace mf::chaos

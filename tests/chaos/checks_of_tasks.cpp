// SPDX-License-Identifier: MIT
#include "chaos/checks.h"

#include <fmt/format.h>

namespace mf::chaos {
namespace {

using fmt::format;

bool is_failure(const JobRow& job) {
    return job.state == "failed" || job.state == "timed_out" || job.state == "lost" || job.state == "blocked";
}

/// Is there to be another attempt after this one?
bool repeats(const Facts& facts, const Arrangement& made, const JobRow& job) {
    if (!is_failure(job) || job.state == "blocked" || job.cancel_requested || job.attempt >= made.attempts)
        return false;
    if (job.state == "failed" && job.exit_code == vetoed_code) return false;
    const auto task = facts.tasks.find(job.task.value_or(0));
    if (task == facts.tasks.end() || !job.end) return false;
    const auto gap = made.gap_seconds * second * (made.conduct == Conduct::flaky ? job.attempt : 1);
    return *job.end <= task->second->end && *job.end + gap <= task->second->deadline;
}

void check_outcome(const TaskRow& task, const std::vector<const JobRow*>& jobs, Findings& out) {
    const auto name = format("The task {} of run template {}", task.id, task.run_template);
    std::int64_t failures = 0, unbegun = 0;
    const JobRow* success = nullptr;
    for (const JobRow* job : jobs) {
        if (job->state == "succeeded") {
            if (success) out.complain(format("{} succeeded twice, as jobs {} and {}.", name, success->id, job->id));
            success = job;
        }
        failures += is_failure(*job) || (job->state == "cancelled" && job->begin) ? 1 : 0;
        // Whether its claim had come so far that it counts as an attempt is not seen in the row.
        unbegun += job->state == "cancelled" && !job->begin ? 1 : 0;
    }
    if (task.attempts < failures || task.attempts > failures + unbegun)
        out.complain(format("{} counts {} failed attempts; its jobs say {}.", name, task.attempts, failures));
    std::string_view expected = "failed";
    if (success && success->end <= task.deadline)
        expected = "fulfilled";
    else if (!success && task.attempts == 0)
        expected = "missed";
    if (task.state != expected) out.complain(format("{} is {} instead of {}.", name, task.state, expected));
    if ((task.state == "fulfilled") != task.fulfilled_by.has_value() ||
        (task.fulfilled_by && (!success || task.fulfilled_by != success->id)))
        out.complain(format("{} names the wrong job for its success.", name));
}

}  // namespace

void check_tasks(const Facts& facts, Findings& out) {
    std::map<std::int64_t, std::vector<const JobRow*>> jobs_of;
    for (const JobRow& job : facts.history.jobs) {
        if (!job.task) {
            if (job.slot || job.retry_of) out.complain(format("The planned job {} has no task.", job.id));
            continue;
        }
        jobs_of[*job.task].push_back(&job);
        const auto task = facts.tasks.find(*job.task);
        if (task == facts.tasks.end() || task->second->run_template != job.run_template ||
            (job.slot && task->second->start != *job.slot))
            out.complain(format("The job {} belongs to a task that is not its own.", job.id));
    }
    std::map<std::pair<std::int64_t, std::int64_t>, OutcomeRow> counted;
    std::map<std::int64_t, std::int64_t> without_jobs;
    std::set<std::pair<std::int64_t, std::int64_t>> windows;
    for (const TaskRow& task : facts.history.tasks) {
        if (!windows.emplace(task.run_template, task.start).second)
            out.complain(format("The task {} is the second one of its window.", task.id));
        const auto* made = facts.arrangement_of(task.run_template);
        if (made && task.end - task.start != made->every_minutes * minute)
            out.complain(format("The window of the task {} is not that of its schedule.", task.id));
        const auto& jobs = jobs_of[task.id];
        check_outcome(task, jobs, out);
        if (jobs.empty()) ++without_jobs[task.run_template];
        auto& row = counted[{task.company, task.start / day}];
        ++(task.state == "fulfilled"        ? row.fulfilled
           : task.state == "fulfilled_late" ? row.fulfilled_late
           : task.state == "failed"         ? row.failed
                                            : row.missed);
    }
    if (counted != facts.history.outcomes)
        out.complain("The counters of the outcomes of tasks are not those of the tasks.");
    for (const auto& made : facts.deeds.arrangements) {
        const auto row = facts.run_templates.find(made.run_template);
        // A plan that began anew may skip what has its task already.
        if (made.switched || row == facts.run_templates.end()) continue;
        if (without_jobs[made.run_template] != row->second->skipped)
            out.complain(format("The run template {} counts {} skipped instants; {} missed tasks tell of them.",
                                made.run_template, row->second->skipped, without_jobs[made.run_template]));
    }
}

void check_attempts(const Facts& facts, Findings& out) {
    std::map<std::int64_t, std::map<std::int64_t, const JobRow*>> chains;
    for (const JobRow& job : facts.history.jobs) {
        if (!job.slot && !job.retry_of) {
            if (job.attempt != 1) out.complain(format("The job {} is an attempt of nothing.", job.id));
            continue;
        }
        if (!chains[job.retry_of.value_or(job.id)].emplace(job.attempt, &job).second)
            out.complain(format("The job {} is attempt {} of a run that has one already.", job.id, job.attempt));
    }
    for (const auto& [first, attempts] : chains) {
        const Arrangement* made = facts.arrangement_of(attempts.begin()->second->run_template);
        if (!made) continue;
        std::int64_t number = 0;
        for (const auto& [attempt, job] : attempts) {
            ++number;
            if (attempt != number) out.complain(format("Attempt {} of the run of job {} is missing.", number, first));
            const bool last = attempt == attempts.rbegin()->first;
            const bool again = repeats(facts, *made, *job);
            if (!last && !again)
                out.complain(format("The job {} ({}) was followed by another attempt.", job->id, job->state));
            // Of a run template that was off at that moment there is none.
            if (last && again && !made->switched)
                out.complain(format("The job {} ({}) is attempt {} of {}, and none followed.", job->id, job->state,
                                    attempt, made->attempts));
        }
    }
}

}  // namespace mf::chaos

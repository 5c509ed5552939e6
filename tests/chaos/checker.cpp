// SPDX-License-Identifier: MIT
#include "chaos/checker.h"

#include "chaos/checks.h"

#include <fmt/format.h>

namespace mf::chaos {
namespace {

using fmt::format;

/// Instants of "every so many minutes of the hour" in (after, before).
std::int64_t instants_between(std::int64_t after, std::int64_t before, std::int64_t every_minutes) {
    const auto step = every_minutes * minute;
    const auto first = after / step + 1, end = (before + step - 1) / step;
    return std::max<std::int64_t>(end - first, 0);
}

}  // namespace

void check_slots(const Facts& facts, Findings& out) {
    for (const auto& made : facts.deeds.arrangements) {
        const auto row = facts.run_templates.find(made.run_template);
        if (row == facts.run_templates.end()) {
            out.complain(format("The run template {} is gone.", made.run_template));
            continue;
        }
        const TemplateRow& stored = *row->second;
        std::set<std::int64_t> slots;
        for (const JobRow* job : facts.jobs_of(made.run_template)) {
            if (!job->slot) continue;
            if (made.every_minutes == 0 || *job->slot % (made.every_minutes * minute) != 0)
                out.complain(format("The job {} has a slot that its schedule does not name.", job->id));
            if (!slots.insert(*job->slot).second)
                out.complain(format("The job {} is the second one for the same slot of run template {}.", job->id,
                                    made.run_template));
        }
        out.slots += static_cast<int>(slots.size());
        out.skipped += static_cast<int>(stored.skipped);
        if (made.every_minutes == 0 || made.switched) continue;
        if (!stored.next_slot || !stored.fault.empty()) {
            out.complain(format("The run template {} is not planned any more: {}", made.run_template, stored.fault));
            continue;
        }
        const auto due = instants_between(stored.activated_at, *stored.next_slot, made.every_minutes);
        const auto accounted = std::ssize(slots) + stored.skipped;
        if (due != accounted)
            out.complain(
                format("The schedule of run template {} named {} instants, but there are {} jobs for slots and "
                       "{} skipped ones.",
                       made.run_template, due, slots.size(), stored.skipped));
    }
}

void check_counters(const Facts& facts, Findings& out) {
    std::map<std::pair<std::int64_t, std::int64_t>, CountRow> counted;
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> by_template;
    for (const JobRow& job : facts.history.jobs) {
        ++counted[{job.company, job.created_at / hour}].created;
        if (!job.end) continue;
        auto& at_end = counted[{job.company, *job.end / hour}];
        auto& [succeeded, failed] = by_template[job.run_template];
        if (job.state == "succeeded") {
            ++at_end.succeeded;
            ++succeeded;
        } else if (job.state == "cancelled" && !job.begin) {
            ++at_end.withdrawn;
        } else {
            ++at_end.failed;
            ++failed;
        }
    }
    for (const auto& [place, row] : counted) {
        const auto found = facts.history.counts.find(place);
        const auto stored = found == facts.history.counts.end() ? CountRow{} : found->second;
        if (stored != row)
            out.complain(
                format("The counters of company {} say {} created, {} succeeded, {} failed, {} withdrawn in "
                       "hour {}; the rows are {}, {}, {}, {}.",
                       place.first, stored.created, stored.succeeded, stored.failed, stored.withdrawn, place.second,
                       row.created, row.succeeded, row.failed, row.withdrawn));
    }
    for (const auto& [place, row] : facts.history.counts)
        if (!counted.contains(place) && row != CountRow{})
            out.complain(
                format("The counters of company {} tell of an hour {} without jobs.", place.first, place.second));
    for (const TemplateRow& row : facts.history.run_templates) {
        const auto& [succeeded, failed] = by_template[row.id];
        if (row.succeeded != succeeded || row.failed != failed)
            out.complain(format("The run template {} counts {} successes and {} failures; the jobs are {} and {}.",
                                row.id, row.succeeded, row.failed, succeeded, failed));
    }
}

void check_nothing_is_stuck(const Facts& facts, Findings& out) {
    std::set<std::int64_t> queued;
    for (const QueueRow& row : facts.history.queue) {
        queued.insert(row.job);
        const auto* job = facts.job(row.job);
        if (!job || job->state != "pending")
            out.complain(format("The queue has the job {}, which does not wait.", row.job));
    }
    for (const JobRow& job : facts.history.jobs) {
        ++out.jobs[job.state];
        const bool unfinished = job.state == "pending" || job.state == "claimed" || job.state == "running";
        if (unfinished)
            out.complain(format("The job {} of run template {} is still {}.{}{}", job.id, job.run_template, job.state,
                                job.claimed_by.empty() ? "" : " Its node: " + job.claimed_by,
                                queued.contains(job.id) || job.state != "pending" ? "" : " It is not in the queue."));
        if (!unfinished && (!job.end || (job.state != "cancelled" && !job.exit_code)))
            out.complain(format("The job {} ({}) has no end or no exit code.", job.id, job.state));
        if (!unfinished && job.exclusive)
            out.complain(format("The job {} has ended and still holds its run template.", job.id));
    }
    for (const auto launched : facts.deeds.launched)
        if (!facts.job(launched))
            out.complain(format("The command line said that the job {} was made, but there is none.", launched));
}

Facts::Facts(const History& told, const Evidence& seen, const Deeds& done)
    : history(told), evidence(seen), deeds(done) {
    for (const auto& row : history.run_templates) run_templates.emplace(row.id, &row);
    for (const auto& made : deeds.arrangements) arrangements.emplace(made.run_template, &made);
    for (const auto& row : history.tasks) tasks.emplace(row.id, &row);
    for (const auto& row : history.jobs) {
        jobs.emplace(row.id, &row);
        by_template[row.run_template].push_back(&row);
    }
}

const JobRow* Facts::job(std::int64_t id) const {
    const auto found = jobs.find(id);
    return found == jobs.end() ? nullptr : found->second;
}

const Arrangement* Facts::arrangement_of(std::int64_t run_template) const {
    const auto found = arrangements.find(run_template);
    return found == arrangements.end() ? nullptr : found->second;
}

std::vector<const JobRow*> Facts::jobs_of(std::int64_t run_template) const {
    const auto found = by_template.find(run_template);
    return found == by_template.end() ? std::vector<const JobRow*>{} : found->second;
}

Findings check(const History& history, const Evidence& evidence, const Deeds& deeds,
               const std::function<bool(const Identity&)>& alive) {
    Findings out;
    out.complaints = deeds.complaints;
    for (const auto& fault : evidence.faults) out.complain(fault);
    const Facts facts(history, evidence, deeds);
    check_nothing_is_stuck(facts, out);
    check_slots(facts, out);
    check_tasks(facts, out);
    check_attempts(facts, out);
    check_counters(facts, out);
    check_runs(facts, out);
    check_overlaps(facts, out);
    check_output(facts, out);
    check_files(facts, out);
    check_processes(facts, alive, out);
    return out;
}

}  // namespace mf::chaos

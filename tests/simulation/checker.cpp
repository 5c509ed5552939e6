// SPDX-License-Identifier: MIT
#include "simulation/checker.h"

#include "simulation/checked_rows.h"

#include <algorithm>

namespace mf::simulation {
namespace {

using How = Evidence::Run::How;

class History {
public:
    History(sql::Connection& database, const Stage& stage)
        : database_(database), stage_(stage), evidence_(stage.evidence), jobs_(read_jobs(database)) {}

    void check() {
        nothing_is_stuck();
        processes_and_records_agree();
        output_is_complete();
        nobody_runs_beside_another();
        limits_were_kept();
        check_tasks(database_, stage_, jobs_);
        counters_agree();
    }

private:
    void nothing_is_stuck() {
        for (const auto& [id, job] : jobs_)
            if (!job.end) complain("job {} has not ended: it is {}", id, job.state);
        expect_none(database_, "a queue row is left, of job", R"(SELECT "job_id" FROM "schedule")");
        expect_none(database_, "a job that has ended holds its run template",
                    R"(SELECT "id" FROM "job" WHERE "exclusive" IS NOT NULL)");
    }

    void processes_and_records_agree() {
        std::map<std::int64_t, const Evidence::Run*> runs;
        for (const auto& run : evidence_.runs) {
            if (!runs.emplace(run.job, &run).second) complain("two processes of job {} were started", run.job);
            if (!jobs_.contains(run.job)) complain("a process of job {} was started, which is not there", run.job);
        }
        for (const auto& [id, job] : jobs_) {
            const auto found = runs.find(id);
            const auto* run = found == runs.end() ? nullptr : found->second;
            const auto expect = [&](bool is_right, std::string_view what) {
                if (!is_right) complain("job {} is {} (exit code {}), but {}", id, job.state, job.exit_code, what);
            };
            expect(job.begin.has_value() == (run != nullptr) || job.state == "lost",
                   run ? "its process has no recorded begin" : "it had no process");
            if (run) expect(run->claimed_by_clock >= job.schedule, "its process began before its time");
            if (run && job.begin) expect(*job.begin == run->begin_by_clock, "its process began at another time");
            if (run)
                expect(job.claimed_by == evidence_.names_of_machines[static_cast<std::size_t>(run->machine)],
                       "it ran on another node");
            if (run && job.state == "lost")
                expect(run->looked_at_lease <= evidence_.losses.at(id).at, "its process began afterwards");
            if (job.state == "succeeded") {
                expect(run && run->how == How::exited && run->exit_code == 0, "its process did not end well");
            } else if (job.state == "failed") {
                expect(run && run->how == How::exited && run->exit_code == job.exit_code && run->exit_code != 0,
                       "its process did not fail like that");
            } else if (job.state == "timed_out") {
                expect(run && run->how == How::time_limit, "its process did not reach its limit");
            } else if (job.state == "cancelled") {
                expect(!run || run->how == How::cancelled || run->how == How::disowned,
                       "its process was not ended for that");
                expect(!run || run->how == How::disowned || job.cancel_requested, "nobody asked for it");
            } else if (job.state == "lost") {
                if (!may_be_lost(job, run)) complain("job {} is lost in vain: {}", id, why_lost(job));
            } else {
                expect(false, "nothing in this simulation ends like that");
            }
        }
    }

    std::string why_lost(const JobRow& job) {
        const auto reason = database_.query(R"(SELECT "reason" FROM "job" WHERE "id" = ?)", {{job.id}})[0][0];
        const auto found = evidence_.losses.find(job.id);
        const auto* text = std::get_if<std::string>(&reason);
        return fmt::format("{} (end {}, recorded {})", text ? *text : "", job.end->time_since_epoch().count(),
                           found == evidence_.losses.end() ? 0 : found->second.at.time_since_epoch().count());
    }

    /// What nobody can know any more is lost, and nothing else.
    bool may_be_lost(const JobRow& job, const Evidence::Run* run) const {
        const auto found = evidence_.losses.find(job.id);
        if (found == evidence_.losses.end()) return false;
        const auto& loss = found->second;
        const bool went_down = run && (run->how == How::with_machine || run->how == How::with_shim);
        if (went_down && run->end <= loss.at) return true;
        const auto& heard = evidence_.heard.at(job.claimed_by);
        // A server that came to this name finds what another one began or claimed elsewhere; when that comes back after
        // it, what it knew has been refused.
        if (loss.own)
            return run ? std::ranges::any_of(heard,
                                             [&](const Evidence::Sign& sign) {
                                                 return sign.at >= run->claimed && sign.at <= loss.at &&
                                                        sign.machine != fmt::format("machine{}", run->machine);
                                             })
                       : loss.is_unknowable;
        auto silent_since = loss.watching_since;
        // What it hears at the same moment it hears afterwards: declare_lost() would have seen it.
        for (const auto& sign : heard)
            if (sign.at < loss.at) silent_since = std::max(silent_since, sign.at);
        for (const auto moment : evidence_.ends_of_outages)
            if (moment < loss.at) silent_since = std::max(silent_since, moment);
        return loss.at - silent_since >= evidence_.lease;
    }

    /// Until when others had to regard it; none: not at all.
    std::optional<Timestamp> counts_until(const Evidence::Run& run) const {
        const auto end = run.end.value_or(Timestamp::max());
        const auto loss = evidence_.losses.find(run.job);
        if (loss == evidence_.losses.end()) return end;
        if (loss->second.at < run.begin) return std::nullopt;
        return std::min(end, loss->second.at);
    }

    void output_is_complete() {
        std::map<std::int64_t, std::string> output;
        std::map<std::int64_t, std::int64_t> pieces;
        for (const auto& row : database_.query(
                 R"(SELECT "job_id", "seq", "content", "encoding" FROM "job_output" ORDER BY "job_id", "seq")", {})) {
            const auto job = number(row[0]);
            if (number(row[1]) != pieces[job]++)
                complain("the output of job {} has a gap before {}", job, number(row[1]));
            if (number(row[3]) != 0) complain("a short piece of the output of job {} is compressed", job);
            output[job] += std::get<Bytes>(row[2]).data;
        }
        for (const auto& run : evidence_.runs) {
            std::string expected;
            const int written = run.written(stage_.now);
            for (int i = 0; i < written; ++i) expected += run.piece(i);
            const auto& kept = output[run.job];
            const auto& job = jobs_.at(run.job);
            // What a machine took with it may be less than what was written.
            if (job.state == "lost" ? !expected.starts_with(kept) : kept != expected)
                complain("of the {} bytes of output of job {} these were kept: {}", expected.size(), run.job, kept);
            if (job.state != "lost" && job.stdout_size != std::ssize(expected))
                complain("job {} has {} bytes of output, not {}", run.job, expected.size(), job.stdout_size);
        }
        for (const auto& [job, bytes] : output)
            if (!bytes.empty() &&
                std::ranges::none_of(evidence_.runs, [&, id = job](const auto& run) { return run.job == id; }))
                complain("job {} has output, but had no process", job);
    }

    void nobody_runs_beside_another() {
        std::map<std::int64_t, std::vector<const Evidence::Run*>> by_run_template;
        for (const auto& run : evidence_.runs)
            if (counts_until(run)) by_run_template[run.run_template].push_back(&run);
        for (auto& [id, runs] : by_run_template) {
            const auto& policy = evidence_.policies.at(id);
            if (std::ranges::none_of(policy.alone, [](const auto& each) { return each.second; })) continue;
            std::ranges::sort(runs, {}, &Evidence::Run::begin);
            std::vector<const Evidence::Run*> before;
            for (const auto* run : runs) {
                std::erase_if(before, [&](const auto* other) { return *counts_until(*other) <= run->begin; });
                // Who began while others might run beside him goes on when that is over.
                for (const auto* other : before)
                    if (policy.runs_alone_between(std::min(other->claimed, run->claimed), run->begin))
                        complain("jobs {} and {} of run template {} ran at the same time", other->job, run->job, id);
                before.push_back(run);
            }
        }
    }

    void limits_were_kept() {
        const auto check = [&](const std::map<std::int64_t, std::int64_t>& limits, std::int64_t Evidence::Run::*of,
                               std::string_view whose) {
            for (const auto& [id, limit] : limits) {
                std::multimap<Timestamp, int> changes;
                for (const auto& run : evidence_.runs) {
                    if (run.*of != id || !counts_until(run)) continue;
                    changes.emplace(run.begin, 1);
                    changes.emplace(*counts_until(run), -1);
                }
                std::int64_t running = 0;
                for (auto at = changes.begin(); at != changes.end();) {
                    const auto moment = at->first;
                    for (; at != changes.end() && at->first == moment; ++at) running += at->second;
                    if (running > limit) complain("{} jobs of {} {} ran at once", running, whose, id);
                }
            }
        };
        check(evidence_.limits_of_companies, &Evidence::Run::company, "company");
        check(evidence_.limits_of_applications, &Evidence::Run::application, "application");
        for (const auto& run : evidence_.runs)
            if (evidence_.policies.at(run.run_template).needs_label &&
                !evidence_.labelled_machines[static_cast<std::size_t>(run.machine)])
                complain("job {} ran on a node without the label it needs", run.job);
    }

    void counters_agree() {
        struct Counts {
            std::int64_t created = 0, succeeded = 0, failed = 0, withdrawn = 0;
            bool operator==(const Counts&) const = default;
        };
        std::map<std::pair<std::int64_t, std::int64_t>, Counts> expected, found;
        std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> of_run_template;
        for (const auto& [id, job] : jobs_) {
            ++expected[{job.company, hour_of(job.created)}].created;
            auto& at_end = expected[{job.company, hour_of(*job.end)}];
            auto& [well, badly] = of_run_template[job.run_template];
            if (job.state == "succeeded") {
                ++at_end.succeeded;
                ++well;
            } else if (job.state == "cancelled" && !job.begin) {
                ++at_end.withdrawn;
            } else {
                ++at_end.failed;
                ++badly;
            }
        }
        for (
            const auto& row : database_.query(
                R"(SELECT "company_id", "hour", "created", "succeeded", "failed", "withdrawn", "removed" FROM "job_count")",
                {})) {
            if (number(row[6]) != 0) complain("removed jobs are counted, though none was removed");
            found[{number(row[0]), number(row[1])}] = {number(row[2]), number(row[3]), number(row[4]), number(row[5])};
        }
        if (found != expected) complain("the counts of jobs by hour are not those of the jobs");
        for (const auto& row :
             database_.query(R"(SELECT "id", "successfull_jobs_count", "failed_jobs_count" FROM "runtemplate")", {}))
            if (of_run_template[number(row[0])] != std::pair(number(row[1]), number(row[2])))
                complain("run template {} counts {} and {} jobs", number(row[0]), number(row[1]), number(row[2]));
    }

    sql::Connection& database_;
    const Stage& stage_;
    const Evidence& evidence_;
    const JobRows jobs_;
};

}  // namespace

void check_between_transactions(sql::Connection& database, const Stage& stage) {
    expect_none(
        database, "a job waits without a queue row",
        R"(SELECT "id" FROM "job" WHERE "state" = 'pending' AND "id" NOT IN (SELECT "job_id" FROM "schedule"))");
    expect_none(database, "a job that does not wait is in the queue",
                R"(SELECT "id" FROM "job" WHERE "state" <> 'pending' AND "id" IN (SELECT "job_id" FROM "schedule"))");
    expect_none(database, "a job holds its run template without running",
                R"(SELECT "id" FROM "job" WHERE "state" NOT IN ('claimed', 'running') AND "exclusive" IS NOT NULL)");
    expect_none(database, "a job is claimed by nobody",
                R"(SELECT "id" FROM "job" WHERE "state" IN ('claimed', 'running') AND "claimed_by" IS NULL)");
    for (const auto& row : database.query(
             R"(SELECT j."id", r."id" FROM "job" j JOIN "runtemplate" r ON r."id" = j."runtemplate_id"
                WHERE j."state" IN ('claimed', 'running') AND r."overlap" <> 'parallel' AND j."exclusive" IS NULL)",
             {}))
        if (!stage.evidence.policies.at(number(row[1])).overlap_changes)
            complain("job {} runs, though it does not hold its run template", number(row[0]));
    expect_none(database, "a job is set aside for nobody",
                R"(SELECT s."job_id" FROM "schedule" s WHERE s."waiting" = 1
                   AND NOT EXISTS (SELECT 1 FROM "job" j WHERE j."exclusive" = s."runtemplate_id")
                   AND NOT EXISTS (SELECT 1 FROM "schedule" o
                                   WHERE o."runtemplate_id" = s."runtemplate_id" AND o."waiting" = 0))");
}

void check_history(sql::Connection& database, const Stage& stage) {
    check_between_transactions(database, stage);
    History(database, stage).check();
}

}  // namespace mf::simulation

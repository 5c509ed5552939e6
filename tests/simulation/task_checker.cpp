// SPDX-License-Identifier: MIT
#include "simulation/checked_rows.h"

#include <algorithm>
#include <set>

namespace mf::simulation {
namespace {

using std::chrono::milliseconds;

struct TaskRow {
    std::int64_t id = 0, run_template = 0, company = 0, attempts = 0;
    std::string state;
    Timestamp start{}, end{}, deadline{};
};

/// What the plans of a run template say, computed anew.
struct Slots {
    std::set<Timestamp> due;               ///< planners have looked at them
    std::multiset<Timestamp> perhaps_due;  ///< once for each plan that may have named them
    std::multimap<Timestamp, Timestamp> next;
};

class Tasks {
public:
    Tasks(sql::Connection& database, const Stage& stage, const JobRows& jobs)
        : database_(database), stage_(stage), evidence_(stage.evidence), jobs_(jobs) {
        for (const auto& row : database.query(
                 R"(SELECT "id", "runtemplate_id", "company_id", "attempts", "state", "window_start", "window_end",
                    "deadline" FROM "task")",
                 {}))
            tasks_[number(row[0])] = {.id = number(row[0]),
                                      .run_template = number(row[1]),
                                      .company = number(row[2]),
                                      .attempts = number(row[3]),
                                      .state = std::get<std::string>(row[4]),
                                      .start = *time_in(row[5]),
                                      .end = *time_in(row[6]),
                                      .deadline = *time_in(row[7])};
        for (const auto& [id, job] : jobs_)
            if (job.task != 0) attempts_[job.task].push_back(&job);
    }

    void check() {
        for (auto& [id, attempts] : attempts_) std::ranges::sort(attempts, {}, &JobRow::attempt);
        if (evidence_.looks.empty() || !evidence_.looks.back().is_complete) complain("the last planning has failed");
        for (const auto& row : database_.query(R"(SELECT "id", "skipped_slots" FROM "runtemplate")", {}))
            every_slot_has_its_task(number(row[0]), number(row[1]));
        for (const auto& [id, task] : tasks_) {
            attempts_follow_failures(task);
            outcome_is_that_of_the_attempts(task);
        }
        counters_agree();
    }

private:
    Slots slots_of(std::int64_t run_template) const {
        // Far enough for a month to have its next slot in it.
        constexpr auto beyond = std::chrono::days(40);
        Slots out;
        for (const auto& plan : evidence_.plans) {
            if (plan.run_template != run_template) continue;
            auto surely = Timestamp::min(), perhaps = Timestamp::min();
            for (const auto& look : evidence_.looks) {
                if (look.last_moment < plan.first_moment || look.first_moment > plan.last_moment) continue;
                perhaps = std::max(perhaps, look.high);
                if (look.is_complete && look.first_moment > plan.first_moment && look.last_moment < plan.last_moment)
                    surely = std::max(surely, look.low);
            }
            if (perhaps == Timestamp::min()) continue;
            const auto offset = plan.table.offset(run_template);
            const auto slots = plan.table.slots(plan.from, perhaps - offset + beyond, stage_.server_zone.name());
            for (std::size_t i = 0; i + 1 < slots.size() && slots[i] + offset <= perhaps; ++i) {
                if (surely != Timestamp::min() && slots[i] + offset <= surely) out.due.insert(slots[i]);
                out.perhaps_due.insert(slots[i]);
                out.next.emplace(slots[i], slots[i + 1]);
            }
        }
        return out;
    }

    void every_slot_has_its_task(std::int64_t id, std::int64_t skipped) {
        const auto slots = slots_of(id);
        std::set<Timestamp> have_tasks;
        std::int64_t without_job = 0;
        for (const auto& [number_of_task, task] : tasks_) {
            if (task.run_template != id) continue;
            if (!have_tasks.insert(task.start).second) complain("two tasks of run template {} have one slot", id);
            const auto [first, last] = slots.next.equal_range(task.start);
            if (first == last) complain("task {} stands for a slot that is none", number_of_task);
            if (std::none_of(first, last, [&](const auto& each) { return each.second == task.end; }))
                complain("the window of task {} ends at another moment than the next slot", number_of_task);
            const auto deadline = evidence_.policies.at(id).deadline;
            if (task.deadline != (deadline ? task.start + *deadline : task.end))
                complain("task {} has a deadline that nobody gave it", number_of_task);
            without_job += !attempts_.contains(number_of_task);
        }
        for (const auto slot : slots.due)
            if (!have_tasks.contains(slot))
                complain("run template {} has no task for its slot at {}", id, slot.time_since_epoch().count());
        if (evidence_.policies.at(id).takes_every_slot && skipped != 0)
            complain("run template {} skipped {} slots", id, skipped);
        // A slot that two plans name may be counted as skipped by each of them.
        const auto twice = std::ssize(slots.perhaps_due) - std::ssize(slots.due);
        if (skipped < without_job || skipped > without_job + twice)
            complain("run template {} says that it skipped {} slots, {} have no job", id, skipped, without_job);
    }

    void attempts_follow_failures(const TaskRow& task) {
        const auto found = attempts_.find(task.id);
        if (found == attempts_.end()) return;
        const auto& policy = evidence_.policies.at(task.run_template);
        std::int64_t before = 0;
        for (std::size_t i = 0; i < found->second.size(); ++i) {
            const JobRow& job = *found->second[i];
            if (job.attempt != ++before)
                complain("job {} is attempt {}, where {} was due", job.id, job.attempt, before);
            if (job.attempt > policy.max_attempts) complain("job {} is one attempt too many", job.id);
            if ((job.attempt == 1) != job.slot.has_value()) complain("job {} has a slot, or has none, in vain", job.id);
            if (job.slot && *job.slot != task.start) complain("job {} is of another slot than its task", job.id);
            const bool is_last = i + 1 == found->second.size();
            auto gap = policy.least_gap;
            if (policy.growth == Evidence::Policy::Growth::linear) gap *= job.attempt;
            if (policy.growth == Evidence::Policy::Growth::doubling) gap *= 1 << job.attempt;
            const auto next = *job.end + gap;
            const bool may_be_repeated =
                job.did_fail() && !job.cancel_requested && !(job.state == "failed" && job.exit_code == 3) &&
                job.attempt < policy.max_attempts && *job.end <= task.end && next <= task.deadline;
            if (!is_last && !may_be_repeated) complain("job {} is {}, and was repeated", job.id, job.state);
            if (!is_last && found->second[i + 1]->schedule != next)
                complain("job {} was repeated at another time than its run template says", job.id);
            if (is_last && may_be_repeated && !policy.plan_changes)
                complain("job {} is {}, and was not repeated", job.id, job.state);
        }
    }

    void outcome_is_that_of_the_attempts(const TaskRow& task) {
        const auto found = attempts_.find(task.id);
        const auto expect = [&](std::initializer_list<std::string_view> states) {
            if (std::ranges::find(states, task.state) == states.end())
                complain("task {} is {}, which its jobs do not say", task.id, task.state);
        };
        if (found == attempts_.end()) return expect({"missed"});
        const auto failures = std::ranges::count_if(found->second, [](const JobRow* job) {
            return job->did_fail() || (job->state == "cancelled" && job->begin);
        });
        const JobRow& last = *found->second.back();
        const bool was_withdrawn = last.state == "cancelled" && !last.begin;
        if (task.attempts != failures && !(was_withdrawn && task.attempts == failures + 1))
            complain("task {} counts {} attempts that failed, there are {}", task.id, task.attempts, failures);
        if (last.state == "succeeded") {
            const bool in_time = *last.end <= task.deadline;
            if (in_time) return expect({"fulfilled"});
            if (evidence_.policies.at(task.run_template).allows_late) return expect({"fulfilled_late"});
            return expect({"failed"});
        }
        if (was_withdrawn) return expect({"missed", "failed"});
        expect({"failed"});
    }

    void counters_agree() {
        using Counts = std::map<std::string, std::int64_t>;
        std::map<std::pair<std::int64_t, std::int64_t>, Counts> expected, found;
        for (const auto& [id, task] : tasks_) {
            const auto day = std::chrono::floor<std::chrono::days>(task.start.time_since_epoch()).count();
            ++expected[{task.company, day}][task.state];
        }
        for (const auto& row : database_.query(
                 R"(SELECT "company_id", "day", "fulfilled", "fulfilled_late", "failed", "missed" FROM "task_count")",
                 {})) {
            Counts counts;
            std::size_t column = 2;
            for (const auto* state : {"fulfilled", "fulfilled_late", "failed", "missed"})
                if (const auto count = number(row[column++]); count != 0) counts[state] = count;
            if (!counts.empty()) found[{number(row[0]), number(row[1])}] = std::move(counts);
        }
        if (found != expected) complain("the counts of tasks by day are not those of the tasks");
    }

    sql::Connection& database_;
    const Stage& stage_;
    const Evidence& evidence_;
    const JobRows& jobs_;
    std::map<std::int64_t, TaskRow> tasks_;
    std::map<std::int64_t, std::vector<const JobRow*>> attempts_;  // by task
};

}  // namespace

void check_tasks(sql::Connection& database, const Stage& stage, const JobRows& jobs) {
    Tasks(database, stage, jobs).check();
}

}  // namespace mf::simulation

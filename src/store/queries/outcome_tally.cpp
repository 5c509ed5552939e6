// SPDX-License-Identifier: MIT
#include "store/queries/outcome_tally.h"

#include "store/queries/statistics.h"
#include "store/queries/task_count.h"

namespace mf {

void OutcomeTally::add_job(Id<RunTemplate> run_template, Id<Company> company, JobOutcome outcome, Timestamp end) {
    ++jobs_[{company.value, hour_of(end), outcome}];
    if (outcome == JobOutcome::succeeded) ++run_templates_[run_template.value].succeeded;
    if (outcome == JobOutcome::failed) ++run_templates_[run_template.value].failed;
}

void OutcomeTally::add_task(Id<Company> company, Timestamp window_start, TaskState outcome) {
    ++tasks_[{company.value, day_of(window_start), outcome}];
}

void OutcomeTally::write(Session& session) const {
    for (const auto& [id, added] : run_templates_)
        session.sql.execute(
            R"(UPDATE "runtemplate" SET "successfull_jobs_count" = "successfull_jobs_count" + ?,
               "failed_jobs_count" = "failed_jobs_count" + ? WHERE "id" = ?)",
            {added.succeeded, added.failed, id});
    for (const auto& [key, number] : jobs_) {
        const auto& [company, hour, outcome] = key;
        count_ended(session, {company}, outcome, hour, number);
    }
    for (const auto& [key, number] : tasks_) {
        const auto& [company, day, outcome] = key;
        count_outcomes(session, {company}, day, outcome, number);
    }
}

}  // namespace mf

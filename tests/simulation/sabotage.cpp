// SPDX-License-Identifier: MIT
#include "simulation/sabotage.h"

namespace mf::simulation {

std::string Sabotage::applied_to(std::string_view sql) const {
    if (from.empty()) return {};
    const auto at = sql.find(from);
    if (at == std::string_view::npos) return {};
    was_done = true;
    return std::string(sql.substr(0, at)).append(to).append(sql.substr(at + from.size()));
}

std::span<Sabotage> sabotages() {
    static Sabotage all[] = {
        {"the end of a job is recorded whatever its state is",
         R"("exclusive" = NULL
           WHERE "id" = ? AND "state" IN ('claimed', 'running') AND "fence" = ?)",
         R"("exclusive" = NULL
           WHERE "id" = ? AND "fence" = ?)"},
        {"a job does not hold its run template", R"("claimed_by" = ?, "exclusive" = ?, "fence" = ?)",
         R"("claimed_by" = ?, "exclusive" = CASE WHEN ? IS NULL THEN NULL END, "fence" = ?)"},
        {"nobody looks whether a run template is held", R"(SELECT 1 FROM "job" WHERE "exclusive" = ?)",
         R"(SELECT 1 FROM "job" WHERE 0 = 1 AND "exclusive" = ?)"},
        {"the next waiting job is not let go",
         R"(SELECT "id" FROM "schedule" WHERE "runtemplate_id" = ? AND "waiting" = ?)",
         R"(SELECT "id" FROM "schedule" WHERE 0 = 1 AND "runtemplate_id" = ? AND "waiting" = ?)"},
        {"a job that is given back goes on holding its run template", R"("claimed_by" = NULL, "exclusive" = NULL)",
         R"("claimed_by" = NULL)"},
        {"claimed jobs are not found again after a crash", R"(FROM "job" WHERE "state" = ? AND "claimed_by" = ?)",
         R"(FROM "job" WHERE "state" = ? AND "state" <> 'claimed' AND "claimed_by" = ?)"},
        {"jobs are claimed a minute too early", R"(s."after" <= ? ORDER)", R"(s."after" - 60000 <= ? ORDER)"},
        {"running jobs do not count against limits", R"(WHERE "state" IN ('claimed', 'running')
                GROUP BY)",
         R"(WHERE 0 = 1
                GROUP BY)"},
        {"skipped slots are forgotten", R"("skipped_slots" = ?)", R"("skipped_slots" = 0 * ?)"},
        {"one failure counts as two", R"("failed_jobs_count" = "failed_jobs_count" + ?)",
         R"("failed_jobs_count" = "failed_jobs_count" + 2 * ?)"},
        {"running jobs are cancelled by their row alone", R"("reason" = ? WHERE "id" = ? AND "state" = 'pending')",
         R"("reason" = ? WHERE "id" = ? AND "state" IN ('pending', 'running'))"},
        {.name = "a server that comes up takes over jobs without asking whether it has its name",
         .omitted = Step::ask_name_before_taking_over},
        {.name = "a server begins jobs though its lease is over", .omitted = Step::ask_lease_before_start},
        {.name = "a server begins jobs of a lease that was over and that it has regained",
         .omitted = Step::compare_leases_before_start},
        {.name = "a server takes a name whose lease is not over", .omitted = Step::wait_for_lease_of_others},
        {.name = "what a server claimed that may live is given back", .omitted = Step::lose_what_others_claimed},
        {.name = "a crash makes a server forget that it does not know what the one before has begun",
         .omitted = Step::remember_unsettled},
        {"a start is recorded whatever the state of the job is",
         R"(WHERE "id" = ? AND "state" = 'claimed' AND "fence" = ?)", R"(WHERE "id" = ? AND "fence" = ?)"},
        {"the end of a job is recorded whatever its fence is",
         R"(WHERE "id" = ? AND "state" IN ('claimed', 'running') AND "fence" = ?)",
         R"(WHERE "id" = ? AND "state" IN ('claimed', 'running') AND "fence" >= ?)"},
        {"a name is renewed by whoever had it", R"(WHERE "name" = ? AND "incarnation" = ? AND "seen_at" <= ?)",
         R"(WHERE "name" = ? AND "incarnation" >= ? AND "seen_at" <= ?)"},
        {"a renewal lasts no time", R"(UPDATE "node" SET "seen_at" = ?, "lease_until" = ?, "clock_offset")",
         R"(UPDATE "node" SET "seen_at" = ?, "lease_until" = ? - 100000000, "clock_offset")"},
        {"tasks go on being open while they run", R"(UPDATE "task" SET "state" = 'running' WHERE)",
         R"(UPDATE "task" SET "state" = 'failed' WHERE)"},
    };
    return all;
}

}  // namespace mf::simulation

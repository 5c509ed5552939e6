// SPDX-License-Identifier: MIT
#include "simulation/checked_rows.h"

namespace mf::simulation {

JobRows read_jobs(sql::Connection& database) {
    JobRows out;
    for (const auto& row : database.query(
             R"(SELECT "id", "runtemplate_id", "company_id", "attempt", "task_id", "exitcode", "stdout_size", "state",
                "claimed_by", "slot", "begin", "end", "schedule", "created_at", "cancel_requested_at" FROM "job")",
             {}))
        out[number(row[0])] = {.id = number(row[0]),
                               .run_template = number(row[1]),
                               .company = number(row[2]),
                               .attempt = number(row[3]),
                               .task = number(row[4]),
                               .exit_code = number(row[5]),
                               .stdout_size = number(row[6]),
                               .state = std::get<std::string>(row[7]),
                               .claimed_by = is_null(row[8]) ? "" : std::get<std::string>(row[8]),
                               .slot = time_in(row[9]),
                               .begin = time_in(row[10]),
                               .end = time_in(row[11]),
                               .schedule = *time_in(row[12]),
                               .created = *time_in(row[13]),
                               .cancel_requested = !is_null(row[14])};
    return out;
}

}  // namespace mf::simulation

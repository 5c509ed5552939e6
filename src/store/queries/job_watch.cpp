// SPDX-License-Identifier: MIT
#include "store/queries/job_watch.h"

#include "store/rows_of.h"

namespace mf {

std::map<std::int64_t, WatchedJob> watched_jobs(Session& session, std::vector<std::int64_t> jobs) {
    const auto moment = [](const Value& value) {
        return is_null(value) ? std::nullopt : std::optional(Timestamp{std::chrono::milliseconds{integer_of(value)}});
    };
    std::map<std::int64_t, WatchedJob> out;
    rows_of(session,
            R"(SELECT "id", "company_id", "runtemplate_id", "state", "exitcode", "begin", "end" FROM "job"
               WHERE "id" IN ({}))",
            std::move(jobs), [&](const sql::Row& row) {
                const auto state = enum_named<JobState>(std::get<std::string>(row[3]));
                if (!state)
                    throw sql::DatabaseError(sql::DatabaseError::Kind::other,
                                             "A job is in a state that this version does not know.");
                out.emplace(integer_of(row[0]),
                            WatchedJob{.id = {integer_of(row[0])},
                                       .company = {integer_of(row[1])},
                                       .run_template = {integer_of(row[2])},
                                       .state = *state,
                                       .exitcode = is_null(row[4]) ? std::nullopt : std::optional(integer_of(row[4])),
                                       .begin = moment(row[5]),
                                       .end = moment(row[6])});
            });
    return out;
}

}  // namespace mf

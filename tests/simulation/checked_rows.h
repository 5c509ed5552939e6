// SPDX-License-Identifier: MIT
#pragma once

#include "simulation/checker.h"

#include <fmt/format.h>

/// What the parts of the checker share: how it complains, and how it reads the tables.
namespace mf::simulation {

template <class... Arguments>
[[noreturn]] void complain(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    throw Complaint(fmt::format(text, std::forward<Arguments>(arguments)...));
}

inline std::int64_t number(const Value& value) { return is_null(value) ? 0 : std::get<std::int64_t>(value); }
inline std::optional<Timestamp> time_in(const Value& value) {
    if (is_null(value)) return std::nullopt;
    return Timestamp(std::chrono::milliseconds(std::get<std::int64_t>(value)));
}
inline std::int64_t hour_of(Timestamp moment) {
    return std::chrono::floor<std::chrono::hours>(moment.time_since_epoch()).count();
}

/// No statement may give a row.
inline void expect_none(sql::Connection& database, std::string_view what, std::string_view sql) {
    for (const auto& row : database.query(sql, {})) complain("{}: {}", what, number(row[0]));
}

struct JobRow {
    std::int64_t id = 0, run_template = 0, company = 0, attempt = 0, task = 0, exit_code = 0, stdout_size = 0;
    std::string state, claimed_by;
    std::optional<Timestamp> slot, begin, end;
    Timestamp schedule{}, created{};
    bool cancel_requested = false;
    bool did_fail() const { return state == "failed" || state == "timed_out" || state == "lost"; }
};

using JobRows = std::map<std::int64_t, JobRow>;
JobRows read_jobs(sql::Connection& database);

/// Every slot has its task, every task its one outcome, and attempts follow failures.
void check_tasks(sql::Connection& database, const Stage& stage, const JobRows& jobs);

}  // namespace mf::simulation

// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/checker.h"

namespace mf::chaos {

// In milliseconds, as the rows have it.
constexpr std::int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

/// A history, ready to be looked things up in.
struct Facts {
    Facts(const History& told, const Evidence& seen, const Deeds& done);
    Facts(const Facts&) = delete;
    Facts& operator=(const Facts&) = delete;
    const JobRow* job(std::int64_t id) const;
    const Arrangement* arrangement_of(std::int64_t run_template) const;
    std::vector<const JobRow*> jobs_of(std::int64_t run_template) const;

    const History& history;
    const Evidence& evidence;
    const Deeds& deeds;
    std::map<std::int64_t, const TemplateRow*> run_templates;
    std::map<std::int64_t, const Arrangement*> arrangements;
    std::map<std::int64_t, const JobRow*> jobs;
    std::map<std::int64_t, const TaskRow*> tasks;
    std::map<std::int64_t, std::vector<const JobRow*>> by_template;
};

// The rows alone
/// Each instant of a schedule became one job or was counted as skipped.
void check_slots(const Facts& facts, Findings& out);
/// Each slot has one task, and each task one outcome, which is that of its jobs.
void check_tasks(const Facts& facts, Findings& out);
/// Attempts follow each other without gaps, for good reasons, and as long as they should.
void check_attempts(const Facts& facts, Findings& out);
void check_counters(const Facts& facts, Findings& out);
void check_nothing_is_stuck(const Facts& facts, Findings& out);

// The rows and what the jobs wrote down
/// No job began twice; the recorded state and exit code are what happened.
void check_runs(const Facts& facts, Findings& out);
/// Jobs that have to be alone were alone.
void check_overlaps(const Facts& facts, Findings& out);
/// No byte is missing, doubled or out of its place.
void check_output(const Facts& facts, Findings& out);
void check_files(const Facts& facts, Findings& out);
/// Nothing that belongs to an ended job lives.
void check_processes(const Facts& facts, const std::function<bool(const Identity&)>& alive, Findings& out);

}  // namespace mf::chaos

// SPDX-License-Identifier: MIT
#pragma once

#include "domain/application.h"
#include "domain/company.h"

namespace mf {

/// What happens with slots that passed while nobody could run them.
enum class CatchUp { none, last, all };
constexpr auto names_of(CatchUp) { return std::to_array<std::string_view>({"none", "last", "all"}); }

/// What happens when a slot comes due while a job of the same run template is unfinished.
enum class Overlap {
    coalesce,  ///< one job waits for the other one to end; further slots are counted as skipped
    skip,      ///< the slot makes no job; it is counted as skipped
    queue,     ///< every slot makes a job; they run one after the other
    parallel   ///< all run at once
};
constexpr auto names_of(Overlap) { return std::to_array<std::string_view>({"coalesce", "skip", "queue", "parallel"}); }

enum class ExecutorKind { native, docker, podman, kubernetes, azure };
constexpr auto names_of(ExecutorKind) {
    return std::to_array<std::string_view>({"Native", "Docker", "Podman", "Kubernetes", "Azure"});
}

enum class RetryBackoff { none, fixed, linear, exponential };
constexpr auto names_of(RetryBackoff) {
    return std::to_array<std::string_view>({"none", "fixed", "linear", "exponential"});
}

/// An application configured for a company: when, how and where it runs.
struct RunTemplate {
    Id<RunTemplate> id;
    Id<Application> app_id;
    Id<Company> company_id;
    std::string name;
    std::string interv = "n";  ///< interval code, see domain/interval.h
    std::string cron;          ///< for interval c
    std::string anchor;        ///< "02:00", "mon 02:00", "31 02:00"; empty: start of the period
    std::string zone;          ///< IANA name; empty: the zone of the server
    std::int64_t delay = 0;    ///< seconds added to every slot
    std::int64_t jitter = 0;   ///< at most so many seconds more, fixed for each run template
    CatchUp catch_up = CatchUp::last;
    std::int64_t catch_up_limit = 10;  ///< for CatchUp::all
    Overlap overlap = Overlap::coalesce;
    ExecutorKind executor = ExecutorKind::native;
    std::string runs_on;  ///< labels that a node must all have, see base/labels.h; empty: any node
    bool active = true;
    std::optional<Timestamp> activated_at;
    std::optional<Timestamp> next_slot;    ///< planned instant that has no job yet
    std::optional<Timestamp> next_launch;  ///< next_slot with delay and jitter
    std::optional<Timestamp> last_schedule;
    std::int64_t skipped_slots = 0;
    std::string fault;                      ///< why it cannot be planned; empty when it can
    std::int64_t time_limit = 86400;        ///< seconds; 0: none
    std::int64_t grace = 10;                ///< seconds between SIGTERM and SIGKILL
    std::int64_t output_limit = 268435456;  ///< bytes of both streams together; 0: none
    std::int64_t artifact_limit = 1073741824;
    std::int64_t artifact_count_limit = 1000;
    std::string note;
    std::optional<std::string> deadline_offset;
    std::int64_t max_attempts = 1;
    RetryBackoff retry_backoff = RetryBackoff::none;
    std::int64_t retry_min_gap = 0;  ///< seconds
    bool allow_late = false;
    std::int64_t successfull_jobs_count = 0;
    std::int64_t failed_jobs_count = 0;
    std::optional<std::int64_t> live = 1;  ///< none: retired
    Timestamp created_at{};
    Timestamp updated_at{};
};
template <>
const Entity& entity_of<RunTemplate>();

/// A value that a run template gives to a variable.
struct Configuration {
    Id<Configuration> id;
    Id<RunTemplate> runtemplate_id;
    Id<Company> company_id;
    std::string name;
    std::string value;      ///< sealed text when sealed
    bool sealed = false;    ///< the variable is secret
    bool orphaned = false;  ///< the application does not declare this variable any more
};
template <>
const Entity& entity_of<Configuration>();

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "domain/schedule_rule.h"

#include <string>
#include <vector>

namespace mf {

/// What the clocks do at a run.
enum class ClockMark {
    none,
    gap,            ///< stands for local times that the clocks jump over
    overlap_first,  ///< its local time occurs twice; this is the first
    overlap_second
};

struct PreviewRun {
    Timestamp slot;
    Timestamp launch;   ///< slot with delay and jitter
    std::string local;  ///< the slot as "2026-03-29T03:00:00+02:00"
    ClockMark mark = ClockMark::none;
    std::string note;  ///< for people, empty without a mark: "02:30 does not exist that day; runs at 03:00."
};

struct PreviewClockChange {
    ClockChange change;
    std::string note;  ///< "On 2026-03-29 the clocks go forward from 02:00 to 03:00."
};

struct SchedulePreview {
    std::vector<PreviewRun> runs;
    std::vector<PreviewClockChange> clock_changes;  ///< between runs that are at most eight days apart, in order
    bool never = false;                             ///< it does not run at all
    std::vector<std::string> warnings;              ///< sentences
};

/// The next runs strictly after a moment; fewer than count only near the year 2400.
SchedulePreview preview(const Schedule& schedule, Timestamp from, std::size_t count);

/// "gap", "overlap-first", "overlap-second"; empty for none.
std::string_view name_of(ClockMark mark);

/// Every time but "utc" in the given zone:
/// {"never":false,"next":[at,…],"runs":[{"at","utc","launch","clock_change","note"},…],
///  "clock_changes":[{"at","utc","note"},…],"warnings":[…]}
json::object to_json(const SchedulePreview& preview, const Zone& zone);

/// Answers one request of `schedule preview --batch`:
///
///     {"cron":"30 2 * * *","zone":"Europe/Prague","from":"2026-03-28","count":3}
///
/// cron, or interval (a code or word) with or without anchor ("mon 02:00"), is needed; zone is the given one, from is
/// now and count 5 unless the request says otherwise. from is anything that parse_time reads; count is 1 to 1000; "id"
/// is given back as it is. The answer repeats cron, zone, from, count and has what to_json makes; or it is
/// {"error":"sentence","cron":…}, with the warnings about members that are not known. Never throws for any request.
json::value preview_answer(const json::value& request, Timestamp now, const Zone& default_zone);

}  // namespace mf

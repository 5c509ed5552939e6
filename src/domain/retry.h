// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "domain/job.h"

namespace mf {

/// Until when a planned run is of use, as it is written in RunTemplate::deadline_offset: "+3h" after the slot, or
/// "06:30" on the local day of the slot (which may be before the slot; then there is no second attempt).
struct Deadline {
    std::optional<std::chrono::seconds> after_slot;
    std::chrono::minutes time_of_day{};  ///< when there is no after_slot

    Timestamp of(Timestamp slot, const Zone& zone) const;
};
/// The error is a sentence that quotes the text and shows right ones.
Result<Deadline> parse_deadline(std::string_view text);

/// An attempt of a planned run that has ended.
struct EndedAttempt {
    JobState state = JobState::failed;
    std::int64_t number = 1;  ///< of the attempt, from 1
    Timestamp slot{};         ///< that the first attempt stood for
    Timestamp end{};
    /// What the definition says of its exit code; none: the code is not declared, or the declaration leaves it open.
    std::optional<bool> may_retry;
};

/// When the next attempt starts; none: there is none, because the run succeeded, was cancelled or blocked, was the
/// last one that the run template allows, ended with a code that a repetition does not cure, the run template is
/// inactive, without a schedule now, or retired, or the deadline would pass. The gap after n attempts is g (none,
/// fixed), g·n (linear) or g·2ⁿ (exponential), at most a year. A stored deadline that cannot be read counts as passed:
/// better no run than one too late. Source: semantics h.3.
std::optional<Timestamp> next_attempt(const RunTemplate& run_template, const EndedAttempt& ended,
                                      const Zone& server_zone);

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "domain/retry.h"

#include "base/text.h"
#include "base/time_text.h"
#include "domain/interval.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono;

constexpr std::int64_t longest_gap = 366 * 86400;

std::optional<minutes> time_of_day(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return std::nullopt;
    for (const std::size_t i : {0U, 1U, 3U, 4U})
        if (text[i] < '0' || text[i] > '9') return std::nullopt;
    const int hour = (text[0] - '0') * 10 + text[1] - '0';
    const int minute = (text[3] - '0') * 10 + text[4] - '0';
    if (hour > 23 || minute > 59) return std::nullopt;
    return hours(hour) + minutes(minute);
}

seconds gap_after(const RunTemplate& run_template, std::int64_t attempts) {
    const std::int64_t gap = std::clamp<std::int64_t>(run_template.retry_min_gap, 0, longest_gap);
    std::int64_t factor = 1;
    switch (run_template.retry_backoff) {
        case RetryBackoff::none:
        case RetryBackoff::fixed: break;
        case RetryBackoff::linear: factor = attempts; break;
        case RetryBackoff::exponential: factor = std::int64_t{1} << std::min<std::int64_t>(attempts, 30); break;
    }
    // Both factors are bounded, so the product fits: 366 days * 2^30.
    return seconds(std::min(gap * std::clamp<std::int64_t>(factor, 0, std::int64_t{1} << 30), longest_gap));
}

bool is_failure(JobState state) {
    return state == JobState::failed || state == JobState::timed_out || state == JobState::lost;
}

}  // namespace

Timestamp Deadline::of(Timestamp slot, const Zone& zone) const {
    if (after_slot) return slot + *after_slot;
    return zone.from_local(floor<days>(zone.to_local(slot)) + time_of_day);
}

Result<Deadline> parse_deadline(std::string_view text) {
    const auto trimmed = trim(text);
    const std::string_view words = trimmed;
    if (words.starts_with('+')) {
        if (const auto length = parse_duration(words.substr(1)); length && length->count() > 0)
            return Deadline{.after_slot = *length};
    } else if (const auto time = time_of_day(words)) {
        return Deadline{.time_of_day = *time};
    }
    return Error{
        ErrorCode::invalid,
        fmt::format("'{}' is not a deadline; write +3h or +30m (after the planned time), or a time of the same "
                    "day such as 06:30.",
                    text.substr(0, 64))};
}

std::optional<Timestamp> next_attempt(const RunTemplate& run_template, const EndedAttempt& ended,
                                      const Zone& server_zone) {
    if (!is_failure(ended.state) || ended.number >= run_template.max_attempts) return std::nullopt;
    if (!run_template.active || !run_template.live || run_template.interv == name_of(Interval::disabled))
        return std::nullopt;
    if (!ended.may_retry.value_or(true)) return std::nullopt;
    const Timestamp start = ended.end + gap_after(run_template, ended.number);
    if (run_template.deadline_offset && !run_template.deadline_offset->empty()) {
        const auto deadline = parse_deadline(*run_template.deadline_offset);
        if (!deadline) return std::nullopt;
        Zone zone = server_zone;
        if (!run_template.zone.empty()) {
            const auto named = Zone::named(run_template.zone);
            if (!named) return std::nullopt;
            zone = *named;
        }
        if (start > deadline->of(ended.slot, zone)) return std::nullopt;
    }
    return start;
}

}  // namespace mf

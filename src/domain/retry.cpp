// SPDX-License-Identifier: MIT
#include "domain/retry.h"

#include "base/text.h"
#include "base/text_within.h"
#include "base/time_text.h"
#include "domain/interval.h"

#include <fmt/format.h>

namespace mf {
namespace {

using namespace std::chrono;

constexpr std::int64_t longest_retry_gap = 366 * 86400;

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
    const std::int64_t gap = std::clamp<std::int64_t>(run_template.retry_min_gap, 0, longest_retry_gap);
    std::int64_t factor = 1;
    switch (run_template.retry_backoff) {
        case RetryBackoff::none:
        case RetryBackoff::fixed: break;
        case RetryBackoff::linear: factor = attempts; break;
        case RetryBackoff::exponential: factor = std::int64_t{1} << std::min<std::int64_t>(attempts, 30); break;
    }
    // Both factors are bounded, so the product fits: 366 days * 2^30.
    return seconds(std::min(gap * std::clamp<std::int64_t>(factor, 0, std::int64_t{1} << 30), longest_retry_gap));
}

std::string in_utc(Timestamp moment) { return format_iso(moment, Zone::utc()); }

std::string how_it_ended(const EndedAttempt& ended) {
    std::string out = fmt::format("Job {} ", ended.job.value);
    switch (ended.state) {
        case JobState::timed_out: out += "was ended at its time limit"; break;
        case JobState::cancelled: out += "was cancelled"; break;
        case JobState::blocked: out += "was blocked"; break;
        case JobState::lost: out += "was lost"; break;
        default: out += ended.exitcode ? fmt::format("ended with exit code {}", *ended.exitcode) : "failed"; break;
    }
    return out + (ended.reason && !ended.reason->empty() ? ": " + *ended.reason : ".");
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
                    text_within(text, 64))};
}

NextAttempt next_attempt(const RunTemplate& run_template, const TaskWindow& window, const EndedAttempt& ended,
                         std::int64_t failures) {
    const auto none = [](std::string why) { return NextAttempt{.start = {}, .why_not = std::move(why)}; };
    if (ended.cancel_requested || ended.state == JobState::cancelled)
        return none("It is not tried again, because it was to end.");
    if (ended.state == JobState::blocked) return none("It is not tried again, because the same would be missing.");
    if (!ended.may_retry.value_or(true))
        return none("It is not tried again, because its application declares this exit code final.");
    if (!run_template.live) return none("It is not tried again, because the run template was removed.");
    if (!run_template.active) return none("It is not tried again, because the run template is switched off.");
    if (run_template.interv == name_of(Interval::disabled))
        return none("It is not tried again, because the run template has no schedule any more.");
    if (failures >= run_template.max_attempts)
        return none(run_template.max_attempts == 1
                        ? std::string("The run template allows one attempt.")
                        : fmt::format("The run template allows {} attempts.", run_template.max_attempts));
    if (ended.end > window.end)
        return none(fmt::format("It is not tried again, because its window ended at {}.", in_utc(window.end)));
    const Timestamp start = ended.end + gap_after(run_template, failures);
    if (start > window.deadline)
        return none(fmt::format("The next attempt would start at {}, after the deadline {}.", in_utc(start),
                                in_utc(window.deadline)));
    return {.start = start, .why_not = {}};
}

std::int64_t attempts_that_fit(const RunTemplate& run_template, const TaskWindow& window, Timestamp launch) {
    std::int64_t fit = 1;
    for (auto start = launch; fit < run_template.max_attempts && start <= window.end; ++fit) {
        start += gap_after(run_template, fit);
        if (start > window.deadline) break;
    }
    return fit;
}

TaskChange after_attempt(const Task& task, const RunTemplate* run_template, const EndedAttempt& ended) {
    if (ended.state == JobState::succeeded) {
        if (ended.end <= task.deadline) return {TaskState::fulfilled, task.attempts, {}, {}};
        if (run_template && run_template->allow_late) return {TaskState::fulfilled_late, task.attempts, {}, {}};
        return {TaskState::failed,
                task.attempts,
                fmt::format("Job {} succeeded at {}, after the deadline {}, and the run template does not count late "
                            "runs (--allow_late).",
                            ended.job.value, in_utc(ended.end), in_utc(task.deadline)),
                {}};
    }
    if (outcome_of(ended.state, ended.has_begun) == JobOutcome::withdrawn)
        return {task.attempts == 0 ? TaskState::missed : TaskState::failed,
                task.attempts,
                as_cause(how_it_ended(ended)),
                {}};
    const auto failures = task.attempts + 1;
    NextAttempt next{.start = {}, .why_not = "The run template cannot be read; save it anew."};
    if (run_template) next = next_attempt(*run_template, task.window(), ended, failures);
    if (next.start) return {TaskState::open, failures, {}, next.start};
    return {TaskState::failed, failures, as_cause(how_it_ended(ended) + " " + next.why_not), {}};
}

std::string as_cause(std::string_view sentences) {
    constexpr std::size_t longest = 1000;
    auto text = to_utf8(sentences);
    if (text.size() <= longest) return text;
    // A character that is cut in two becomes a mark, which is longer than its half; the field has room for that.
    return to_utf8(text.substr(0, longest)) + "…";
}

}  // namespace mf

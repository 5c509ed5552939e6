// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "domain/entity.h"

namespace mf {

/// The input of a limit of jobs that run at once: 0 takes the limit away.
template <auto Member>
constexpr auto max_parallel_field() {
    return field<Member>("max_parallel", {.help = "Jobs that may run at once, on all nodes together; 0 for no limit"});
}

inline Result<void> check_max_parallel(const std::optional<std::int64_t>& input) {
    if (!input || (*input >= 0 && *input <= 1'000'000)) return {};
    const std::string message =
        "max_parallel must be from 1 to 1000000 jobs that may run at once, or 0 for no limit, not " +
        std::to_string(*input) + ".";
    return Error{ErrorCode::invalid, message, {{"max_parallel", message}}};
}

/// Of jobs that may wait: the same bounds under another name.
inline Result<void> check_max_queued(const std::optional<std::int64_t>& input) {
    if (!input || (*input >= 0 && *input <= 1'000'000)) return {};
    const std::string message = "max_queued must be from 1 to 1000000 jobs that may wait, or 0 for no limit, not " +
                                std::to_string(*input) + ".";
    return Error{ErrorCode::invalid, message, {{"max_queued", message}}};
}

inline std::optional<std::int64_t> limit_from(std::int64_t input) {
    return input == 0 ? std::nullopt : std::optional(input);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// A pattern that selects files of a job: a regular expression (RE2 syntax) that is searched, not anchored, in the
/// path of a file relative to the directory of the job. A pattern that starts with '*' is a shell glob over the whole
/// path ("*.json"). ${NAME} and {NAME} stand for the value of that variable, literally; "{\d+}" is no variable.
/// Matching is linear in the path and needs at most 1 MiB. Immutable; threads may share it.
class FilePattern {
public:
    static constexpr std::size_t longest = 4096;  ///< bytes

    using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

    /// Unknown variables stay as they are written. An error says what is wrong with the expression.
    static Result<FilePattern> compile(std::string_view pattern, const Lookup& lookup = {});

    FilePattern(FilePattern&&) noexcept;
    FilePattern& operator=(FilePattern&&) noexcept;
    ~FilePattern();

    bool matches(std::string_view path) const;

private:
    struct State;
    explicit FilePattern(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Does the expression select nearly every file, like ".*"?
bool matches_every_name(const FilePattern& pattern);

/// Has the expression a repetition inside a repetition, like (a+)+ or (a|aa)*? Harmless here, exponential in engines
/// that backtrack, and rarely what was meant.
bool repeats_a_repetition(std::string_view pattern);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// The words of a definition's `exitCodes` (spelled in definitions and in the store as here).
enum class ExitSeverity { success, info, warning, error, critical };

std::string_view to_text(ExitSeverity severity);
std::optional<ExitSeverity> exit_severity_named(std::string_view name);

/// What an exit code says to people.
struct ExitMeaning {
    std::string text;  ///< a sentence
    ExitSeverity severity = ExitSeverity::error;
};

/// Meanings that the application's definition gives to its own codes; they win over the general ones.
using ExitMeanings = std::map<int, ExitMeaning>;

/// General codes: 0; 64 to 78 (sysexits.h); 124 to 127 (timeout, container engines, shells); 128 + n (signal n); 255.
ExitMeaning exit_meaning(int code, const ExitMeanings& own = {});

/// "SIGTERM"; "signal 99" for numbers without a name.
std::string signal_name(int number);

}  // namespace mf

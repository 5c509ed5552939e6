// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// By the word that to_text() makes of it, as definitions and the store have it.
std::optional<ExitSeverity> exit_severity_named(std::string_view name);

/// What an exit code says to people.
struct ExitMeaning {
    std::string text;  ///< a sentence
    ExitSeverity severity = ExitSeverity::error;
};

/// Meanings that the application's definition gives to its own codes; they win over the general ones.
using ExitMeanings = std::map<int, ExitMeaning>;

/// Of a job that nobody of us told to end; what we do to a job has reasons of its own. General codes: 0; 64 to 78
/// (sysexits.h); 124 to 127 (timeout, container engines, shells); 128 + n (signal n); 255.
ExitMeaning exit_meaning(int code, const ExitMeanings& own = {});

/// "SIGTERM"; "signal 99" for numbers without a name.
std::string signal_name(int number);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "domain/definition/finding.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// What a definition file may be at most. Every limit is named in the message when it is hit.
struct DocumentLimits {
    std::size_t bytes = 5 * 1024 * 1024;
    std::size_t depth = 64;  ///< objects and arrays inside each other; parse_json reads as deep
    std::size_t values = 1'000'000;
    std::size_t members = 20'000;  ///< keys of one object
};

/// Reads one JSON document (RFC 8259) from a file that nobody trusts: UTF-8 only, strictly, nothing behind the end.
/// Memory is a small multiple of the size, time is linear, the stack does not depend on the input.
///
/// None on an error; the error names line, column (from 1, in bytes) and, inside a value, its JSON pointer.
/// Read with a warning: a byte order mark; repeated keys (compared after unescaping), of which the last counts;
/// integers outside int64, which become their digits as text. A number too large or too small for a double is an error.
/// -0 is 0.
std::optional<json::value> read_document(std::string_view text, Findings& findings, const DocumentLimits& limits = {});

}  // namespace mf

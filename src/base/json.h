// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace mf {

namespace json = boost::json;

/// Reads one JSON document (RFC 8259), UTF-8, at most 64 levels deep. Errors name line and column.
/// Of a repeated key the last value counts. For untrusted definition files see domain/definition.
Result<json::value> parse_json(std::string_view text);

/// JSON on one line. Numbers print in their shortest form, invalid UTF-8 becomes U+FFFD; never fails.
std::string to_text(const json::value& value);

/// JSON for people: four blanks of indentation, line breaks, no line break at the end.
std::string to_pretty_text(const json::value& value);

/// Appends text as a JSON string with its quotes, valid UTF-8 whatever the input.
void append_json_string(std::string& out, std::string_view text);

}  // namespace mf

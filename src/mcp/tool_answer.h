// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "base/result.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>

// What an operation answers, made fit for the memory of an assistant.

namespace mf::mcp {

struct AnswerBounds {
    std::optional<std::int64_t> records;  ///< of a list; one more in the answer means that there are more
    std::size_t most_text = 16 << 10;     ///< bytes of a text
    std::size_t most_answer = 256 << 10;  ///< bytes of the whole as JSON
};

struct BoundedAnswer {
    json::object content;
    std::vector<std::string> remarks;  ///< sentences about what was left out
};

/// The answer as an object: a list becomes {"items": […]}, with "more": true when records were left out; anything that
/// is no object {"value": …}. Longer texts keep their beginning and, mostly, their end. limited: it is still too long.
Result<BoundedAnswer> bounded_answer(json::value answer, const AnswerBounds& bounds);

/// The sentences of an error, each on a line.
std::string sentences_of(const Error& error);

}  // namespace mf::mcp

// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/message.h"
#include "service/operation_request.h"

namespace mf {

/// What a request wants to be answered with.
struct AnswerShape {
    std::vector<std::string> fields;  ///< only these members of each record; empty: all
    std::int64_t limit = 0;           ///< of a page of a list
    bool paged = false;               ///< the operation lists by key
};

/// A request as the input of its operation.
struct RestInput {
    json::object input;
    AnswerShape shape;
};

constexpr std::int64_t usual_page = 50;

/// Puts together what stands in the path, in the query and, with POST, PUT and PATCH, in the JSON object of the body.
/// A list gets one record more than was asked for, by which is seen whether there are others; "cursor" is what an
/// earlier page named as next. Every unknown, repeated or contradicting name is complained about at once.
Result<RestInput> read_input(const Operation& operation, const http::Request& request, const json::object& path);

/// What stands for "behind the record with this id" in addresses.
std::string cursor_after(std::int64_t id);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// In the place of a placeholder of a path: nothing is said there. What it stands for is said in the query or the body,
/// or something else there tells which record is meant: GET /companies/-?code=acme.
inline constexpr std::string_view not_in_path = "-";

/// Does the operation list records by key? Its answer comes in pages then.
bool is_paged(const Operation& operation);
constexpr std::int64_t longest_page = 1000;

/// An operation as a request to the REST API (doc/api.md); the side of those who ask of what api/rest_input.h reads.
struct OperationRequest {
    std::string method;
    std::string target;     ///< path and query below the root of the API: "/jobs/5?output=true"
    std::string body = {};  ///< JSON; empty: there is none
};

/// Placeholders of the route are filled from the input; what is left of it is the query of GET and DELETE, the body of
/// everything else. Values that could be misread in a path are said there as well.
OperationRequest request_of(const Operation& operation, json::object input);

/// May the request be sent again when nobody knows what became of the first? What only reads may; a POST may when it
/// has a key by which the server tells (Idempotency-Key), which it takes for those that hand out no secret.
enum class Again { yes, with_key, no };
Again again_of(const Operation& operation);

}  // namespace mf

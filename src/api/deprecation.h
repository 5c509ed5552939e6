// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/message.h"
#include "service/operation.h"

namespace mf {

/// Tells with an answer that its operation should not be used any more: Deprecation (RFC 9745), Sunset (RFC 8594), and
/// as successor-version (RFC 5829) the route of its successor. Placeholders of that are filled with the `parameters` of
/// the request; a route with others is not linked.
void announce(const Deprecation& deprecation, const Operations& operations, std::string_view root,
              const json::object& parameters, http::Headers& headers);

}  // namespace mf

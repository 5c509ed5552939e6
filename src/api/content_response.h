// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/message.h"
#include "service/operation.h"

namespace mf {

/// jobs/{id}/stdout, jobs/{id}/stderr or artifacts/{id}/content?
bool is_content_path(std::span<const std::string> segments);

/// The content, piece by piece. Artifacts can be asked for in one range of bytes (RFC 9110, section 14), and have their
/// SHA-256 as entity tag. What a job printed is UTF-8 text or bytes that somebody else made: no browser shows it as a
/// page. The database must outlive the answer.
http::Response content_response(Database& database, const Scope& scope, const http::Request& request,
                                std::span<const std::string> segments);

}  // namespace mf

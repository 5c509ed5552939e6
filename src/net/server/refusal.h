// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/server.h"
#include "net/server/wire.h"

namespace mf::http {

/// The answer of the server itself, with Retry-After (429, 503) and Allow (405). Never throws but for memory: when
/// ServerOptions::refusal fails, that is logged, and the answer is the plain one.
Wire refusal(const ServerOptions& options, int status, std::string_view sentence, const AnswerFacts& facts);

}  // namespace mf::http

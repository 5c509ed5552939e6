// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol.h"
#include "mcp/request.h"

namespace mf::mcp {

/// prompts/list: questions that people often have, for a menu of their client.
json::object list_prompts(Revision revision);

/// prompts/get. The prompt about a job brings its record and the end of its output along.
RpcResult get_prompt(const Request& request, const json::object& params);

}  // namespace mf::mcp

// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/request.h"

namespace mf::mcp {

/// completion/complete: what somebody may mean who has begun to type an argument of a prompt ("job": failed jobs,
/// newest first; "company": codes) or the number in the address of a resource. At most 100, of the latest thousand.
RpcResult complete_argument(const Request& request, const json::object& params);

}  // namespace mf::mcp

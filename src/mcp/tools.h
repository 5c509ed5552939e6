// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/host.h"
#include "mcp/protocol.h"

namespace mf::mcp {

// Operations as tools. Which ones an assistant may call follows from their description alone:
//
//   never     what discloses secrets (Operation::discloses) or stores values that are secrets for the most part
//             (credentials, company variables), one's own account and tokens (the permissions "own" and "anyone"),
//             every change of people and their rights, and what asks any machine that one names. What an assistant
//             hears goes to the provider of its model and stays in conversations, and it must not make itself a key.
//   changes   every other operation that changes something, when whoever started the server has allowed that.
//   reads     the rest.
//
// An input field that is a secret is no part of a tool, for the same reason; a call with one is refused. Whatever is
// offered still needs the permission of the caller.

enum class Offer { never, changes, reads };
Offer offer_of(const Operation& operation);

/// "credential-type:list" as the tool credential_type_list: clients allow letters, digits, '_' and '-'.
std::string tool_name(std::string_view operation);

/// Bounds the records of the answer by a "limit" of its input.
bool is_bounded_list(const Operation& operation);

/// A tool as tools/list describes it to a client of this revision.
json::object describe_tool(const Operation& operation, Revision revision, const Options& options);

}  // namespace mf::mcp

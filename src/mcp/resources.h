// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/protocol.h"
#include "mcp/request.h"

// What an assistant may read by address:
//
//   multiflexi://companies                 all companies the caller may see
//   multiflexi://companies/{id}            one
//   multiflexi://jobs/{id}                 a job with its environment, secrets masked
//   multiflexi://jobs/{id}/output          the end of its output, as it is kept (secrets masked)
//   multiflexi://runtemplates/{id}         a run template with its values
//
// Each is the answer of an operation, with its permission and its entry in the audit log.

namespace mf::mcp {

/// A page of resources/list: the companies and the latest jobs. A job of which nobody was told can be read as well.
RpcResult list_resources(const Request& request, Revision revision, const json::object& params);

/// resources/templates/list: the same for everybody.
json::object list_resource_templates(Revision revision);

/// The content of a resource: {uri, mimeType, text}. no_such_resource: there is none for this caller.
RpcResult resource_content(const Request& request, const std::string& uri);

/// resources/read.
RpcResult read_resource(const Request& request, const json::object& params);

}  // namespace mf::mcp

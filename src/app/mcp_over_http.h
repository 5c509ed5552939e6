// SPDX-License-Identifier: MIT
#pragma once

#include "app/installation.h"
#include "mcp/http_transport.h"
#include "net/server/server.h"

#include <stop_token>

namespace mf {

struct McpOverHttp {
    http::Endpoint listen;
    http::TlsFiles tls_files = {};
    std::vector<std::string> origins = {};  ///< see mcp::HttpTransportOptions
    mcp::Options session;
};

/// Assistants of an installation at one address. All of it must outlive the transport.
mcp::HttpTransport mcp_transport(Installation& installation, const Operations& operations,
                                 mcp::HttpTransportOptions options, mcp::HttpTransport::Recognise recognise,
                                 const Clock& clock);

/// Serves assistants at the path /mcp until a stop is requested, and lets requests that have begun end. The
/// installation is open. An error: it could not begin.
Result<void> serve_mcp_over_http(Installation& installation, const McpOverHttp& wanted, std::stop_token stop);

}  // namespace mf

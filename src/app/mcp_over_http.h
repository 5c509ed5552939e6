// SPDX-License-Identifier: MIT
#pragma once

#include "app/installation.h"
#include "mcp/host.h"
#include "net/server/server.h"

#include <stop_token>

namespace mf {

struct McpOverHttp {
    http::Endpoint listen;
    http::TlsFiles tls_files = {};
    std::vector<std::string> origins = {};  ///< see mcp::HttpTransportOptions
    mcp::Options session;
};

/// "127.0.0.1:8080" or "[::1]:8080". The message of an error says what it must be like.
Result<http::Endpoint> read_listen_address(std::string_view text);

/// Serves assistants at the path /mcp until a stop is requested, and lets requests that have begun end. The
/// installation is open. An error: it could not begin.
Result<void> serve_mcp_over_http(Installation& installation, const McpOverHttp& wanted, std::stop_token stop);

}  // namespace mf

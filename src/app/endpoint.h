// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "net/server/server.h"

namespace mf {

/// "127.0.0.1:8080", "[::1]:8080", "https://0.0.0.0:8443", "unix:/run/multiflexi.sock".
Result<http::Endpoint> read_endpoint(std::string_view text);

}  // namespace mf

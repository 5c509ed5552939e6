// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/host.h"
#include "mcp/json_rpc.h"

namespace mf::mcp {

/// One request on its way: who asks, and the operations by name.
struct Request {
    Host& host;
    const Operations& operations;
    const Options& options;
    const Caller& caller;

    const Operation* find(std::string_view operation) const;
    /// Runs an operation that exists.
    Result<json::value> perform(std::string_view operation, const json::object& input) const;
};

/// A text among parameters; none: it is missing or something else.
std::optional<std::string> text_param(const json::object& params, std::string_view name);

inline RpcError invalid_params(std::string sentence) {
    return {RpcError::invalid_params, std::move(sentence), nullptr};
}

}  // namespace mf::mcp

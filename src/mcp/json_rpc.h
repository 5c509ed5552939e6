// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <variant>

// JSON-RPC 2.0 (https://www.jsonrpc.org/specification) as the Model Context Protocol narrows it: parameters have names,
// and an id is a text or a whole number, never null.

namespace mf::mcp {

/// Why a request failed as such; what a tool could not do is a result of its own kind.
struct RpcError {
    enum Code : int {
        parse = -32700,            ///< no JSON
        invalid_request = -32600,  ///< JSON, but no message
        unknown_method = -32601,
        invalid_params = -32602,
        internal = -32603,
        no_such_resource = -32002,  ///< of the Model Context Protocol
    };
    Code code = internal;
    std::string message;  ///< a whole sentence
    json::value data = nullptr;
};

/// What a request is answered with.
using RpcResult = std::variant<json::object, RpcError>;

/// A request, or a notification: one without an id, which is never answered.
struct RpcCall {
    std::optional<json::value> id;
    std::string method;
    json::object params;
};

/// An answer to something that was never asked.
struct RpcStray {};

/// A message that cannot be followed, and its id as far as it has one.
struct RpcRefusal {
    json::value id;
    RpcError error;
};

/// Takes one message (no batch) apart.
std::variant<RpcCall, RpcStray, RpcRefusal> read_rpc(const json::value& message);

/// The answer to the request with this id.
json::object rpc_answer(const json::value& id, RpcResult result);

}  // namespace mf::mcp

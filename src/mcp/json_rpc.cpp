// SPDX-License-Identifier: MIT
#include "mcp/json_rpc.h"

namespace mf::mcp {
namespace {

bool is_usable_id(const json::value& id) { return id.is_string() || id.is_int64() || id.is_uint64(); }

}  // namespace

std::variant<RpcCall, RpcStray, RpcRefusal> read_rpc(const json::value& message) {
    const auto* object = message.if_object();
    if (!object) return RpcRefusal{nullptr, {RpcError::invalid_request, "A message is a JSON object.", nullptr}};
    const auto* id = object->if_contains("id");
    const auto known_id = id && is_usable_id(*id) ? *id : json::value();
    const auto refused = [&](RpcError::Code code, std::string sentence) {
        return RpcRefusal{known_id, {code, std::move(sentence), nullptr}};
    };
    const auto* version = object->if_contains("jsonrpc");
    if (!version || *version != "2.0")
        return refused(RpcError::invalid_request, "The member 'jsonrpc' of a message has to be \"2.0\".");
    const auto* method = object->if_contains("method");
    if (!method && (object->contains("result") || object->contains("error"))) return RpcStray{};
    if (!method || !method->is_string())
        return refused(RpcError::invalid_request, "The member 'method' of a message has to be a text.");
    if (id && !is_usable_id(*id))
        return refused(RpcError::invalid_request, "The id of a request has to be a text or a whole number.");
    RpcCall call{
        .id = id ? std::optional(*id) : std::nullopt, .method = std::string(method->get_string()), .params = {}};
    if (const auto* params = object->if_contains("params")) {
        if (!params->is_object())
            return refused(RpcError::invalid_params, "The member 'params' of a message has to be an object.");
        call.params = params->get_object();
    }
    return call;
}

json::object rpc_answer(const json::value& id, RpcResult result) {
    json::object out{{"jsonrpc", "2.0"}, {"id", id}};
    if (auto* good = std::get_if<json::object>(&result)) {
        out["result"] = std::move(*good);
        return out;
    }
    auto& wrong = std::get<RpcError>(result);
    json::object error{{"code", static_cast<int>(wrong.code)}, {"message", std::move(wrong.message)}};
    if (!wrong.data.is_null()) error["data"] = std::move(wrong.data);
    out["error"] = std::move(error);
    return out;
}

}  // namespace mf::mcp

// SPDX-License-Identifier: MIT
#pragma once

#include "base/locked.h"
#include "mcp/protocol.h"
#include "mcp/request.h"

#include <memory>

namespace mf::mcp {

/// How often somebody may look into the database: so many times a minute, which may come at once. Thread-safe.
class Pace {
public:
    explicit Pace(int calls_per_minute) : calls_per_minute_(calls_per_minute) {}
    /// None: go on; otherwise how long to wait.
    std::optional<std::chrono::seconds> wait_needed(Timestamp now);

private:
    const int calls_per_minute_;
    /// Up to when the calls so far have used up what they may.
    Locked<Timestamp> used_until_;
};

/// One conversation of the Model Context Protocol, from "initialize" on: takes messages of the client and gives those
/// of the server. Knows neither pipes nor HTTP. The server asks nothing and tells nothing on its own: there are answers
/// only.
///
/// May be used by several threads at once. `operations` must outlive it.
class Session {
public:
    /// Without a pace, which several conversations may share, it has one of its own.
    Session(const Operations& operations, Options options, std::shared_ptr<Pace> pace = nullptr);

    /// The answer to one message (or, where the revision has them, to a batch), as JSON on one line; none: it needs
    /// none. Whatever the text is, it is answered or passed over.
    std::optional<std::string> answer_to(std::string_view message, Host& host);

    /// The revision that was agreed; none: nobody has said "initialize" yet.
    std::optional<Revision> revision();

private:
    std::optional<json::value> answer_to(const json::value& message, Host& host);
    RpcResult dispatch(const RpcCall& call, Host& host);
    RpcResult initialize(const json::object& params);
    RpcResult answer_about_data(const RpcCall& call, Revision revision, Host& host);
    RpcResult list_tools(const Request& request, Revision revision, const json::object& params) const;
    /// What keeps the call of a tool from being tried; empty: nothing.
    std::string refusal_of(const Operation& operation, const json::object& arguments) const;
    RpcResult call_tool(const Request& request, Revision revision, const Operation& operation,
                        const json::object& arguments) const;

    struct State {
        std::optional<Revision> revision;
    };

    const Operations& operations_;
    const Options options_;
    const std::shared_ptr<Pace> pace_;
    Locked<State> state_;
};

}  // namespace mf::mcp

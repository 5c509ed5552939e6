// SPDX-License-Identifier: MIT
#pragma once

#include "app/installation.h"
#include "mcp/host.h"

#include <functional>

namespace mf {

/// The installation of this machine for the protocol of assistants. What the database fails with becomes a sentence.
class McpHost final : public mcp::Host {
public:
    McpHost(Installation& installation, std::function<Result<Caller>()> find_caller)
        : installation_(installation), find_caller_(std::move(find_caller)) {}

    Result<Caller> caller() override;
    Result<json::value> perform(const Operation& operation, const json::object& input, const Caller& caller) override;
    Timestamp now() override { return clock_.now(); }
    Zone zone() override { return installation_.zone(); }

private:
    Installation& installation_;
    const std::function<Result<Caller>()> find_caller_;
    const SystemClock clock_;
};

}  // namespace mf

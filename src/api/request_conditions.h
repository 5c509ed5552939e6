// SPDX-License-Identifier: MIT
#pragma once

#include "api/api_context.h"
#include "api/caller.h"
#include "service/idempotency.h"

#include <functional>
#include <optional>

namespace mf {

/// On what a request lets its change depend: that nothing was changed since (If-Match; RFC 9110, section 13.1.1), or
/// that it was not made already (Idempotency-Key). Of one request; all that it is made of must outlive it.
class RequestConditions {
public:
    /// What GET shows at the address of the request: an operation and its input.
    struct Shown {
        const Operation* operation = nullptr;  ///< null: nothing
        json::object input = {};
    };

    RequestConditions(const ApiContext& context, const http::Request& request, const ApiCaller& caller)
        : context_(context), request_(request), caller_(caller) {}
    RequestConditions(const RequestConditions&) = delete;
    RequestConditions& operator=(const RequestConditions&) = delete;

    /// Reads them, for the operation that the request asks for with this input. invalid: they make no sense for it.
    Result<void> read(const Operation& operation, const json::object& input, const std::function<Shown()>& shown);

    /// For call_operation().
    const Alongside& alongside() const { return alongside_; }
    /// After the call: it was refused because of If-Match (answer 412).
    bool precondition_failed() const { return precondition_failed_; }
    /// After the call: the answer is that of an earlier request.
    bool was_replayed() const { return once_ && once_->was_replayed(); }

private:
    Result<void> read_if_match(const Operation& operation, const std::function<Shown()>& shown);
    Result<void> read_idempotency_key(const Operation& operation, const json::object& input);
    Result<std::optional<json::value>> compare(Call& call, const Shown& shown);

    const ApiContext& context_;
    const http::Request& request_;
    const ApiCaller& caller_;
    Alongside alongside_;
    std::optional<Idempotency> once_;
    bool precondition_failed_ = false;
};

}  // namespace mf

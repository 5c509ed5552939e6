// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "provider/provider.h"

namespace mf {

/// The requests of one resolution or check: together they last no longer than the time limit of the context, and a stop
/// ends them.
class RemoteCalls {
public:
    /// `most` is a limit of the provider's own, below that of the context.
    explicit RemoteCalls(ProviderContext& context, std::chrono::milliseconds most = std::chrono::milliseconds::max());

    /// As HttpClient::send(); sets time limit and stop of the request.
    Result<HttpReply> send(HttpRequest request);
    Result<void> reach(TcpTarget target);

    std::chrono::milliseconds left() const;  ///< may be zero or less

private:
    Error too_late() const;

    ProviderContext& context_;
    const std::chrono::milliseconds limit_;
    const std::chrono::milliseconds begin_;
};

/// unavailable, for an answer that does not come from what was asked but from its trouble (5xx, 429).
Error busy_server(const std::string& origin, int status);
inline bool is_busy(int status) { return status >= 500 || status == 429; }

/// An answer 3xx: the field has an address that is not the last word.
Error moved_server(std::string_view keyword, int status);
inline bool is_moved(int status) { return status >= 300 && status < 400; }

/// What the statuses of a web service mean that is asked with a name and a password.
struct StatusMeanings {
    std::string_view service;  ///< "AbraFlexi": "… answers."
    // Keywords of fields:
    std::string_view address;
    std::string_view login;
    std::string_view password;
    std::string_view not_found;  ///< what 404 is about
};
/// 2xx is available; 401 and 403, 404, 3xx are misconfigured; everything else is unavailable.
Availability judge_reply(const Result<HttpReply>& reply, const std::string& origin, const StatusMeanings& meanings);

/// A member of nested objects; null when it is not there, or something on the way is no object.
const json::value* member_of(const json::value& document, std::initializer_list<std::string_view> path);
/// The same for a text; empty when it is none.
std::string_view text_member(const json::value& document, std::initializer_list<std::string_view> path);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "api/compatible/compatible_api.h"
#include "api/rest_api.h"
#include "app/installation.h"
#include "mcp/http_transport.h"
#include "net/server/server.h"
#include "service/job_operations.h"
#include "service/talk_limit.h"

namespace mf {

/// The role web of a server: what is served over HTTP.
class WebRole {
public:
    /// All must outlive it; the installation has its key.
    WebRole(Installation& installation, HttpClient& http, const Clock& clock);

    /// invalid: an endpoint, a certificate or a proxy of the settings cannot be used; the sentence names the setting.
    Result<void> start();
    /// Reads certificate and key anew; when they cannot be used the old ones stay, and it is logged.
    void reload_tls();
    /// Lets requests that have begun be answered, and takes no others.
    void drain(std::chrono::milliseconds patience);

private:
    http::Response handle(const http::Request& request);
    mcp::HttpTransport::Recognition assistant_of(const http::Request& request);

    const Settings& settings_;
    const Operations operations_;
    SignIn sign_in_;
    std::optional<OpenId> openid_;
    std::shared_ptr<TalkLimit> sign_in_limit_;
    RateLimiter rate_limiter_;
    const ApiContext context_;
    Callers callers_;
    RestApi rest_;
    std::unique_ptr<mcp::HttpTransport> assistants_;  ///< null: none are served
    compatible::CompatibleApi compatible_;
    std::optional<http::Server> server_;
};

}  // namespace mf

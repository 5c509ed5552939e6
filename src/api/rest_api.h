// SPDX-License-Identifier: MIT
#pragma once

#include "api/caller.h"
#include "api/rest_input.h"
#include "api/router.h"
#include "service/openid.h"
#include "service/perform.h"

#include <functional>

namespace mf {

/// What the interfaces over HTTP work with. All of it must outlive them.
struct ApiContext {
    Database& database;
    Vault& vault;
    HttpClient& http;
    SignIn& sign_in;
    OpenId* openid = nullptr;  ///< null: nobody signs in at another provider
    const Clock& clock;
    const Operations& operations;
    std::string zone;  ///< IANA name, for times without an offset
    AllowedNames allowed_names = {};
    int credential_versions = 10;
    std::chrono::milliseconds time_limit = std::chrono::seconds(10);  ///< of what asks other machines
    std::vector<std::filesystem::path> file_roots = {};
    std::chrono::seconds session_length = std::chrono::days{7};
    PasswordCost password_cost = {};
    std::function<void()> wake_servers = [] {};  ///< something was changed that a server waits for
};

/// Runs an operation for a caller; everything that comes in over HTTP goes through here.
Result<json::value> call_operation(const ApiContext& context, const Operation& operation, const json::object& input,
                                   const Caller& caller, const Alongside& alongside = {});

/// Our API, below /api/v1: every operation under its route (doc/api.md), and besides
///
///     POST, DELETE /session            signing in and out with a cookie
///     GET /session/openid              to another provider (OpenID Connect), GET /session/openid/return back from
///     there GET /jobs/{id}/stdout, /stderr   the recorded output, GET /artifacts/{id}/content
///
/// Thread-safe.
class RestApi {
public:
    static constexpr std::string_view root = "/api/v1";

    explicit RestApi(const ApiContext& context);

    /// A request whose path begins with the root.
    http::Response handle(const http::Request& request);

private:
    http::Response answer_to(const http::Request& request, std::span<const std::string> segments);
    http::Response run(const http::Request& request, std::span<const std::string> segments, const Router::Found& found,
                       const ApiCaller& caller);
    http::Response sign_in(const http::Request& request);
    http::Response sign_out(const http::Request& request);
    http::Response leave_for_provider(const http::Request& request);
    http::Response come_back(const http::Request& request);
    http::Response content(const http::Request& request, std::span<const std::string> segments, const Caller& caller);

    const ApiContext& context_;
    const Router router_;
    Callers callers_;
};

}  // namespace mf

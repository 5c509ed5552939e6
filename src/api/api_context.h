// SPDX-License-Identifier: MIT
#pragma once

#include "service/openid.h"
#include "service/perform.h"
#include "service/sign_in.h"

#include <functional>

namespace mf {

class RateLimiter;
class TalkLimit;

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
    RateLimiter* rate_limiter = nullptr;         ///< null: nobody is limited
    TalkLimit* sign_in_limit = nullptr;          ///< of sign-ins that wait for the provider; null: without limit
};

/// What calls of this moment share.
CallSurroundings surroundings_of(const ApiContext& context);

/// Runs an operation for a caller; everything that comes in over HTTP goes through here. `memory`: see
/// CallSurroundings.
Result<json::value> call_operation(const ApiContext& context, const Operation& operation, const json::object& input,
                                   const Caller& caller, const Alongside& alongside = {},
                                   json::storage_ptr memory = {});

}  // namespace mf

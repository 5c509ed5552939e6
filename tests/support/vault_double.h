// SPDX-License-Identifier: MIT
#pragma once

#include "support/http_double.h"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace mf::testing {

/// A double of HashiCorp Vault or OpenBao, which are not packaged: what the documentation says about the key/value
/// engine (version 2), AppRole, tokens and health, spoken over real HTTP. Not the program itself: what that does beyond
/// its documentation, no test of ours has seen.
class VaultDouble {
public:
    VaultDouble();

    std::string url() const { return http_.url(); }
    std::vector<DoubleRequest> requests() const { return http_.requests(); }

    /// The data of the newest version, as a JSON object. The path is that in the engine "secret".
    void put(const std::string& path, const std::string& json_object);
    void remove_newest(const std::string& path);   ///< can be undeleted
    void destroy_newest(const std::string& path);  ///< cannot
    /// From now on every request is answered as a sealed vault does; or no longer.
    void seal();
    void unseal();

    std::string root_token() const { return "root-token"; }
    std::string role_id() const { return "role-1"; }
    std::string secret_id() const { return "secret-1"; }
    /// Tokens given out by AppRole that nobody has revoked.
    std::size_t open_tokens() const;

private:
    struct Version {
        std::string data;
        std::string deletion_time = {};
        bool destroyed = false;
    };
    DoubleReply answer(const DoubleRequest& request);
    DoubleReply log_in(const std::string& body);
    DoubleReply read(const std::string& path) const;

    mutable std::mutex mutex_;
    std::map<std::string, Version> secrets_;
    std::set<std::string> tokens_;
    int tokens_made_ = 0;
    bool sealed_ = false;
    HttpDouble http_;  // the last: its threads use everything above
};

}  // namespace mf::testing

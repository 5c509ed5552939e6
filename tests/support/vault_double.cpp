// SPDX-License-Identifier: MIT
#include "support/vault_double.h"

#include "base/json.h"

#include <fmt/format.h>

namespace mf::testing {
namespace {

DoubleReply errors(int status, const char* text) {
    return {.status = status, .body = fmt::format(R"({{"errors":["{}"]}})", text)};
}

}  // namespace

VaultDouble::VaultDouble() : http_([this](const DoubleRequest& request) { return answer(request); }) {}

void VaultDouble::put(const std::string& path, const std::string& json_object) {
    const std::lock_guard lock(mutex_);
    secrets_[path] = {.data = json_object};
}

void VaultDouble::remove_newest(const std::string& path) {
    const std::lock_guard lock(mutex_);
    secrets_.at(path).deletion_time = "2026-03-01T10:00:00.000000000Z";
}

void VaultDouble::destroy_newest(const std::string& path) {
    const std::lock_guard lock(mutex_);
    secrets_.at(path).destroyed = true;
}

void VaultDouble::seal() {
    const std::lock_guard lock(mutex_);
    sealed_ = true;
}

void VaultDouble::unseal() {
    const std::lock_guard lock(mutex_);
    sealed_ = false;
}

std::size_t VaultDouble::open_tokens() const {
    const std::lock_guard lock(mutex_);
    return tokens_.size();
}

DoubleReply VaultDouble::answer(const DoubleRequest& request) {
    const std::lock_guard lock(mutex_);
    const std::string& path = request.target;
    if (path == "/v1/sys/health")
        return {.status = sealed_ ? 503 : 200,
                .body = fmt::format(R"({{"initialized":true,"sealed":{},"standby":false}})", sealed_)};
    if (sealed_) return errors(503, "Vault is sealed");
    if (request.header("x-vault-request") != "true") return errors(400, "missing X-Vault-Request");
    if (path == "/v1/auth/approle/login" && request.method == "POST") return log_in(request.body);
    const std::string token = request.header("x-vault-token");
    if (token != root_token() && !tokens_.contains(token)) return errors(403, "permission denied");
    if (path == "/v1/auth/token/lookup-self")
        return {.body = fmt::format(R"({{"data":{{"ttl":{}}}}})", token == root_token() ? 0 : 1200)};
    if (path == "/v1/auth/token/revoke-self" && request.method == "POST") {
        tokens_.erase(token);
        return {.status = 204};
    }
    const std::string_view prefix = "/v1/secret/data/";
    if (path.starts_with(prefix) && request.method == "GET") return read(path.substr(prefix.size()));
    return errors(404, "no handler for route");
}

DoubleReply VaultDouble::log_in(const std::string& body) {
    const auto given = parse_json(body);
    const json::object wanted{{"role_id", role_id()}, {"secret_id", secret_id()}};
    if (!given || *given != json::value(wanted)) return errors(400, "invalid role or secret ID");
    const std::string token = fmt::format("token-{}", ++tokens_made_);
    tokens_.insert(token);
    return {.body = fmt::format(R"({{"auth":{{"client_token":"{}","lease_duration":1200}}}})", token)};
}

DoubleReply VaultDouble::read(const std::string& path) const {
    const auto found = secrets_.find(path);
    if (found == secrets_.end()) return {.status = 404, .body = R"({"errors":[]})"};
    const Version& version = found->second;
    const bool gone = version.destroyed || !version.deletion_time.empty();
    return {.status = gone ? 404 : 200,
            .body = fmt::format(
                R"({{"data":{{"data":{},"metadata":{{"version":1,"deletion_time":"{}","destroyed":{}}}}}}})",
                gone ? "null" : version.data, version.deletion_time, version.destroyed)};
}

}  // namespace mf::testing

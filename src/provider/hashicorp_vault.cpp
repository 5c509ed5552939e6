// SPDX-License-Identifier: MIT
#include "provider/hashicorp_vault.h"

#include "base/text.h"
#include "domain/variable_name.h"
#include "provider/field_values.h"
#include "provider/remote_calls.h"
#include "provider/variables.h"

#include <fmt/format.h>
#include <set>

namespace mf {
namespace {

constexpr auto vault_keywords =
    std::to_array<std::string_view>({"VAULT_ADDR", "VAULT_NAMESPACE", "VAULT_TOKEN", "VAULT_ROLE_ID", "VAULT_SECRET_ID",
                                     "VAULT_MOUNT", "VAULT_PATH", "VAULT_FIELDS", "VAULT_CACERT"});

// Statuses of Vault beyond the usual ones (API documentation, "HTTP status codes" and /sys/health).
constexpr int status_missing_state = 412;
constexpr int status_standby = 429;
constexpr int status_disaster_recovery = 472;
constexpr int status_performance_standby = 473;
constexpr int status_not_initialized = 501;
constexpr int status_sealed = 503;
constexpr int status_elsewhere = 307;

/// "a/b c" as the parts of a path; fails for what would lead elsewhere.
Result<std::string> path_from(const FieldValues& fields, std::string_view keyword, std::string_view usual) {
    std::string_view text = field_text(fields, keyword);
    if (text.empty()) text = usual;
    if (text.empty()) return require_fields(fields, {keyword}).error();
    std::string path;
    for (const std::string_view part : split(text, '/')) {
        if (part.empty()) continue;
        if (part == "." || part == "..")
            return wrong_field(keyword, fmt::format("{} must be a path without the parts '.' and '..'.", keyword));
        path += "/" + percent_encoded(part);
    }
    if (path.empty()) return wrong_field(keyword, fmt::format("{} names nothing.", keyword));
    return path;
}

struct VaultSettings {
    BaseAddress address;
    std::filesystem::path ca_file;
    std::string mount;   ///< begins with '/', percent-encoded
    std::string secret;  ///< the same
    std::vector<Pick> picks;
};

Result<VaultSettings> read_vault_settings(const FieldValues& fields) {
    auto address = field_address(fields, "VAULT_ADDR");
    if (!address) return address.error();
    VaultSettings settings{.address = *std::move(address)};
    if (!field_text(fields, "VAULT_CACERT").empty()) {
        auto file = field_file(fields, "VAULT_CACERT");
        if (!file) return file.error();
        settings.ca_file = *std::move(file);
    }
    auto mount = path_from(fields, "VAULT_MOUNT", "secret");
    if (!mount) return mount.error();
    auto secret = path_from(fields, "VAULT_PATH", {});
    if (!secret) return secret.error();
    auto picks = read_picks(fields, "VAULT_FIELDS");
    if (!picks) return picks.error();
    settings.mount = *std::move(mount);
    settings.secret = *std::move(secret);
    settings.picks = *std::move(picks);
    const bool has_role = !field_text(fields, "VAULT_ROLE_ID").empty();
    if (field_text(fields, "VAULT_TOKEN").empty() && !has_role)
        return wrong_field("VAULT_TOKEN", "The credential needs VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID.");
    if (field_text(fields, "VAULT_TOKEN").empty())
        if (const auto given = require_fields(fields, {"VAULT_SECRET_ID"}); !given) return given.error();
    return settings;
}

/// What is asked of one vault, with one account.
class VaultCalls {
public:
    VaultCalls(const FieldValues& fields, ProviderContext& context, const VaultSettings& settings)
        : fields_(fields), context_(context), calls_(context), settings_(settings) {}

    bool has_own_token() const { return !field_text(fields_, "VAULT_TOKEN").empty(); }

    /// Replies that say something; what is wrong with the vault as a whole is an error already.
    Result<HttpReply> send(std::string method, const std::string& path, std::string body = {}) {
        auto reply = calls_.send(request_for(std::move(method), path, std::move(body)));
        if (!reply && reply.error().code != ErrorCode::unavailable)
            return wrong_field("VAULT_ADDR",
                               fmt::format("The vault cannot be asked. {} Correct VAULT_ADDR, VAULT_NAMESPACE, "
                                           "VAULT_TOKEN or VAULT_CACERT.",
                                           reply.error().message));
        if (!reply || path == health_path) return reply;
        if (const auto problem = problem_of_vault(reply->status)) return *problem;
        return reply;
    }
    Result<void> log_in() {
        if (has_own_token()) {
            token_ = field_text(fields_, "VAULT_TOKEN");
            return {};
        }
        const std::string body = to_text(json::object{{"role_id", field_text(fields_, "VAULT_ROLE_ID")},
                                                      {"secret_id", field_text(fields_, "VAULT_SECRET_ID")}});
        const auto reply = send("POST", "/v1/auth/approle/login", body);
        if (!reply) return reply.error();
        if (reply->status == 404)
            return wrong_field("VAULT_ADDR",
                               "The vault has no AppRole login (auth/approle): correct VAULT_ADDR or "
                               "VAULT_NAMESPACE, or use VAULT_TOKEN.");
        if (reply->status == 400 || reply->status == 401 || reply->status == 403)
            return wrong_field("VAULT_SECRET_ID", fmt::format("The vault refuses the AppRole ({}): correct "
                                                              "VAULT_ROLE_ID and VAULT_SECRET_ID.",
                                                              reply->status));
        const auto answer = parse_json(reply->body);
        if (answer) token_ = text_member(*answer, {"auth", "client_token"});
        if (token_.empty()) return not_a_vault();
        return {};
    }
    /// Ends what log_in() began, with time of its own. Some kinds of tokens cannot be revoked; those end by themselves.
    void log_out() {
        if (has_own_token() || token_.empty()) return;
        HttpRequest request = request_for("POST", "/v1/auth/token/revoke-self", {});
        request.timeout = std::chrono::seconds(2);
        (void)context_.http.send(request);
    }
    Result<json::object> secret() {
        const auto reply = send("GET", "/v1" + settings_.mount + "/data" + settings_.secret);
        if (!reply) return reply.error();
        const auto answer = parse_json(reply->body);
        if (reply->status == 404) return no_secret(answer ? *answer : json::value());
        if (reply->status == 401 || reply->status == 403) return refused(reply->status);
        if (reply->status != 200 || !answer) return not_a_vault();
        const json::value* data = member_of(*answer, {"data", "data"});
        if (!data || !member_of(*answer, {"data", "metadata"}))
            return wrong_field("VAULT_MOUNT", "What VAULT_MOUNT names is no key/value engine of version 2.");
        if (!data->is_object()) return no_secret(*answer);
        return data->get_object();
    }
    Error refused(int status) const {
        return wrong_field(has_own_token() ? "VAULT_TOKEN" : "VAULT_ROLE_ID",
                           fmt::format("The vault refuses this account ({}): correct {}, or give it a policy that may "
                                       "read VAULT_PATH in VAULT_MOUNT.",
                                       status, has_own_token() ? "VAULT_TOKEN" : "VAULT_ROLE_ID and VAULT_SECRET_ID"));
    }
    Error not_a_vault() const {
        return wrong_field("VAULT_ADDR", fmt::format("What answers at {} is not a vault: correct VAULT_ADDR.",
                                                     settings_.address.url.origin()));
    }
    std::optional<Error> problem_of_vault(int status) const {
        const auto later = [&](std::string_view what) {
            return Error{ErrorCode::unavailable, fmt::format("The vault at {} {} ({}). Try again later.",
                                                             settings_.address.url.origin(), what, status)};
        };
        switch (status) {
            case status_missing_state: return later("has not yet heard of the newest changes");
            case status_standby: return later("stands by, or is asked too often");
            case status_disaster_recovery:
            case status_performance_standby: return later("stands by");
            case status_not_initialized: return later("is not set up yet");
            case status_sealed: return later("is sealed");
            case status_elsewhere: return later("stands by, and its active node has another address");
            default: break;
        }
        if (is_busy(status)) return busy_server(settings_.address.url.origin(), status);
        if (is_moved(status)) return moved_server("VAULT_ADDR", status);
        return std::nullopt;
    }

    static constexpr std::string_view health_path = "/v1/sys/health";

private:
    HttpRequest request_for(std::string method, std::string_view path, std::string body) const {
        HttpRequest request{.method = std::move(method),
                            .url = fmt::format("{}{}", settings_.address.text, path),
                            .headers = {{"X-Vault-Request", "true"}},
                            .body = std::move(body),
                            .ca_file = settings_.ca_file};
        if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
        // The state of the whole vault is not there in a namespace.
        if (const auto space = field_text(fields_, "VAULT_NAMESPACE"); !space.empty() && path != health_path)
            request.headers.emplace_back("X-Vault-Namespace", space);
        if (!token_.empty()) request.headers.emplace_back("X-Vault-Token", token_);
        return request;
    }
    static Error no_secret(const json::value& answer) {
        const json::value* metadata = member_of(answer, {"data", "metadata"});
        const json::value* destroyed = metadata ? member_of(*metadata, {"destroyed"}) : nullptr;
        if (destroyed && *destroyed == true)
            return wrong_field("VAULT_PATH",
                               "The newest version of the secret that VAULT_PATH names was destroyed: "
                               "write a new one, or correct VAULT_PATH.");
        if (metadata && !text_member(*metadata, {"deletion_time"}).empty())
            return wrong_field("VAULT_PATH",
                               "The newest version of the secret that VAULT_PATH names was deleted: "
                               "undelete it, write a new one, or correct VAULT_PATH.");
        return wrong_field("VAULT_PATH",
                           "The vault has no secret at VAULT_PATH in VAULT_MOUNT: correct them. (The engine "
                           "must be key/value, version 2.)");
    }

    const FieldValues& fields_;
    ProviderContext& context_;
    RemoteCalls calls_;
    const VaultSettings& settings_;
    std::string token_;
};

/// None for null.
std::optional<ProvidedVariable> variable_from(std::string name, const json::value& value) {
    if (value.is_null()) return std::nullopt;
    if (value.is_string()) return ProvidedVariable{std::move(name), std::string(value.get_string()), true};
    return ProvidedVariable{std::move(name), to_text(value), !value.is_bool()};
}

Result<std::vector<ProvidedVariable>> variables_of_keys(const json::object& secret) {
    std::vector<ProvidedVariable> variables;
    std::map<std::string, std::string> names;
    for (const auto& [key, value] : secret) {
        std::string name = keyword_from(key);
        if (name.empty() || !is_name_for_all(name)) continue;
        auto variable = variable_from(name, value);
        if (!variable) continue;
        if (const auto [other, is_new] = names.try_emplace(std::move(name), key); !is_new)
            return wrong_field("VAULT_FIELDS", fmt::format("Two keys of the secret become {}: name the right one in "
                                                           "VAULT_FIELDS.",
                                                           other->first));
        variables.push_back(*std::move(variable));
    }
    return variables;
}

Result<std::vector<ProvidedVariable>> variables_of_picked_keys(const json::object& secret,
                                                               const std::vector<Pick>& picks) {
    std::vector<ProvidedVariable> variables;
    for (const Pick& pick : picks) {
        const json::value* value = secret.if_contains(pick.place);
        auto variable = value ? variable_from(pick.name, *value) : std::nullopt;
        if (!variable)
            return wrong_field("VAULT_FIELDS",
                               fmt::format("VAULT_FIELDS takes {} from a key that the secret does not have, or that is "
                                           "null: correct the line.",
                                           shown_name(pick.name)));
        variables.push_back(*std::move(variable));
    }
    return variables;
}

/// The vault as a whole: what stands in the way of everything.
Result<bool> ask_health(VaultCalls& calls) {
    const auto reply = calls.send("GET", std::string(VaultCalls::health_path));
    if (!reply) return reply.error();
    const bool stands_by = reply->status == status_standby || reply->status == status_performance_standby;
    if (stands_by) return true;  // such a node passes requests on
    if (const auto problem = calls.problem_of_vault(reply->status)) return *problem;
    if (reply->status != 200) return calls.not_a_vault();
    return false;
}

/// Seconds that the own token still has; 0: it does not end.
Result<std::int64_t> ask_token(VaultCalls& calls) {
    const auto reply = calls.send("GET", "/v1/auth/token/lookup-self");
    if (!reply) return reply.error();
    if (reply->status == 401 || reply->status == 403) return calls.refused(reply->status);
    const auto answer = parse_json(reply->body);
    if (reply->status != 200 || !answer) return calls.not_a_vault();
    const json::value* ttl = member_of(*answer, {"data", "ttl"});
    return ttl && ttl->is_int64() ? ttl->get_int64() : 0;
}

}  // namespace

bool HashiCorpVault::is_internal(std::string_view keyword) const {
    return std::ranges::find(vault_keywords, keyword) != vault_keywords.end();
}

Result<std::vector<ProvidedVariable>> HashiCorpVault::resolve(const FieldValues& fields,
                                                              ProviderContext& context) const {
    const auto settings = read_vault_settings(fields);
    if (!settings) return settings.error();
    VaultCalls calls(fields, context, *settings);
    if (const auto in = calls.log_in(); !in) return in.error();
    const auto secret = calls.secret();
    calls.log_out();
    if (!secret) return secret.error();
    auto variables =
        settings->picks.empty() ? variables_of_keys(*secret) : variables_of_picked_keys(*secret, settings->picks);
    if (!variables) return variables.error();
    return within_bounds(*std::move(variables), "VAULT_PATH");
}

Availability HashiCorpVault::check(const FieldValues& fields, ProviderContext& context) const {
    const auto settings = read_vault_settings(fields);
    if (!settings) return availability_of(settings.error());
    VaultCalls calls(fields, context, *settings);
    const auto stands_by = ask_health(calls);
    if (!stands_by) return availability_of(stands_by.error());
    if (const auto in = calls.log_in(); !in) return availability_of(in.error());
    if (calls.has_own_token()) {
        const auto ttl = ask_token(calls);
        if (!ttl) return availability_of(ttl.error());
        if (*ttl > 0 && *ttl < 24 * 3600)
            return is_degraded(
                fmt::format("The vault takes VAULT_TOKEN, but only for another {} minutes: renew it.", *ttl / 60));
    }
    calls.log_out();
    if (*stands_by) return is_degraded("The vault takes the account. The node at VAULT_ADDR stands by.");
    return is_available("The vault is open and takes the account.");
}

}  // namespace mf

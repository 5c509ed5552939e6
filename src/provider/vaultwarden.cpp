// SPDX-License-Identifier: MIT
#include "provider/vaultwarden.h"

#include "base/text.h"
#include "provider/field_values.h"
#include "provider/remote_calls.h"
#include "provider/vaultwarden_items.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::string_view serve_keyword = "BW_SERVE_URL";
constexpr std::string_view usual_serve_url = "http://127.0.0.1:8087";

/// Of the server of a vault, whether it is written with '/' at its end or the usual port, or not. Without an address
/// the program uses the cloud of Bitwarden.
std::string comparable_server(std::string_view text) {
    if (trim(text).empty()) return "https://bitwarden.com:443";
    const auto url = read_web_url(trim(text));
    if (!url) return std::string(text);
    std::string_view path = url->rest;
    while (path.ends_with('/')) path.remove_suffix(1);
    const auto host = url->host == "vault.bitwarden.com" ? "bitwarden.com" : url->host;
    return fmt::format("{}://{}:{}{}", url->scheme, host, url->effective_port(), path);
}

enum class Lock { open, locked };

/// What is asked of `bw serve`.
class BwServe {
public:
    BwServe(const FieldValues& fields, ProviderContext& context, BaseAddress address)
        : fields_(fields), context_(context), calls_(context), address_(std::move(address)) {}

    /// Whether the vault is open, once it is sure that it is the right one.
    Result<Lock> find_account() {
        return ask("GET", "/status", {}).and_then([&](const json::value& answer) { return judge_status(answer); });
    }
    Result<void> unlock() {
        const std::string body = to_text(json::object{{"password", field_secret(fields_, "VAULTWARDEN_PASSWORD")}});
        return post("/unlock", body,
                    wrong_field("VAULTWARDEN_PASSWORD",
                                "The vault does not open with VAULTWARDEN_PASSWORD: correct it. (After a new bw login, "
                                "bw serve must be started again.)"));
    }
    Result<void> sync() {
        return post("/sync", {},
                    Error{ErrorCode::unavailable,
                          "bw serve cannot read the vault anew from its server. Try again "
                          "later; if that does not help, log in there again (bw login)."});
    }
    /// The id of VAULTWARDEN_FOLDER; empty when no folder is asked for.
    Result<std::string> folder_id() {
        const auto name = field_text(fields_, "VAULTWARDEN_FOLDER");
        if (name.empty()) return std::string();
        return ask("GET", "/list/object/folders", {}).and_then([&](const json::value& answer) {
            return folder_named(answer, name);
        });
    }
    Result<std::vector<VaultItem>> items(const std::string& folder) {
        const auto query = folder.empty() ? std::string() : "?folderid=" + percent_encoded(folder);
        const auto answer = ask("GET", "/list/object/items" + query, {});
        if (!answer) return answer.error();
        auto items = read_vault_items(*answer, folder);
        if (!items) return not_bw_serve();
        return *std::move(items);
    }
    /// Has time of its own: an open vault must not be left behind by calls that took long or were stopped. When even
    /// this fails, the next call finds the vault open, and leaves it so.
    void lock() {
        (void)context_.http.send(
            {.method = "POST", .url = address_.text + "/lock", .timeout = std::chrono::seconds(2)});
    }

private:
    Result<HttpReply> send(std::string method, const std::string& path, std::string body) {
        HttpRequest request{.method = std::move(method), .url = address_.text + path, .body = std::move(body)};
        if (!request.body.empty()) request.headers = {{"Content-Type", "application/json"}};
        auto reply = calls_.send(std::move(request));
        if (!reply && reply.error().code == ErrorCode::unavailable)
            return Error{ErrorCode::unavailable, fmt::format("bw serve does not answer. {} It must run on the machine "
                                                             "that {} names.",
                                                             reply.error().message, serve_keyword)};
        if (!reply)
            return wrong_field(serve_keyword, fmt::format("{} is wrong: {}", serve_keyword, reply.error().message));
        if (is_busy(reply->status)) return busy_server(address_.url.origin(), reply->status);
        if (is_moved(reply->status)) return moved_server(serve_keyword, reply->status);
        return reply;
    }
    Result<json::value> ask(std::string method, const std::string& path, std::string body) {
        const auto reply = send(std::move(method), path, std::move(body));
        if (!reply) return reply.error();
        auto answer = parse_json(reply->body);
        const json::value* success = answer ? member_of(*answer, {"success"}) : nullptr;
        if (reply->status == 200 && success && *success == true) return *std::move(answer);
        // Its word for everything that did not work: mostly that somebody has locked the vault meanwhile.
        if (reply->status == 400 && success)
            return Error{ErrorCode::unavailable,
                         "bw serve has a locked vault, or could not do what it was asked for. "
                         "Try again later."};
        return not_bw_serve();
    }
    Result<void> post(const std::string& path, std::string body, Error refusal) {
        const auto reply = send("POST", path, std::move(body));
        if (!reply) return reply.error();
        const auto answer = parse_json(reply->body);
        const json::value* success = answer ? member_of(*answer, {"success"}) : nullptr;
        if (!success) return not_bw_serve();
        if (reply->status == 200 && *success == true) return {};
        return refusal;
    }
    Result<Lock> judge_status(const json::value& answer) const {
        const auto of = [&](std::string_view key) { return text_member(answer, {"data", "template", key}); };
        const auto status = of("status");
        if (status == "unauthenticated")
            return wrong_field(serve_keyword,
                               "bw serve is not logged in to any vault: log in there (bw login) with "
                               "the account of VAULTWARDEN_EMAIL, and start it again.");
        if (status != "locked" && status != "unlocked") return not_bw_serve();
        if (!equal_ignoring_case(of("userEmail"), field_text(fields_, "VAULTWARDEN_EMAIL")))
            return wrong_field("VAULTWARDEN_EMAIL",
                               "bw serve is logged in with another account than "
                               "VAULTWARDEN_EMAIL. Correct it, or set BW_SERVE_URL to the bw serve "
                               "of this account.");
        if (comparable_server(of("serverUrl")) != comparable_server(field_text(fields_, "VAULTWARDEN_URL")))
            return wrong_field("VAULTWARDEN_URL",
                               "bw serve belongs to another server than VAULTWARDEN_URL. Correct "
                               "it, or set BW_SERVE_URL to the bw serve of this server.");
        return status == "locked" ? Lock::locked : Lock::open;
    }
    Result<std::string> folder_named(const json::value& answer, std::string_view name) const {
        const json::value* list = member_of(answer, {"data", "data"});
        if (!list || !list->is_array()) return not_bw_serve();
        std::string found;
        for (const json::value& folder : list->get_array()) {
            const auto id = text_member(folder, {"id"});
            if (id.empty() || text_member(folder, {"name"}) != name) continue;
            if (!found.empty())
                return wrong_field("VAULTWARDEN_FOLDER",
                                   "The vault has several folders with the name in "
                                   "VAULTWARDEN_FOLDER: rename all but one.");
            found = id;
        }
        if (!found.empty()) return found;
        return wrong_field("VAULTWARDEN_FOLDER", "The vault has no folder with the name in VAULTWARDEN_FOLDER.");
    }
    Error not_bw_serve() const {
        return wrong_field(serve_keyword, fmt::format("What answers at {} is not bw serve: correct {}.",
                                                      address_.url.origin(), serve_keyword));
    }

    const FieldValues& fields_;
    ProviderContext& context_;
    RemoteCalls calls_;
    const BaseAddress address_;
};

Result<BaseAddress> serve_address(const FieldValues& fields) {
    if (const auto given = require_fields(fields, {"VAULTWARDEN_URL", "VAULTWARDEN_EMAIL", "VAULTWARDEN_PASSWORD"});
        !given)
        return given.error();
    if (!field_text(fields, serve_keyword).empty()) return field_address(fields, serve_keyword);
    return field_address({{std::string(serve_keyword), std::string(usual_serve_url)}}, serve_keyword);
}

Result<std::vector<ProvidedVariable>> read_open_vault(BwServe& serve, const std::vector<Pick>& picks) {
    if (const auto synced = serve.sync(); !synced) return synced.error();
    const auto folder = serve.folder_id();
    if (!folder) return folder.error();
    const auto items = serve.items(*folder);
    if (!items) return items.error();
    auto variables = picks.empty() ? variables_of_all(*items) : variables_of_picks(*items, picks);
    if (!variables) return variables.error();
    return within_bounds(*std::move(variables), "VAULTWARDEN_FOLDER");
}

}  // namespace

bool VaultWarden::is_internal(std::string_view keyword) const {
    return keyword.starts_with("VAULTWARDEN_") || keyword == serve_keyword;
}

Result<std::vector<ProvidedVariable>> VaultWarden::resolve(const FieldValues& fields, ProviderContext& context) const {
    auto address = serve_address(fields);
    if (!address) return address.error();
    const auto picks = read_picks(fields, "VAULTWARDEN_ITEMS");
    if (!picks) return picks.error();
    BwServe serve(fields, context, *std::move(address));  // its time runs from here on
    const std::unique_lock turn(turn_, context.time_limit);
    if (!turn) return Error{ErrorCode::unavailable, "bw serve is busy with other jobs. Try again later."};
    const auto lock = serve.find_account();
    if (!lock) return lock.error();
    auto variables = serve.unlock().and_then([&] { return read_open_vault(serve, *picks); });
    if (*lock == Lock::locked) serve.lock();
    return variables;
}

Availability VaultWarden::check(const FieldValues& fields, ProviderContext& context) const {
    auto address = serve_address(fields);
    if (!address) return availability_of(address.error());
    if (const auto picks = read_picks(fields, "VAULTWARDEN_ITEMS"); !picks) return availability_of(picks.error());
    const bool is_readable = address->url.scheme == "http" && !is_loopback(address->url.host);
    BwServe serve(fields, context, *std::move(address));
    const auto lock = serve.find_account();
    if (!lock) return availability_of(lock.error());
    if (is_readable)
        return is_degraded(
            "bw serve is logged in with this account. The way to BW_SERVE_URL is not encrypted: "
            "everybody on it can read the password and the secrets.");
    return is_available("bw serve is logged in with this account. The password was not tried.");
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "base/time_text.h"
#include "secure/token.h"
#include "service/audit.h"
#include "service/company_operations.h"
#include "service/list_filter.h"
#include "service/people.h"
#include "service/token_caller.h"

#include <fmt/format.h>
#include <set>

namespace mf {

struct TokenInput {
    std::optional<std::int64_t> id;
    std::optional<std::string> user, token, name, expires;
    std::optional<TextList> permissions, companies;
};

template <>
const Entity& entity_of<TokenInput>() {
    using I = TokenInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the token"}),
        field<&I::user>("user", {.help = "Whom it acts for: id, login or e-mail address; left out: you"}),
        field<&I::token>("token", {.help = "A text of your own; a generated one is better", .secret = true}),
        field<&I::name>("name", {.help = "What it is for", .max_length = 128}),
        field<&I::expires>("expires", {.help = "When it ends: a time, '+30 days', or never; 365 days when left out"}),
        field<&I::permissions>("permissions",
                               {.help = "Only these permissions of the owner, such as view, run", .max_length = 1024}),
        field<&I::companies>("companies", {.help = "Only in these companies (id or code)", .max_length = 4096}));
    static constexpr Entity entity{"token_input", "Token", fields};
    return entity;
}

namespace {

constexpr auto usual_life = std::chrono::days{365};

Repository<ApiToken> tokens_of(Call& call) { return {call.session, Scope::everything()}; }

bool sees_all(const Call& call) { return call.rights.may(Permission::administer); }

/// Tokens of others exist for administrators only.
Result<ApiToken> find_token(Call& call, std::optional<std::int64_t> id) {
    if (!id) return missing_input({"id"});
    auto found = tokens_of(call).find({*id});
    if (!found || (found->user_id != call.actor.user && !sees_all(call)))
        return Error{ErrorCode::not_found, "No token found with given identifier"};
    return found;
}

json::object shown_token(const ApiToken& token, Timestamp now) {
    auto out = to_json(token);
    out.erase("digest");
    out["user"] = std::to_string(token.user_id.value);
    out["token"] = token.shown + "...";
    out["state"] = token.revoked_at ? "revoked" : token.expires_at && *token.expires_at <= now ? "expired" : "good";
    return out;
}

Result<json::value> list_tokens(Call& call, const ListInput& input) {
    auto query = query_of(input);
    if (!sees_all(call)) query.equals.emplace_back("user_id", call.actor.user.value);
    json::array out;
    for (const auto& token : tokens_of(call).list(query)) out.push_back(shown_token(token, call.now));
    return json::value(std::move(out));
}

Result<json::value> get_token(Call& call, const Reference& input) {
    const auto found = find_token(call, input.id);
    if (!found) return found.error();
    return json::value(shown_token(*found, call.now));
}

/// The account that a new token acts for.
Result<User> owner_meant(Call& call, const std::optional<std::string>& who) {
    if (!who || trim(*who).empty()) return find_oneself(call);
    Result<User> found = Error{ErrorCode::not_found, "No user found with given identifier"};
    if (const auto id = to_integer(trim(*who))) found = find_person(call, {.id = *id});
    if (!found) found = find_person(call, {.login = *who});
    if (!found && who->find('@') != std::string::npos) found = find_person(call, {.email = *who});
    if (found && found->id == call.actor.user) return found;
    if (!sees_all(call))
        return Error{ErrorCode::forbidden, "Only an administrator can make a token for somebody else."};
    if (!found) return found;
    if (auto allowed = may_change(call, *found); !allowed) return allowed.error();
    return found;
}

Error nothing_named(std::string_view bound) {
    const auto message = fmt::format("No {0} are named. Name some, or leave {0} out to have no such bound.", bound);
    return {ErrorCode::invalid, message, {{std::string(bound), message}}};
}

/// The bounds of a token, checked.
Result<void> apply_bounds(Call& call, const TokenInput& input, ApiToken& token) {
    if (input.permissions) {
        for (const auto& word : *input.permissions)
            if (!enum_named<Permission>(word) || word == "anyone") {
                const auto message = fmt::format(
                    "There is no permission '{}'. There are view, run, edit, manage, view_catalog, edit_catalog, "
                    "administer, operate and own.",
                    word);
                return Error{ErrorCode::invalid, message, {{"permissions", message}}};
            }
        // An unset variable of a script must not make a token that may do everything.
        if (input.permissions->empty()) return nothing_named("permissions");
        token.permissions = input.permissions;
    }
    if (input.companies) {
        TextList ids;
        for (const auto& word : *input.companies) {
            const auto company = company_named(call, word);
            if (!company) {
                const auto message = fmt::format("There is no company '{}'.", word);
                return Error{ErrorCode::invalid, message, {{"companies", message}}};
            }
            ids.push_back(std::to_string(company->id.value));
        }
        if (ids.empty()) return nothing_named("companies");
        token.companies = std::move(ids);
    }
    return {};
}

Result<void> apply_end(Call& call, const std::optional<std::string>& expires, ApiToken& token, json::array& warnings) {
    if (!expires || trim(*expires).empty()) return {};
    if (equal_ignoring_case(trim(*expires), "never")) {
        token.expires_at.reset();
        warnings.emplace_back("The token never expires. Whoever finds it can use it until it is revoked.");
        return {};
    }
    const auto zone = Zone::named(call.zone);
    const auto moment = parse_time(*expires, call.now, zone ? *zone : Zone::utc());
    if (!moment) return moment.error();
    if (*moment <= call.now) {
        const std::string message = "The token would have expired already. Name a later time.";
        return Error{ErrorCode::invalid, message, {{"expires", message}}};
    }
    token.expires_at = *moment;
    return {};
}

/// Is a text that somebody made up good enough to act for him? What the former MultiFlexi made, is.
bool is_hard_to_guess(std::string_view text) {
    const bool is_plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
    return is_plain && text.size() >= 20 && text.size() <= 128 && std::set<char>(text.begin(), text.end()).size() >= 10;
}

/// A text of the caller's own if it is good enough, otherwise a generated one. The text, which is shown once.
std::string settle_text(const std::optional<std::string>& wanted, ApiToken& token, json::array& warnings) {
    std::string text;
    if (wanted && !wanted->empty()) {
        if (is_hard_to_guess(*wanted))
            text = *wanted;
        else
            warnings.emplace_back(
                "The given text is too easy to guess (at least 20 characters, 10 of them different); a token was "
                "generated instead.");
    }
    if (text.empty()) text = new_token(token_prefix);
    token.digest = token_digest(text);
    token.shown = text.substr(0, text.starts_with(token_prefix) ? 8 : 4);
    return text;
}

json::value answer_with(const ApiToken& token, std::string text, json::array warnings, Timestamp now) {
    auto record = shown_token(token, now);
    if (!text.empty()) record["token"] = std::move(text);
    record["warnings"] = std::move(warnings);
    return json::value(std::move(record));
}

/// No token makes one that outlives it.
Result<void> ends_in_time(const Call& call, const ApiToken& token) {
    if (!call.actor.until || (token.expires_at && *token.expires_at <= *call.actor.until)) return {};
    const auto message = fmt::format("The token that you use ends at {}; name an earlier --expires.",
                                     format_iso(*call.actor.until, Zone::utc()));
    return Error{ErrorCode::forbidden, message, {{"expires", message}}};
}

Result<json::value> create_token(Call& call, const TokenInput& input) {
    if (auto allowed = is_unrestricted(call); !allowed) return allowed.error();
    const auto owner = owner_meant(call, input.user);
    if (!owner) return owner.error();
    ApiToken token{.user_id = owner->id,
                   .name = input.name.value_or(""),
                   .created_at = call.now,
                   .expires_at = std::min(call.now + usual_life, call.actor.until.value_or(Timestamp::max())),
                   .last_used_at = {},
                   .last_used_address = {},
                   .revoked_at = {}};
    json::array warnings;
    if (auto bounded = apply_bounds(call, input, token); !bounded) return bounded.error();
    if (auto ended = apply_end(call, input.expires, token, warnings); !ended) return ended.error();
    if (auto allowed = ends_in_time(call, token); !allowed) return allowed.error();
    if (!owner->enabled)
        warnings.emplace_back(
            fmt::format("The account '{}' is disabled: the token is of no use until it is enabled.", owner->login));
    const auto text = settle_text(input.token, token, warnings);
    if (auto inserted = tokens_of(call).insert(token); !inserted) return inserted.error();
    json::object details{{"user", owner->login}, {"name", token.name}};
    if (token.permissions) details["permissions"] = fmt::format("{}", fmt::join(*token.permissions, ","));
    if (token.companies) details["companies"] = fmt::format("{}", fmt::join(*token.companies, ","));
    audit(call, {.entity = "token", .id = token.id.value, .action = "create", .details = std::move(details)});
    return answer_with(token, text, std::move(warnings), call.now);
}

Result<json::value> update_token(Call& call, const TokenInput& input) {
    if (auto allowed = is_unrestricted(call); !allowed) return allowed.error();
    const auto before = find_token(call, input.id);
    if (!before) return before.error();
    // The one who makes a token stronger must be allowed to make one.
    const auto former_owner = owner_meant(call, std::to_string(before->user_id.value));
    if (!former_owner) return former_owner.error();
    ApiToken after = *before;
    json::array warnings;
    if (input.user) {
        const auto owner = owner_meant(call, input.user);
        if (!owner) return owner.error();
        after.user_id = owner->id;
    }
    if (input.name) after.name = *input.name;
    if (auto bounded = apply_bounds(call, input, after); !bounded) return bounded.error();
    if (auto ended = apply_end(call, input.expires, after, warnings); !ended) return ended.error();
    if (auto allowed = ends_in_time(call, after); !allowed) return allowed.error();
    std::string text;
    // Clients send back what a list has shown them.
    if (input.token && !input.token->empty() && *input.token != before->shown + "...")
        text = settle_text(input.token, after, warnings);
    auto changes = changed_fields(entity_of<ApiToken>(), &*before, &after);
    changes.erase("digest");
    if (!changes.empty() || !text.empty()) {
        if (auto updated = tokens_of(call).update(*before, after); !updated) return updated.error();
        if (!text.empty()) changes["text"] = "changed";
        audit(call, {.entity = "token", .id = after.id.value, .action = "update", .details = std::move(changes)});
    }
    return json::value{{"updated", true}, {"record", answer_with(after, text, std::move(warnings), call.now)}};
}

/// One's own, or that of somebody whose account one may change.
Result<void> may_end(Call& call, const ApiToken& token) {
    if (token.user_id == call.actor.user) return {};
    const auto owner = Repository<User>(call.session, Scope::everything()).find(token.user_id);
    return owner ? may_change(call, *owner) : Result<void>();
}

Result<json::value> revoke_token(Call& call, const Reference& input) {
    if (auto allowed = is_unrestricted(call); !allowed) return allowed.error();
    const auto before = find_token(call, input.id);
    if (!before) return before.error();
    if (auto allowed = may_end(call, *before); !allowed) return allowed.error();
    if (!before->revoked_at) {
        ApiToken after = *before;
        after.revoked_at = call.now;
        if (auto updated = tokens_of(call).update(*before, after); !updated) return updated.error();
        audit(call, {.entity = "token",
                     .id = after.id.value,
                     .action = "revoke",
                     .details = {{"name", after.name}, {"user_id", after.user_id.value}}});
    }
    return json::value{{"revoked", true}, {"id", before->id.value}};
}

Result<json::value> delete_token(Call& call, const Reference& input) {
    if (auto allowed = is_unrestricted(call); !allowed) return allowed.error();
    const auto before = find_token(call, input.id);
    if (!before) return before.error();
    if (auto allowed = may_end(call, *before); !allowed) return allowed.error();
    if (auto erased = tokens_of(call).erase(before->id); !erased) return erased.error();
    audit(call, {.entity = "token",
                 .id = before->id.value,
                 .action = "delete",
                 .details = {{"name", before->name}, {"user_id", before->user_id.value}}});
    return json::value{{"deleted", true}, {"id", before->id.value}};
}

}  // namespace

void add_token_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"token:list", "GET /tokens", "List one's tokens; those of all for an administrator.", own},
        list_tokens);
    add(operations, {"token:get", "GET /tokens/{id}", "Show one token.", own}, get_token);
    add(operations,
        {"token:create", "POST /tokens", "Make a token, which is shown once.", own, changes, Discloses::secret},
        create_token);
    add(operations, {"token:update", "PATCH /tokens/{id}", "Change a token.", own, changes}, update_token);
    add(operations,
        {"token:revoke", "POST /tokens/{id}/revocation", "End a token; it stays in the list.", own, changes},
        revoke_token);
    add(operations, {"token:delete", "DELETE /tokens/{id}", "Remove a token.", own, changes}, delete_token);
}

}  // namespace mf

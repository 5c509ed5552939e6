// SPDX-License-Identifier: MIT
#include "service/people.h"

#include "base/zone.h"
#include "domain/password_policy.h"
#include "secure/password.h"
#include "store/queries/one_time_link.h"
#include "store/queries/rights.h"
#include "store/queries/role_assignments.h"
#include "store/queries/second_factor.h"
#include "store/queries/sign_in_record.h"

#include <fmt/format.h>

namespace mf {
namespace {

/// As verify_password() understands them.
bool is_hash(std::string_view text) {
    for (const auto* start : {"$argon2id$", "$argon2i$", "$2y$", "$2b$", "$2a$"})
        if (text.starts_with(start)) return text.size() >= 50;
    return text.size() > 33 && text[32] == ':' &&
           text.substr(0, 32).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace

Result<User> find_person(Call& call, const PersonLookup& by) {
    ListQuery query{.equals = {{"live", Value{std::int64_t{1}}}}, .limit = 2};
    if (by.id)
        query.equals.emplace_back("id", *by.id);
    else if (by.login)
        query.equals.emplace_back("login", *by.login);
    else if (by.email)
        query.equals.emplace_back("email", *by.email);
    else
        return missing_input({"id", "login", "email"});
    auto found = Repository<User>(call.session, Scope::everything()).list(query);
    if (found.empty()) return Error{ErrorCode::not_found, "No user found with given identifier"};
    if (found.size() > 1)
        return Error{ErrorCode::conflict,
                     "Several users have this e-mail address. Name the one you mean by id or login."};
    return std::move(found.front());
}

Result<User> find_oneself(Call& call) {
    auto found = find_person(call, {.id = call.actor.user.value});
    if (!found) return Error{ErrorCode::forbidden, "You have no account here. Sign in first."};
    return found;
}

json::object shown_user(const User& user) {
    auto out = to_json(user);
    out["has_password"] = !user.password.empty();
    out["password"] = "";
    out["two_factor_enabled"] = user.totp_enabled;
    for (const auto* field : {"totp", "totp_enabled", "totp_last_step", "live"}) out.erase(field);
    return out;
}

Result<void> may_change(Call& call, const User& person) {
    // Whoever may change a disabled account could enable it.
    if (call.rights.covers(granted_rights(call.session, person.id, call.now)))
        return person.id == call.actor.user ? Result<void>() : may_give_login(call, person.login);
    if (holds_role(call.session, person.id, SystemRole::super_admin, call.now) &&
        !call.rights.may(Permission::operate) && !call.actor.restricted)
        return Error{
            ErrorCode::forbidden,
            fmt::format("'{}' is a super_admin, whose account only another super_admin can change.", person.login)};
    return Error{ErrorCode::forbidden,
                 fmt::format("'{}' may do things that you may not{}, so you cannot change this account.", person.login,
                             call.actor.restricted ? " with this token" : "")};
}

Result<void> may_give_login(const Call& call, std::string_view login) {
    if (!is_login_of_machine(login) || call.rights.may(Permission::operate)) return {};
    auto sentence = fmt::format(
        "'{}' is the account of the administrator of this machine, which only that one or a super_admin can make or "
        "change.",
        login);
    return Error{ErrorCode::forbidden, sentence, {{"login", sentence}}};
}

Result<void> may_grant(const Call& call, const Rights& granted, std::string_view what) {
    if (call.rights.covers(granted)) return {};
    return Error{ErrorCode::forbidden,
                 fmt::format("You cannot give {}, because you do not have all of its rights yourself{}.", what,
                             call.actor.restricted ? " with this token" : "")};
}

Result<void> may_grant_until(Call& call, const Rights& granted, const std::optional<Timestamp>& end) {
    if (call.rights.is_unlimited()) return {};
    Rights for_ever;
    std::optional<Timestamp> latest;
    for (const auto& assigned : assigned_roles(call.session, call.actor.user)) {
        const auto role = enum_named<SystemRole>(assigned.role);
        if (role && !assigned.expires_at) for_ever.grant(*role);
        if (assigned.expires_at) latest = std::max(latest.value_or(*assigned.expires_at), *assigned.expires_at);
    }
    const auto own_end = for_ever.covers(granted) ? std::nullopt : latest;
    if (!own_end || (end && *end <= *own_end)) return {};
    return Error{ErrorCode::forbidden,
                 fmt::format("You have these rights until {} only, so you cannot give them for longer.",
                             format_iso(*own_end, Zone::utc()))};
}

Result<void> keep_a_super_admin(Call& call, const User& without) {
    if (!holds_role(call.session, without.id, SystemRole::super_admin, call.now) ||
        is_held_by_another(call.session, without.id, SystemRole::super_admin))
        return {};
    return Error{ErrorCode::conflict,
                 fmt::format("'{}' is the last super_admin. Give somebody else this role first (user-role set).",
                             without.login)};
}

Result<void> is_unrestricted(const Call& call) {
    if (!call.actor.restricted) return {};
    return Error{
        ErrorCode::forbidden,
        "This token may do less than its owner, so it can neither make or end tokens nor change how the owner signs "
        "in. Use a token without restrictions, or sign in."};
}

Result<void> set_password(const Call& call, User& person, const std::string& password, GivenAs as) {
    if (as == GivenAs::text_or_hash && is_hash(password)) {
        person.password = password;
    } else {
        std::string name = person.firstname.value_or("");
        name.append(" ").append(person.lastname.value_or(""));
        if (auto good = check_password(
                password, {}, {.login = person.login, .email = person.email ? *person.email : "", .name = name});
            !good)
            return good;
        person.password = hash_password(password, call.password_cost);
    }
    person.password_changed_at = call.now;
    return {};
}

void password_was_changed(Call& call, const User& person, Id<LoginSession> except) {
    end_sessions(call.session, person.id, call.now, except);
    void_links(call.session, person.id, call.now);
}

void turn_totp_off(Call& call, User& person) {
    person.totp.reset();
    person.totp_enabled = false;
    person.totp_last_step.reset();
    replace_recovery_codes(call.session, person.id, {});
}

}  // namespace mf

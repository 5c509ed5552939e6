// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "base/time_text.h"
#include "base/zone.h"
#include "secure/password.h"
#include "secure/token.h"
#include "secure/totp.h"
#include "service/audit.h"
#include "service/list_filter.h"
#include "service/people.h"
#include "service/sealing.h"
#include "store/queries/one_time_link.h"
#include "store/queries/role_assignments.h"
#include "store/queries/second_factor.h"
#include "store/queries/sign_in_record.h"

#include <fmt/format.h>

namespace mf {

struct AccountPasswordInput {
    std::optional<std::string> current, password;
};

struct TotpCode {
    std::optional<std::string> code;
};

struct AccountSetupInput {
    std::string token;
    std::optional<std::string> login, email, password;
};

template <>
const Entity& entity_of<AccountPasswordInput>() {
    using I = AccountPasswordInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::current>("current", {.help = "The present password", .max_length = 1024, .secret = true}),
        field<&I::password>("password", {.help = "The new password", .max_length = 1024, .secret = true}));
    static constexpr Entity entity{"account_password", "Own password", fields};
    return entity;
}

template <>
const Entity& entity_of<TotpCode>() {
    static constexpr auto fields = fields_of<TotpCode>(
        field<&TotpCode::code>("code", {.help = "The code that the authenticator program shows", .max_length = 64}));
    static constexpr Entity entity{"totp_code", "Code", fields};
    return entity;
}

template <>
const Entity& entity_of<AccountSetupInput>() {
    using I = AccountSetupInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::token>("token",
                         {.help = "What stands behind token= in the link", .max_length = 128, .required = true}),
        field<&I::login>("login", {.help = "Name to sign in with; of the first administrator only", .max_length = 64}),
        field<&I::email>("email", {.help = "E-mail address; of the first administrator only", .max_length = 254}),
        field<&I::password>("password", {.help = "The new password", .max_length = 1024, .secret = true}));
    static constexpr Entity entity{"account_setup", "Setup", fields};
    return entity;
}

namespace {

Repository<User> all_users(Call& call) { return {call.session, Scope::everything()}; }

Result<void> store(Call& call, const User& before, User& after, std::string_view action, json::object details = {}) {
    after.updated_at = call.now;
    if (auto updated = all_users(call).update(before, after); !updated) return updated;
    details["login"] = after.login;
    audit(call, {.entity = "user", .id = after.id.value, .action = action, .details = std::move(details)});
    return {};
}

/// Whoever has the browser or the token of somebody else must not find out the password by trying.
Result<void> may_prove(Call& call, const User& person) {
    const SignInParty party{person.login, address_group(call.actor.address)};
    const auto judgement = judge_sign_in(sign_in_history(call.session, party, call.now, {}), call.now);
    if (judgement.allowed()) return {};
    return Error{ErrorCode::limited,
                 fmt::format("There were too many attempts. Try again in {}.", format_duration(judgement.retry_after))};
}

Result<void> check_current(Call& call, const User& person, const std::optional<std::string>& current) {
    if (person.password.empty()) return {};
    if (auto allowed = may_prove(call, person); !allowed) return allowed;
    if (current && verify_password(*current, person.password, call.password_cost).right) return {};
    call.wrong_proof = current.has_value();
    const std::string message = "The present password is not right.";
    return Error{ErrorCode::invalid, message, {{"current", message}}};
}

Result<json::value> show_account(Call& call, const NoInput&) {
    const auto person = find_oneself(call);
    if (!person) return person.error();
    auto record = shown_user(*person);
    json::array roles;
    for (const auto& assigned : assigned_roles(call.session, person->id))
        if (!assigned.expires_at || *assigned.expires_at > call.now) roles.emplace_back(assigned.role);
    record["roles"] = std::move(roles);
    record["recovery_codes_left"] = recovery_codes_left(call.session, person->id);
    return json::value(std::move(record));
}

Result<json::value> change_own_password(Call& call, const AccountPasswordInput& input) {
    if (auto allowed = is_unrestricted(call); !allowed) return allowed.error();
    const auto before = find_oneself(call);
    if (!before) return before.error();
    if (auto right = check_current(call, *before, input.current); !right) return right.error();
    User after = *before;
    if (auto set = set_password(call, after, input.password.value_or(""), GivenAs::text); !set) return set.error();
    if (auto stored = store(call, *before, after, "password"); !stored) return stored.error();
    password_was_changed(call, after);
    return json::value{{"updated", true}, {"user_id", after.id.value}};
}

Result<json::value> begin_totp(Call& call, const NoInput&) {
    if (auto allowed = is_unrestricted(call); !allowed) return allowed.error();
    const auto before = find_oneself(call);
    if (!before) return before.error();
    if (before->totp_enabled)
        return Error{ErrorCode::conflict,
                     "A code is asked for already. Turn that off first (account totp-disable) to use another program."};
    User after = *before;
    const auto secret = new_totp_secret();
    auto sealed = seal(call, secret, {"user", "totp", after.id.value});
    if (!sealed) return sealed.error();
    after.totp = *std::move(sealed);
    after.totp_last_step.reset();
    if (auto stored = store(call, *before, after, "totp_begin"); !stored) return stored.error();
    return json::value{{"secret", secret}, {"uri", totp_uri(secret, "MultiFlexi", after.login)}};
}

json::array fresh_recovery_codes(Call& call, Id<User> of) {
    json::array out;
    std::vector<std::string> digests;
    for (auto& code : new_recovery_codes()) {
        digests.push_back(recovery_code_digest(code));
        out.emplace_back(std::move(code));
    }
    replace_recovery_codes(call.session, of, digests);
    return out;
}

Result<json::value> confirm_totp(Call& call, const TotpCode& input) {
    if (auto allowed = is_unrestricted(call); !allowed) return allowed.error();
    const auto before = find_oneself(call);
    if (!before) return before.error();
    if (!before->totp || before->totp_enabled)
        return Error{ErrorCode::conflict,
                     "There is nothing to confirm. Begin with account totp-begin, which shows a secret."};
    if (auto allowed = may_prove(call, *before); !allowed) return allowed.error();
    const auto secret = call.vault->open(*before->totp, {"user", "totp", before->id.value});
    if (!secret) return secret.error();
    const auto step = matching_step(*secret, input.code.value_or(""), call.now, before->totp_last_step);
    if (!step) {
        call.wrong_proof = input.code.has_value();
        const std::string message =
            "The code is not right. Enter the one that the program shows now; its clock must be right.";
        return Error{ErrorCode::invalid, message, {{"code", message}}};
    }
    User after = *before;
    after.totp_enabled = true;
    after.totp_last_step = *step;
    if (auto stored = store(call, *before, after, "totp_enable"); !stored) return stored.error();
    return json::value{{"enabled", true}, {"recovery_codes", fresh_recovery_codes(call, after.id)}};
}

Result<json::value> disable_own_totp(Call& call, const AccountPasswordInput& input) {
    if (auto allowed = is_unrestricted(call); !allowed) return allowed.error();
    const auto before = find_oneself(call);
    if (!before) return before.error();
    if (auto right = check_current(call, *before, input.current); !right) return right.error();
    User after = *before;
    turn_totp_off(call, after);
    if (auto stored = store(call, *before, after, "totp_disable"); !stored) return stored.error();
    return json::value{{"enabled", false}};
}

Result<std::vector<LoginSession>> list_sessions(Call& call, const ListInput& input) {
    auto query = query_of(input);
    query.equals.emplace_back("user_id", call.actor.user.value);
    return Repository<LoginSession>(call.session, Scope::everything()).list(query);
}

Result<json::value> sign_out_everywhere(Call& call, const NoInput&) {
    if (auto allowed = is_unrestricted(call); !allowed) return allowed.error();
    const auto person = find_oneself(call);
    if (!person) return person.error();
    const auto ended = end_sessions(call.session, person->id, call.now);
    audit(
        call,
        {.entity = "user", .id = person->id.value, .action = "sign_out_everywhere", .details = {{"sessions", ended}}});
    return json::value{{"ended", ended}};
}

/// The first administrator: an account that is made, or one of that login that could not sign in so far.
Result<User> first_administrator(Call& call, const AccountSetupInput& input) {
    if (somebody_has_a_password(call.session))
        return Error{ErrorCode::conflict, "Somebody has become the first administrator meanwhile."};
    if (!input.login || input.login->empty()) {
        const std::string message = "Enter the login that you want to have.";
        return Error{ErrorCode::invalid, message, {{"login", message}}};
    }
    User person{.login = *input.login, .enabled = true, .created_at = call.now, .updated_at = call.now};
    if (input.email && !input.email->empty()) person.email = input.email;
    if (auto good = check(person); !good) return good.error();
    if (auto known = all_users(call).first({.equals = {{"login", person.login}, {"live", std::int64_t{1}}}})) {
        const auto before = *known;
        known->enabled = true;
        if (person.email) known->email = person.email;
        if (auto updated = all_users(call).update(before, *known); !updated) return updated.error();
        person = *std::move(known);
    } else if (auto good = check_new_login(person.login); !good) {
        return good.error();
    } else if (auto inserted = all_users(call).insert(person); !inserted) {
        return inserted.error();
    }
    assign_role(call.session, person.id, SystemRole::super_admin, {}, person.id, call.now);
    return person;
}

Result<json::value> set_up(Call& call, const AccountSetupInput& input) {
    const Error unusable{ErrorCode::forbidden,
                         "This link was used already, or it is older than 24 hours. Ask for a new one (user "
                         "setup-link)."};
    const auto link = take_link(call.session, input.token, call.now);
    if (!link) return unusable;
    auto before = link->purpose == LinkPurpose::setup ? first_administrator(call, input)
                                                      : find_person(call, {.id = link->user->value});
    if (!before && link->purpose == LinkPurpose::setup) return before.error();
    if (!before || !before->enabled) return unusable;
    User after = *before;
    if (auto set = set_password(call, after, input.password.value_or(""), GivenAs::text); !set) return set.error();
    if (auto stored = store(call, *before, after, "setup", {{"purpose", name_of(link->purpose)}}); !stored)
        return stored.error();
    password_was_changed(call, after);
    return json::value{{"user_id", after.id.value}, {"login", after.login}};
}

}  // namespace

void add_account_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"account:get", "GET /account", "Show one's own account.", own}, show_account);
    add(operations,
        {"account:password", "PUT /account/password", "Change one's own password; everything that is open ends.", own,
         changes},
        change_own_password);
    add(operations,
        {"account:totp-begin", "POST /account/totp", "Make the secret for an authenticator program.", own, changes,
         Discloses::secret},
        begin_totp);
    add(operations,
        {"account:totp-confirm", "POST /account/totp/confirmation",
         "Ask for a code at each sign-in from now on; shows the recovery codes, once.", own, changes,
         Discloses::secret},
        confirm_totp);
    add(operations, {"account:totp-disable", "POST /account/totp/removal", "Ask for no code any more.", own, changes},
        disable_own_totp);
    add(operations, {"account:sessions", "GET /account/sessions", "List where one is, or was, signed in.", own},
        list_sessions);
    add(operations,
        {"account:sign-out-everywhere", "DELETE /account/sessions", "End everything that is open.", own, changes},
        sign_out_everywhere);
    add(operations,
        {"account:setup", "POST /setup", "Choose a password with a link that was made for that.", anyone, changes},
        set_up);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "base/zone.h"
#include "secure/token.h"
#include "service/audit.h"
#include "service/people.h"
#include "store/queries/one_time_link.h"

#include <fmt/format.h>

namespace mf {

struct UserPasswordInput {
    std::optional<std::int64_t> id;
    std::optional<std::string> login, email, password;
};

struct UserNamed {
    std::optional<std::int64_t> id;
    std::optional<std::string> login, email;
};

template <>
const Entity& entity_of<UserPasswordInput>() {
    using I = UserPasswordInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the user"}), field<&I::login>("login", {.help = "Login"}),
                     field<&I::email>("email", {.help = "E-mail address"}),
                     field<&I::password>("password", {.help = "The new password", .max_length = 1024, .secret = true}));
    static constexpr Entity entity{"user_password", "Password of a user", fields};
    return entity;
}

template <>
const Entity& entity_of<UserNamed>() {
    using I = UserNamed;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the user"}), field<&I::login>("login", {.help = "Login"}),
                     field<&I::email>("email", {.help = "E-mail address"}));
    static constexpr Entity entity{"user_named", "User", fields};
    return entity;
}

namespace {

Repository<User> stored_users(Call& call) { return {call.session, Scope::everything()}; }

Result<json::value> change_password(Call& call, const UserPasswordInput& input) {
    const auto before = find_person(call, {input.id, input.login, input.email});
    if (!before) return before.error();
    if (auto allowed = may_change(call, *before); !allowed) return allowed.error();
    if (!input.password || input.password->empty()) return missing_input({"password"});
    User after = *before;
    if (auto set = set_password(call, after, *input.password, GivenAs::text); !set) return set.error();
    after.updated_at = call.now;
    if (auto updated = stored_users(call).update(*before, after); !updated) return updated.error();
    password_was_changed(call, after);
    audit(call, {.entity = "user", .id = after.id.value, .action = "password", .details = {{"login", after.login}}});
    return json::value{{"updated", true}, {"user_id", after.id.value}};
}

Result<json::value> make_setup_link(Call& call, const UserNamed& input) {
    const PersonLookup by{input.id, input.login, input.email};
    NewLink wanted{.purpose = LinkPurpose::setup};
    json::object details;
    if (!by.empty()) {
        const auto person = find_person(call, by);
        if (!person) return person.error();
        if (auto allowed = may_change(call, *person); !allowed) return allowed.error();
        if (!person->enabled)
            return Error{ErrorCode::conflict,
                         fmt::format("'{}' is disabled, so a link would be of no use. Enable the account first "
                                     "(user update --enabled 1).",
                                     person->login)};
        wanted = {person->password.empty() ? LinkPurpose::invitation : LinkPurpose::password, person->id};
        details["login"] = person->login;
    } else if (!call.rights.may(Permission::operate)) {
        // Whoever uses the link becomes a super_admin.
        return Error{ErrorCode::forbidden,
                     "Only a super_admin, or the administrator of this machine, can make the link for the first "
                     "administrator. Name the user whom the link is for (--id, --login or --email)."};
    } else if (somebody_has_a_password(call.session)) {
        return Error{ErrorCode::conflict,
                     "Somebody can sign in already, so there is nobody to set up first. Name the user whom the link is "
                     "for (--id, --login or --email)."};
    }
    const auto made = make_link(call.session, wanted, call.now);
    details["purpose"] = name_of(wanted.purpose);
    const auto user = wanted.user ? json::value(wanted.user->value) : json::value();
    audit(call, {.entity = "user",
                 .id = wanted.user ? std::optional(wanted.user->value) : std::nullopt,
                 .action = "setup_link",
                 .details = std::move(details)});
    return json::value{{"purpose", name_of(wanted.purpose)},
                       {"user_id", user},
                       {"path", "/setup?token=" + made.token},
                       {"expires_at", format_iso(made.expires_at, Zone::utc())}};
}

Result<json::value> disable_totp(Call& call, const UserNamed& input) {
    const auto before = find_person(call, {input.id, input.login, input.email});
    if (!before) return before.error();
    if (auto allowed = may_change(call, *before); !allowed) return allowed.error();
    User after = *before;
    turn_totp_off(call, after);
    after.updated_at = call.now;
    if (auto updated = stored_users(call).update(*before, after); !updated) return updated.error();
    audit(call, {.entity = "user",
                 .id = after.id.value,
                 .action = "totp_disable",
                 .details = {{"login", after.login}, {"was_enabled", before->totp_enabled}}});
    return json::value{{"updated", before->totp_enabled}, {"user_id", after.id.value}};
}

}  // namespace

void add_user_password_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"user:password", "PUT /users/{id}/password", "Give a user another password, and end what the user has open.",
         administer, changes},
        change_password);
    add(operations,
        {"user:setup-link", "POST /users/setup-link",
         "Make a link with which the first administrator, or a user, chooses a password; good once and for 24 hours.",
         administer, changes, Discloses::secret},
        make_setup_link);
    add(operations,
        {"user:totp-disable", "DELETE /users/{id}/totp", "Let a user sign in without a code, when it is lost.",
         administer, changes},
        disable_totp);
}

}  // namespace mf

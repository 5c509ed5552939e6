// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "domain/visible_text.h"
#include "service/audit.h"
#include "service/complaints.h"
#include "service/list_filter.h"
#include "service/people.h"
#include "store/queries/role_assignments.h"
#include "store/queries/sign_in_record.h"

#include <fmt/format.h>

namespace mf {

struct UserLookupInput {
    std::optional<std::int64_t> id;
    std::optional<std::string> login, email;
};

struct UserInput {
    std::optional<std::int64_t> id;
    std::optional<std::string> login, email, firstname, lastname, password, plaintext, settings;
    std::optional<bool> enabled;
};

static Result<void> check_input(const UserInput& input);

template <>
const Entity& entity_of<UserLookupInput>() {
    using L = UserLookupInput;
    static constexpr auto fields =
        fields_of<L>(field<&L::id>("id", {.help = "Number of the user"}), field<&L::login>("login", {.help = "Login"}),
                     field<&L::email>("email", {.help = "E-mail address"}));
    static constexpr Entity entity{"user_lookup", "User", fields};
    return entity;
}

template <>
const Entity& entity_of<UserInput>() {
    using I = UserInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the user"}),
        field<&I::login>("login", {.help = "Name to sign in with"}),
        field<&I::email>("email", {.help = "E-mail address", .max_length = 254}),
        field<&I::firstname>("firstname", {.help = "First name", .max_length = 64}),
        field<&I::lastname>("lastname", {.help = "Last name", .max_length = 64}),
        field<&I::password>("password", {.help = "Password, or its hash", .max_length = 1024, .secret = true}),
        field<&I::plaintext>("plaintext", {.help = "Password", .max_length = 1024, .secret = true}),
        field<&I::settings>("settings", {.help = "Free settings", .max_length = 65535}),
        field<&I::enabled>("enabled", {.help = "Whether the user may sign in"}));
    static constexpr Entity entity{"user_input", "User", fields};
    return entity;
}

namespace {

Repository<User> users_of(Call& call) { return {call.session, Scope::everything()}; }

json::array companies_of(Call& call, Id<User> user) {
    json::array out;
    for (
        const auto& row : call.sql().query(
            R"(SELECT m."company_id", c."name", m."role" FROM "company_user" m JOIN "company" c ON c."id" = m."company_id"
                WHERE m."user_id" = ? AND c."live" = 1 AND {scope m} ORDER BY m."company_id")",
            {user.value}))
        out.push_back({{"company_id", integer_of(row[0])},
                       {"name", std::get<std::string>(row[1])},
                       {"role", std::get<std::string>(row[2])}});
    return out;
}

json::array roles_now(Call& call, Id<User> user) {
    json::array out;
    for (const auto& assigned : assigned_roles(call.session, user))
        if (!assigned.expires_at || *assigned.expires_at > call.now) out.emplace_back(assigned.role);
    return out;
}

Result<json::value> list_users(Call& call, const ListInput& input) {
    auto query = query_of(input);
    query.equals.push_back(only_live());
    json::array out;
    for (const User& user : users_of(call).list(query)) out.push_back(shown_user(user));
    return json::value(std::move(out));
}

Result<json::value> get_user(Call& call, const UserLookupInput& input) {
    const auto found = find_person(call, {input.id, input.login, input.email});
    if (!found) return found.error();
    auto record = shown_user(*found);
    record["roles"] = roles_now(call, found->id);
    record["companies"] = companies_of(call, found->id);
    return json::value(std::move(record));
}

std::optional<std::string> text_or_none(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

void apply_user_input(const UserInput& input, User& user) {
    if (input.login) user.login = *input.login;
    if (input.email) user.email = text_or_none(*input.email);
    if (input.firstname) user.firstname = text_or_none(*input.firstname);
    if (input.lastname) user.lastname = text_or_none(*input.lastname);
    if (input.settings) user.settings = text_or_none(*input.settings);
    if (input.enabled) user.enabled = *input.enabled;
}

/// True: the record has another password now.
Result<bool> apply_password(Call& call, const UserInput& input, User& user) {
    const auto given = [](const std::optional<std::string>& text) { return text && !text->empty(); };
    if (!given(input.plaintext) && !given(input.password)) return false;
    const auto set = given(input.plaintext) ? set_password(call, user, *input.plaintext, GivenAs::text)
                                            : set_password(call, user, *input.password, GivenAs::text_or_hash);
    if (!set) return set.error();
    return true;
}

Result<void> check_login_is_free(Call& call, const User& user) {
    const auto other = users_of(call).first({.equals = {{"login", user.login}}});
    if (!other || other->id == user.id) return {};
    const auto message = fmt::format("A user with the login '{}' already exists (ID {}). Choose another one.",
                                     user.login, other->id.value);
    return Error{ErrorCode::conflict, message, {{"login", message}}};
}

Result<json::value> create_user(Call& call, const UserInput& input) {
    if (trim(*input.login).empty())
        return Error{ErrorCode::invalid, "The user needs a login.", {{"login", "is required"}}};
    if (auto allowed = may_give_login(call, *input.login); !allowed) return allowed.error();
    User user{.enabled = true, .created_at = call.now, .updated_at = call.now};
    apply_user_input(input, user);
    Complaints complaints;
    complaints.add(check(user));
    complaints.add(check_new_login(user.login));
    complaints.add(apply_password(call, input, user));
    if (auto good = complaints.result(); !good) return good.error();
    if (auto unique = check_login_is_free(call, user); !unique) return unique.error();
    if (auto inserted = users_of(call).insert(user); !inserted) return inserted.error();
    auto details = told_fields(user);
    details["has_password"] = !user.password.empty();
    audit(call, {.entity = "user", .id = user.id.value, .action = "create", .details = std::move(details)});
    return json::value(shown_user(user));
}

Result<json::value> update_user(Call& call, const UserInput& input) {
    auto identity = PersonLookup{.id = input.id};
    if (!input.id) identity = {.login = input.login, .email = input.login ? std::nullopt : input.email};
    if (identity.empty()) return missing_input({"id", "login"});
    const auto before = find_person(call, identity);
    if (!before) return before.error();
    if (auto allowed = may_change(call, *before); !allowed) return allowed.error();
    User after = *before;
    apply_user_input(input, after);
    if (after.login != before->login)
        if (auto allowed = may_give_login(call, after.login); !allowed) return allowed.error();
    if (before->enabled && !after.enabled)
        if (auto kept = keep_a_super_admin(call, *before); !kept) return kept.error();
    Complaints complaints;
    if (after.login != before->login) complaints.add(check_new_login(after.login));
    const auto has_new_password = apply_password(call, input, after);
    complaints.add(has_new_password);
    auto changes = changed_fields(entity_of<User>(), &*before, &after);
    if (!changes.empty()) complaints.add(check(after));
    if (auto good = complaints.result(); !good) return good.error();
    if (!changes.empty()) {
        if (auto unique = check_login_is_free(call, after); !unique) return unique.error();
        after.updated_at = call.now;
        if (auto updated = users_of(call).update(*before, after); !updated) return updated.error();
        if (*has_new_password) password_was_changed(call, after);
        if (before->enabled && !after.enabled) end_sessions(call.session, after.id, call.now);
        audit(call, {.entity = "user", .id = after.id.value, .action = "update", .details = std::move(changes)});
    }
    return json::value{
        {"updated", true}, {"changed", after.updated_at != before->updated_at}, {"record", shown_user(after)}};
}

/// The row stays, because jobs name it; the person does not.
Result<json::value> delete_user(Call& call, const UserLookupInput& input) {
    const auto before = find_person(call, {input.id, input.login, input.email});
    if (!before) return before.error();
    if (auto allowed = may_change(call, *before); !allowed) return allowed.error();
    if (auto kept = keep_a_super_admin(call, *before); !kept) return kept.error();
    json::object details{{"login", before->login},
                         {"roles", roles_now(call, before->id)},
                         {"companies", companies_of(call, before->id)}};
    take_all_access(call.session, before->id, call.now);
    const User after{.id = before->id,
                     .login = retired_login(*before),
                     .created_at = before->created_at,
                     .updated_at = call.now,
                     .live = std::nullopt};
    if (auto updated = users_of(call).update(*before, after); !updated) return updated.error();
    audit(call, {.entity = "user", .id = before->id.value, .action = "delete", .details = std::move(details)});
    return json::value{{"deleted", true}, {"id", before->id.value}};
}

}  // namespace

/// A login may be how the user is called, or is to be called; that shows later.
Result<void> check_input(const UserInput& input) {
    Complaints out;
    out.add(check_name("firstname", "The first name", input.firstname.value_or("")));
    out.add(check_name("lastname", "The last name", input.lastname.value_or("")));
    out.add(check(User{.login = "any", .email = input.email}));
    return out.result();
}

void add_user_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"user:list", "GET /users", "List users.", administer}, list_users);
    add(operations, {"user:get", "GET /users/{id}", "Show one user with the roles.", administer}, get_user);
    add(operations,
        {"user:create",
         "POST /users",
         "Create a user.",
         administer,
         changes,
         Discloses::nothing,
         {"login", "email|plaintext|password"}},
        create_user);
    add(operations, {"user:update", "PATCH /users/{id}", "Change a user.", administer, changes}, update_user);
    add(operations,
        {"user:delete", "DELETE /users/{id}", "Delete a user with all keys and roles; what the user did stays known.",
         administer, changes},
        delete_user);
}

}  // namespace mf

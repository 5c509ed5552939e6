// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "base/time_text.h"
#include "service/audit.h"
#include "service/list_filter.h"
#include "service/people.h"
#include "store/queries/one_time_link.h"
#include "store/queries/role_assignments.h"
#include "store/queries/sign_in_record.h"

#include <fmt/format.h>

namespace mf {

struct UserRoleInput {
    std::optional<std::int64_t> user_id;
    std::optional<std::string> login, email;
    std::optional<TextList> roles;
    std::optional<bool> replace;
    std::optional<std::string> expires;
};

struct UserRoleLookup {
    std::optional<std::int64_t> user_id;
    std::optional<std::string> login, email;
};

struct MemberInput {
    std::optional<std::int64_t> company_id, user_id;
    std::optional<std::string> login, email, role;
};

struct MemberFilter {
    std::optional<std::int64_t> company_id, user_id, limit, offset, after;
    std::optional<ListOrder> order;
};

template <>
const Entity& entity_of<UserRoleInput>() {
    using I = UserRoleInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::user_id>("user_id", {.help = "Number of the user"}), field<&I::login>("login", {.help = "Login"}),
        field<&I::email>("email", {.help = "E-mail address"}),
        field<&I::roles>("roles", {.help = "super_admin, admin, editor, user, viewer", .max_length = 1024}),
        field<&I::replace>("replace", {.help = "Take all other roles away (the default)"}),
        field<&I::expires>("expires", {.help = "When the roles end"}));
    static constexpr Entity entity{"user_role_input", "Roles of a user", fields};
    return entity;
}

template <>
const Entity& entity_of<UserRoleLookup>() {
    using L = UserRoleLookup;
    static constexpr auto fields = fields_of<L>(field<&L::user_id>("user_id", {.help = "Number of the user"}),
                                                field<&L::login>("login", {.help = "Login"}),
                                                field<&L::email>("email", {.help = "E-mail address"}));
    static constexpr Entity entity{"user_role_lookup", "Roles of a user", fields};
    return entity;
}

template <>
const Entity& entity_of<MemberInput>() {
    using I = MemberInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::company_id>("company_id", {.help = "Number of the company"}),
        field<&I::user_id>("user_id", {.help = "Number of the user"}), field<&I::login>("login", {.help = "Login"}),
        field<&I::email>("email", {.help = "E-mail address"}),
        field<&I::role>("role", {.help = "viewer, operator, editor, manager; admin is the manager"}));
    static constexpr Entity entity{"member_input", "Member of a company", fields};
    return entity;
}

template <>
const Entity& entity_of<MemberFilter>() {
    using F = MemberFilter;
    static constexpr auto fields =
        fields_of<F>(field<&F::company_id>("company_id", {.help = "Only those of this company"}),
                     field<&F::user_id>("user_id", {.help = "Only those of this user"}), limit_field<&F::limit>(),
                     offset_field<&F::offset>(), after_field<&F::after>(), order_field<&F::order>());
    static constexpr Entity entity{"member_filter", "Members of companies", fields};
    return entity;
}

namespace {

json::value shown_roles(Call& call, const User& person) {
    json::array names, details;
    const auto iso = [](const std::optional<Timestamp>& moment) {
        return moment ? json::value(format_iso(*moment, Zone::utc())) : json::value();
    };
    for (const auto& assigned : assigned_roles(call.session, person.id)) {
        names.emplace_back(assigned.role);
        details.push_back({{"id", assigned.id},
                           {"name", assigned.role},
                           {"display_name", assigned.role},
                           {"assigned_at", iso(assigned.assigned_at)},
                           {"expires_at", iso(assigned.expires_at)}});
    }
    return {{"user_id", person.id.value}, {"roles", std::move(names)}, {"role_details", std::move(details)}};
}

Result<json::value> get_roles(Call& call, const UserRoleLookup& input) {
    const auto person = find_person(call, {input.user_id, input.login, input.email});
    if (!person) return person.error();
    return shown_roles(call, *person);
}

/// The roles that are named, or the sentence that clients know about those that there are not.
Result<std::vector<SystemRole>> roles_named(const TextList& names) {
    std::vector<SystemRole> out;
    std::string unknown;
    for (const auto& name : names)
        if (const auto known = enum_named<SystemRole>(trim(name)))
            out.push_back(*known);
        else
            unknown += fmt::format("{}{}", unknown.empty() ? "" : ", ", name);
    if (unknown.empty()) return out;
    const auto message = fmt::format("Unknown role(s): {}", unknown);
    return Error{ErrorCode::invalid, message, {{"roles", message, "unknown_role"}}};
}

Result<json::value> set_roles(Call& call, const UserRoleInput& input) {
    const auto person = find_person(call, {input.user_id, input.login, input.email});
    if (!person) return person.error();
    if (!input.roles) return missing_input({"roles"});
    const auto wanted = roles_named(*input.roles);
    if (!wanted) return wanted.error();
    std::optional<Timestamp> expires;
    if (input.expires && !input.expires->empty() && *input.expires != "never") {
        const auto zone = Zone::named(call.zone);
        const auto moment = parse_time(*input.expires, call.now, zone ? *zone : Zone::utc());
        if (!moment) return moment.error();
        if (*moment <= call.now)
            return Error{ErrorCode::invalid, "The roles would end before they begin. Name a later --expires."};
        expires = *moment;
    }
    const auto wants = [&](std::string_view name) {
        return std::ranges::any_of(*wanted, [&](SystemRole role) { return name_of(role) == name; });
    };
    const auto super = name_of(SystemRole::super_admin);
    if (auto allowed = may_change(call, *person); !allowed) return allowed.error();
    if (wants(super) && !call.rights.may(Permission::operate))
        return Error{ErrorCode::forbidden, "Only a super_admin can make somebody a super_admin."};
    for (const auto role : *wanted) {
        Rights granted;
        granted.grant(role);
        if (auto allowed = may_grant(call, granted, fmt::format("the role {}", name_of(role))); !allowed)
            return allowed.error();
        if (auto allowed = may_grant_until(call, granted, expires); !allowed) return allowed.error();
    }
    const bool replace = input.replace.value_or(true);
    const auto before = assigned_roles(call.session, person->id);
    if ((replace && !wants(super)) || (wants(super) && expires))
        if (auto kept = keep_a_super_admin(call, *person); !kept) return kept.error();
    json::array from, to;
    bool takes_something = expires.has_value();
    for (const auto& assigned : before) {
        from.emplace_back(assigned.role);
        if (!replace || wants(assigned.role)) continue;
        take_role(call.session, person->id, assigned.role);
        takes_something = true;
    }
    // What somebody else has made for the account was made for what it could do then.
    const bool becomes_super = wants(super) && !holds_role(call.session, person->id, SystemRole::super_admin, call.now);
    if (becomes_super) {
        void_links(call.session, person->id, call.now);
        revoke_tokens(call.session, person->id, call.now);
    }
    for (const auto role : *wanted) assign_role(call.session, person->id, role, expires, call.actor.user, call.now);
    if (takes_something) end_sessions(call.session, person->id, call.now);
    for (const auto& assigned : assigned_roles(call.session, person->id)) to.emplace_back(assigned.role);
    json::object details{{"login", person->login}, {"from", std::move(from)}, {"to", std::move(to)}};
    if (expires) details["expires_at"] = format_iso(*expires, Zone::utc());
    audit(call, {.entity = "user_role", .id = person->id.value, .action = "set", .details = std::move(details)});
    auto answer = shown_roles(call, *person);
    answer.as_object()["replace"] = replace;
    return answer;
}

// ---- members of companies ----

/// The company, if the one who asks may manage it.
Result<Company> managed_company(Call& call, std::optional<std::int64_t> id) {
    if (!id) return missing_input({"company_id"});
    auto found = call.repository<Company>().find({*id});
    if (!found || !found->live) return Error{ErrorCode::not_found, "No company found with given identifier"};
    return found;
}

Result<User> member_meant(Call& call, const MemberInput& input) {
    const PersonLookup by{input.user_id, input.login, input.email};
    if (by.empty()) return missing_input({"user_id", "login", "email"});
    return find_person(call, by);
}

Result<json::value> assign_member(Call& call, const MemberInput& input) {
    const auto company = managed_company(call, input.company_id);
    if (!company) return company.error();
    const auto person = member_meant(call, input);
    if (!person) return person.error();
    const auto word = input.role.value_or("viewer");
    const auto role = company_role_named(word);
    if (!role) {
        const auto message =
            fmt::format("There is no role '{}' in a company. There are viewer, operator, editor and manager.", word);
        return Error{ErrorCode::invalid, message, {{"role", message}}};
    }
    Rights granted;
    granted.grant(company->id, *role);
    if (auto allowed = may_grant(call, granted, fmt::format("the role {} in '{}'", name_of(*role), company->name));
        !allowed)
        return allowed.error();
    if (person->id == call.actor.user && !call.rights.is_unlimited())
        return Error{ErrorCode::forbidden, "Nobody changes his own role in a company. Ask another manager."};
    const auto before = set_member(call.session, company->id, person->id, *role, call.actor.user, call.now);
    if (!before || *before != name_of(*role))
        audit(call, {.entity = "company_user",
                     .id = person->id.value,
                     .action = "assign",
                     .company = company->id,
                     .details = {{"login", person->login},
                                 {"from", before ? json::value(*before) : json::value()},
                                 {"to", name_of(*role)}}});
    return json::value{{"company_id", company->id.value}, {"user_id", person->id.value}, {"role", word}};
}

Result<json::value> unassign_member(Call& call, const MemberInput& input) {
    const auto company = managed_company(call, input.company_id);
    if (!company) return company.error();
    const auto person = member_meant(call, input);
    if (!person) return person.error();
    const auto before = remove_member(call.session, company->id, person->id);
    if (before) {
        audit(call, {.entity = "company_user",
                     .id = person->id.value,
                     .action = "unassign",
                     .company = company->id,
                     .details = {{"login", person->login}, {"from", *before}}});
    }
    return json::value{{"company_id", company->id.value}, {"user_id", person->id.value}, {"deleted", before ? 1 : 0}};
}

Result<json::value> list_members(Call& call, const MemberFilter& input) {
    const auto query = query_of(input);
    std::string text = R"(SELECT m."id", m."company_id", c."name", u."id", u."login", u."email", u."firstname",
        u."lastname", m."role", m."created_at" FROM "company_user" m JOIN "user" u ON u."id" = m."user_id"
        JOIN "company" c ON c."id" = m."company_id" WHERE u."live" = 1 AND c."live" = 1 AND {scope m})";
    std::vector<Value> parameters;
    const auto narrow = [&](std::string_view condition, std::optional<std::int64_t> value) {
        if (!value) return;
        text.append(" AND ").append(condition);
        parameters.emplace_back(*value);
    };
    narrow(R"(m."company_id" = ?)", input.company_id);
    narrow(R"(m."user_id" = ?)", input.user_id);
    narrow(query.newest_first ? R"(m."id" < ?)" : R"(m."id" > ?)", query.after);
    text += query.newest_first ? R"( ORDER BY m."id" DESC LIMIT ? OFFSET ?)" : R"( ORDER BY m."id" LIMIT ? OFFSET ?)";
    parameters.emplace_back(query.limit.value_or(std::numeric_limits<std::int64_t>::max()));
    parameters.emplace_back(query.offset);
    const auto optional_text = [](const Value& value) {
        return is_null(value) ? json::value() : json::value(std::get<std::string>(value));
    };
    json::array out;
    for (const auto& row : call.sql().query(text, parameters))
        out.push_back(
            {{"id", integer_of(row[0])},
             {"company_id", integer_of(row[1])},
             {"company_name", optional_text(row[2])},
             {"user_id", integer_of(row[3])},
             {"login", optional_text(row[4])},
             {"email", optional_text(row[5])},
             {"firstname", optional_text(row[6])},
             {"lastname", optional_text(row[7])},
             {"role", optional_text(row[8])},
             {"created_at", format_iso(Timestamp{std::chrono::milliseconds{integer_of(row[9])}}, Zone::utc())}});
    return json::value(std::move(out));
}

}  // namespace

void add_user_access_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"user-role:get", "GET /users/{user_id}/roles", "Show the roles that a user has in the installation.",
         administer},
        get_roles);
    add(operations,
        {"user-role:set", "POST /users/{user_id}/roles", "Give a user roles in the installation.", administer, changes},
        set_roles);
    add(operations,
        {"user-company:list", "GET /companies/{company_id}/users", "List who works for a company, and as what.",
         manage},
        list_members);
    add(operations,
        {"user-company:assign", "POST /companies/{company_id}/users", "Give a user a role in a company.", manage,
         changes},
        assign_member);
    add(operations,
        {"user-company:unassign", "DELETE /companies/{company_id}/users/{user_id}",
         "Take the role in a company from a user.", manage, changes},
        unassign_member);
}

}  // namespace mf

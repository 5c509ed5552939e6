// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"
#include "api/compatible/records.h"
#include "base/time_text.h"

namespace mf::compatible {
namespace {

constexpr std::string_view user_orders[] = {"login",   "email",     "firstname", "lastname",
                                            "enabled", "DatCreate", "DatSave"};

Result<Answer> list_all_users(Exchange& exchange) {
    return list(exchange, {.operation = "user:list",
                           .columns = user_columns(),
                           .element = "user",
                           .link = "user",
                           .orders = user_orders});
}

Result<Answer> show_user(Exchange& exchange) {
    const auto found = exchange.record("user:get", {{"id", exchange.id()}});
    if (!found) return found.error();
    return Answer{.body = shaped(user_columns(), *found, exchange.zone())};
}

Result<Answer> save_user(Exchange& exchange) {
    constexpr Taken wanted[] = {{"login"},
                                {"email"},
                                {"firstname"},
                                {"lastname"},
                                {"settings"},
                                {"password", "plaintext"},
                                {"enabled", "", Takes::flag}};
    auto input = taken(exchange, wanted);
    if (!input) return input.error();
    const auto meant = exchange.meant_record("userId");
    if (!meant) return meant.error();
    const auto id = *meant;
    if (id)
        (*input)["id"] = *id;
    else if (!input->contains("login"))
        return invalid("A new user needs login.");
    const auto saved = exchange.record(id ? "user:update" : "user:create", *input);
    if (!saved) return saved.error();
    return Answer{.body = shaped(user_columns(), *saved, exchange.zone()), .status = 201};
}

// ---- roles in the installation ----

json::array shown_roles_of(const Exchange& exchange, const json::object& record) {
    constexpr Column columns[] = {
        {"id"}, {"name"}, {"display_name"}, {"assigned_at", "", As::time}, {"expires_at", "", As::time}};
    json::array out;
    for (const auto& role : record.at("role_details").as_array()) {
        auto shown = shaped(columns, role.as_object(), exchange.zone());
        const auto& end = role.at("expires_at");
        const auto moment = end.is_string() ? parse_time(end.get_string(), exchange.now(), Zone::utc())
                                            : Result<Timestamp>(Timestamp::max());
        shown["is_active"] = moment && *moment > exchange.now();
        out.push_back(std::move(shown));
    }
    return out;
}

Result<Answer> show_roles(Exchange& exchange) {
    const auto found = exchange.record("user-role:get", {{"user_id", exchange.id()}});
    if (!found) return found.error();
    return Answer{.body = shown_roles_of(exchange, *found), .element = "rbac_role"};
}

Result<Answer> set_user_roles(Exchange& exchange) {
    constexpr Taken wanted[] = {{"roles", "", Takes::words}, {"replace", "", Takes::flag}};
    auto input = taken(exchange, wanted);
    if (!input) return input.error();
    if (!input->contains("roles")) return invalid("roles must be a list of names.");
    (*input)["user_id"] = exchange.id();
    const auto set = exchange.record("user-role:set", *input);
    if (!set) return set.error();
    return Answer{.body = {{"user_id", exchange.id()},
                           {"replace", set->at("replace")},
                           {"roles", set->at("roles")},
                           {"role_details", shown_roles_of(exchange, *set)}}};
}

constexpr Endpoint user_table[] = {
    {"GET", "users", Who::accounts, "User", list_all_users},
    {"GET", "user/{id}", Who::accounts, "User", show_user},
    {"POST", "user", Who::accounts, "User", save_user},
    {"GET", "user/{id}/roles", Who::accounts, "User", show_roles},
    {"POST", "user/{id}/roles", Who::accounts, "User", set_user_roles},
};

}  // namespace

std::span<const Endpoint> user_endpoints() { return user_table; }

}  // namespace mf::compatible

// SPDX-License-Identifier: MIT
#include "api/compatible/endpoint.h"
#include "api/compatible/records.h"

namespace mf::compatible {
namespace {

constexpr std::string_view company_orders[] = {"name",  "slug",    "code",      "ic",
                                               "email", "enabled", "DatCreate", "DatUpdate"};

Result<Answer> list_all_companies(Exchange& exchange) {
    return list(exchange, {.operation = "company:list",
                           .columns = company_columns(),
                           .element = "company",
                           .link = "company",
                           .orders = company_orders});
}

Result<json::object> one_company(const Exchange& exchange, std::int64_t id) {
    return exchange.record("company:get", {{"id", id}}).transform([&](const json::object& record) {
        return shaped(company_columns(), record, exchange.zone());
    });
}

Result<Answer> show_company(Exchange& exchange) {
    auto found = one_company(exchange, exchange.id());
    if (!found) return found.error();
    return Answer{.body = *std::move(found)};
}

Result<Answer> save_company(Exchange& exchange) {
    constexpr Taken wanted[] = {{"name"},
                                {"code"},
                                {"slug", "code"},
                                {"ic"},
                                {"email"},
                                {"settings"},
                                {"logo"},
                                {"zabbix_host"},
                                {"customer", "", Takes::number},
                                {"enabled", "", Takes::flag}};
    auto input = taken(exchange, wanted);
    if (!input) return input.error();
    const auto meant = exchange.meant_record("companyId");
    if (!meant) return meant.error();
    const auto id = *meant;
    if (id) {
        const auto record = exchange.record("company:get", {{"id", *id}});
        if (!record) return record.error();
        leave_shortened(*input, company_columns(), *record);
        (*input)["id"] = *id;
    } else if (!input->contains("name")) {
        return invalid("A new company needs name.");
    }
    const auto saved = exchange.record(id ? "company:update" : "company:create", *input);
    if (!saved) return saved.error();
    return Answer{.body = shaped(company_columns(), *saved, exchange.zone()), .status = 201};
}

// ---- who works for it ----

constexpr Column member_columns[] = {{"id"}, {"company_id"}, {"user_id"}, {"role"}, {"created_at", "", As::time}};

void add_user(json::object& shown, const json::object& record) {
    json::object user{{"id", record.at("user_id")}};
    for (const auto* name : {"login", "email", "firstname", "lastname"}) user[name] = record.at(name);
    shown["user"] = std::move(user);
}

Result<Answer> list_company_users(Exchange& exchange) {
    if (const auto company = exchange.record("company:get", {{"id", exchange.id()}}); !company) return company.error();
    return list(
        exchange,
        {.operation = "user-company:list", .columns = member_columns, .element = "company_user", .finish = add_user},
        {{"company_id", exchange.id()}});
}

/// Of a company that there is for the one who asks it must be the other one of the two that there is not.
Error user_missing(const Exchange& exchange, const Error& error) {
    if (error.code != ErrorCode::not_found || !exchange.record("company:get", {{"id", exchange.id()}})) return error;
    return {ErrorCode::not_found, "User not found"};
}

Result<Answer> assign_user(Exchange& exchange) {
    const auto user = exchange.number("user_id");
    if (!user) return invalid("user_id must be a whole number.");
    json::object input{{"company_id", exchange.id()}, {"user_id", *user}};
    if (const auto role = exchange.text("role"); role && !role->empty()) input["role"] = *role;
    const auto assigned = exchange.record("user-company:assign", input);
    if (!assigned) return user_missing(exchange, assigned.error());
    const auto members = exchange.call("user-company:list", {{"company_id", exchange.id()}, {"user_id", *user}});
    if (!members) return members.error();
    if (members->as_array().empty()) return Error{ErrorCode::conflict, "The user was unassigned in the same moment."};
    return Answer{.body = shaped(member_columns, members->as_array().front().as_object(), exchange.zone()),
                  .status = 201};
}

Result<Answer> unassign_user(Exchange& exchange) {
    auto removed =
        exchange.record("user-company:unassign", {{"company_id", exchange.id()}, {"user_id", exchange.id(1)}});
    if (!removed) return user_missing(exchange, removed.error());
    json::object body{{"success", true}};
    for (const auto* name : {"company_id", "user_id", "deleted"}) body[name] = removed->at(name);
    return Answer{.body = std::move(body)};
}

constexpr Endpoint company_table[] = {
    {"GET", "companies", Who::accounts, "Company", list_all_companies},
    {"GET", "company/{id}", Who::accounts, "Company", show_company},
    {"POST", "company", Who::accounts, "Company", save_company},
    {"GET", "company/{id}/users", Who::accounts, "Company", list_company_users},
    {"POST", "company/{id}/user", Who::accounts, "Company", assign_user},
    {"DELETE", "company/{id}/user/{user_id}", Who::accounts, "Company", unassign_user},
};

}  // namespace

std::span<const Endpoint> company_endpoints() { return company_table; }

}  // namespace mf::compatible

// SPDX-License-Identifier: MIT
#include "service/company_operations.h"

#include "base/text.h"
#include "domain/process_environment.h"
#include "domain/variable_name.h"
#include "domain/visible_text.h"
#include "service/audit.h"
#include "service/complaints.h"
#include "service/credential_store.h"
#include "service/free_code.h"
#include "service/list_filter.h"
#include "service/parallel_limit.h"
#include "service/planning.h"
#include "service/sealing.h"

#include <fmt/format.h>

namespace mf {

struct CompanyLookup {
    std::optional<std::int64_t> id;
    std::optional<std::string> ic, name, code;
};

struct CompanyInput {
    std::optional<std::int64_t> id;
    std::optional<std::string> name, code, ic, dic, email, settings, logo, zabbix_host;
    std::optional<bool> enabled;
    std::optional<std::int64_t> customer, max_parallel, max_queued;
};

struct CompanyVariableFilter {
    std::int64_t company_id = 0;
    std::optional<std::int64_t> limit, offset, after;
    std::optional<ListOrder> order;
};

struct CompanyVariableInput {
    std::int64_t company_id = 0;
    std::optional<std::string> name, value;
    std::optional<bool> secret;
};

static Result<void> check_input(const CompanyInput& input);

template <>
const Entity& entity_of<CompanyLookup>() {
    using L = CompanyLookup;
    static constexpr auto fields = fields_of<L>(
        field<&L::id>("id", {.help = "Number of the company"}), field<&L::ic>("ic", {.help = "Registration number"}),
        field<&L::name>("name", {.help = "Name"}), field<&L::code>("code", {.help = "Short unique name"}));
    static constexpr Entity entity{"company_lookup", "Company", fields};
    return entity;
}

template <>
const Entity& entity_of<CompanyInput>() {
    using I = CompanyInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the company"}), field<&I::name>("name", {.help = "Name"}),
        field<&I::code>("code", {.help = "Short unique name, made from the name when left out", .max_length = 64}),
        field<&I::ic>("ic", {.help = "Registration number", .max_length = 32}),
        field<&I::dic>("dic", {.help = "Tax number", .max_length = 32}),
        field<&I::email>("email", {.help = "E-mail address", .max_length = 254}),
        field<&I::settings>("settings", {.help = "Free settings", .max_length = 65535}),
        field<&I::logo>("logo", {.help = "Data URI of an image", .max_length = 1048576}),
        field<&I::zabbix_host>("zabbix_host", {.help = "Host name in Zabbix"}),
        field<&I::enabled>("enabled", {.help = "Whether jobs of the company run"}),
        field<&I::customer>("customer", {.help = "Number of the customer"}), max_parallel_field<&I::max_parallel>(),
        field<&I::max_queued>("max_queued", {.help = "Jobs that may wait when somebody launches one; 0 for no limit"}));
    static constexpr Entity entity{"company_input", "Company", fields};
    return entity;
}

template <>
const Entity& entity_of<CompanyVariableFilter>() {
    using F = CompanyVariableFilter;
    static constexpr auto fields = fields_of<F>(
        field<&F::company_id>("company_id", {.help = "Number of the company", .required = true}),
        limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(), order_field<&F::order>());
    static constexpr Entity entity{"company_variable_filter", "Company variables", fields};
    return entity;
}

template <>
const Entity& entity_of<CompanyVariableInput>() {
    using I = CompanyVariableInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::company_id>("company_id", {.help = "Number of the company", .required = true}),
        field<&I::name>("name", {.help = "Name of the variable", .max_length = 128}),
        field<&I::value>("value", {.help = "Its value", .max_length = 131072}),
        field<&I::secret>(
            "secret", {.help = "Keep the value sealed and never show it; when left out a new variable is secret when "
                               "its name sounds so (PASS, SECRET, TOKEN, KEY, CREDENTIAL)"}));
    static constexpr Entity entity{"company_variable_input", "Company variable", fields};
    return entity;
}

namespace {

constexpr std::pair<std::string_view, Value> alive() { return {"live", Value{std::int64_t{1}}}; }

Result<Company> find_company(Call& call, const CompanyLookup& by) {
    ListQuery query{.equals = {only_live()}};
    if (by.id) query.equals.emplace_back("id", *by.id);
    if (by.ic) query.equals.emplace_back("ic", *by.ic);
    if (by.name) query.equals.emplace_back("name", *by.name);
    if (by.code) query.equals.emplace_back("code", *by.code);
    if (query.equals.size() == 1) return missing_input({"id", "ic", "name", "code"});
    if (auto found = call.repository<Company>().first(query)) return *std::move(found);
    return Error{ErrorCode::not_found, "No company found with given identifier"};
}

Result<std::vector<Company>> list_companies(Call& call, const ListInput& input) {
    auto query = query_of(input);
    query.equals.push_back(only_live());
    return call.repository<Company>().list(query);
}

void apply_company_input(const CompanyInput& input, Company& company) {
    if (input.name) company.name = *input.name;
    if (input.code) company.code = *input.code;
    if (input.ic) company.ic = input.ic;
    if (input.dic) company.dic = input.dic;
    if (input.email) company.email = input.email;
    if (input.settings) company.settings = input.settings;
    if (input.logo) company.logo = input.logo;
    if (input.zabbix_host) company.zabbix_host = input.zabbix_host;
    if (input.enabled) company.enabled = *input.enabled;
    if (input.customer) company.customer = input.customer;
    if (input.max_parallel) company.max_parallel = limit_from(*input.max_parallel);
    if (input.max_queued) company.max_queued = limit_from(*input.max_queued);
}

/// The name and the code of another company are refused with a sentence that says which of the two it is.
Result<void> check_unique(Call& call, const Company& company) {
    auto companies = call.repository<Company>();
    if (const auto other = companies.first({.equals = {alive(), {"name", company.name}}});
        other && other->id != company.id) {
        const auto message = "Company with this name already exists";
        return Error{ErrorCode::conflict, message, {{"name", message}}};
    }
    if (const auto other = companies.first({.equals = {alive(), {"code", company.code}}});
        other && other->id != company.id) {
        const auto message =
            fmt::format("A company with the slug '{}' already exists: {} (ID {}). Choose another slug.", company.code,
                        other->name, other->id.value);
        return Error{ErrorCode::conflict, message, {{"code", message}}};
    }
    return {};
}

Result<Company> create_company(Call& call, const CompanyInput& input) {
    Company company{.created_at = call.now, .updated_at = call.now};
    apply_company_input(input, company);
    if (company.code.empty()) company.code = free_code(call, "company", company.name, "company");
    if (auto good = check(company); !good) return good.error();
    if (auto unique = check_unique(call, company); !unique) return unique.error();
    if (auto inserted = call.repository<Company>().insert(company); !inserted) return inserted.error();
    audit(call, {.entity = "company",
                 .id = company.id.value,
                 .action = "create",
                 .company = company.id,
                 .details = told_fields(company)});
    return company;
}

Result<json::value> update_company(Call& call, const CompanyInput& input) {
    if (!input.id) return missing_input({"id"});
    const auto before = find_company(call, {.id = input.id});
    if (!before) return before.error();
    Company after = *before;
    apply_company_input(input, after);
    const auto changes = changed_fields(entity_of<Company>(), &*before, &after);
    if (!changes.empty()) {
        // Limits protect the other companies.
        if ((after.max_parallel != before->max_parallel || after.max_queued != before->max_queued) &&
            !call.rights.may(Permission::administer))
            return Error{ErrorCode::forbidden,
                         "Only an administrator of the installation can change the limits of a company."};
        if (auto good = check(after); !good) return good.error();
        if (auto unique = check_unique(call, after); !unique) return unique.error();
        after.updated_at = call.now;
        if (auto updated = call.repository<Company>().update(*before, after); !updated) return updated.error();
        audit(call,
              {.entity = "company", .id = after.id.value, .action = "update", .company = after.id, .details = changes});
        if (before->max_parallel != after.max_parallel) call.wake_server = true;
        if (before->enabled != after.enabled)
            replan(call, ListQuery{.equals = {{"company_id", after.id.value}, alive()}});
    }
    return json::value{{"updated", !changes.empty()}, {"record", to_json(after)}};
}

/// A company with history is retired: hidden, its names free again, its jobs kept.
Result<json::value> remove_company(Call& call, const Reference& input) {
    const auto before = find_company(call, {.id = input.id});
    if (!before) return before.error();
    Company after = *before;
    after.live.reset();
    after.enabled = false;
    after.updated_at = call.now;
    if (auto updated = call.repository<Company>().update(*before, after); !updated) return updated.error();
    retire_run_templates(call, ListQuery{.equals = {{"company_id", after.id.value}, alive()}});
    retire_credentials(call, after.id);
    // Nothing will ever use its secrets again.
    call.sql().execute(R"(DELETE FROM "company_variable" WHERE "company_id" = ? AND "secret" = ? AND {scope})",
                       {after.id.value, true});
    call.sql().execute(R"(DELETE FROM "event_source" WHERE "company_id" = ? AND {scope})", {after.id.value});
    audit(call, {.entity = "company",
                 .id = after.id.value,
                 .action = "remove",
                 .company = after.id,
                 .details = told_fields(*before)});
    return json::value{{"removed", true}, {"id", after.id.value}};
}

CompanyVariable shown_variable(CompanyVariable variable) {
    if (variable.secret) variable.value = secret_mask_text;
    return variable;
}

Result<std::vector<CompanyVariable>> list_variables(Call& call, const CompanyVariableFilter& input) {
    if (auto company = find_company(call, {.id = input.company_id}); !company) return company.error();
    std::vector<CompanyVariable> out;
    auto query = query_of(input);
    query.equals.emplace_back("company_id", input.company_id);
    for (auto& variable : call.repository<CompanyVariable>().list(query))
        out.push_back(shown_variable(std::move(variable)));
    return out;
}

Result<CompanyVariable> set_variable(Call& call, const CompanyVariableInput& input) {
    Complaints complaints;
    if (!input.name) complaints.add(missing_input({"name"}));
    if (!input.value) complaints.add(missing_input({"value"}));
    if (auto given = complaints.result(); !given) return given.error();
    if (auto company = find_company(call, {.id = input.company_id}); !company) return company.error();
    if (const auto judged = judge_variable_name(*input.name, call.allowed_names);
        judged.refused() || judged.verdict == NameVerdict::reserved)
        return Error{ErrorCode::invalid, fmt::format("{}: {}", *input.name, judged.reason), {{"name", judged.reason}}};
    if (begins_with_digit(*input.name) &&
        call.repository<ApplicationField>().list({.equals = {{"name", *input.name}}, .limit = 1}).empty()) {
        const auto reason = fmt::format(
            "The name {} begins with a digit, which no shell can set, and no application "
            "declares it; choose a name that begins with a letter.",
            shown_name(*input.name));
        return Error{ErrorCode::invalid, reason, {{"name", reason}}};
    }
    Repository<CompanyVariable> variables(call.session, call.scope);
    auto existing = variables.first({.equals = {{"company_id", input.company_id}, {"name", *input.name}}});
    CompanyVariable variable =
        existing.value_or(CompanyVariable{.company_id = {input.company_id}, .name = *input.name});
    if (!existing)
        if (auto inserted = variables.insert(variable); !inserted) return inserted.error();
    CompanyVariable after = variable;
    after.secret = input.secret.value_or(existing ? variable.secret : sounds_secret(*input.name));
    after.value = *input.value;
    if (after.secret) {
        auto sealed = seal(call, *input.value, {"company_variable", "value", variable.id.value});
        if (!sealed) return sealed.error();
        after.value = *std::move(sealed);
    }
    if (auto updated = variables.update(variable, after); !updated) return updated.error();
    const auto id = after.id.value;
    const auto of = after.company_id;
    const auto shown = shown_variable(std::move(after));
    json::object before;
    if (existing) before = to_json(shown_variable(*existing));
    audit(call, {.entity = "company_variable",
                 .id = id,
                 .action = existing ? "update" : "create",
                 .company = of,
                 .details = {{"name", shown.name},
                             {"changes", changed_members(before, to_json(shown), std::array{std::string("value")})}}});
    return shown;
}

Result<json::value> unset_variable(Call& call, const CompanyVariableInput& input) {
    if (!input.name) return missing_input({"name"});
    Repository<CompanyVariable> variables(call.session, call.scope);
    const auto existing = variables.first({.equals = {{"company_id", input.company_id}, {"name", *input.name}}});
    if (!existing) return Error{ErrorCode::not_found, fmt::format("The company has no variable {}.", *input.name)};
    if (auto erased = variables.erase(existing->id); !erased) return erased.error();
    audit(call, {.entity = "company_variable",
                 .id = existing->id.value,
                 .action = "delete",
                 .company = existing->company_id,
                 .details = told_fields(shown_variable(*existing))});
    return json::value{{"removed", true}};
}

}  // namespace

Result<void> check_input(const CompanyInput& input) {
    Complaints out;
    out.add(check_name("name", "The name", input.name.value_or("")));
    out.add(check_max_parallel(input.max_parallel));
    out.add(check_max_queued(input.max_queued));
    // One that is good but for what was said of it.
    Company any{.name = "any", .code = "any"};
    apply_company_input(input, any);
    // That of a new company is made from the name then.
    if (!input.id && any.code.empty()) any.code = "any";
    out.add(check(any));
    return out.result();
}

Result<Company> company_named(Call& call, std::string_view id_or_code) {
    if (const auto id = to_integer(id_or_code))
        if (auto found = find_company(call, {.id = *id})) return found;
    return find_company(call, {.code = std::string(id_or_code)});
}

void add_company_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"company:list", "GET /companies", "List companies.", view}, list_companies);
    add(operations, {"company:get", "GET /companies/{id}", "Show one company.", view}, find_company);
    add(operations,
        {"company:create", "POST /companies", "Create a company.", administer, changes, Discloses::nothing, {"name"}},
        create_company);
    add(operations, {"company:update", "PATCH /companies/{id}", "Change a company.", manage, changes}, update_company);
    add(operations,
        {"company:remove", "DELETE /companies/{id}", "Remove a company; the history of its jobs is kept.", administer,
         changes},
        remove_company);
    add(operations,
        {"company:variable-list", "GET /companies/{company_id}/variables",
         "List the variables that all jobs of a company receive.", view},
        list_variables);
    add(operations,
        {"company:variable-set", "PUT /companies/{company_id}/variables/{name}", "Give a company variable a value.",
         manage, changes},
        set_variable);
    add(operations,
        {"company:variable-unset", "DELETE /companies/{company_id}/variables/{name}", "Remove a company variable.",
         manage, changes},
        unset_variable);
}

Result<Id<Company>> living_company(Call& call, std::int64_t id) {
    if (const auto found = call.repository<Company>().first({.equals = {{"id", id}, only_live()}})) return found->id;
    return Error{ErrorCode::not_found, "No company found with given identifier", {{"company_id", "is not known"}}};
}

Result<Scope> scope_within(Call& call, std::optional<std::int64_t> company) {
    if (!company) return call.scope;
    return living_company(call, *company).transform([](Id<Company> id) { return Scope::only(id); });
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "domain/company.h"

#include "base/text.h"
#include "base/zone.h"
#include "domain/visible_text.h"

#include <fmt/format.h>

namespace mf {

template <>
const Entity& entity_of<Company>() {
    using C = Company;
    static constexpr auto fields = fields_of<C>(
        field<&C::id>("id", {.key = true, .tenant = true, .read_only = true, .listed = true}),
        field<&C::name>("name", {.label = "Name", .required = true, .listed = true}),
        field<&C::code>("code", {.label = "Code",
                                 .help = "Short unique name used in logs and variables",
                                 .max_length = 64,
                                 .required = true,
                                 .listed = true}),
        field<&C::ic>("ic", {.label = "Registration number", .max_length = 32, .listed = true}),
        field<&C::dic>("dic", {.label = "Tax number", .max_length = 32}),
        field<&C::email>("email", {.label = "E-mail", .max_length = 254, .personal = true}),
        field<&C::enabled>("enabled",
                           {.label = "Enabled", .help = "Jobs run for enabled companies only", .listed = true}),
        field<&C::settings>("settings", {.label = "Settings", .max_length = 65535}),
        field<&C::logo>("logo", {.label = "Logo", .max_length = 1048576}),
        field<&C::customer>("customer", {.label = "Customer"}),
        field<&C::zabbix_host>("zabbix_host", {.label = "Zabbix host"}),
        field<&C::max_parallel>("max_parallel",
                                {.label = "Parallel jobs", .help = "Jobs that may run at once on all nodes together"}),
        field<&C::max_queued>("max_queued", {.label = "Waiting jobs", .help = "Jobs that may wait in the queue"}),
        field<&C::paused_at>("paused_at", {.label = "Paused since", .read_only = true}),
        field<&C::paused_until>("paused_until", {.label = "Paused until", .read_only = true}),
        field<&C::pause_reason>("pause_reason", {.label = "Why it is paused", .max_length = 1024, .read_only = true}),
        field<&C::live>("live", {.read_only = true}), field<&C::created_at>("created_at", {.read_only = true}),
        field<&C::updated_at>("updated_at", {.read_only = true}));
    static constexpr Entity entity{"company", "Company", fields};
    return entity;
}

template <>
const Entity& entity_of<CompanyVariable>() {
    using V = CompanyVariable;
    static constexpr auto fields =
        fields_of<V>(field<&V::id>("id", {.key = true, .read_only = true, .listed = true}),
                     field<&V::company_id>("company_id", {.references = "company", .tenant = true, .listed = true}),
                     field<&V::name>("name", {.max_length = 128, .required = true, .listed = true}),
                     field<&V::value>("value", {.max_length = 1048576, .listed = true}),
                     field<&V::secret>("secret", {.listed = true}));
    static constexpr Entity entity{"company_variable", "Company variable", fields};
    return entity;
}

template <>
const Entity& entity_of<CompanyApplication>() {
    using C = CompanyApplication;
    static constexpr auto fields =
        fields_of<C>(field<&C::id>("id", {.key = true, .read_only = true, .listed = true}),
                     field<&C::company_id>("company_id", {.references = "company", .tenant = true, .listed = true}),
                     field<&C::app_id>("app_id", {.references = "application", .listed = true}),
                     field<&C::created_at>("created_at", {.read_only = true}));
    static constexpr Entity entity{"company_application", "Application of a company", fields};
    return entity;
}

Result<void> check(const Company& company) {
    Error error;
    if (trim(company.name).empty()) error.fields.push_back({"name", "The company needs a name."});
    if (trim(company.code).empty())
        error.fields.push_back({"code", "The company needs a code of letters or digits."});
    else if (const auto good = check_code("code", "The short code (slug) of a company", company.code); !good)
        error.fields.push_back(good.error().fields.front());
    if (company.email && !company.email->empty() && company.email->find('@') == std::string::npos)
        error.fields.push_back({"email", "The e-mail address needs a '@', as in ucetni@example.com."});
    if (error.fields.empty()) return {};
    error.message = error.fields.front().message;
    return error;
}

std::optional<Pause> pause_of(const Company& company, Timestamp now) {
    if (!company.paused_at || (company.paused_until && *company.paused_until <= now)) return std::nullopt;
    return Pause{company.paused_until};
}

std::string pause_sentence(const Company& company) {
    return fmt::format("The company '{}' is paused {}{}.", company.name,
                       company.paused_until ? "until " + format_iso(*company.paused_until, Zone::utc())
                                            : "until somebody resumes it (company resume)",
                       company.pause_reason && !company.pause_reason->empty() ? ": " + *company.pause_reason : "");
}

}  // namespace mf

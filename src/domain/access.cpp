// SPDX-License-Identifier: MIT
#include "domain/access.h"

#include <fmt/format.h>

namespace mf {
namespace {

using enum Permission;

constexpr PermissionSet of_members{view_catalog, own};
constexpr PermissionSet of_company{view, run, edit, manage};

constexpr std::array<PermissionSet, 4> company_table{{
    {view},                     // viewer
    {view, run},                // operator
    {view, run, edit},          // editor
    {view, run, edit, manage},  // manager
}};

constexpr std::array<SystemPermissions, 5> system_table{{
    {{view_catalog, edit_catalog, administer, operate, own}, of_company},  // super_admin
    {{view_catalog, edit_catalog, administer, own}, of_company},           // admin
    {{view_catalog, edit_catalog, own}, {}},                               // editor
    {of_members, {}},                                                      // user
    {of_members, {}},                                                      // viewer
}};

auto place_of(std::vector<CompanyRights>& companies, std::int64_t company) {
    return std::ranges::lower_bound(companies, company, {}, &CompanyRights::company);
}

}  // namespace

std::optional<CompanyRole> company_role_named(std::string_view name) {
    return name == "admin" ? CompanyRole::manager : enum_named<CompanyRole>(name);
}

PermissionSet permissions_of(CompanyRole role) { return company_table[static_cast<std::size_t>(role)]; }

SystemPermissions permissions_of(SystemRole role) { return system_table[static_cast<std::size_t>(role)]; }

Rights Rights::unlimited() {
    Rights out;
    out.installation_ = PermissionSet::all();
    out.every_company_ = of_company;
    return out;
}

void Rights::grant(SystemRole role) {
    const auto granted = permissions_of(role);
    installation_ = installation_ | granted.installation;
    every_company_ = every_company_ | granted.every_company;
}

void Rights::grant(Id<Company> company, CompanyRole role) {
    auto place = place_of(companies_, company.value);
    if (place == companies_.end() || place->company != company.value)
        place = companies_.insert(place, {company.value, {}});
    place->permissions = place->permissions | permissions_of(role);
    // Who configures applications must see which there are.
    installation_ = installation_ | of_members;
}

bool Rights::may(Permission permission) const {
    if (permission == anyone) return true;
    if (!is_of_company(permission)) return installation_.has(permission);
    return everywhere(permission) ||
           std::ranges::any_of(companies_, [&](const auto& one) { return one.permissions.has(permission); });
}

bool Rights::may(Permission permission, Id<Company> company) const {
    if (!is_of_company(permission)) return may(permission);
    if (everywhere(permission)) return true;
    const auto found = std::ranges::lower_bound(companies_, company.value, {}, &CompanyRights::company);
    return found != companies_.end() && found->company == company.value && found->permissions.has(permission);
}

std::string Rights::fingerprint() const {
    auto out = fmt::format("{}/{}", installation_.bits(), every_company_.bits());
    for (const auto& one : companies_) out += fmt::format(",{}:{}", one.company, one.permissions.bits());
    return out;
}

bool Rights::covers(const Rights& other) const {
    const auto holds = [](PermissionSet all, PermissionSet part) { return (all & part) == part; };
    return holds(installation_ | of_members, other.installation_) && holds(every_company_, other.every_company_) &&
           std::ranges::all_of(other.companies_, [&](const CompanyRights& one) {
               const auto own_rights = std::ranges::lower_bound(companies_, one.company, {}, &CompanyRights::company);
               const bool is_member = own_rights != companies_.end() && own_rights->company == one.company;
               return holds(every_company_ | (is_member ? own_rights->permissions : PermissionSet()), one.permissions);
           });
}

Rights Rights::within(PermissionSet permissions, const std::optional<std::vector<std::int64_t>>& companies) const {
    Rights out;
    out.installation_ = installation_ & permissions & (companies ? of_members : PermissionSet::all());
    if (!companies) {
        out.every_company_ = every_company_ & permissions;
        out.companies_ = companies_;
    } else {
        for (const auto company : *companies) {
            const auto own_rights = std::ranges::lower_bound(companies_, company, {}, &CompanyRights::company);
            auto left = every_company_;
            if (own_rights != companies_.end() && own_rights->company == company) left = left | own_rights->permissions;
            auto place = place_of(out.companies_, company);
            if (place == out.companies_.end() || place->company != company)
                out.companies_.insert(place, {company, left});
        }
    }
    for (auto& one : out.companies_) one.permissions = one.permissions & permissions;
    std::erase_if(out.companies_, [](const auto& one) { return one.permissions.empty(); });
    return out;
}

}  // namespace mf

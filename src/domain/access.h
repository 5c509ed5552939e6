// SPDX-License-Identifier: MIT
#pragma once

#include "domain/company.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

// Who may do what: one table of roles and permissions, and what follows from the roles that somebody has.

namespace mf {

/// What an operation asks of the one who calls it. Those from view to manage concern one company and what belongs to
/// it, the others the installation, which all companies share.
enum class Permission {
    view,          ///< see run templates, jobs, outputs, names of credentials
    run,           ///< launch, cancel, repeat
    edit,          ///< change run templates and what they use
    manage,        ///< credentials, variables, people, limits and pauses of the company
    view_catalog,  ///< see applications, credential prototypes, nodes
    edit_catalog,  ///< import and change applications and credential prototypes
    administer,    ///< companies, people, roles, nodes; erase jobs
    operate,       ///< keys, and what concerns the database as a whole
    own,           ///< one's own account
    anyone,        ///< before it is known who asks: sign-in, setup
};
constexpr auto names_of(Permission) {
    return std::to_array<std::string_view>(
        {"view", "run", "edit", "manage", "view_catalog", "edit_catalog", "administer", "operate", "own", "anyone"});
}
constexpr bool is_of_company(Permission permission) { return permission <= Permission::manage; }

class PermissionSet {
public:
    constexpr PermissionSet() = default;
    constexpr PermissionSet(std::initializer_list<Permission> permissions) {
        for (const auto permission : permissions) add(permission);
    }
    static constexpr PermissionSet all() {
        PermissionSet out;
        for (std::size_t i = 0; i < names_of(Permission{}).size(); ++i) out.add(static_cast<Permission>(i));
        return out;
    }
    constexpr void add(Permission permission) { bits_ |= bit(permission); }
    constexpr std::uint32_t bits() const { return bits_; }
    constexpr bool has(Permission permission) const { return (bits_ & bit(permission)) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr PermissionSet operator|(PermissionSet other) const { return PermissionSet(bits_ | other.bits_); }
    constexpr PermissionSet operator&(PermissionSet other) const { return PermissionSet(bits_ & other.bits_); }
    constexpr bool operator==(const PermissionSet&) const = default;

private:
    static constexpr std::uint32_t bit(Permission permission) { return 1U << static_cast<unsigned>(permission); }
    explicit constexpr PermissionSet(std::uint32_t bits) : bits_(bits) {}
    std::uint32_t bits_ = 0;
};

/// In a company. Each one may do what those before it may.
enum class CompanyRole { viewer, operator_, editor, manager };
constexpr auto names_of(CompanyRole) {
    return std::to_array<std::string_view>({"viewer", "operator", "editor", "manager"});
}
/// Also understands "admin", the former name of the manager.
std::optional<CompanyRole> company_role_named(std::string_view name);

/// In the installation. Only super_admin and admin have rights in companies that they are not members of.
enum class SystemRole { super_admin, admin, editor, user, viewer };
constexpr auto names_of(SystemRole) {
    return std::to_array<std::string_view>({"super_admin", "admin", "editor", "user", "viewer"});
}

/// The table.
PermissionSet permissions_of(CompanyRole role);
/// Of the installation, and in each company that exists.
struct SystemPermissions {
    PermissionSet installation;
    PermissionSet every_company;
};
SystemPermissions permissions_of(SystemRole role);

/// A company, and what somebody may do in it.
struct CompanyRights {
    std::int64_t company = 0;
    PermissionSet permissions;
};

/// What somebody may do; nothing, until a role is granted.
class Rights {
public:
    Rights() = default;
    /// The administrator of this machine, who can read the database anyway, and the server itself.
    static Rights unlimited();

    void grant(SystemRole role);
    /// unlimited(), or not signed in: what was granted is not taken back.
    void grant(Id<Company> company, CompanyRole role);
    /// One's own account, for whoever has one.
    void grant_own() { installation_.add(Permission::own); }

    /// May the operation be called at all? For a permission of companies: in some company.
    bool may(Permission permission) const;
    bool may(Permission permission, Id<Company> company) const;

    /// Has rights in every company, those made later too.
    bool everywhere(Permission permission) const { return every_company_.has(permission); }
    /// The companies with rights of their own, in rising order.
    const std::vector<CompanyRights>& companies() const { return companies_; }

    /// The administrator of this machine, or the server itself?
    bool is_unlimited() const { return installation_.has(Permission::anyone); }
    /// The same text for the same rights, another one for others.
    std::string fingerprint() const;

    /// Is everything that `other` may do among what these may do? What every member of a company has (the own account,
    /// seeing the catalogue) is left out of account. Whoever gives rights to somebody, or can act as somebody, must
    /// have them all: nobody grants more than he has.
    bool covers(const Rights& other) const;

    /// What is left within the bounds of a token: these permissions only, and these companies only (none: as before).
    /// Bound to companies it has nothing of the installation but what every member of a company has.
    Rights within(PermissionSet permissions, const std::optional<std::vector<std::int64_t>>& companies) const;

private:
    PermissionSet installation_;
    PermissionSet every_company_;
    std::vector<CompanyRights> companies_;
};

}  // namespace mf

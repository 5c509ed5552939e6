// SPDX-License-Identifier: MIT
#include "store/scope.h"

#include <fmt/format.h>

namespace mf {

Scope Scope::only(Id<Company> company) {
    return Scope(std::make_shared<const std::vector<std::int64_t>>(1, company.value));
}

Scope Scope::of(const Rights& rights, Permission permission) {
    using enum Permission;
    if (permission == edit_catalog || permission == administer || permission == operate) return everything();
    const auto needed = is_of_company(permission) ? permission : view;
    if (rights.everywhere(needed)) return everything();
    std::vector<std::int64_t> companies;
    for (const auto& [company, permissions] : rights.companies())
        if (permissions.has(needed)) companies.push_back(company);
    return Scope(std::make_shared<const std::vector<std::int64_t>>(std::move(companies)));
}

bool Scope::contains(Id<Company> company) const {
    return is_everything() || std::ranges::binary_search(*companies_, company.value);
}

std::string Scope::condition(std::string_view column) const {
    if (is_everything()) return "1 = 1";
    if (companies_->empty()) return "1 = 0";
    if (companies_->size() == 1) return fmt::format("{} = {}", column, companies_->front());
    return fmt::format("{} IN ({})", column, fmt::join(*companies_, ", "));
}

}  // namespace mf

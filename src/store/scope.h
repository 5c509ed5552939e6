// SPDX-License-Identifier: MIT
#pragma once

#include "domain/access.h"

#include <memory>
#include <string>

namespace mf {

/// Whose rows exist for the one who asks. Every read and write of the store takes one: rows of other companies are
/// neither found nor changed, whatever the caller asks for. Cheap to copy.
class Scope {
public:
    /// The whole installation: administration, and the server's own loops.
    static Scope everything() { return Scope(nullptr); }
    static Scope only(Id<Company> company);
    /// For an operation that needs this permission: of companies, those where it is held; of the installation to change
    /// what all companies share, everything, because its effects must be known wherever they are; otherwise what may
    /// be seen.
    static Scope of(const Rights& rights, Permission permission);

    bool is_everything() const { return !companies_; }
    bool contains(Id<Company> company) const;

    /// The condition for a WHERE clause, "1 = 1" for everything. `column` is quoted, with its alias: s."company_id".
    std::string condition(std::string_view column = R"("company_id")") const;

private:
    using Companies = std::shared_ptr<const std::vector<std::int64_t>>;
    explicit Scope(Companies companies) : companies_(std::move(companies)) {}
    Companies companies_;  ///< in rising order; null: everything
};

}  // namespace mf

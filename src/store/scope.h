// SPDX-License-Identifier: MIT
#pragma once

#include "domain/company.h"

namespace mf {

/// Whose rows exist for the one who asks. Every read and write of the store takes one: rows of other companies are
/// neither found nor changed, whatever the caller asks for.
class Scope {
public:
    /// The whole installation: administration on this machine, and the server's own loops.
    static Scope everything() { return Scope(std::nullopt); }
    static Scope only(Id<Company> company) { return Scope(company.value); }

    std::optional<std::int64_t> company() const { return company_; }
    bool contains(Id<Company> company) const { return !company_ || *company_ == company.value; }

private:
    explicit Scope(std::optional<std::int64_t> company) : company_(company) {}
    std::optional<std::int64_t> company_;
};

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential.h"
#include "service/operation.h"

#include <set>

// What a changed definition of a prototype or a type means for values that are stored already. Values are never
// altered.

namespace mf {

/// Which types a change reaches: all those of a prototype, or one.
struct ReachedTypes {
    std::string_view column;  ///< "prototype_id" or "id"
    std::int64_t id = 0;
};
inline ReachedTypes types_of(Id<CredentialPrototype> id) { return {"prototype_id", id.value}; }
inline ReachedTypes one_type(Id<CredentialType> id) { return {"id", id.value}; }

/// Names that any version of a credential of these types, or the types themselves, have values for.
std::set<std::string> names_with_values(Call& call, const ReachedTypes& types);

/// Values for these names: {credential_id, credential, name} and {credential_type_id, credential_type, name}.
json::array values_named(Call& call, const ReachedTypes& types, const std::vector<std::string>& names);

/// Values in use that the definition would refuse for one of these of its fields: as values_named(), and problem (a
/// sentence that repeats no secret). They are kept, and jobs get them as they are.
json::array unfit_credential_values(Call& call, const ReachedTypes& types, std::span<const CredentialField> fields,
                                    const std::vector<std::string>& names);

/// Credentials that have no value for one of these fields, neither their own nor one of their type: id, name, missing.
json::array incomplete_credentials(Call& call, const ReachedTypes& types, const std::vector<std::string>& required);

/// Seals values, those of older versions too, whose field has become a secret.
Result<void> seal_new_credential_secrets(Call& call, const ReachedTypes& types);

/// Fields for the rows of a definition, with those old ones behind them that have left it and still have values; these
/// are marked as orphaned.
template <class Row>
std::vector<Row> with_orphans(std::vector<Row> wanted, const std::vector<Row>& existing,
                              const std::set<std::string>& in_use) {
    for (const Row& old : existing) {
        if (!in_use.contains(old.keyword) ||
            std::ranges::any_of(wanted, [&](const Row& row) { return row.keyword == old.keyword; }))
            continue;
        Row kept = old;
        kept.orphaned = true;
        kept.position = static_cast<int>(wanted.size());
        wanted.push_back(std::move(kept));
    }
    return wanted;
}

}  // namespace mf

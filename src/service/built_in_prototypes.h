// SPDX-License-Identifier: MIT
#pragma once

#include "service/built_in_credentials.h"
#include "service/operation.h"

#include <string>

namespace mf {

/// Would bring_in_prototypes() do anything? Costs one query.
bool lacks_prototypes(Session& session, const std::vector<BuiltInPrototype>& brought);

/// Registers the prototypes that a program brings along and that no program has brought into this database before, and
/// notes that it did, so that one that somebody removes stays removed. What is installed under the same code, in any
/// case, or under the same uuid stays as it is: `credential-prototype:sync` is for newer versions. The codes of the new
/// ones; the audit log has one entry for all of them. Other sessions that do the same make the transaction busy.
std::vector<std::string> bring_in_prototypes(Call& call, const std::vector<BuiltInPrototype>& brought);

}  // namespace mf

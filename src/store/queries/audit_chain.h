// SPDX-License-Identifier: MIT
#pragma once

#include "domain/audit.h"
#include "secure/vault.h"
#include "store/database.h"

namespace mf {

/// Adds entries to the chain, in this order: fills in seq, previous and hash, and marks the new end with the key of the
/// vault, if this database has one. Waits for others who add, until the transaction ends: call it last.
void append_to_audit(Session& session, std::span<AuditEntry> entries, const Vault& vault);

/// What a look through the whole chain has found.
struct AuditVerdict {
    std::int64_t entries = 0;       ///< that were looked at
    std::int64_t before_chain = 0;  ///< older than the chain: nothing can be said of them
    std::string head;  ///< the hash of the last entry; whoever keeps it can show later that nothing before it changed
    std::vector<std::string> faults;  ///< sentences, the first hundred; none: the chain is whole
    std::vector<std::string> remarks;
};

/// Goes through the chain in pages of `at_once` entries, so a chain may have any length.
AuditVerdict verify_audit(Session& session, const Vault& vault, std::int64_t at_once = 1000);

}  // namespace mf

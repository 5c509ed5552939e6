// SPDX-License-Identifier: MIT
#pragma once

#include "domain/audit_chain.h"
#include "secure/vault.h"
#include "store/database.h"

namespace mf {

/// Adds entries to the chain, in this order: fills in seq, previous and hash, and marks the new end with the key of the
/// vault, if this database has one. Waits for others who add, until the transaction ends: call it last.
void append_to_audit(Session& session, std::span<AuditEntry> entries, const Vault& vault);

/// Goes through the chain in pages of `at_once` entries, so a chain may have any length. kept: see AuditChainCheck.
AuditVerdict verify_audit(Session& session, const Vault& vault, const std::string& kept = {},
                          std::int64_t at_once = 1000);

}  // namespace mf

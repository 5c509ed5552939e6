// SPDX-License-Identifier: MIT
#pragma once

#include "domain/audit_chain.h"
#include "secure/vault.h"
#include "store/database.h"

namespace mf {

/// Adds entries to the chain, in this order: fills in seq, previous and hash, and marks the new end with the key of the
/// vault, if this database has one. If the end was not left there by a program with that key, an entry before them says
/// so for ever (audit_chain_altered). Waits for others who add, until the transaction ends: call it last.
void append_to_audit(Session& session, std::span<AuditEntry> entries, const Vault& vault);

/// Whoever changes something must be able to mark it: unavailable, when the installation has a key that this program
/// cannot have.
Result<void> ready_for_audit(Session& session, const Vault& vault);

/// For a transaction that notes the first key of an installation, or another one: the entry that tells of it, after
/// which ends must have the mark of that key.
AuditEntry noted_key_entry(const std::optional<std::string>& before, std::string_view key_id, Timestamp now);

/// Goes through the chain in pages of `at_once` entries, so a chain may have any length. kept: see AuditChainCheck.
AuditVerdict verify_audit(Session& session, const Vault& vault, const std::string& kept = {},
                          std::int64_t at_once = 1000);

}  // namespace mf

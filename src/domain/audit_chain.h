// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "domain/audit.h"
#include "domain/entity_json.h"

#include <set>

namespace mf {

// The entity of entries about the chain itself and about keys, and their actions that the look through it knows.
inline constexpr std::string_view audit_of_chain = "audit", audit_of_keys = "encryption_key";
inline constexpr std::string_view audit_chain_altered = "chain_altered";  ///< the end was changed by somebody else
inline constexpr std::string_view audit_key_noted = "note";               ///< the installation has its first key

/// What a look through a chain of entries has found.
struct AuditVerdict {
    std::int64_t entries = 0;       ///< that were looked at
    std::int64_t before_chain = 0;  ///< older than the chain: nothing can be said of them
    std::string head;  ///< the hash of the last entry; whoever keeps it can show later that nothing before it changed
    std::vector<std::string> faults;  ///< sentences, the first hundred; none: the chain is whole
    std::vector<std::string> remarks;

    void fault(std::string sentence);
};

/// Follows a chain, entry by entry, in bounded memory. The verdict must outlive it.
class AuditChainCheck {
public:
    /// kept: a hash that must occur, as an earlier verdict told it; empty: none.
    AuditChainCheck(AuditVerdict& verdict, std::string kept) : verdict_(verdict), kept_(std::move(kept)) {}

    /// The chain begins with this entry, whatever was before it.
    void begin_with(const AuditEntry& first);
    /// By ascending seq, which every entry must have.
    void take(const AuditEntry& entry);
    void end();
    std::int64_t last_seq() const { return last_; }
    /// Does an entry tell of this data key?
    bool knows_key(std::int64_t version) const { return keys_.contains(version); }
    bool has_noted_key() const { return key_noted_; }
    const std::string& last_hash() const { return hash_; }

private:
    AuditVerdict& verdict_;
    std::string kept_;
    bool kept_was_seen_ = false;
    std::int64_t last_ = 0;
    std::string hash_;
    std::set<std::int64_t> keys_;  // versions of data keys
    bool key_noted_ = false;
    void look_at(const AuditEntry& entry);
};

/// An entry as audit:list and an exported file tell it.
Result<AuditEntry> audit_entry_from_json(const json::object& told);

}  // namespace mf

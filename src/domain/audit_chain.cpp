// SPDX-License-Identifier: MIT
#include "domain/audit_chain.h"

#include "base/json.h"
#include "base/time_text.h"
#include "base/zone.h"
#include "domain/entity_json.h"

#include <fmt/format.h>

namespace mf {

void AuditVerdict::fault(std::string sentence) {
    constexpr std::size_t most_faults = 100;
    if (faults.size() < most_faults) faults.push_back(std::move(sentence));
}

void AuditChainCheck::begin_with(const AuditEntry& first) {
    last_ = first.seq.value_or(1) - 1;
    hash_ = first.previous;
}

void AuditChainCheck::take(const AuditEntry& entry) {
    const auto seq = *entry.seq;
    if (seq <= last_)
        verdict_.fault(fmt::format("Entry {} comes a second time, or out of turn.", seq));
    else if (seq != last_ + 1)
        verdict_.fault(seq == last_ + 2 ? fmt::format("Entry {} is missing.", last_ + 1)
                                        : fmt::format("The entries {} to {} are missing.", last_ + 1, seq - 1));
    else if (entry.previous != hash_)
        verdict_.fault(fmt::format("Entry {} does not follow the one before it: one of the two was replaced.", seq));
    if (hash_of(entry) != entry.hash)
        verdict_.fault(entry.id.value != 0
                           ? fmt::format("Entry {} (row {}) was altered after it was written.", seq, entry.id.value)
                           : fmt::format("Entry {} was altered after it was written.", seq));
    look_at(entry);
    last_ = seq;
    hash_ = entry.hash;
    kept_was_seen_ = kept_was_seen_ || hash_ == kept_;
    ++verdict_.entries;
}

void AuditChainCheck::look_at(const AuditEntry& entry) {
    if (entry.entity == audit_of_chain && entry.action == audit_chain_altered)
        verdict_.fault(fmt::format(
            "Before entry {} the chain ended in another way than this installation had left it: entries were altered, "
            "removed or added by somebody else.",
            *entry.seq));
    if (entry.entity != audit_of_keys) return;
    const bool has_keys = !keys_.empty();
    if (entry.entity_id) keys_.insert(*entry.entity_id);
    if (entry.action != audit_key_noted) return;
    if (key_noted_ || has_keys)
        verdict_.fault(fmt::format("Entry {} notes the first key a second time: somebody had removed the note of it.",
                                   *entry.seq));
    key_noted_ = true;
}

void AuditChainCheck::end() {
    verdict_.head = hash_;
    if (!kept_.empty() && !kept_was_seen_)
        verdict_.fault(fmt::format(
            "The hash {} does not occur: the entries that it stood for were written anew, or removed.", kept_));
}

Result<AuditEntry> audit_entry_from_json(const json::object& told) {
    auto flat = told;
    if (const auto* details = flat.if_contains("details"); details && !details->is_string())
        flat["details"] = to_text(*details);
    flat.erase("id");
    if (const auto* at = flat.if_contains("at"); at && at->is_string()) {
        const auto moment = parse_time(at->as_string(), {}, Zone::utc());
        if (!moment) return moment.error();
        flat["at"] = ms(*moment);
    }
    AuditEntry entry;
    if (auto read = from_json(entity_of<AuditEntry>(), flat, &entry); !read) return read.error();
    return entry;
}

}  // namespace mf

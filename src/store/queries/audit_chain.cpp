// SPDX-License-Identifier: MIT
#include "store/queries/audit_chain.h"

#include "base/json.h"
#include "store/queries/data_keys.h"
#include "store/queries/installation_facts.h"
#include "store/records.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::string_view key_replaced = "replace";

struct Head {
    std::int64_t seq = 0;
    std::string hash, mark;
};

Head head_of(Session& session) {
    const auto rows = session.sql.query(R"(SELECT "seq", "hash", "mark" FROM "audit_head" WHERE "id" = 1)");
    if (rows.empty()) return {};
    return {std::get<std::int64_t>(rows[0][0]), std::get<std::string>(rows[0][1]), std::get<std::string>(rows[0][2])};
}

std::string marked_text(std::int64_t seq, std::string_view hash) { return fmt::format("audit:{}:{}", seq, hash); }

/// Empty while the installation has no key, or this program cannot have it: what is recorded matters more than its
/// mark.
std::string mark_for(Session& session, const Vault& vault, std::int64_t seq, std::string_view hash) {
    const auto noted = sealing_key(session);
    if (!noted || !vault.load() || vault.key_id() != *noted) return {};
    return vault.mark(marked_text(seq, hash));
}

bool is_marked_by(const Vault& vault, const Head& head) {
    return head.mark == vault.mark(marked_text(head.seq, head.hash));
}

/// What is wrong with the end of the chain, or worth a remark.
void judge_mark(Session& session, const Vault& vault, const Head& head, AuditVerdict& verdict) {
    const auto noted = sealing_key(session);
    if (!noted) {
        if (head.seq > 0)
            verdict.remarks.push_back(
                "The end of the chain has no mark yet, because this installation has no key yet.");
    } else if (head.seq > 0 && head.mark.empty()) {
        verdict.fault(
            "The end of the chain has no mark: it was added by a program that did not have the key of the "
            "installation, or the mark was taken away.");
    } else if (!vault.load() || vault.key_id() != *noted) {
        verdict.remarks.push_back("The mark of the end of the chain cannot be checked without the key.");
    } else if (head.seq > 0 && !is_marked_by(vault, head)) {
        verdict.fault(fmt::format(
            "The mark of the end of the chain (entry {}) is not the one that this installation made: entries were "
            "removed from the end or added to it by somebody else.",
            head.seq));
    }
}

/// Keys cannot be removed without losing what they have sealed, and of each there is an entry.
void judge_keys(Session& session, const AuditChainCheck& chain, AuditVerdict& verdict) {
    const auto keys = data_keys(session);
    for (const auto& stored : keys)
        if (!chain.knows_key(stored.key.version))
            verdict.fault(fmt::format("The entry that tells of data key {} is missing.", stored.key.version));
    if (!sealing_key(session) && (chain.has_noted_key() || !keys.empty()))
        verdict.fault("The note of the key that this installation has was removed.");
}

/// What the entries say of the end, and the end of them.
void judge_end(const AuditChainCheck& chain, const Head& head, AuditVerdict& verdict) {
    if (chain.last_seq() < head.seq)
        verdict.fault(chain.last_seq() + 1 == head.seq
                          ? fmt::format("Entry {}, the last one, is missing.", head.seq)
                          : fmt::format("The last entries, {} to {}, are missing.", chain.last_seq() + 1, head.seq));
    else if (chain.last_hash() != head.hash)
        verdict.fault(fmt::format("The last entry, {}, is not the one that the end of the chain names.", head.seq));
}

std::int64_t entries_behind(Session& session, std::int64_t seq) {
    return integer_of(session.sql.query(R"(SELECT COUNT(*) FROM "audit" WHERE "seq" > ?)", {seq})[0][0]);
}

/// Moves the end of the chain on. Whoever comes second waits here, and reads what the first one has left.
void reserve(Session& session, std::int64_t number) {
    if (session.sql.execute(R"(UPDATE "audit_head" SET "seq" = "seq" + ? WHERE "id" = 1)", {number}) > 0) return;
    try {
        session.sql.execute(R"(INSERT INTO "audit_head" ("id", "seq", "hash", "mark") VALUES (1, ?, '', ''))",
                            {number});
    } catch (const sql::DatabaseError& error) {
        // Another session made the first entry in between; the whole transaction is repeated and finds it.
        if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
    }
}

/// Did somebody without the key leave the end? Not to be known before there was a key.
bool was_altered(Session& session, const Vault& vault, const Head& head, std::span<const AuditEntry> entries) {
    const auto noted = sealing_key(session);
    if (head.seq == 0 || !noted || !vault.load() || vault.key_id() != *noted || is_marked_by(vault, head)) return false;
    const auto tells = [&](std::string_view action) {
        return std::ranges::any_of(
            entries, [&](const AuditEntry& entry) { return entry.entity == audit_of_keys && entry.action == action; });
    };
    if (tells(key_replaced)) return false;
    // Where there were data keys before there was a key to note, somebody had removed the note.
    const auto is_told_now = [&](const StoredKey& stored) {
        return std::ranges::any_of(entries, [&](const AuditEntry& entry) {
            return entry.entity == audit_of_keys && entry.entity_id == stored.key.version;
        });
    };
    return !tells(audit_key_noted) || !std::ranges::all_of(data_keys(session), is_told_now);
}

AuditEntry altered_entry(const Head& head, Timestamp now) {
    return {.at = now,
            .entity = std::string(audit_of_chain),
            .action = std::string(audit_chain_altered),
            .entry = "server",
            .details = to_text(json::value{{"end", head.seq}, {"hash", head.hash}, {"mark", head.mark}})};
}

void add(Session& session, Head& head, std::span<AuditEntry> entries) {
    for (AuditEntry& entry : entries) {
        entry.seq = ++head.seq;
        entry.previous = head.hash;
        entry.hash = head.hash = hash_of(entry);
    }
    if (auto added = Repository<AuditEntry>(session, Scope::everything()).insert_all(entries); !added)
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, added.error().message);
}

}  // namespace

Result<void> ready_for_audit(Session& session, const Vault& vault) {
    const auto noted = sealing_key(session);
    if (!noted) return {};
    const auto loaded = vault.load();
    if (loaded && vault.key_id() == *noted) return {};
    return Error{
        ErrorCode::unavailable,
        fmt::format("Changes are recorded under the key of the installation, which this program does not have, "
                    "so nothing was changed. {}",
                    loaded ? vault.wrong_key(*noted).message : loaded.error().message)};
}

AuditEntry noted_key_entry(const std::optional<std::string>& before, std::string_view key_id, Timestamp now) {
    json::object details{{"key_id", key_id}};
    if (before) details["before"] = *before;
    return {.at = now,
            .entity = std::string(audit_of_keys),
            .action = std::string(before ? key_replaced : audit_key_noted),
            .entry = "server",
            .details = to_text(json::value(std::move(details)))};
}

void append_to_audit(Session& session, std::span<AuditEntry> entries, const Vault& vault) {
    if (entries.empty()) return;
    reserve(session, std::ssize(entries));
    auto head = head_of(session);
    head.seq -= std::ssize(entries);
    if (entries_behind(session, head.seq) > 0)
        throw sql::DatabaseError(
            sql::DatabaseError::Kind::other,
            "the audit log has entries behind its end, which were written by somebody else, so that nothing can be "
            "added. See audit:verify, keep these rows of the table \"audit\" elsewhere and remove them");
    if (was_altered(session, vault, head, entries)) {
        reserve(session, 1);
        auto told = altered_entry(head, entries.front().at);
        add(session, head, std::span(&told, 1));
    }
    add(session, head, entries);
    session.sql.execute(R"(UPDATE "audit_head" SET "hash" = ?, "mark" = ? WHERE "id" = 1)",
                        {head.hash, mark_for(session, vault, head.seq, head.hash)});
}

AuditVerdict verify_audit(Session& session, const Vault& vault, const std::string& kept, std::int64_t at_once) {
    AuditVerdict verdict;
    const auto head = head_of(session);
    judge_mark(session, vault, head, verdict);
    AuditChainCheck chain(verdict, kept);
    const auto& entity = entity_of<AuditEntry>();
    const auto page = fmt::format(R"(SELECT {} FROM "audit" WHERE "seq" > ? AND "seq" <= ? ORDER BY "seq" LIMIT ?)",
                                  column_list(entity));
    for (bool more = true; more;) {
        const auto rows = session.sql.query(page, {chain.last_seq(), head.seq, at_once});
        for (const auto& row : rows) {
            AuditEntry entry;
            fill(entity, row, &entry);
            chain.take(entry);
        }
        more = std::ssize(rows) == at_once;
    }
    judge_end(chain, head, verdict);
    chain.end();
    judge_keys(session, chain, verdict);
    if (const auto behind = entries_behind(session, head.seq))
        verdict.fault(fmt::format("{} entries were added behind the end of the chain, not by this program.", behind));
    const auto old = session.sql.query(R"(SELECT COUNT(*) FROM "audit" WHERE "seq" IS NULL)");
    verdict.before_chain = std::get<std::int64_t>(old[0][0]);
    if (verdict.before_chain > 0)
        verdict.remarks.push_back(
            fmt::format("{} entries are older than the chain; nothing can be said of them.", verdict.before_chain));
    return verdict;
}

}  // namespace mf

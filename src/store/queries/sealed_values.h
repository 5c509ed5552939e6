// SPDX-License-Identifier: MIT
#pragma once

#include "secure/vault.h"
#include "store/database.h"

namespace mf {

/// A column that holds secrets of the installation, and where a row says whether it does.
struct SealedColumn {
    std::string_view table;
    std::string_view column;
    std::string_view key;     ///< the column whose number is part of the seal
    std::string_view marked;  ///< a boolean column: only rows where it is true are sealed; empty: all that are not null
};
/// All of them. Whoever adds a column that is sealed adds it here: for rotation, status, and the loss of a key.
std::span<const SealedColumn> sealed_columns();

/// Is there a secret that would be lost without its key?
bool holds_sealed_values(Session& session);

/// A secret that does not open.
struct UnreadableSecret {
    std::int64_t key = 0;  ///< see SealedColumn::key
    std::string sentence;
};

/// One page of a column that was looked through.
struct ResealedPage {
    std::int64_t seen = 0;
    std::int64_t resealed = 0;                 ///< or would be, in a dry run
    std::vector<UnreadableSecret> unreadable;  ///< they stay as they are
    std::optional<std::int64_t> next;          ///< the key to go on after; none: that was all
};
/// Opens every secret, and seals anew, with this data key, what was sealed with an earlier key or by the former
/// MultiFlexi. In a writing
/// transaction, with the key that settle_data_key() has told there, unless it is a dry run.
enum class Reseal { now, dry_run };
ResealedPage reseal_page(Session& session, const Vault& vault, std::string_view data_key, const SealedColumn& column,
                         std::int64_t after, std::int64_t at_once, Reseal how);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Makes the rows of a parent equal to what is wanted, matched by a natural key: rows that stay keep their ids, new
/// ones are inserted, the others erased. `same_key` compares two records, `id` is the key member of the record.
template <class T, class Same>
Result<void> reconcile(Repository<T> rows, const std::vector<T>& existing, const std::vector<T>& wanted,
                       Same same_key) {
    for (const T& old : existing) {
        const bool stays = std::ranges::any_of(wanted, [&](const T& w) { return same_key(w, old); });
        if (!stays)
            if (auto erased = rows.erase(old.id); !erased) return erased;
    }
    for (T record : wanted) {
        const auto old = std::ranges::find_if(existing, [&](const T& e) { return same_key(e, record); });
        if (old == existing.end()) {
            if (auto inserted = rows.insert(record); !inserted) return inserted;
        } else {
            record.id = old->id;
            if (auto updated = rows.update(*old, record); !updated) return updated;
        }
    }
    return {};
}

}  // namespace mf

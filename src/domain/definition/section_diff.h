// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/definition_diff.h"

#include <set>
#include <unordered_map>

namespace mf {

/// What happened to the entries of a section; key_of gives their natural key. Linear in both.
template <class Entry, class Key>
SectionDiff compare_section(std::string name, const std::vector<Entry>& from, const std::vector<Entry>& to,
                            Key&& key_of) {
    SectionDiff diff{.section = std::move(name)};
    std::unordered_map<std::string, const Entry*> old;
    for (const Entry& entry : from) old.emplace(key_of(entry), &entry);
    std::set<std::string> kept;
    for (const Entry& entry : to) {
        auto key = key_of(entry);
        const auto found = old.find(key);
        if (!kept.insert(key).second) continue;
        if (found == old.end())
            diff.added.push_back(std::move(key));
        else if (!(*found->second == entry))
            diff.changed.push_back(std::move(key));
    }
    for (const Entry& entry : from)
        if (auto key = key_of(entry); kept.insert(key).second) diff.removed.push_back(std::move(key));
    return diff;
}

}  // namespace mf

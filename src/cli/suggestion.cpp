// SPDX-License-Identifier: MIT
#include "cli/suggestion.h"

#include "base/text.h"

namespace mf {
namespace {

/// Letters to change, add, leave out or exchange with their neighbour ("optimal string alignment").
std::size_t slips(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before, last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j - 1] + (a[i - 1] != b[j - 1]), last[j] + 1, row[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = std::exchange(last, row);
    }
    return last[b.size()];
}

/// How far the words are apart; none: too far. A short word allows one slip, a long one three.
std::optional<std::size_t> distance_within_reach(std::string_view word, std::string_view candidate) {
    constexpr std::size_t longest = 64;
    const auto a = without_joints(word.substr(0, longest + 1)), b = without_joints(candidate);
    if (a.empty() || a.size() > longest) return std::nullopt;
    const auto apart = slips(a, b);
    if (apart <= std::clamp<std::size_t>(std::max(a.size(), b.size()) / 3, 1, 3) && apart < a.size()) return apart;
    if (a.size() >= 3 && b.starts_with(a)) return 3;
    return std::nullopt;
}

struct Suggestion {
    std::size_t distance;
    std::string word;
};

std::vector<std::string> nearest_first(std::vector<Suggestion> found) {
    std::ranges::stable_sort(found, {}, &Suggestion::distance);
    std::vector<std::string> out;
    for (Suggestion& suggestion : found)
        if (out.size() < most_suggestions && std::ranges::find(out, suggestion.word) == out.end())
            out.push_back(std::move(suggestion.word));
    return out;
}

std::string_view action_of(const CatalogEntry* entry) {
    const auto name = entry->command->name;
    return name.substr(name.find(':') + 1);
}

/// What people mostly want of an entity.
std::vector<Suggestion> usual(std::span<const CatalogEntry* const> commands, std::size_t far) {
    std::vector<Suggestion> out;
    for (const std::string_view action : {"list", "get", "create"})
        for (const CatalogEntry* entry : commands)
            if (action_of(entry) == action) out.push_back({far, std::string(entry->command->name)});
    for (const CatalogEntry* entry : commands) out.push_back({far + 1, std::string(entry->command->name)});
    return out;
}

std::vector<Suggestion> near_actions(std::span<const CatalogEntry* const> commands, std::string_view action,
                                     std::size_t far) {
    std::vector<Suggestion> out;
    for (const CatalogEntry* entry : commands)
        if (same_word(action, action_of(entry)))
            out.push_back({far, std::string(entry->command->name)});
        else if (const auto apart = distance_within_reach(action, action_of(entry)))
            out.push_back({far + *apart, std::string(entry->command->name)});
    return out;
}

}  // namespace

std::vector<std::string> near_words(std::string_view word, std::span<const std::string_view> candidates) {
    std::vector<Suggestion> found;
    for (const auto candidate : candidates)
        if (const auto apart = distance_within_reach(word, candidate))
            found.push_back({*apart, std::string(candidate)});
    return nearest_first(std::move(found));
}

std::vector<std::string> near_commands(const Catalog& catalog, std::string_view spelled) {
    const auto colon = spelled.find(':');
    const auto entity = spelled.substr(0, colon);
    const auto action = colon == spelled.npos ? std::string_view() : spelled.substr(colon + 1);
    if (const auto commands = catalog.of_entity(entity); !commands.empty())
        return nearest_first(action.empty() ? usual(commands, 0) : near_actions(commands, action, 0));
    std::vector<Suggestion> found;
    std::vector<std::string_view> seen;
    for (const CatalogEntry& entry : catalog.entries()) {
        if (entry.command->hidden) continue;
        const auto name = entry.command->name;
        const auto known = name.substr(0, name.find(':'));
        if (std::ranges::find(seen, known) != seen.end()) continue;
        seen.push_back(known);
        const auto apart = distance_within_reach(entity, known);
        if (!apart) continue;
        if (known == name) {
            found.push_back({*apart, std::string(name)});
            continue;
        }
        const auto commands = catalog.of_entity(known);
        auto more = near_actions(commands, action, *apart);
        if (more.empty()) more = usual(commands, *apart);
        found.insert(found.end(), more.begin(), more.end());
    }
    return nearest_first(std::move(found));
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "cli/catalog.h"

// What somebody may have meant who wrote a word that is none of ours. Better no suggestion than a far one: at most
// three, and only words that are a slip of the finger or an unfinished word away.

namespace mf {

inline constexpr std::size_t most_suggestions = 3;

/// The words that are near, nearest first. Case and '-' or '_' do not count.
std::vector<std::string> near_words(std::string_view word, std::span<const std::string_view> candidates);

/// Commands near to "entity:action" or to a single word. An entity alone gives its most usual commands.
std::vector<std::string> near_commands(const Catalog& catalog, std::string_view spelled);

}  // namespace mf

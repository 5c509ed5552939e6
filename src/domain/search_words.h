// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// What somebody looks for: words that must all be found, in any order, in one record.
class SearchWords {
public:
    explicit SearchWords(std::string_view text);

    bool empty() const { return words_.empty(); }
    /// How well the texts of a record match, 0 best: a text is what was asked for, begins with it, has a word that
    /// does, or has it within. None: a word is in none of them. The first text is the name of the record; in others,
    /// what is found is worth less.
    std::optional<int> rank(std::initializer_list<std::string_view> texts) const;

private:
    std::string whole_;
    std::vector<std::string> words_;
};

}  // namespace mf

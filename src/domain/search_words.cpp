// SPDX-License-Identifier: MIT
#include "domain/search_words.h"

#include "base/text.h"
#include "domain/folded_text.h"

#include <algorithm>

namespace mf {
namespace {

constexpr int ranks_of_name = 4;

/// Bytes of other alphabets are part of words.
bool is_word_byte(char c) { return is_letter(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80; }

bool begins_a_word(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1))
        if (at == 0 || !is_word_byte(text[at - 1])) return true;
    return false;
}

}  // namespace

SearchWords::SearchWords(std::string_view text) {
    whole_ = folded(trim(text));
    for (const auto part : split(whole_, ' '))
        if (const auto word = trim(part); !word.empty()) words_.emplace_back(word);
}

std::optional<int> SearchWords::rank(std::initializer_list<std::string_view> texts) const {
    if (empty()) return std::nullopt;
    std::vector<std::string> plain;
    plain.reserve(texts.size());
    for (const auto text : texts) plain.push_back(folded(text));
    const auto found_in = [&](const std::string& word) {
        return std::ranges::find_if(plain, [&](const std::string& text) { return text.find(word) != text.npos; });
    };
    if (std::ranges::any_of(words_, [&](const std::string& word) { return found_in(word) == plain.end(); }))
        return std::nullopt;
    int best = 2 * ranks_of_name - 1;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        const auto& text = plain[i];
        const int less = i == 0 ? 0 : ranks_of_name;
        if (text == whole_) return less;
        if (text.starts_with(whole_)) best = std::min(best, less + 1);
        if (begins_a_word(text, words_.front())) best = std::min(best, less + 2);
        if (text.find(words_.front()) != text.npos) best = std::min(best, less + 3);
    }
    return best;
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mf {

struct Translation {
    std::string language;  ///< tag as in the file ("en", "pt-BR"); "" when the file gives one text without a language
    std::string text;
    bool operator==(const Translation&) const = default;
};

/// A text for people in one or more languages, in file order.
struct LocalizedText {
    std::vector<Translation> translations = {};

    /// The text for a user: their language, its base language ("pt" for "pt-BR"), English, the first. Tags compare
    /// without case, '_' like '-'. Empty when there is no text at all. Empty translations are passed over.
    std::string_view in(std::string_view language) const;

    bool empty() const { return in("en").empty(); }
    bool operator==(const LocalizedText&) const = default;
};

/// Is this a language tag as definitions use them: two or three letters, then parts of two to eight letters or digits
/// (BCP 47, "en", "cs-CZ")?
bool is_language_tag(std::string_view tag);

/// Is this one of the two-letter codes that the official schemas list?
bool is_listed_language(std::string_view tag);

}  // namespace mf

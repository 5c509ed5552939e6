// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// Splits a command into words as sh(1) does, without running a shell: blanks and line ends separate; '…' takes all
/// literally; in "…" a backslash keeps its meaning before $ ` " \ and line end; elsewhere it makes the next character
/// literal. Operators, globs, $(…) and ` are text. An open quote is an error with its position.
Result<std::vector<std::string>> split_words(std::string_view text);

/// The inverse of split_words: quotes what needs it, so that a shell (and split_words) reads the same words.
std::string join_words(std::span<const std::string> words);
std::string quote_word(std::string_view word);

/// The command of an application: one or several words ("docker run myimage"), the first is a program name or path.
/// Refuses what could start something else than it says: no word, a leading "-", control characters, a relative path
/// with "..".
Result<std::vector<std::string>> command_words(std::string_view executable);

/// The arguments of an application as its definition writes them. Words are split first, then ${NAME} and {NAME} are
/// replaced inside the words (whatever quotes they stood in), so a value can never become two arguments.
/// NAME is [A-Z_][A-Z0-9_]*; other braces, like {{ NAME }}, are text.
class CommandTemplate {
public:
    /// The longest template that is read, in bytes.
    static constexpr std::size_t longest = 65'536;

    /// Errors: an open quote, a lone backslash at the end, NUL, too long.
    static Result<CommandTemplate> parse(std::string_view text);

    /// Every name that is needed, once, in the order of the text.
    const std::vector<std::string>& names() const { return names_; }

    /// Sentences about what probably was meant otherwise: shell operators, {{ NAME }}, an open ${. For the import.
    const std::vector<std::string>& remarks() const { return remarks_; }

    struct Value {
        std::string_view text;
        bool secret = false;
    };
    struct Filled {
        std::vector<std::string> arguments;  ///< for the process
        std::vector<std::string> shown;      ///< the same for people and records: secrets are masked
    };
    /// Replaces the placeholders. An unquoted word that becomes empty is dropped. Errors: a placeholder whose name the
    /// lookup does not know (all of them are named), or arguments that a process cannot be given.
    Result<Filled> fill(const std::function<std::optional<Value>(std::string_view name)>& lookup) const;

private:
    struct Piece {
        std::string text;  // literal text, or the name
        bool placeholder = false;
    };
    struct Word {
        std::vector<Piece> pieces;
        bool quoted = false;
    };
    void add_word(std::string_view text, bool quoted);

    std::vector<Word> words_;
    std::set<std::string, std::less<>> known_;
    std::vector<std::string> names_;
    std::vector<std::string> remarks_;
};

}  // namespace mf

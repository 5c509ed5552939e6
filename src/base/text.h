// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mf {

/// "a,,b" at ',' gives three parts; an empty text gives one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Without blanks, tabs and line ends at both sides.
std::string_view trim(std::string_view text);

/// Puts a sentence behind a text, with a full stop between when the text ends without one.
void add_sentence(std::string& text, std::string_view sentence);

/// ASCII letters only; other bytes stay.
std::string lower(std::string_view text);

bool equal_ignoring_case(std::string_view a, std::string_view b);

// ASCII only, whatever the locale.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Length in bytes of the well-formed UTF-8 character (RFC 3629) at the start; 0 if there is none.
std::size_t utf8_length(std::string_view text);
bool is_utf8(std::string_view text);
/// How many characters (code points) well-formed UTF-8 has.
std::size_t character_count(std::string_view text);
/// Malformed bytes become U+FFFD.
std::string to_utf8(std::string_view text);

/// One word of a POSIX shell: always in single quotes, so that it is read back the same whatever it contains.
std::string shell_quoted(std::string_view text);

/// What the system says about an error number (errno). Thread-safe.
std::string error_text(int error);

/// Line and column (both from 1, columns in bytes) of a byte offset.
std::pair<std::size_t, std::size_t> line_and_column(std::string_view text, std::size_t offset);

/// A whole decimal number, nothing else; none when it does not fit.
std::optional<long long> to_integer(std::string_view text);

/// Of the candidates the one that is most like the word (for "did you mean"); empty if none is close.
std::string_view closest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace mf

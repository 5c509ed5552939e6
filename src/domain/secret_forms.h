// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// How programs may write a secret: as it is (the first one), and encoded, each form once.
///
/// - Base 64 in both alphabets (RFC 4648), alone and within a longer text such as "user:secret". There a secret begins
///   at one of three places of a group, and its first and last character may depend on what is beside it; such
///   characters are left out. At the end of the text they do not, and there padding belongs to the form. Forms of fewer
///   than shortest_base64 characters are left out: shorter runs of letters occur in ordinary text.
/// - Percent-encoded, as curl, PHP, Python, Go, Java, .NET and browsers do: they differ in which characters they keep,
///   in '+' for a blank and in the case of the hexadecimal digits. Also with each byte encoded.
/// - Escaped in a JSON string: with "\/" or "/", with "\uXXXX" or UTF-8, with "<", ">", "&" and quotes as "\uXXXX".
/// - Escaped for HTML and XML.
/// - Quoted for a shell: with backslashes, and within '…', "…" and $'…'.
///
/// Not among them: encoded twice, base 64 broken into lines, forms that mix the habits of several programs.
/// All forms together have a bounded multiple of the secret's length, mostly fifteen to fifty times. So that one large
/// secret does not become a hundred megabytes, one of more than longest_in_text bytes has no percent, HTML and shell
/// forms, and one of more than longest_encoded bytes has only itself.
std::vector<std::string> forms_of(std::string_view secret);

inline constexpr std::size_t shortest_base64 = 8;
inline constexpr std::size_t longest_in_text = 8 << 10;
inline constexpr std::size_t longest_encoded = 64 << 10;

}  // namespace mf

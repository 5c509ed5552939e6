// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string_view>

namespace mf {

/// What a new password must be like. Characters are those of Unicode, letters and their capitals too.
struct PasswordPolicy {
    std::size_t shortest = 8;    ///< characters
    std::size_t longest = 1024;  ///< bytes; what secure/password.h takes at most
    bool needs_upper = true;     ///< a letter of a script without capitals counts as both
    bool needs_lower = true;
    bool needs_digit = true;    ///< 0 to 9
    bool needs_special = true;  ///< one of password_specials
    bool refuses_common = true;
    bool refuses_repeats = true;    ///< one character more than 3 times in a row
    bool refuses_sequences = true;  ///< three neighbours of the alphabet, the digits or a row of keys, either way
    bool refuses_own_words = true;
};

inline constexpr std::string_view password_specials = "!@#$%^&*(),.?\":{}|<>";

/// What others know about the person; empty: unknown. Words of fewer than 3 characters are taken no notice of.
struct PersonWords {
    std::string_view login;
    std::string_view email;  ///< also the part before the '@' counts
    std::string_view name;   ///< each of its words counts
};

/// May this password be chosen? Tells all faults at once, as errors of the field "password" that show nothing of it;
/// their codes are too_short, too_long, not_text (no UTF-8, or with control characters), no_upper, no_lower, no_digit,
/// no_special, common, repeated, sequence, own_word. What is too long or no text has that fault only.
Result<void> check_password(std::string_view password, const PasswordPolicy& policy, const PersonWords& words);

/// Is it one of those that are tried first? Capitals make no difference, nor do some digits and signs at the ends:
/// "Password123!" is as common as "password".
bool is_common_password(std::string_view password);

enum class StrengthBand { very_weak, weak, medium, strong, very_strong };

/// For people who choose one, a help and no rule: 0 to 100. 4 for each character up to 25; 5 each for small letters,
/// capitals and digits, 10 for special characters; 10 from 8 characters on, 10 more from 12, 15 more from 16; 5 for
/// each of the four classes. Less 15 for a sequence, 10 for a character three times in a row, 25 for a common password.
int password_strength(std::string_view password);

/// Below 30, 50, 70, 90, and the rest.
StrengthBand band_of(int strength);
/// "very weak", "weak", "medium", "strong", "very strong"
std::string_view name_of(StrengthBand band);

}  // namespace mf

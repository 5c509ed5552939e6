// SPDX-License-Identifier: MIT
#include "domain/password_policy.h"

#include "base/text.h"
#include "domain/common_passwords.h"

#include <fmt/format.h>
#include <locale.h>
#include <wctype.h>
#include <algorithm>
#include <array>

namespace mf {
namespace {

using Characters = std::u32string;

/// Knows the letters of all scripts, whatever the locale of the program is.
class Letters {
public:
    static const Letters& of_unicode() {
        static const Letters letters;
        return letters;
    }
    bool is_upper(char32_t c) const { return test(c, is_ascii_upper(c), ::iswupper_l); }
    bool is_lower(char32_t c) const { return test(c, c >= 'a' && c <= 'z', ::iswlower_l); }
    bool is_letter(char32_t c) const { return test(c, is_ascii_upper(c) || (c >= 'a' && c <= 'z'), ::iswalpha_l); }
    char32_t lower_of(char32_t c) const {
        if (c < 0x80 || !locale_) return is_ascii_upper(c) ? c - U'A' + U'a' : c;
        return static_cast<char32_t>(::towlower_l(static_cast<wint_t>(c), locale_));
    }

private:
    // Without that locale (every Debian has it) only ASCII has letters.
    Letters() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
    static bool is_ascii_upper(char32_t c) { return c >= 'A' && c <= 'Z'; }
    bool test(char32_t c, bool in_ascii, int (*in_unicode)(wint_t, locale_t)) const {
        if (c < 0x80 || !locale_) return in_ascii;
        return in_unicode(static_cast<wint_t>(c), locale_) != 0;
    }
    locale_t locale_;
};

/// Of well-formed UTF-8; a byte that is none stands for itself.
Characters characters_of(std::string_view text) {
    Characters out;
    while (!text.empty()) {
        const auto length = std::max<std::size_t>(utf8_length(text), 1);
        const auto first = static_cast<unsigned char>(text[0]);
        char32_t c = length == 1 ? first : first & (0xFFu >> (length + 1));
        for (std::size_t i = 1; i < length; ++i) c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
        out += c;
        text.remove_prefix(length);
    }
    return out;
}

Characters lower_characters(Characters text) {
    for (char32_t& c : text) c = Letters::of_unicode().lower_of(c);
    return text;
}

struct Classes {
    bool upper = false;
    bool lower = false;
    bool digit = false;
    bool special = false;
};

Classes classes_of(const Characters& password) {
    const auto& letters = Letters::of_unicode();
    Classes out;
    for (const char32_t c : password) {
        const bool upper = letters.is_upper(c);
        const bool lower = letters.is_lower(c);
        const bool without_case = !upper && !lower && letters.is_letter(c);
        out.upper |= upper || without_case;
        out.lower |= lower || without_case;
        out.digit |= c >= U'0' && c <= U'9';
        out.special |= c < 0x80 && password_specials.find(static_cast<char>(c)) != std::string_view::npos;
    }
    return out;
}

std::size_t longest_repeat(const Characters& password) {
    std::size_t longest = 0;
    std::size_t run = 0;
    for (std::size_t i = 0; i < password.size(); ++i) {
        run = i > 0 && password[i] == password[i - 1] ? run + 1 : 1;
        longest = std::max(longest, run);
    }
    return longest;
}

// Keyboards of English and of German and Czech, which have Z and Y exchanged.
constexpr std::array<std::u32string_view, 7> sequences{
    U"01234567890", U"abcdefghijklmnopqrstuvwxyz", U"qwertyuiop", U"asdfghjkl", U"zxcvbnm", U"qwertzuiop", U"yxcvbnm",
};

bool has_sequence(const Characters& lower_password) {
    for (std::size_t i = 0; i + 3 <= lower_password.size(); ++i) {
        const Characters part = lower_password.substr(i, 3);
        const Characters back(part.rbegin(), part.rend());
        for (const auto sequence : sequences)
            if (sequence.find(part) != sequence.npos || sequence.find(back) != sequence.npos) return true;
    }
    return false;
}

bool contains_word(const Characters& lower_password, std::string_view word) {
    const auto wanted = lower_characters(characters_of(word));
    return wanted.size() >= 3 && lower_password.find(wanted) != Characters::npos;
}

bool contains_own_word(const Characters& lower_password, const PersonWords& words) {
    if (contains_word(lower_password, words.login) || contains_word(lower_password, words.email) ||
        contains_word(lower_password, words.email.substr(0, words.email.find('@'))))
        return true;
    return std::ranges::any_of(split(words.name, ' '),
                               [&](std::string_view word) { return contains_word(lower_password, word); });
}

bool is_text(std::string_view password) {
    return is_utf8(password) && std::ranges::none_of(password, [](char each) {
               const auto c = static_cast<unsigned char>(each);
               return c < 0x20 || c == 0x7F;
           });
}

}  // namespace

bool is_common_password(std::string_view password) {
    const auto word = lower(password);
    const auto is_listed = [](std::string_view text) { return std::ranges::binary_search(common_passwords(), text); };
    const auto is_decoration = [](char c) { return static_cast<unsigned char>(c) < 0x80 && !is_letter(c); };
    if (is_listed(word)) return true;
    // "123456!"
    std::string_view rest = word;
    while (!rest.empty() && is_decoration(rest.back()) && !is_digit(rest.back())) rest.remove_suffix(1);
    if (is_listed(rest)) return true;
    while (!rest.empty() && is_decoration(rest.back())) rest.remove_suffix(1);
    // "abc" behind twenty digits that nobody knows is another matter.
    const auto is_listed_word = [&] { return 3 * rest.size() >= word.size() && is_listed(rest); };
    if (is_listed_word()) return true;
    while (!rest.empty() && is_decoration(rest.front())) rest.remove_prefix(1);
    return is_listed_word();
}

Result<void> check_password(std::string_view password, const PasswordPolicy& policy, const PersonWords& words) {
    std::vector<FieldError> faults;
    const auto complain = [&](const char* code, std::string message) {
        faults.push_back({.field = "password", .message = std::move(message), .code = code});
    };
    const auto answer = [&]() -> Result<void> {
        if (faults.empty()) return {};
        return Error{ErrorCode::invalid, "This password cannot be used: choose another one.", std::move(faults)};
    };
    if (password.size() > policy.longest) {
        complain("too_long",
                 fmt::format("The password is longer than {} bytes: choose a shorter one.", policy.longest));
        return answer();
    }
    if (!is_text(password)) {
        complain("not_text", "The password has control characters, or is not in UTF-8: type it anew.");
        return answer();
    }

    const auto characters = characters_of(password);
    const auto lower_password = lower_characters(characters);
    const auto classes = classes_of(characters);
    if (characters.size() < policy.shortest)
        complain("too_short",
                 fmt::format("The password is too short: it needs {} characters or more.", policy.shortest));
    if (policy.needs_upper && !classes.upper) complain("no_upper", "The password has no capital letter: add one.");
    if (policy.needs_lower && !classes.lower) complain("no_lower", "The password has no small letter: add one.");
    if (policy.needs_digit && !classes.digit) complain("no_digit", "The password has no digit: add one.");
    if (policy.needs_special && !classes.special)
        complain("no_special", fmt::format("The password has no special character: add one of {}", password_specials));
    if (policy.refuses_common && is_common_password(password))
        complain("common", "The password is one of those that are guessed first: choose another one.");
    if (policy.refuses_repeats && longest_repeat(characters) > 3)
        complain("repeated", "The password has a character more than 3 times in a row: repeat it less.");
    if (policy.refuses_sequences && has_sequence(lower_password))
        complain("sequence",
                 "The password has three neighbours of the alphabet, of the digits or of the keyboard in a row, such "
                 "as abc, "
                 "321 or qwe: change one of them.");
    if (policy.refuses_own_words && contains_own_word(lower_password, words))
        complain("own_word", "The password contains your login, e-mail address or name: leave it out.");
    return answer();
}

int password_strength(std::string_view password) {
    const auto characters = characters_of(password);
    const auto classes = classes_of(characters);
    const auto size = characters.size();
    int points = static_cast<int>(std::min<std::size_t>(4 * size, 25));
    points += 5 * (classes.lower + classes.upper + classes.digit) + 10 * classes.special;
    points += 10 * (size >= 8) + 10 * (size >= 12) + 15 * (size >= 16);
    points += 5 * (classes.lower + classes.upper + classes.digit + classes.special);
    if (has_sequence(lower_characters(characters))) points -= 15;
    if (longest_repeat(characters) >= 3) points -= 10;
    if (is_common_password(password)) points -= 25;
    return std::clamp(points, 0, 100);
}

StrengthBand band_of(int strength) {
    if (strength < 30) return StrengthBand::very_weak;
    if (strength < 50) return StrengthBand::weak;
    if (strength < 70) return StrengthBand::medium;
    return strength < 90 ? StrengthBand::strong : StrengthBand::very_strong;
}

std::string_view name_of(StrengthBand band) {
    constexpr std::array<std::string_view, 5> names{"very weak", "weak", "medium", "strong", "very strong"};
    return names[static_cast<std::size_t>(band)];
}

}  // namespace mf

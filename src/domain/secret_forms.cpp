// SPDX-License-Identifier: MIT
#include "domain/secret_forms.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace mf {
namespace {

class Forms {
public:
    explicit Forms(std::string_view secret) : all_{std::string(secret)} {}
    void add(std::string form) {
        if (std::ranges::find(all_, form) == all_.end()) all_.push_back(std::move(form));
    }
    std::vector<std::string> take() { return std::move(all_); }

private:
    std::vector<std::string> all_;
};

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void add_base64(Forms& forms, const std::string& form) {
    if (form.size() < shortest_base64) return;
    forms.add(form);
    std::string for_addresses = form;
    for (char& c : for_addresses) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    forms.add(std::move(for_addresses));
}

/// With so many bytes before it in its group of three.
void add_base64_at(Forms& forms, std::string_view secret, std::size_t before) {
    std::string text(before, '\0');
    text += secret;
    const std::size_t bits = 8 * text.size();
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    std::string form;
    // Each digit is six bits; the first one that has none of the bytes before it.
    std::size_t digit = (8 * before + 5) / 6;
    const auto append = [&] {
        const std::size_t first = 6 * digit++;
        const unsigned two_bytes = byte(first / 8) << 8 | byte(first / 8 + 1);
        form += base64_digits[two_bytes >> (10 - first % 8) & 63];
    };
    while (6 * (digit + 1) <= bits) append();
    add_base64(forms, form);
    if (bits % 6 == 0) return;
    append();
    add_base64(forms, form);
    while (digit++ % 4 != 0) form += '=';
    add_base64(forms, form);
}

struct PercentHabit {
    std::string_view kept;  // besides letters and digits
    bool plus_for_blank = false;
};

constexpr std::array percent_habits{
    PercentHabit{"-_.~"},                  // RFC 3986: curl, PHP's rawurlencode, Python's quote(safe="")
    PercentHabit{"-_.~", true},            // Python's quote_plus, Go's QueryEscape
    PercentHabit{"-_.", true},             // PHP's urlencode
    PercentHabit{"-_.*", true},            // forms of browsers, Java
    PercentHabit{"-_.!*()", true},         // .NET
    PercentHabit{"-_.~/"},                 // Python's quote
    PercentHabit{"-_.~!*'()"},             // encodeURIComponent
    PercentHabit{"-_.~!*'();/?:@&=+$,#"},  // encodeURI
    PercentHabit{"-_.~$&+,;="},            // Go, in "user:secret@host"
    PercentHabit{"-_.~\"<>\\^`{|}"},       // only what is reserved, blanks, and what is not printable
};

std::string percent_form(std::string_view secret, const PercentHabit& habit, std::string_view hex) {
    std::string out;
    for (const char c : secret) {
        const auto byte = static_cast<unsigned char>(c);
        if (is_letter(c) || is_digit(c) || habit.kept.find(c) != std::string_view::npos)
            out += c;
        else if (c == ' ' && habit.plus_for_blank)
            out += '+';
        else
            (out += '%') += {hex[byte >> 4], hex[byte & 15]};
    }
    return out;
}

std::string percent_everywhere(std::string_view secret, std::string_view hex) {
    std::string out;
    for (const char c : secret) {
        const auto byte = static_cast<unsigned char>(c);
        (out += '%') += {hex[byte >> 4], hex[byte & 15]};
    }
    return out;
}

struct JsonHabit {
    bool escapes_slash = false;
    bool escapes_unicode = false;
    std::string_view as_numbers = {};  // written as \uXXXX although they are ASCII
};

constexpr std::array json_habits{
    JsonHabit{},                                                   // JavaScript
    JsonHabit{.escapes_slash = true, .escapes_unicode = true},     // PHP
    JsonHabit{.escapes_unicode = true},                            // Python, PHP with JSON_UNESCAPED_SLASHES
    JsonHabit{.escapes_slash = true},                              // PHP with JSON_UNESCAPED_UNICODE
    JsonHabit{.as_numbers = "<>&"},                                // Go
    JsonHabit{.escapes_unicode = true, .as_numbers = "\"'<>&+`"},  // .NET
    JsonHabit{.escapes_slash = true, .escapes_unicode = true, .as_numbers = "\"'<>&"},  // PHP, for HTML
};

void append_number(std::string& out, std::uint32_t unit, std::string_view hex) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += hex[unit >> shift & 15];
}

void append_unicode(std::string& out, std::string_view character, std::string_view hex) {
    std::uint32_t code = static_cast<unsigned char>(character[0]) & (0xFFu >> (character.size() + 1));
    for (const char c : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
    if (code >= 0x10000) {
        append_number(out, 0xD800 + (code - 0x10000) / 0x400, hex);
        code = 0xDC00 + (code - 0x10000) % 0x400;
    }
    append_number(out, code, hex);
}

std::string json_form(std::string_view secret, const JsonHabit& habit, std::string_view hex) {
    constexpr std::string_view short_codes = "\b\f\n\r\t";
    constexpr std::string_view short_letters = "bfnrt";
    std::string out;
    while (!secret.empty()) {
        const auto length = std::max<std::size_t>(utf8_length(secret), 1);
        const auto character = secret.substr(0, length);
        secret.remove_prefix(length);
        const char c = character[0];
        const auto byte = static_cast<unsigned char>(c);
        if (length > 1 && habit.escapes_unicode)
            append_unicode(out, character, hex);
        else if (byte >= 0x80)
            out += character;
        else if (const auto at = short_codes.find(c); at != std::string_view::npos)
            (out += '\\') += short_letters[at];
        else if (byte < 0x20 || habit.as_numbers.find(c) != std::string_view::npos)
            append_number(out, byte, hex);
        else if (c == '"' || c == '\\' || (c == '/' && habit.escapes_slash))
            (out += '\\') += c;
        else
            out += c;
    }
    return out;
}

struct HtmlHabit {
    std::string_view quote = "&quot;";
    std::string_view apostrophe;
    bool escapes_more = false;  // '/', '`' and '='
};

constexpr std::array html_habits{
    HtmlHabit{"\"", "'"},           // between tags
    HtmlHabit{"&quot;", "'"},       // within double quotes
    HtmlHabit{"&quot;", "&#039;"},  // PHP
    HtmlHabit{"&quot;", "&#39;"},
    HtmlHabit{"&quot;", "&#x27;"},       // Python
    HtmlHabit{"&quot;", "&apos;"},       // XML
    HtmlHabit{"&#34;", "&#39;"},         // Go, Jinja
    HtmlHabit{"&quot;", "&#39;", true},  // Mustache
};

std::string html_form(std::string_view secret, const HtmlHabit& habit) {
    std::string out;
    for (const char c : secret) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += habit.quote;
        else if (c == '\'')
            out += habit.apostrophe;
        else if (habit.escapes_more && c == '/')
            out += "&#x2F;";
        else if (habit.escapes_more && c == '`')
            out += "&#x60;";
        else if (habit.escapes_more && c == '=')
            out += "&#x3D;";
        else
            out += c;
    }
    return out;
}

std::string backslash_form(std::string_view secret, std::string_view escaped) {
    std::string out;
    for (const char c : secret) {
        if (escaped.find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// printf %q of bash: tilde and number sign mean something at the start of a word only.
std::string bash_form(std::string_view secret) {
    const bool is_special = secret.starts_with('~') || secret.starts_with('#');
    return (is_special ? "\\" : "") + backslash_form(secret, "\t\n '\"\\|&;()<>!{}*[]?^$`,");
}

/// Shellwords of Ruby: everything but what is known to be harmless.
std::string ruby_form(std::string_view secret) {
    std::string out;
    while (!secret.empty()) {
        const auto length = std::max<std::size_t>(utf8_length(secret), 1);
        const char c = secret[0];
        if (c == '\n') {
            out += "'\n'";
        } else {
            const bool is_kept =
                is_letter(c) || is_digit(c) || std::string_view("_-.,:+/@").find(c) != std::string_view::npos;
            if (!is_kept) out += '\\';
            out += secret.substr(0, length);
        }
        secret.remove_prefix(length);
    }
    return out;
}

/// Within '…' an apostrophe has to be outside of it.
std::string apostrophe_form(std::string_view secret, std::string_view outside) {
    std::string out;
    for (const char c : secret) {
        if (c == '\'')
            out += outside;
        else
            out += c;
    }
    return out;
}

enum class OtherBytes { as_they_are, as_numbers };

/// Within $'…' of bash.
std::string ansi_form(std::string_view secret, OtherBytes other) {
    constexpr std::string_view short_codes = "\a\b\x1B\f\n\r\t\v'\\";
    constexpr std::string_view short_letters = "abEfnrtv'\\";
    std::string out;
    for (const char c : secret) {
        const auto byte = static_cast<unsigned char>(c);
        if (const auto at = short_codes.find(c); at != std::string_view::npos)
            (out += '\\') += short_letters[at];
        else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && other == OtherBytes::as_numbers))
            (out += '\\') += {static_cast<char>('0' + (byte >> 6)), static_cast<char>('0' + (byte >> 3 & 7)),
                              static_cast<char>('0' + (byte & 7))};
        else
            out += c;
    }
    return out;
}

void add_shell_forms(Forms& forms, std::string_view secret) {
    forms.add(bash_form(secret));
    forms.add(ruby_form(secret));
    forms.add(apostrophe_form(secret, R"('\'')"));   // PHP's escapeshellarg, set -x
    forms.add(apostrophe_form(secret, R"('"'"')"));  // Python's shlex.quote
    forms.add(backslash_form(secret, "\\\"$`"));     // within "…"
    forms.add(ansi_form(secret, OtherBytes::as_they_are));
    forms.add(ansi_form(secret, OtherBytes::as_numbers));
}

}  // namespace

std::vector<std::string> forms_of(std::string_view secret) {
    Forms forms(secret);
    if (secret.empty() || secret.size() > longest_encoded) return forms.take();
    for (std::size_t before = 0; before < 3; ++before) add_base64_at(forms, secret, before);
    constexpr std::array<std::string_view, 2> hexadecimal{"0123456789ABCDEF", "0123456789abcdef"};
    for (const auto hex : hexadecimal) {
        for (const auto& habit : json_habits) forms.add(json_form(secret, habit, hex));
        if (secret.size() <= longest_in_text)
            for (const auto& habit : percent_habits) forms.add(percent_form(secret, habit, hex));
        if (secret.size() <= longest_in_text) forms.add(percent_everywhere(secret, hex));
    }
    if (secret.size() <= longest_in_text) {
        for (const auto& habit : html_habits) forms.add(html_form(secret, habit));
        add_shell_forms(forms, secret);
    }
    return forms.take();
}

}  // namespace mf

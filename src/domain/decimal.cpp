// SPDX-License-Identifier: MIT
#include "domain/decimal.h"

#include "base/text.h"

#include <algorithm>

namespace mf {

namespace {

constexpr long long largest_exponent = 400;

std::string_view take_digits(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    return digits;
}

int compare_magnitudes(std::string_view a, std::string_view b) {
    const auto whole_a = a.substr(0, a.find('.'));
    const auto whole_b = b.substr(0, b.find('.'));
    if (whole_a.size() != whole_b.size()) return whole_a.size() < whole_b.size() ? -1 : 1;
    // With whole parts of equal length the order of the texts is the order of the numbers: a missing fraction is
    // shorter.
    const int order = a.compare(b);
    return order < 0 ? -1 : order > 0 ? 1 : 0;
}

}  // namespace

std::optional<std::string> canonical_integer(std::string_view text) {
    auto digits = text;
    if (digits.starts_with('-')) digits.remove_prefix(1);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
    const auto first = digits.find_first_not_of('0');
    if (first == std::string_view::npos) return "0";
    std::string plain = (text.front() == '-' ? "-" : "") + std::string(digits.substr(first));
    if (!to_integer(plain)) return std::nullopt;
    return plain;
}

std::optional<std::string> canonical_decimal(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const auto whole = take_digits(text);
    std::string_view fraction;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        fraction = take_digits(text);
        if (fraction.empty()) return std::nullopt;
    }
    if (whole.empty() && fraction.empty()) return std::nullopt;
    long long exponent = 0;
    if (!text.empty()) {
        if (text.front() != 'e' && text.front() != 'E') return std::nullopt;
        text.remove_prefix(1);
        if (text.starts_with('+')) {
            text.remove_prefix(1);
            if (text.starts_with('-')) return std::nullopt;
        }
        const auto read = to_integer(text);
        if (!read || *read > largest_exponent || *read < -largest_exponent) return std::nullopt;
        exponent = *read;
    }

    std::string digits = std::string(whole) + std::string(fraction);
    auto point = static_cast<long long>(whole.size()) + exponent;
    if (point < 0) {
        digits.insert(0, static_cast<std::size_t>(-point), '0');
        point = 0;
    }
    if (point > static_cast<long long>(digits.size())) digits.resize(static_cast<std::size_t>(point), '0');
    std::string before = digits.substr(0, static_cast<std::size_t>(point));
    std::string after = digits.substr(static_cast<std::size_t>(point));
    before.erase(0, std::min(before.find_first_not_of('0'), before.size()));
    after.resize(after.find_last_not_of('0') + 1);  // npos + 1 is 0: nothing but zeros
    if (before.empty() && after.empty()) return "0";
    return (negative ? "-" : "") + (before.empty() ? "0" : before) + (after.empty() ? "" : "." + after);
}

int compare_decimals(std::string_view a, std::string_view b) {
    const bool negative_a = a.starts_with('-');
    const bool negative_b = b.starts_with('-');
    if (negative_a != negative_b) return negative_a ? -1 : 1;
    if (negative_a) return compare_magnitudes(b.substr(1), a.substr(1));
    return compare_magnitudes(a, b);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "domain/definition/version.h"

#include "base/text.h"

#include <algorithm>
#include <optional>

namespace mf {
namespace {

bool is_number(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

std::string_view without_leading_zeros(std::string_view digits) {
    const auto first = digits.find_first_not_of('0');
    return first == std::string_view::npos ? std::string_view("0") : digits.substr(first);
}

/// Numbers of any length.
std::weak_ordering compare_numbers(std::string_view a, std::string_view b) {
    a = without_leading_zeros(a);
    b = without_leading_zeros(b);
    return a.size() != b.size() ? std::weak_ordering(a.size() <=> b.size()) : std::weak_ordering(a <=> b);
}

std::optional<std::vector<std::string>> identifiers(std::string_view text) {
    std::vector<std::string> out;
    for (const auto part : split(text, '.')) {
        const bool plain = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
            return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
        });
        if (!plain) return std::nullopt;
        out.emplace_back(part);
    }
    return out;
}

/// SemVer 11.4.1 to 11.4.3: numbers numerically and before words, words by ASCII.
std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) {
    const bool numeric = is_number(a);
    if (numeric != is_number(b)) return numeric ? std::weak_ordering::less : std::weak_ordering::greater;
    return numeric ? compare_numbers(a, b) : std::weak_ordering(a <=> b);
}

std::weak_ordering compare_free_texts(std::string_view a, std::string_view b) {
    while (!a.empty() && !b.empty()) {
        const auto run = [](std::string_view text) {
            const bool digits = is_digit(text.front());
            const auto end = std::find_if(text.begin(), text.end(), [&](char c) { return is_digit(c) != digits; });
            return text.substr(0, static_cast<std::size_t>(end - text.begin()));
        };
        const auto left = run(a);
        const auto right = run(b);
        const auto order = is_digit(left.front()) && is_digit(right.front()) ? compare_numbers(left, right)
                                                                             : std::weak_ordering(left <=> right);
        if (order != 0) return order;
        a.remove_prefix(left.size());
        b.remove_prefix(right.size());
    }
    return b.empty() <=> a.empty();
}

}  // namespace

bool is_plain_version(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

Version read_version(std::string_view text) {
    text = trim(text);
    Version version{.text = std::string(text)};
    auto core = text.substr(0, text.find('+'));
    if (core.size() < text.size() && !identifiers(text.substr(core.size() + 1))) return version;
    if (const auto dash = core.find('-'); dash != std::string_view::npos) {
        auto prerelease = identifiers(core.substr(dash + 1));
        if (!prerelease) return version;
        version.prerelease = std::move(*prerelease);
        core = core.substr(0, dash);
    }
    const auto parts = split(core, '.');
    if (parts.size() <= 4 && std::all_of(parts.begin(), parts.end(), is_number)) {
        for (const auto part : parts) version.numbers.emplace_back(without_leading_zeros(part));
    } else {
        version.prerelease.clear();
    }
    return version;
}

std::weak_ordering compare_versions(const Version& a, const Version& b) {
    if (a.is_free_text() && b.is_free_text()) return compare_free_texts(a.text, b.text);
    if (a.is_free_text() != b.is_free_text()) return b.is_free_text() <=> a.is_free_text();
    for (std::size_t i = 0; i < std::max(a.numbers.size(), b.numbers.size()); ++i) {
        const auto part = [&](const Version& version) {
            return i < version.numbers.size() ? std::string_view(version.numbers[i]) : "0";
        };
        if (const auto order = compare_numbers(part(a), part(b)); order != 0) return order;
    }
    if (a.prerelease.empty() != b.prerelease.empty()) return a.prerelease.empty() <=> b.prerelease.empty();
    for (std::size_t i = 0; i < std::min(a.prerelease.size(), b.prerelease.size()); ++i)
        if (const auto order = compare_identifiers(a.prerelease[i], b.prerelease[i]); order != 0) return order;
    return a.prerelease.size() <=> b.prerelease.size();
}

std::weak_ordering compare_versions(std::string_view a, std::string_view b) {
    return compare_versions(read_version(a), read_version(b));
}

}  // namespace mf

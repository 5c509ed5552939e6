// SPDX-License-Identifier: MIT
#include "domain/definition/localized_text.h"

#include "base/text.h"

#include <algorithm>

namespace mf {
namespace {

std::string comparable(std::string_view tag) {
    std::string out = lower(tag);
    std::replace(out.begin(), out.end(), '_', '-');
    return out;
}

}  // namespace

std::string_view LocalizedText::in(std::string_view language) const {
    const auto find = [&](std::string_view tag) -> std::string_view {
        for (const Translation& translation : translations)
            if (!translation.text.empty() && comparable(translation.language) == tag) return translation.text;
        return {};
    };
    const std::string wanted = comparable(language);
    if (const auto text = find(wanted); !text.empty()) return text;
    if (const auto text = find(wanted.substr(0, wanted.find('-'))); !text.empty()) return text;
    if (const auto text = find("en"); !text.empty()) return text;
    for (const Translation& translation : translations)
        if (!translation.text.empty()) return translation.text;
    return {};
}

bool is_language_tag(std::string_view tag) {
    const auto parts = split(tag, '-');
    const auto primary = parts.front();
    if (primary.size() < 2 || primary.size() > 3 ||
        !std::all_of(primary.begin(), primary.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
        return false;
    return std::all_of(parts.begin() + 1, parts.end(), [](std::string_view part) {
        return part.size() >= 2 && part.size() <= 8 &&
               std::all_of(part.begin(), part.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
    });
}

bool is_listed_language(std::string_view tag) {
    constexpr std::string_view listed =
        " en cs sk de fr es it pl nl pt sv fi da no hu ro bg el tr hr sl et lt lv ru uk ja zh ko ar he hi ";
    return tag.size() == 2 && tag.find(' ') == std::string_view::npos && listed.find(tag) != std::string_view::npos;
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "domain/visible_text.h"

#include "base/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace mf {
namespace {

struct CodePoints {
    std::uint32_t first;
    std::uint32_t last;
};

constexpr std::array control_points{
    CodePoints{0x00, 0x1F}, CodePoints{0x7F, 0x9F},
    CodePoints{0x2028, 0x202E},  // separators; embedding and overriding of directions
    CodePoints{0x2066, 0x2069},  // isolates
};

// DerivedCoreProperties.txt of Unicode 15; unassigned ones of the last two blocks belong to it.
constexpr std::array hidden_points{
    CodePoints{0xAD, 0xAD},       CodePoints{0x34F, 0x34F},     CodePoints{0x61C, 0x61C},
    CodePoints{0x115F, 0x1160},   CodePoints{0x17B4, 0x17B5},   CodePoints{0x180B, 0x180F},
    CodePoints{0x200B, 0x200F},   CodePoints{0x202A, 0x202E},   CodePoints{0x2060, 0x206F},
    CodePoints{0x3164, 0x3164},   CodePoints{0xFE00, 0xFE0F},   CodePoints{0xFEFF, 0xFEFF},
    CodePoints{0xFFA0, 0xFFA0},   CodePoints{0xFFF0, 0xFFF8},   CodePoints{0x1BCA0, 0x1BCA3},
    CodePoints{0x1D173, 0x1D17A}, CodePoints{0xE0000, 0xE0FFF},
};

template <std::size_t Count>
bool has_any(std::string_view text, const std::array<CodePoints, Count>& unwanted) {
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 0) return true;
        const auto point = code_point(text.substr(0, length));
        for (const auto& [first, last] : unwanted)
            if (point >= first && point <= last) return true;
        text.remove_prefix(length);
    }
    return false;
}

}  // namespace

std::uint32_t code_point(std::string_view character) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(character[i]));
    };
    switch (character.size()) {
        case 1: return byte(0);
        case 2: return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
        case 3: return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
        default: return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    }
}

bool has_controls(std::string_view text) { return has_any(text, control_points); }

bool has_hidden_characters(std::string_view text) { return has_controls(text) || has_any(text, hidden_points); }

Result<void> check_name(std::string_view field, std::string_view spoken, std::string_view name) {
    if (!has_controls(name)) return {};
    auto sentence = fmt::format(
        "{} has control characters or marks that turn the writing direction, which nobody sees. "
        "Type it anew without them.",
        spoken);
    return Error{ErrorCode::invalid, sentence, {{std::string(field), sentence}}};
}

Result<void> check_code(std::string_view field, std::string_view spoken, std::string_view code) {
    if (code.find(' ') == std::string_view::npos && !has_hidden_characters(code)) return {};
    auto sentence = fmt::format(
        "{} must not contain blanks or control characters, nor marks that turn the writing direction or other "
        "characters that nobody sees. Type it anew without them.",
        spoken);
    return Error{ErrorCode::invalid, sentence, {{std::string(field), sentence}}};
}

}  // namespace mf

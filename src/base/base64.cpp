// SPDX-License-Identifier: MIT
#include "base/base64.h"

#include <array>
#include <cstdint>

namespace mf {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 64;

constexpr auto digit_of = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return table;
}();

}  // namespace

std::string to_base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    while (!bytes.empty()) {
        const auto taken = std::min<std::size_t>(bytes.size(), 3);
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (i < taken ? static_cast<unsigned char>(bytes[i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i) out += i <= taken ? alphabet[group >> (18 - 6 * i) & 63] : '=';
        bytes.remove_prefix(taken);
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    while (!text.empty()) {
        std::size_t digits = 4;
        // Only the last group may be padded.
        if (text.size() == 4 && text[3] == '=') digits = text[2] == '=' ? 2 : 3;
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const auto digit = i < digits ? digit_of[static_cast<unsigned char>(text[i])] : std::uint8_t{0};
            if (digit == no_digit) return std::nullopt;
            group = group << 6 | digit;
        }
        const std::size_t bytes = digits - 1;
        if ((group & (0xFFFFFFU >> (8 * bytes))) != 0) return std::nullopt;
        for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(group >> (16 - 8 * i) & 0xFF);
        text.remove_prefix(4);
    }
    return out;
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// "--name=value" taken apart; any other word is a name without a value.
struct OptionWord {
    std::string name;
    std::optional<std::string> value = {};

    explicit OptionWord(std::string_view word) : name(word) {
        const auto equals = word.find('=');
        if (!word.starts_with("--") || equals == std::string_view::npos) return;
        value = word.substr(equals + 1);
        name.resize(equals);
    }
};

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace mf {

/// What people see in place of a secret: eight bullets, whatever its length.
inline constexpr std::string_view secret_mask_text = "••••••••";
/// What people see in place of a secret that has no value.
inline constexpr std::string_view secret_unset_text = "(not set)";

inline std::string_view shown_secret(std::string_view value) {
    return value.empty() ? secret_unset_text : secret_mask_text;
}

}  // namespace mf

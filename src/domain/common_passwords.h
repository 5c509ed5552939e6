// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

namespace mf {

/// Passwords that are tried first, in small letters, sorted; without those that only add digits to another one.
std::span<const std::string_view> common_passwords();

}  // namespace mf

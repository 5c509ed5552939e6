// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

namespace mf::sql {

/// "name" in the quotes of SQL.
inline std::string quoted_name(std::string_view name) { return fmt::format("\"{}\"", name); }

}  // namespace mf::sql

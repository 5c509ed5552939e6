// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace mf::sql {

/// "name" in the quotes of SQL.
inline std::string quoted_name(std::string_view name) {
    std::string out;
    out.reserve(name.size() + 2);
    return out.append(1, '"').append(name).append(1, '"');
}

}  // namespace mf::sql

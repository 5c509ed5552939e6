// SPDX-License-Identifier: MIT
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace mf::testing {

/// Makes one file after the other that is nearly as large as a definition may be (5 MiB), each full of one thing, and
/// hands it to take(what it is full of, the text).
void for_each_large_definition(const std::function<void(std::string_view, const std::string&)>& take);

}  // namespace mf::testing

// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

#include <string>
#include <string_view>

namespace mf {

/// A code made from a name (domain/short_code.h) that no living row of the table has: "acme", else "acme_2", "acme_3"…
/// A name without letters of a-z and digits gives the word `otherwise`. The table has the columns "code" and "live".
std::string free_code(Call& call, std::string_view table, std::string_view name, std::string_view otherwise);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"

#include <functional>

namespace mf {

/// Reads rows that belong to any of many ids, with one statement for each 512 of them: what a page of a list needs
/// beside its own rows. `sql` has one "{}" inside the brackets of an IN; `take` may move out of the row it gets.
void rows_of(Session& session, std::string_view sql, std::vector<std::int64_t> ids,
             const std::function<void(sql::Row&)>& take);

/// The same for a statement that changes rows; how many it changed.
std::int64_t change_rows_of(Session& session, std::string_view sql, std::vector<std::int64_t> ids);

}  // namespace mf

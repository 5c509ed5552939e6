// SPDX-License-Identifier: MIT
#include "store/rows_of.h"

#include <fmt/format.h>
#include <bit>

namespace mf {

void rows_of(Session& session, std::string_view sql, std::vector<std::int64_t> ids,
             const std::function<void(sql::Row&)>& take) {
    constexpr std::size_t most = 512;
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (std::size_t from = 0; from < ids.size(); from += most) {
        std::vector<Value> parameters;
        for (std::size_t i = from; i < std::min(from + most, ids.size()); ++i) parameters.emplace_back(ids[i]);
        // Prepared statements are kept, so there are few lengths: 1, 2, 4, … The last id again finds nothing new.
        while (!std::has_single_bit(parameters.size())) parameters.push_back(parameters.back());
        std::string marks = "?";
        for (std::size_t i = 1; i < parameters.size(); ++i) marks += ", ?";
        for (sql::Row& row : session.sql.query(fmt::format(fmt::runtime(sql), marks), parameters)) take(row);
    }
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "store/rows_of.h"

#include <fmt/format.h>
#include <bit>

namespace mf {
namespace {

/// Gives the statement for each 512 of the ids, in ascending order, and its parameters to `run`.
template <class F>
void for_each_part(std::string_view sql, std::vector<std::int64_t> ids, F&& run) {
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
        run(fmt::format(fmt::runtime(sql), marks), parameters);
    }
}

}  // namespace

void rows_of(Session& session, std::string_view sql, std::vector<std::int64_t> ids,
             const std::function<void(sql::Row&)>& take) {
    for_each_part(sql, std::move(ids), [&](const std::string& text, const std::vector<Value>& parameters) {
        for (sql::Row& row : session.sql.query(text, parameters)) take(row);
    });
}

std::int64_t change_rows_of(Session& session, std::string_view sql, std::vector<std::int64_t> ids) {
    std::int64_t changed = 0;
    for_each_part(sql, std::move(ids), [&](const std::string& text, const std::vector<Value>& parameters) {
        changed += session.sql.execute(text, parameters);
    });
    return changed;
}

}  // namespace mf

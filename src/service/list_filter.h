// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Oldest first, newest first.
enum class ListOrder { A, D };
constexpr auto names_of(ListOrder) { return std::to_array<std::string_view>({"A", "D"}); }

/// The part of a query that the usual members of a list's input stand for: limit, offset, order (D: newest first),
/// after (id of the last record of the page before).
template <class Input>
ListQuery query_of(const Input& input) {
    return {.newest_first = input.order == ListOrder::D,
            .after = input.after,
            .limit = input.limit,
            .offset = input.offset.value_or(0)};
}

/// Leaves out what was removed and is kept for its history.
inline std::pair<std::string_view, Value> only_live() { return {"live", Value{std::int64_t{1}}}; }

// The field lines of those members.
template <auto Member>
constexpr Field limit_field() {
    return field<Member>("limit", {.help = "At most so many records"});
}
template <auto Member>
constexpr Field offset_field() {
    return field<Member>("offset", {.help = "Leave out so many records first"});
}
template <auto Member>
constexpr Field order_field() {
    return field<Member>("order", {.help = "A: oldest first, D: newest first"});
}
template <auto Member>
constexpr Field after_field() {
    return field<Member>("after", {.help = "Go on after the record with this id"});
}

struct ListInput {
    std::optional<std::int64_t> limit, offset, after;
    std::optional<ListOrder> order;
};
template <>
const Entity& entity_of<ListInput>();

/// Names one record by its id.
struct Reference {
    std::int64_t id = 0;
};
template <>
const Entity& entity_of<Reference>();

struct NoInput {
    std::optional<std::string> nothing;
};
template <>
const Entity& entity_of<NoInput>();

}  // namespace mf

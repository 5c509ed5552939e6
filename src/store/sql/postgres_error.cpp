// SPDX-License-Identifier: MIT
#include "store/sql/driver.h"

#include <algorithm>

namespace mf::sql {

DatabaseError::Kind kind_of_postgres_error(std::string_view state) {
    using Kind = DatabaseError::Kind;
    if (state == "23505") return Kind::unique_violation;
    if (state == "23503" || state == "23001") return Kind::foreign_key;
    // Serialisation failure, deadlock, lock time-out, too many connections.
    if (state == "40001" || state == "40P01" || state == "55P03" || state == "53300") return Kind::busy;
    if (state == "53100") return Kind::full;
    // Connection exceptions; shutdown, crash, still starting, database dropped.
    if (state.starts_with("08") || state.starts_with("57P")) return Kind::lost;
    if (state.starts_with("28") || state == "3D000" || state == "3F000" || state == "42501" || state == "25006")
        return Kind::refused;
    return Kind::other;
}

DatabaseError::Cause cause_of_postgres_error(std::string_view state) {
    using Cause = DatabaseError::Cause;
    if (state == "53300") return Cause::too_many_sessions;
    if (state.starts_with("08") || state.starts_with("57P")) return Cause::server;
    if (state.starts_with("28")) return Cause::account;
    if (state == "3D000") return Cause::database;
    // No schema to make tables in is the same mistake as one in which they may not be made.
    if (state == "42501" || state == "3F000") return Cause::permission;
    if (state == "25006") return Cause::read_only;
    return Cause::unknown;
}

std::string_view state_in_postgres_message(std::string_view message) {
    constexpr std::string_view before = ":  ";
    for (auto at = message.find(before); at != std::string_view::npos; at = message.find(before, at + 1)) {
        const auto code = message.substr(at + before.size(), 5);
        const bool is_code = code.size() == 5 && std::ranges::all_of(code, [](char c) {
                                 return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
                             });
        if (is_code && message.substr(at + before.size() + 5).starts_with(": ")) return code;
    }
    return {};
}

}  // namespace mf::sql

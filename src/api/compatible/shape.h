// SPDX-License-Identifier: MIT
#pragma once

#include "api/compatible/exchange.h"

namespace mf::compatible {

/// How a member of a record of an operation stands in one of this interface.
enum class As {
    is,
    time,    ///< "2025-06-15 12:35:00" in the zone of the server
    joined,  ///< a list as "a,b"
    cut,     ///< a name that is longer than clients accept ends with "…"
    fit,     ///< a text that clients would not accept, or an empty one, is null: half of it would be another one
    object,  ///< {} instead of null
    none,    ///< null: a member of the original that there is not
    zero     ///< 0, likewise
};

struct Column {
    std::string_view name;
    std::string_view source = {};  ///< what the operation calls it; empty: the same
    As as = As::is;
    std::size_t longest = 0;  ///< in characters, with cut and fit
};

json::object shaped(std::span<const Column> columns, const json::object& record, const Zone& zone);
/// Of the form of the operations, ISO 8601 in UTC; anything else stays as it is.
json::value local_time(const json::value& time, const Zone& zone);
/// At most so many characters, the last one "…" if there were more.
std::string shortened(std::string_view text, std::size_t longest);

/// Who reads a shortened name and sends the record back has not meant another name: takes such ones out of `input`.
void leave_shortened(json::object& input, std::span<const Column> columns, const json::object& record);

/// A list of an operation, and how it is shown.
struct Listing {
    std::string_view operation;
    std::span<const Column> columns;
    std::string_view element;  ///< in XML
    std::string_view link;     ///< of one record
    bool has_ids_as_keys = false;
    std::int64_t usual = 20;                        ///< records, when nobody says how many
    std::span<const std::string_view> orders = {};  ///< members that it can be ordered by, besides id
    void (*finish)(json::object& shown, const json::object& record) = nullptr;  ///< what columns cannot say
};
/// With limit (1 to 100), offset and order ("name", "-name") of the query. What is no number counts as not said, what
/// is too much is cut down, and members that nothing is ordered by are ignored. invalid: there are too many records to
/// order them by this member.
Result<Answer> list(const Exchange& exchange, const Listing& listing, json::object input = {});

}  // namespace mf::compatible

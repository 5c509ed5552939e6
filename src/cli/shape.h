// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "base/zone.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <span>
#include <vector>

// Operations answer with canonical records: times in UTC, JSON booleans, the names of our own tables. The command line
// keeps the names and forms that existing clients read: local times, 0 and 1, lists joined by commas.

namespace mf {

enum class As {
    is,       ///< as the operation said it
    time,     ///< "2025-06-15 12:35:00" in the zone of the command line
    flag,     ///< 0 or 1
    words,    ///< "a,b"
    number,   ///< 0 when there is none
    nothing,  ///< always null: a field of other versions that we do not have
    zero,     ///< always 0, likewise
};

struct Column {
    std::string_view name;
    std::string_view source = {};  ///< key of the canonical record; empty: the name; "a|b": the first that is there
    As as = As::is;
    bool on_terminal = false;  ///< a list on a terminal shows it without being asked
};

/// The value of the first of the keys "a|b" that the record has; null if none.
const json::value& member(const json::object& record, std::string_view keys);
/// As a text; empty unless it is one.
std::string_view text_member(const json::object& record, std::string_view keys);
std::optional<std::int64_t> integer_member(const json::object& record, std::string_view keys);

/// An ISO 8601 time in UTC in the form of As::time; null and other things stay what they are.
json::value local_time(const json::value& iso, const Zone& zone);
std::optional<Timestamp> read_iso(std::string_view text);

json::object shaped(std::span<const Column> columns, const json::object& canonical, const Zone& zone);

/// The keys, in their order; valid as long as the record.
std::vector<std::string_view> names_in(const json::object& record);

/// How a value stands in a text: null is empty, booleans are 1 and 0, lists and objects are JSON.
std::string plain_text(const json::value& value);

/// Text from outside on one line of a terminal: line ends, tabs and control characters become visible, so that nobody
/// can move the cursor of the reader.
std::string one_line(std::string_view text);

}  // namespace mf

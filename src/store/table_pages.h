// SPDX-License-Identifier: MIT
#pragma once

#include "store/schema.h"

namespace mf {

/// Reads a table in the order of its primary key, in pages of bounded size. The connection must outlive it; what others
/// change meanwhile is seen unless a transaction prevents it.
class TablePages {
public:
    TablePages(sql::Connection& connection, const SchemaTable& table);

    /// The next rows, cells in the order of the table's columns and in the form of their type: booleans as bool,
    /// integers and times as std::int64_t, real numbers as double. Empty: there are no more.
    /// DatabaseError (other): a value is of another kind than its column.
    sql::Rows next();

private:
    std::string select(std::string_view what) const;
    std::vector<Value> parameters(std::int64_t limit) const;
    std::int64_t rows_that_fit();

    sql::Connection& connection_;
    const SchemaTable& table_;
    std::vector<std::size_t> key_;  // places of the key's columns
    std::string sizes_;             // SQL: bytes of the long values of a row; empty: it has none
    std::int64_t fixed_size_ = 0;   // bytes of the others, at most
    std::vector<Value> after_;      // the key of the last row; empty: at the start
};

/// The names with ", " between them, each behind the prefix ("a.").
std::string quoted_names(std::span<const std::string> names, std::string_view prefix = {});

/// Bytes that a value takes, nearly.
std::size_t size_of(const Value& value);

}  // namespace mf

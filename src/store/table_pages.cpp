// SPDX-License-Identifier: MIT
#include "store/table_pages.h"
#include "store/sql/quoting.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

using sql::DatabaseError;
using sql::Dialect;

constexpr std::int64_t most_rows_of_page = 500;
constexpr std::int64_t most_bytes_of_page = 8 << 20;
/// Texts up to this length are counted as if they were that long; longer ones are measured.
constexpr std::size_t short_text = 512;

/// The value in the form of the column's type; none: it is of another kind.
std::optional<Value> in_form(ColumnType type, Value value) {
    if (is_null(value)) return value;
    const auto* integer = std::get_if<std::int64_t>(&value);
    switch (type) {
        case ColumnType::key:
        case ColumnType::integer:
        case ColumnType::time: return integer ? std::optional(value) : std::nullopt;
        case ColumnType::boolean:
            return integer || std::holds_alternative<bool>(value) ? std::optional<Value>(is_true(value)) : std::nullopt;
        case ColumnType::real:
            if (integer) return Value(static_cast<double>(*integer));
            return std::holds_alternative<double>(value) ? std::optional(value) : std::nullopt;
        case ColumnType::text:
            return std::holds_alternative<std::string>(value) ? std::optional(std::move(value)) : std::nullopt;
        case ColumnType::blob:
            return std::holds_alternative<Bytes>(value) ? std::optional(std::move(value)) : std::nullopt;
    }
    return std::nullopt;
}

std::string length_of(std::string_view column, ColumnType type, Dialect dialect) {
    const auto name = sql::quoted_name(column);
    if (dialect == Dialect::sqlite && type == ColumnType::text)
        return fmt::format("COALESCE(LENGTH(CAST({} AS BLOB)), 0)", name);
    return fmt::format("COALESCE({}({}), 0)", dialect == Dialect::postgres ? "OCTET_LENGTH" : "LENGTH", name);
}

}  // namespace

std::string quoted_names(std::span<const std::string> names, std::string_view prefix) {
    std::string out;
    for (const auto& name : names) out += fmt::format("{}{}\"{}\"", out.empty() ? "" : ", ", prefix, name);
    return out;
}

std::size_t size_of(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return text->size();
    if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data.size();
    return is_null(value) ? 0 : sizeof(std::int64_t);
}

TablePages::TablePages(sql::Connection& connection, const SchemaTable& table) : connection_(connection), table_(table) {
    for (const auto& name : table.primary_key)
        key_.push_back(static_cast<std::size_t>(std::ranges::find(table.columns, name, &SchemaColumn::name) -
                                                table.columns.begin()));
    for (const auto& column : table.columns) {
        const bool is_long =
            column.type == ColumnType::blob || (column.type == ColumnType::text && column.longest > short_text);
        if (is_long)
            sizes_ += (sizes_.empty() ? "" : " + ") + length_of(column.name, column.type, connection.dialect());
        else
            fixed_size_ += static_cast<std::int64_t>(std::max(column.longest, sizeof(std::int64_t)));
    }
}

std::string TablePages::select(std::string_view what) const {
    std::string where;
    if (!after_.empty() && connection_.dialect() != Dialect::mariadb) {
        std::string marks = "?";
        for (std::size_t i = 1; i < key_.size(); ++i) marks += ", ?";
        where = fmt::format(" WHERE ({}) > ({})", quoted_names(table_.primary_key), marks);
    } else if (!after_.empty()) {
        // MariaDB would compare rows of values one by one from the start of the table instead of using the key.
        for (std::size_t last = 0; last < key_.size(); ++last) {
            where += where.empty() ? " WHERE (" : " OR (";
            for (std::size_t i = 0; i <= last; ++i)
                where += fmt::format("{}\"{}\" {} ?", i ? " AND " : "", table_.primary_key[i], i == last ? ">" : "=");
            where += ")";
        }
    }
    return fmt::format("SELECT {} FROM \"{}\"{} ORDER BY {} LIMIT ?", what, table_.name, where,
                       quoted_names(table_.primary_key));
}

std::vector<Value> TablePages::parameters(std::int64_t limit) const {
    std::vector<Value> out;
    if (connection_.dialect() != Dialect::mariadb)
        out = after_;
    else
        for (std::size_t last = 0; last < after_.size(); ++last)
            out.insert(out.end(), after_.begin(), after_.begin() + static_cast<std::ptrdiff_t>(last) + 1);
    out.emplace_back(limit);
    return out;
}

std::int64_t TablePages::rows_that_fit() {
    const auto most =
        std::clamp(most_bytes_of_page / std::max<std::int64_t>(fixed_size_, 1), std::int64_t{1}, most_rows_of_page);
    if (sizes_.empty()) return most;
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    for (const auto& row : connection_.query(select(sizes_), parameters(most))) {
        bytes += fixed_size_ + std::get<std::int64_t>(row[0]);
        if (rows > 0 && bytes > most_bytes_of_page) break;
        ++rows;
    }
    return rows;
}

sql::Rows TablePages::next() {
    const auto limit = rows_that_fit();
    if (limit == 0) return {};
    std::string names;
    for (const auto& column : table_.columns) names += (names.empty() ? "" : ", ") + sql::quoted_name(column.name);
    auto rows = connection_.query(select(names), parameters(limit));
    for (auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) {
            auto value = in_form(table_.columns[i].type, std::move(row[i]));
            if (!value)
                throw DatabaseError(
                    DatabaseError::Kind::other,
                    fmt::format("The column \"{}\" of the table \"{}\" holds a value of another kind than it is made "
                                "for. \"multiflexi-cli database check\" says in which rows; correct or remove them.",
                                table_.columns[i].name, table_.name));
            row[i] = *std::move(value);
        }
    if (!rows.empty()) {
        after_.clear();
        for (const auto place : key_) after_.push_back(rows.back()[place]);
    }
    return rows;
}

}  // namespace mf

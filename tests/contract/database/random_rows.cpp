// SPDX-License-Identifier: MIT
#include "random_rows.h"

#include "store/table_pages.h"

#include <fmt/format.h>
#include <algorithm>
#include <limits>

namespace mf::testing {
namespace {

class Maker {
public:
    Maker(sql::Connection& connection, std::mt19937& random) : connection_(connection), random_(random) {}

    void fill(const SchemaTable& table, int rows) {
        std::vector<std::string> names;
        std::string marks;
        for (const auto& column : table.columns) {
            names.push_back(column.name);
            marks += marks.empty() ? "?" : ", ?";
        }
        const auto insert = fmt::format("INSERT INTO \"{}\" ({}) VALUES ({})", table.name, quoted_names(names), marks);
        std::int64_t key = 0;
        for (int i = 0; i < rows; ++i) {
            std::vector<Value> values;
            for (const auto& column : table.columns) {
                if (column.type == ColumnType::key) {
                    key += one_in(5) ? 5'000'000'000 : below(3) + 1;
                    values.emplace_back(key);
                } else {
                    values.push_back(value(table, column));
                }
            }
            keep_one_source(table, values);
            try {
                connection_.execute(insert, values);
            } catch (const sql::DatabaseError& error) {
                if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
            }
        }
    }

private:
    /// The database refuses a rule that is fired by an event source and by a run template, or by neither.
    void keep_one_source(const SchemaTable& table, std::vector<Value>& values) {
        if (table.name != "event_rule") return;
        const auto at = [&](std::string_view name) -> std::size_t {
            return static_cast<std::size_t>(std::ranges::find(table.columns, name, &SchemaColumn::name) -
                                            table.columns.begin());
        };
        const auto source = at("event_source_id"), run_template = at("runtemplate_source_id");
        if (is_null(values[run_template])) values[run_template] = values[at("runtemplate_id")];
        values[source] = Value{};
    }
    bool one_in(int times) { return below(times) == 0; }
    std::int64_t below(std::int64_t end) { return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random_); }

    Value value(const SchemaTable& table, const SchemaColumn& column) {
        if (column.nullable && one_in(3)) return {};
        for (const auto& reference : table.references)
            for (std::size_t i = 0; i < reference.columns.size(); ++i)
                if (reference.columns[i] == column.name) {
                    const auto rows = connection_.query(fmt::format(
                        "SELECT {} FROM \"{}\"", quoted_names(std::vector{reference.referenced[i]}), reference.table));
                    return rows.at(static_cast<std::size_t>(below(std::ssize(rows))))[0];
                }
        switch (column.type) {
            case ColumnType::key:
            case ColumnType::integer:
            case ColumnType::time: return integer();
            case ColumnType::boolean: return one_in(2);
            case ColumnType::real: return 0.1 * static_cast<double>(below(1000));
            case ColumnType::text: return text(column.longest);
            case ColumnType::blob: return octets();
        }
        return {};
    }
    std::int64_t integer() {
        if (one_in(8)) return std::numeric_limits<std::int64_t>::max();
        if (one_in(8)) return std::numeric_limits<std::int64_t>::min();
        return one_in(2) ? below(5) - 2 : below(std::int64_t{1} << 52);
    }
    std::string text(std::size_t longest) {
        static constexpr std::string_view pieces[] = {"a", "Z",  " ", "'",  "\"", "\\",  "\n",
                                                      "ž", "漢", "😀", "{}", "%",  "\x7f"};
        if (one_in(6)) return {};
        // Now and then as long as it may be.
        const auto length = one_in(longest > 65536 ? 50 : 10)
                                ? std::min<std::size_t>(longest, 3 << 20)
                                : std::min<std::size_t>(longest, static_cast<std::size_t>(below(40)));
        std::string out;
        for (;;) {
            const auto piece = pieces[below(std::ssize(pieces))];
            if (out.size() + piece.size() > length) return out;
            out += piece;
        }
    }
    Bytes octets() {
        if (one_in(6)) return {};
        Bytes out{std::string(static_cast<std::size_t>(one_in(6) ? 1 << 20 : below(600)), '\xff')};
        for (std::size_t i = 0; i < out.data.size(); i += 1 + static_cast<std::size_t>(below(4)))
            out.data[i] = static_cast<char>(i & 0xff);
        return out;
    }

    sql::Connection& connection_;
    std::mt19937& random_;
};

}  // namespace

void add_random_rows(sql::Connection& connection, std::span<const SchemaTable> tables, std::mt19937& random,
                     int rows_for_each) {
    Maker maker(connection, random);
    for (const auto& table : tables) maker.fill(table, rows_for_each);
}

}  // namespace mf::testing

// SPDX-License-Identifier: MIT
#include "store/copy.h"

#include "base/digest.h"
#include "store/sql/quoting.h"
#include "store/sql/transaction.h"
#include "store/table_pages.h"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <ranges>

namespace mf {
namespace {

using sql::Dialect;

Error interrupted() { return {ErrorCode::unavailable, "It was interrupted; nothing was changed."}; }

/// Adds up what a table holds, in any order of its rows.
class Digest {
public:
    explicit Digest(const SchemaTable& table) : table_(table) {}

    void add(const sql::Row& row) {
        text_.clear();
        for (const Value& value : row) append(value);
        const auto hex = sha256_hex(text_);
        bool carry = false;
        for (std::size_t word = 0; word < sum_.size(); ++word) {
            const auto more = std::stoull(hex.substr(word * 16, 16), nullptr, 16);
            const auto before = sum_[word];
            sum_[word] += more + (carry ? 1 : 0);
            carry = carry ? sum_[word] <= before : sum_[word] < before;
        }
        ++rows_;
        for (const Value& value : row) bytes_ += static_cast<std::int64_t>(size_of(value));
    }

    std::int64_t rows() const { return rows_; }

    TableDigest result() {
        text_.clear();
        append(table_.name);
        for (const auto& column : table_.columns) append(column.name);
        append(rows_);
        for (const auto word : sum_) append(std::bit_cast<std::int64_t>(word));
        return {table_.name, rows_, bytes_, sha256_hex(text_)};
    }

private:
    /// Kind, length and content, so that no two rows have the same text.
    void append(const Value& value) {
        const auto octets = [&](char kind, std::string_view content) {
            text_ += kind;
            number(content.size());
            text_ += content;
        };
        if (is_null(value)) {
            text_ += 'n';
        } else if (const auto* text = std::get_if<std::string>(&value)) {
            octets('t', *text);
        } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
            octets('b', bytes->data);
        } else if (const auto* real = std::get_if<double>(&value)) {
            text_ += 'r';
            number(std::bit_cast<std::uint64_t>(*real));
        } else if (const auto* flag = std::get_if<bool>(&value)) {
            text_ += *flag ? '1' : '0';
        } else {
            text_ += 'i';
            number(static_cast<std::uint64_t>(std::get<std::int64_t>(value)));
        }
    }
    void number(std::uint64_t value) {
        for (int shift = 0; shift < 64; shift += 8) text_ += static_cast<char>(value >> shift & 0xff);
    }

    const SchemaTable& table_;
    std::array<std::uint64_t, 4> sum_{};
    std::int64_t rows_ = 0;
    std::int64_t bytes_ = 0;
    std::string text_;
};

/// Writes rows of one table, several with a statement.
class Inserter {
public:
    Inserter(sql::Connection& to, const SchemaTable& table) : to_(to), columns_(table.columns.size()) {
        std::vector<std::string> names;
        for (const auto& column : table.columns) names.push_back(column.name);
        head_ = fmt::format("INSERT INTO \"{}\" ({}) VALUES ", table.name, quoted_names(names));
        marks_ = "(?";
        for (std::size_t i = 1; i < columns_; ++i) marks_ += ", ?";
        marks_ += ")";
        // Few different lengths, so that the statements stay prepared.
        const auto most = std::max<std::size_t>(1, most_parameters / columns_);
        for (const auto count : {most, std::max<std::size_t>(1, most / 8), std::size_t{1}})
            if (counts_.empty() || count < counts_.back()) counts_.push_back(count);
    }

    void insert(sql::Rows rows) {
        for (std::span<sql::Row> left(rows); !left.empty();) {
            const auto fits = std::ranges::find_if(counts_, [&](std::size_t count) {
                if (count == 1) return true;
                if (count > left.size()) return false;
                std::size_t bytes = 0;
                for (const auto& row : left.first(count))
                    for (const auto& value : row) bytes += size_of(value);
                return bytes <= most_bytes;
            });
            std::string text = head_;
            std::vector<Value> parameters;
            parameters.reserve(*fits * columns_);
            for (auto& row : left.first(*fits)) {
                text += parameters.empty() ? marks_ : ", " + marks_;
                std::ranges::move(row, std::back_inserter(parameters));
            }
            to_.execute(text, parameters);
            left = left.subspan(*fits);
        }
    }

private:
    static constexpr std::size_t most_parameters = 900;
    /// Far below the largest packet that MariaDB takes (16 MiB).
    static constexpr std::size_t most_bytes = 1 << 20;

    sql::Connection& to_;
    std::size_t columns_;
    std::string head_;
    std::string marks_;
    std::vector<std::size_t> counts_;  // descending
};

std::int64_t number_in(const sql::Rows& rows) {
    const auto* number = rows.empty() ? nullptr : std::get_if<std::int64_t>(&rows[0][0]);
    return number ? *number : 0;
}

/// What the database remembers of the numbers it gave.
std::int64_t sequence_of(sql::Connection& connection, const SchemaTable& table, const SchemaColumn& column) {
    switch (connection.dialect()) {
        case Dialect::sqlite:
            return number_in(connection.query("SELECT seq FROM sqlite_sequence WHERE name = ?", {table.name}));
        case Dialect::postgres:
            return number_in(connection.query("SELECT pg_sequence_last_value(pg_get_serial_sequence(?, ?)::regclass)",
                                              {sql::quoted_name(table.name), column.name}));
        case Dialect::mariadb:
            return number_in(
                connection.query("SELECT CAST(auto_increment AS SIGNED) - 1 FROM "
                                 "information_schema.tables WHERE table_schema = database() AND "
                                 "table_name = ?",
                                 {table.name}));
    }
    return 0;
}

/// Until the end of the transaction. SQLite has one writer anyway, and MariaDB ends transactions by locking tables.
void keep_writers_away(sql::Connection& to, std::span<const SchemaTable> tables) {
    if (to.dialect() != Dialect::postgres) return;
    for (const auto& table : tables) to.execute(fmt::format("LOCK TABLE \"{}\" IN EXCLUSIVE MODE", table.name));
}

/// Before the transaction, which a change of a table of MariaDB would end. It remembers larger numbers by itself.
void reserve_numbers(sql::Connection& to, std::span<const SchemaTable> tables, const LastNumbers& numbers) {
    if (to.dialect() != Dialect::mariadb) return;
    for (const auto& table : tables)
        if (const auto* column = table.numbered())
            if (const auto last = numbers.at(table.name); last > sequence_of(to, table, *column))
                to.execute(fmt::format("ALTER TABLE \"{}\" AUTO_INCREMENT = {}", table.name, last + 1));
}

/// The last thing in the transaction: PostgreSQL does not take it back.
void continue_numbers(sql::Connection& to, std::span<const SchemaTable> tables, const LastNumbers& numbers) {
    for (const auto& table : tables) {
        const auto* column = table.numbered();
        if (!column) continue;
        const auto last = numbers.at(table.name);
        if (to.dialect() == Dialect::sqlite) {
            to.execute("DELETE FROM sqlite_sequence WHERE name = ?", {table.name});
            to.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", {table.name, last});
        } else if (to.dialect() == Dialect::postgres) {
            to.query("SELECT setval(pg_get_serial_sequence(?, ?)::regclass, ?, ?)",
                     {sql::quoted_name(table.name), column->name, std::max<std::int64_t>(last, 1), last > 0});
        }
    }
}

}  // namespace

Result<std::vector<TableDigest>> digest_tables(sql::Connection& connection, std::span<const SchemaTable> tables,
                                               const CopyProgress& progress) {
    std::vector<TableDigest> out;
    for (const auto& table : tables) {
        TablePages pages(connection, table);
        Digest digest(table);
        for (auto rows = pages.next(); !rows.empty(); rows = pages.next()) {
            for (const auto& row : rows) digest.add(row);
            if (progress && !progress("verifying", table.name, digest.rows())) return interrupted();
        }
        out.push_back(digest.result());
    }
    return out;
}

LastNumbers last_numbers(sql::Connection& connection, std::span<const SchemaTable> tables) {
    LastNumbers out;
    for (const auto& table : tables)
        if (const auto* column = table.numbered())
            out[table.name] = std::max(
                sequence_of(connection, table, *column),
                number_in(connection.query(fmt::format("SELECT MAX(\"{}\") FROM \"{}\"", column->name, table.name))));
    return out;
}

std::vector<std::pair<std::string, std::int64_t>> occupied_tables(sql::Connection& connection,
                                                                  std::span<const SchemaTable> tables) {
    std::vector<std::pair<std::string, std::int64_t>> out;
    for (const auto& table : tables) {
        if (table.name == "node") continue;
        const bool is_user = table.name == "user";
        auto text = fmt::format("SELECT COUNT(*) FROM \"{}\"", table.name);
        std::vector<Value> parameters;
        if (is_user) {
            text += R"( WHERE "enabled" = ?)";
            parameters.emplace_back(true);
        }
        if (const auto rows = number_in(connection.query(text, parameters)); rows > 0)
            out.emplace_back(table.name, rows);
    }
    return out;
}

std::vector<std::string> differences(std::span<const TableDigest> expected, std::span<const TableDigest> found) {
    std::vector<std::string> out;
    for (const auto& each : expected) {
        const auto other = std::ranges::find(found, each.table, &TableDigest::table);
        if (other == found.end())
            out.push_back(fmt::format("The table \"{}\" is missing.", each.table));
        else if (*other != each)
            out.push_back(fmt::format("The table \"{}\" should have {} rows with the checksum {}, and has {} with {}.",
                                      each.table, each.rows, each.sha256.substr(0, 16), other->rows,
                                      other->sha256.substr(0, 16)));
    }
    return out;
}

Result<std::vector<TableDigest>> copy_database(sql::Connection& from, sql::Connection& to,
                                               std::span<const SchemaTable> tables, const CopySteps& steps) {
    const auto check = [&]() -> Result<void> { return steps.check ? steps.check(to) : Result<void>(); };
    auto numbers = last_numbers(from, tables);
    for (const auto& [table, number] : steps.at_least) numbers[table] = std::max(numbers[table], number);
    if (auto checked = check(); !checked) return checked.error();
    reserve_numbers(to, tables, numbers);

    sql::Transaction transaction(to);
    keep_writers_away(to, tables);
    if (auto checked = check(); !checked) return checked.error();
    for (const auto& table : std::views::reverse(tables)) to.execute(fmt::format("DELETE FROM \"{}\"", table.name));
    std::vector<TableDigest> read;
    for (const auto& table : tables) {
        TablePages pages(from, table);
        Inserter inserter(to, table);
        Digest digest(table);
        for (auto rows = pages.next(); !rows.empty(); rows = pages.next()) {
            for (const auto& row : rows) digest.add(row);
            inserter.insert(std::move(rows));
            if (steps.progress && !steps.progress("copying", table.name, digest.rows())) return interrupted();
        }
        read.push_back(digest.result());
    }
    const auto written = digest_tables(to, tables, steps.progress);
    if (!written) return written.error();
    if (const auto problems = differences(read, *written); !problems.empty())
        return Error{ErrorCode::unavailable,
                     fmt::format("The copy differs from the original, so nothing of it was kept. {} Try again; if it "
                                 "happens again, the target cannot be trusted.",
                                 fmt::join(problems, " "))};
    if (steps.finish)
        for (const auto name : steps.finish(to)) {
            const auto table = std::ranges::find(tables, name, &SchemaTable::name);
            const auto changed = digest_tables(to, std::span(&*table, 1));
            *std::ranges::find(read, name, &TableDigest::table) = changed->front();
        }
    continue_numbers(to, tables, numbers);
    transaction.commit();
    return read;
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "store/schema.h"

#include "base/text.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

/// Words, "names" and 'texts' with their quotes, {type words} with their braces, and single marks.
std::vector<std::string_view> tokens_of(std::string_view sql) {
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at < sql.size();) {
        const char c = sql[at];
        std::size_t length = 1;
        const auto word = [](char letter) {
            return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                   (letter >= '0' && letter <= '9') || letter == '_' || letter == '.';
        };
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ++at;
            continue;
        }
        if (c == '"' || c == '\'' || c == '{') {
            const auto end = sql.find(c == '{' ? '}' : c, at + 1);
            if (end == std::string_view::npos)
                throw std::logic_error(fmt::format("a migration lacks the end of {}", c));
            length = end + 1 - at;
        } else if (word(c)) {
            while (at + length < sql.size() && word(sql[at + length])) ++length;
        }
        out.push_back(sql.substr(at, length));
        at += length;
    }
    return out;
}

/// Reads the tokens of one statement from the left to the right.
class Reader {
public:
    explicit Reader(std::string_view sql) : sql_(sql), tokens_(tokens_of(sql)) {}

    bool ended() const { return at_ == tokens_.size(); }
    bool is(std::string_view word) const { return !ended() && equal_ignoring_case(tokens_[at_], word); }
    /// Takes the words if they are next.
    bool take(std::initializer_list<std::string_view> words) {
        const auto before = at_;
        for (const auto word : words) {
            if (!is(word)) {
                at_ = before;
                return false;
            }
            ++at_;
        }
        return true;
    }
    void expect(std::initializer_list<std::string_view> words) {
        if (!take(words)) fail();
    }
    std::string_view next() {
        if (ended()) fail();
        return tokens_[at_++];
    }
    std::string name() {
        const auto token = next();
        if (token.size() < 3 || token.front() != '"') fail();
        return std::string(token.substr(1, token.size() - 2));
    }
    std::vector<std::string> names() {
        std::vector<std::string> out;
        expect({"("});
        do out.push_back(name());
        while (take({","}));
        expect({")"});
        return out;
    }
    /// Everything up to a ',' or ')' of this level, the value of a DEFAULT for instance.
    void skip_expression() {
        for (int depth = 0; !ended(); ++at_) {
            if (depth == 0 && (is(",") || is(")"))) return;
            if (is("(")) ++depth;
            if (is(")")) --depth;
        }
    }
    [[noreturn]] void fail() const {
        throw std::logic_error(
            fmt::format("the schema cannot be read from this statement of a migration, near \"{}\": {}",
                        ended() ? "its end" : tokens_[at_], sql_));
    }

private:
    std::string_view sql_;
    std::vector<std::string_view> tokens_;
    std::size_t at_ = 0;
};

void read_type(Reader& reader, SchemaColumn& column) {
    const auto token = reader.next();
    if (token.front() != '{') reader.fail();
    const auto word = token.substr(1, token.size() - 2);
    constexpr std::pair<std::string_view, ColumnType> types[] = {
        {"key", ColumnType::key},      {"int", ColumnType::integer}, {"time", ColumnType::time},
        {"bool", ColumnType::boolean}, {"real", ColumnType::real},   {"blob", ColumnType::blob}};
    if (word.starts_with("text ")) {
        column.type = ColumnType::text;
        column.longest = static_cast<std::size_t>(to_integer(word.substr(5)).value_or(0));
        return;
    }
    const auto found = std::ranges::find(types, word, &std::pair<std::string_view, ColumnType>::first);
    if (found == std::end(types)) reader.fail();
    column.type = found->second;
}

SchemaReference read_reference(Reader& reader, std::vector<std::string> columns) {
    SchemaReference reference{.columns = std::move(columns), .table = reader.name(), .referenced = reader.names()};
    reader.skip_expression();  // ON DELETE …
    return reference;
}

void read_column(Reader& reader, SchemaTable& table) {
    SchemaColumn column{.name = reader.name()};
    read_type(reader, column);
    if (column.type == ColumnType::key) {
        column.nullable = false;
        table.primary_key = {column.name};
    }
    while (!reader.ended() && !reader.is(",") && !reader.is(")")) {
        if (reader.take({"NOT", "NULL"})) {
            column.nullable = false;
        } else if (reader.take({"PRIMARY", "KEY"})) {
            table.primary_key = {column.name};
            column.nullable = false;
        } else if (reader.take({"DEFAULT"})) {
            if (reader.take({"("})) {
                reader.skip_expression();
                reader.expect({")"});
            } else {
                if (reader.is("-")) reader.next();
                reader.next();
            }
        } else if (reader.take({"REFERENCES"})) {
            table.references.push_back(read_reference(reader, {column.name}));
        } else if (!reader.take({"NULL"}) && !reader.take({"UNIQUE"})) {
            reader.fail();
        }
    }
    table.columns.push_back(std::move(column));
}

/// A column, or one of the table's constraints.
void read_part(Reader& reader, SchemaTable& table) {
    if (reader.take({"CONSTRAINT"})) reader.name();
    if (reader.take({"PRIMARY", "KEY"})) {
        table.primary_key = reader.names();
        for (auto& column : table.columns)
            if (std::ranges::find(table.primary_key, column.name) != table.primary_key.end()) column.nullable = false;
    } else if (reader.take({"FOREIGN", "KEY"})) {
        auto columns = reader.names();
        reader.expect({"REFERENCES"});
        table.references.push_back(read_reference(reader, std::move(columns)));
    } else if (reader.take({"UNIQUE"}) || reader.take({"CHECK"})) {
        reader.skip_expression();
    } else {
        read_column(reader, table);
    }
}

class Schema {
public:
    void apply(std::string_view statement) {
        Reader reader(statement);
        if (reader.take({"CREATE", "TABLE"})) {
            reader.take({"IF", "NOT", "EXISTS"});
            create(reader);
        } else if (reader.take({"ALTER", "TABLE"})) {
            alter(reader);
        } else if (reader.take({"DROP", "TABLE"})) {
            reader.take({"IF", "EXISTS"});
            const auto name = reader.name();
            std::erase_if(tables_, [&](const SchemaTable& table) { return table.name == name; });
        } else if (!reader.take({"CREATE", "INDEX"}) && !reader.take({"CREATE", "UNIQUE", "INDEX"}) &&
                   !reader.take({"CREATE", "OR", "REPLACE", "FUNCTION"}) &&
                   !reader.take({"CREATE", "OR", "REPLACE", "TRIGGER"}) && !reader.take({"DROP", "INDEX"}) &&
                   !reader.take({"INSERT"}) && !reader.take({"UPDATE"}) && !reader.take({"DELETE"})) {
            reader.fail();
        }
    }

    /// Those that others refer to first; otherwise as they were made.
    std::vector<SchemaTable> in_order() const {
        std::vector<SchemaTable> out;
        const auto is_out = [&](std::string_view name) {
            return std::ranges::find(out, name, &SchemaTable::name) != out.end();
        };
        while (out.size() < tables_.size()) {
            const auto next = std::ranges::find_if(tables_, [&](const SchemaTable& table) {
                return !is_out(table.name) && std::ranges::all_of(table.references, [&](const auto& reference) {
                    return reference.table == table.name || is_out(reference.table);
                });
            });
            if (next == tables_.end())
                throw std::logic_error("tables of the schema refer to each other in a circle, or to none of it");
            out.push_back(*next);
        }
        return out;
    }

private:
    void create(Reader& reader) {
        SchemaTable table{.name = reader.name()};
        // A step that was interrupted on MariaDB begins anew and finds the table there.
        if (std::ranges::find(tables_, table.name, &SchemaTable::name) != tables_.end()) return;
        reader.expect({"("});
        do read_part(reader, table);
        while (reader.take({","}));
        reader.expect({")"});
        tables_.push_back(std::move(table));
    }
    void alter(Reader& reader) {
        const auto name = reader.name();
        const auto table = std::ranges::find(tables_, name, &SchemaTable::name);
        if (table == tables_.end()) reader.fail();
        do alter(reader, *table);
        while (reader.take({","}));
        if (!reader.ended()) reader.fail();
    }
    void alter(Reader& reader, SchemaTable& table) {
        if (reader.take({"ADD"})) {
            reader.take({"COLUMN"});
            reader.take({"IF", "NOT", "EXISTS"});
            read_part(reader, table);
        } else if (reader.take({"DROP", "COLUMN"})) {
            reader.take({"IF", "EXISTS"});
            const auto column = reader.name();
            std::erase_if(table.columns, [&](const SchemaColumn& each) { return each.name == column; });
        } else if (reader.take({"RENAME", "COLUMN"})) {
            const auto before = reader.name();
            reader.expect({"TO"});
            rename_column(table, before, reader.name());
        } else if (reader.take({"RENAME", "TO"})) {
            const auto before = std::exchange(table.name, reader.name());
            for (auto& each : tables_)
                for (auto& reference : each.references)
                    if (reference.table == before) reference.table = table.name;
        } else {
            reader.fail();
        }
    }
    void rename_column(SchemaTable& table, const std::string& before, const std::string& after) {
        for (auto& column : table.columns)
            if (column.name == before) column.name = after;
        std::ranges::replace(table.primary_key, before, after);
        for (auto& each : tables_)
            for (auto& reference : each.references) {
                if (&each == &table) std::ranges::replace(reference.columns, before, after);
                if (reference.table == table.name) std::ranges::replace(reference.referenced, before, after);
            }
    }

    std::vector<SchemaTable> tables_;
};

}  // namespace

const SchemaColumn* SchemaTable::find(std::string_view column) const {
    const auto found = std::ranges::find(columns, column, &SchemaColumn::name);
    return found == columns.end() ? nullptr : &*found;
}

const SchemaColumn* SchemaTable::numbered() const {
    const auto found = std::ranges::find(columns, ColumnType::key, &SchemaColumn::type);
    return found == columns.end() ? nullptr : &*found;
}

std::vector<SchemaTable> tables_of(std::span<const std::string_view> migrations, sql::Dialect dialect) {
    Schema schema;
    for (const auto text : migrations)
        for (const auto& statement : source_statements_for(text, dialect)) schema.apply(statement);
    return schema.in_order();
}

std::vector<SchemaTable> schema_tables(int newest) {
    std::vector<std::string_view> texts;
    for (const Migration& step : migrations())
        if (step.number <= newest) texts.push_back(step.sql);
    // What differs between the databases is how a table is made, not what it is.
    return tables_of(texts, sql::Dialect::sqlite);
}

}  // namespace mf

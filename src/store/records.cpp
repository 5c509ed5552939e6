// SPDX-License-Identifier: MIT
#include "store/records.h"
#include "store/sql/quoting.h"

#include <fmt/format.h>
#include <unordered_map>

namespace mf {
namespace {

using sql::DatabaseError;

const Field* tenant_of(const Entity& entity) {
    for (const Field& field : entity.fields)
        if (field.options.tenant) return &field;
    return nullptr;
}

/// A WHERE clause under construction; knows the scope, so nobody can forget it.
class Where {
public:
    enum class Purpose { look, change };

    Where(const Entity& entity, const Scope& scope, Purpose purpose) {
        const Field* tenant = tenant_of(entity);
        if (!tenant || scope.is_everything()) return;
        const auto column = sql::quoted_name(tenant->name);
        const auto own = scope.condition(column);
        text_ = tenant->options.shared && purpose == Purpose::look
                    ? fmt::format(" WHERE ({} OR {} IS NULL)", own, column)
                    : " WHERE " + own;
    }
    void add(std::string_view column, std::string_view relation, Value value) {
        text_ += text_.empty() ? " WHERE " : " AND ";
        if (is_null(value)) {
            text_ += sql::quoted_name(column) + " IS NULL";
            return;
        }
        text_.append(sql::quoted_name(column)).append(1, ' ').append(relation).append(" ?");
        parameters.push_back(std::move(value));
    }
    void add_present(std::string_view column) {
        text_ += text_.empty() ? " WHERE " : " AND ";
        text_ += sql::quoted_name(column) + " IS NOT NULL";
    }
    const std::string& text() const { return text_; }
    std::vector<Value> parameters;

private:
    std::string text_;
};

Where where_of(const Entity& entity, const Scope& scope, const ListQuery& query) {
    Where where(entity, scope, Where::Purpose::look);
    for (const auto& [name, value] : query.equals) {
        if (!entity.find(name)) throw std::logic_error(fmt::format("{} has no field {}", entity.name, name));
        where.add(name, "=", value);
    }
    for (const auto name : query.present) {
        if (!entity.find(name)) throw std::logic_error(fmt::format("{} has no field {}", entity.name, name));
        where.add_present(name);
    }
    if (query.after) where.add(entity.key().name, query.newest_first ? "<" : ">", *query.after);
    return where;
}

struct InsertTexts {
    std::string head;    ///< INSERT INTO … VALUES
    std::string marks;   ///< (?, …)
    std::string single;  ///< one row, returning its key
};

/// Made once for each entity and thread: a recorded job takes several of them.
const InsertTexts& insert_texts(const Entity& entity) {
    thread_local std::unordered_map<const Entity*, InsertTexts> made;
    InsertTexts& texts = made[&entity];
    if (!texts.head.empty()) return texts;
    std::string names;
    for (const Field& field : entity.fields) {
        if (field.options.key) continue;
        names += (names.empty() ? "" : ", ") + sql::quoted_name(field.name);
        texts.marks += texts.marks.empty() ? "(?" : ", ?";
    }
    texts.marks += ')';
    texts.head = fmt::format("INSERT INTO {} ({}) VALUES ", sql::quoted_name(entity.name), names);
    texts.single = fmt::format("{}{} RETURNING {}", texts.head, texts.marks, sql::quoted_name(entity.key().name));
    return texts;
}

/// SELECT … FROM …, made once for each entity and thread as well.
const std::string& select_text(const Entity& entity) {
    thread_local std::unordered_map<const Entity*, std::string> made;
    std::string& text = made[&entity];
    if (text.empty()) text = fmt::format("SELECT {} FROM {}", column_list(entity), sql::quoted_name(entity.name));
    return text;
}

Error already_exists(const Entity& entity) {
    return {ErrorCode::conflict, fmt::format("Another {} with these values already exists.", entity.title)};
}

bool is_within(const Scope& scope, const Value& company) {
    const auto* id = std::get_if<std::int64_t>(&company);
    return scope.is_everything() || (id && scope.contains({*id}));
}

/// The values of a new row.
Result<void> add_values(const Entity& entity, const Scope& scope, const void* record, std::vector<Value>& parameters) {
    for (const Field& field : entity.fields) {
        if (field.options.key) continue;
        Value value = field.read(record);
        if (field.options.tenant && !is_within(scope, value))
            return Error{ErrorCode::forbidden, fmt::format("The {} would belong to another company.", entity.title)};
        parameters.push_back(std::move(value));
    }
    return {};
}

Error not_found(const Entity& entity, std::int64_t id) {
    return {ErrorCode::not_found, fmt::format("There is no {} {}.", entity.title, id)};
}

/// Why no row was changed: there is none, or everybody sees it and only the whole installation may change it.
Error unchanged(Records& records, const Entity& entity, std::int64_t id) {
    const Field* tenant = tenant_of(entity);
    if (tenant && tenant->options.shared && records.count(entity, {.equals = {{entity.key().name, id}}}) > 0)
        return {ErrorCode::forbidden,
                fmt::format("{} {} belongs to every company; only an administrator of the installation may change it.",
                            entity.title, id)};
    return not_found(entity, id);
}

}  // namespace

void fill(const Entity& entity, std::span<const Value> row, void* record) {
    for (std::size_t i = 0; i < entity.fields.size(); ++i) {
        if (entity.fields[i].write(record, row[i])) continue;
        std::string which;
        for (std::size_t k = 0; k < entity.fields.size(); ++k)
            if (const auto* id = std::get_if<std::int64_t>(&row[k]); id && entity.fields[k].options.key)
                which = fmt::format(" {}", *id);
        throw DatabaseError(DatabaseError::Kind::other,
                            fmt::format("{}{}: the database holds a {} that this program cannot read.", entity.title,
                                        which, entity.fields[i].name));
    }
}

std::string column_list(const Entity& entity, std::string_view alias) {
    std::string out;
    for (const Field& field : entity.fields) {
        if (!out.empty()) out += ", ";
        if (!alias.empty()) out.append(alias).append(".");
        out += sql::quoted_name(field.name);
    }
    return out;
}

Result<void> Records::find(const Entity& entity, std::int64_t id, void* record) {
    Where where(entity, scope_, Where::Purpose::look);
    where.add(entity.key().name, "=", id);
    const auto rows = sql_.query(select_text(entity) + where.text(), where.parameters);
    if (rows.empty()) return not_found(entity, id);
    fill(entity, rows.front(), record);
    return {};
}

Result<void> Records::insert(const Entity& entity, void* record) {
    std::vector<Value> parameters;
    parameters.reserve(entity.fields.size());
    if (auto added = add_values(entity, scope_, record, parameters); !added) return added;
    try {
        const auto rows = sql_.query(insert_texts(entity).single, parameters);
        entity.key().write(record, rows.at(0).at(0));
        return {};
    } catch (const DatabaseError& error) {
        if (error.kind != DatabaseError::Kind::unique_violation) throw;
        return already_exists(entity);
    }
}

Result<void> Records::insert_all(const Entity& entity, std::span<const void* const> records) {
    constexpr std::size_t most_parameters = 900;  // far below what any of the databases takes, and few lengths of text
    const auto rows_at_once = std::max<std::size_t>(1, most_parameters / entity.fields.size());
    const auto& texts = insert_texts(entity);
    for (; !records.empty(); records = records.subspan(std::min(rows_at_once, records.size()))) {
        std::string text = texts.head;
        std::vector<Value> parameters;
        for (const void* record : records.first(std::min(rows_at_once, records.size()))) {
            if (!parameters.empty()) text += ", ";
            text += texts.marks;
            if (auto added = add_values(entity, scope_, record, parameters); !added) return added;
        }
        try {
            sql_.execute(text, parameters);
        } catch (const DatabaseError& error) {
            if (error.kind != DatabaseError::Kind::unique_violation) throw;
            return already_exists(entity);
        }
    }
    return {};
}

Result<void> Records::update(const Entity& entity, const void* before, const void* after) {
    std::string sets;
    std::vector<Value> parameters;
    for (const Field& field : entity.fields) {
        if (field.options.key) continue;
        Value value = field.read(after);
        if (value == field.read(before)) continue;
        if (field.options.tenant)
            return Error{ErrorCode::forbidden, fmt::format("A {} stays with its company.", entity.title)};
        sets += fmt::format("{}{} = ?", sets.empty() ? "" : ", ", sql::quoted_name(field.name));
        parameters.push_back(std::move(value));
    }
    if (sets.empty()) return {};
    const auto id = std::get<std::int64_t>(entity.key().read(after));
    Where where(entity, scope_, Where::Purpose::change);
    where.add(entity.key().name, "=", id);
    parameters.insert(parameters.end(), where.parameters.begin(), where.parameters.end());
    try {
        if (sql_.execute(fmt::format("UPDATE {} SET {}{}", sql::quoted_name(entity.name), sets, where.text()),
                         parameters) == 0)
            return unchanged(*this, entity, id);
        return {};
    } catch (const DatabaseError& error) {
        if (error.kind != DatabaseError::Kind::unique_violation) throw;
        return already_exists(entity);
    }
}

Result<void> Records::erase(const Entity& entity, std::int64_t id) {
    Where where(entity, scope_, Where::Purpose::change);
    where.add(entity.key().name, "=", id);
    try {
        if (sql_.execute(fmt::format("DELETE FROM {}{}", sql::quoted_name(entity.name), where.text()),
                         where.parameters) == 0)
            return unchanged(*this, entity, id);
        return {};
    } catch (const DatabaseError& error) {
        if (error.kind != DatabaseError::Kind::foreign_key) throw;
        return Error{ErrorCode::conflict, fmt::format("{} {} is still used.", entity.title, id)};
    }
}

sql::Rows Records::list(const Entity& entity, const ListQuery& query) {
    Where where = where_of(entity, scope_, query);
    auto text = select_text(entity) + where.text() + " ORDER BY " + sql::quoted_name(entity.key().name);
    if (query.newest_first) text += " DESC";
    if (query.limit || query.offset) {
        text += " LIMIT ? OFFSET ?";
        where.parameters.push_back(query.limit.value_or(std::numeric_limits<std::int64_t>::max()));
        where.parameters.push_back(query.offset);
    }
    return sql_.query(text, where.parameters);
}

std::int64_t Records::count(const Entity& entity, const ListQuery& query) {
    const Where where = where_of(entity, scope_, query);
    const auto rows = sql_.query(fmt::format("SELECT COUNT(*) FROM {}{}", sql::quoted_name(entity.name), where.text()),
                                 where.parameters);
    return std::get<std::int64_t>(rows.at(0).at(0));
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"
#include "store/scope.h"

namespace mf {

/// Which records, in which order. Lists page by key: give the last key seen as `after`.
struct ListQuery {
    std::vector<std::pair<std::string_view, Value>> equals = {};  ///< field name and value; null means "is null"
    std::vector<std::string_view> present = {};                   ///< fields that have a value
    bool newest_first = false;                                    ///< by key
    std::optional<std::int64_t> after = {};                       ///< key of the last record of the page before
    std::optional<std::int64_t> limit = {};
    std::int64_t offset = 0;
};

/// Reads and writes records of any entity, guided by its field table. Use Repository, the typed face of this.
///
/// Where the tenant of a row may be null, null means every company: within the scope of any company such rows are
/// found, and only the scope of the whole installation may make, change or erase them (others: forbidden).
class Records {
public:
    Records(Session& session, Scope scope) : sql_(session.sql), scope_(std::move(scope)) {}

    Result<void> find(const Entity& entity, std::int64_t id, void* record);
    Result<void> insert(const Entity& entity, void* record);
    Result<void> insert_all(const Entity& entity, std::span<const void* const> records);
    Result<void> update(const Entity& entity, const void* before, const void* after);
    Result<void> erase(const Entity& entity, std::int64_t id);
    sql::Rows list(const Entity& entity, const ListQuery& query);
    std::int64_t count(const Entity& entity, const ListQuery& query);

private:
    sql::Connection& sql_;
    Scope scope_;
};

/// Copies a row, in the order of column_list(), into a record.
void fill(const Entity& entity, std::span<const Value> row, void* record);

/// "id", "name", … for a SELECT that ends in fill(); with a table alias: j."id", j."name", …
std::string column_list(const Entity& entity, std::string_view alias = {});

/// The records of one entity, within one scope and one session.
template <class T>
class Repository {
public:
    Repository(Session& session, Scope scope) : records_(session, std::move(scope)) {}

    /// not_found: no such row, or it belongs to another company.
    Result<T> find(Id<T> id) {
        T record;
        return records_.find(entity(), id.value, &record).transform([&] { return std::move(record); });
    }
    /// Fills the key in. conflict: a unique value is taken. forbidden: the row would belong to another company.
    Result<void> insert(T& record) { return records_.insert(entity(), &record); }
    /// Inserts any number of records at once and does not learn their keys, which takes less than half of the time.
    /// Fails as insert() does; inside a transaction, where a failure takes all of them back.
    Result<void> insert_all(std::span<const T> records) {
        std::vector<const void*> each;
        for (const T& record : records) each.push_back(&record);
        return records_.insert_all(entity(), each);
    }
    /// Writes what differs between the two.
    Result<void> update(const T& before, const T& after) { return records_.update(entity(), &before, &after); }
    Result<void> erase(Id<T> id) { return records_.erase(entity(), id.value); }
    std::vector<T> list(const ListQuery& query = {}) {
        std::vector<T> out;
        for (const sql::Row& row : records_.list(entity(), query)) fill(entity(), row, &out.emplace_back());
        return out;
    }
    /// The same as rows, with the values of the fields in their order.
    sql::Rows rows(const ListQuery& query) { return records_.list(entity(), query); }
    std::optional<T> first(const ListQuery& query) {
        ListQuery one = query;
        one.limit = 1;
        auto found = list(one);
        if (found.empty()) return std::nullopt;
        return std::move(found.front());
    }
    std::int64_t count(const ListQuery& query = {}) { return records_.count(entity(), query); }

private:
    static const Entity& entity() { return entity_of<T>(); }
    Records records_;
};

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"
#include "store/scope.h"

namespace mf {

/// SQL of use cases. A statement that names a table whose rows belong to companies must say where the scope comes in:
///
///     sql.query(R"(SELECT COUNT(*) FROM "job" j WHERE j."end" < ? AND {scope j})", {…});
///
/// `{scope}` and `{scope alias}` become the condition on "company_id"; `{shared alias}` the one that is also true of
/// rows which belong to every company (FieldOptions::shared). Without one the statement is not run: it throws
/// std::logic_error, in tests and in production alike.
class ScopedSql {
public:
    ScopedSql(Session& session, Scope scope) : session_(session), scope_(std::move(scope)) {}

    sql::Rows query(std::string_view text, const std::vector<Value>& parameters = {});
    /// The number of rows that were changed.
    std::int64_t execute(std::string_view text, const std::vector<Value>& parameters = {});
    /// rows_of() within the scope; `{}` is the list of ids.
    void rows_of(std::string_view text, std::vector<std::int64_t> ids, const std::function<void(sql::Row&)>& take);

private:
    std::string scoped(std::string_view text) const;
    Session& session_;
    Scope scope_;
};

/// The tables whose rows belong to companies, as a test compares them with the migrations.
std::span<const std::string_view> tables_of_companies();

}  // namespace mf

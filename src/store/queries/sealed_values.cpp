// SPDX-License-Identifier: MIT
#include "store/queries/sealed_values.h"

#include "store/sql/quoting.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr SealedColumn places_of_secrets[] = {
    {"company_variable", "value", "id", "secret"},
    {"configuration", "value", "id", "sealed"},
    {"credential_type_setting", "value", "id", "sealed"},
    {"credential_value", "value", "id", "sealed"},
    {"job_override", "sealed", "job_id", ""},
    {"user", "totp", "id", ""},
    {"oidc_request", "verifier", "id", ""},
    {"idempotency", "answer", "id", ""},
    {"event_source", "db_password", "id", ""},
};

std::string condition_of(const SealedColumn& column) {
    return column.marked.empty() ? fmt::format("{} IS NOT NULL", sql::quoted_name(column.column))
                                 : fmt::format("{} = ?", sql::quoted_name(column.marked));
}

std::vector<Value> parameters_of(const SealedColumn& column) {
    return column.marked.empty() ? std::vector<Value>() : std::vector<Value>{true};
}

}  // namespace

std::span<const SealedColumn> sealed_columns() { return places_of_secrets; }

bool holds_sealed_values(Session& session) {
    return std::ranges::any_of(places_of_secrets, [&](const SealedColumn& column) {
        return !session.sql
                    .query(fmt::format("SELECT 1 FROM {} WHERE {} LIMIT 1", sql::quoted_name(column.table),
                                       condition_of(column)),
                           parameters_of(column))
                    .empty();
    });
}

ResealedPage reseal_page(Session& session, const Vault& vault, std::string_view data_key, const SealedColumn& column,
                         std::int64_t after, std::int64_t at_once, Reseal how) {
    const auto table = sql::quoted_name(column.table), key = sql::quoted_name(column.key),
               value = sql::quoted_name(column.column);
    auto parameters = parameters_of(column);
    parameters.emplace_back(after);
    parameters.emplace_back(at_once);
    const auto rows = session.sql.query(fmt::format("SELECT {}, {} FROM {} WHERE {} AND {} > ? ORDER BY {} LIMIT ?",
                                                    key, value, table, condition_of(column), key, key),
                                        parameters);
    const auto update = fmt::format("UPDATE {} SET {} = ? WHERE {} = ? AND {} = ?", table, value, key, value);
    ResealedPage page{.seen = std::ssize(rows)};
    for (const auto& row : rows) {
        const auto id = std::get<std::int64_t>(row[0]);
        const auto& sealed = std::get<std::string>(row[1]);
        const Place place{column.table, column.column, id};
        const auto secret = vault.open(sealed, place);
        if (!secret) {
            page.unreadable.push_back({id, secret.error().message});
            continue;
        }
        if (key_of_sealed(sealed) == data_key) continue;
        ++page.resealed;
        // Guarded by the former text: somebody may have entered another secret since.
        if (how == Reseal::now) session.sql.execute(update, {vault.seal(*secret, place, data_key), id, sealed});
    }
    if (std::ssize(rows) == at_once) page.next = std::get<std::int64_t>(rows.back()[0]);
    return page;
}

}  // namespace mf

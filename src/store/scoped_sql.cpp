// SPDX-License-Identifier: MIT
#include "store/scoped_sql.h"

#include "store/rows_of.h"

#include <fmt/format.h>
#include <algorithm>

namespace mf {
namespace {

constexpr std::string_view of_companies[] = {"artifacts",
                                             "audit",
                                             "company_application",
                                             "company_user",
                                             "company_variable",
                                             "configuration",
                                             "credential",
                                             "credential_type",
                                             "credential_type_field",
                                             "credential_type_setting",
                                             "credential_value",
                                             "credential_version",
                                             "event_change",
                                             "event_rule",
                                             "event_source",
                                             "job",
                                             "job_change",
                                             "job_count",
                                             "lane",
                                             "runtemplate",
                                             "runtemplate_credential",
                                             "runtemplate_topic",
                                             "schedule",
                                             "task",
                                             "task_count"};

static_assert(std::ranges::is_sorted(of_companies));

bool names_table_of_companies(std::string_view text) {
    for (auto from = text.find('"'); from != std::string_view::npos; from = text.find('"', from)) {
        const auto to = text.find('"', ++from);
        if (to == std::string_view::npos) return false;
        if (std::ranges::binary_search(of_companies, text.substr(from, to - from))) return true;
        from = to + 1;
    }
    return false;
}

}  // namespace

std::span<const std::string_view> tables_of_companies() { return of_companies; }

std::string ScopedSql::scoped(std::string_view text) const {
    std::string out;
    bool is_scoped = false;
    for (auto at = text.find('{'); at != std::string_view::npos; at = text.find('{', at)) {
        const auto end = text.find('}', at);
        if (end == std::string_view::npos) break;
        const auto inside = text.substr(at + 1, end - at - 1);
        const bool is_shared = inside.starts_with("shared");
        if (!is_shared && !inside.starts_with("scope")) {
            at = end;  // a place for something else
            continue;
        }
        const auto blank = inside.find(' ');
        const auto column = blank == std::string_view::npos
                                ? std::string(R"("company_id")")
                                : fmt::format(R"({}."company_id")", inside.substr(blank + 1));
        const auto condition = scope_.condition(column);
        out += text.substr(0, at);
        out += is_shared ? fmt::format("({} OR {} IS NULL)", condition, column) : condition;
        text.remove_prefix(end + 1);
        at = 0;
        is_scoped = true;
    }
    out += text;
    if (!is_scoped && names_table_of_companies(out))
        throw std::logic_error(fmt::format("a statement on rows of companies says nothing of the scope: {}", out));
    return out;
}

sql::Rows ScopedSql::query(std::string_view text, const std::vector<Value>& parameters) {
    return session_.sql.query(scoped(text), parameters);
}

std::int64_t ScopedSql::execute(std::string_view text, const std::vector<Value>& parameters) {
    return session_.sql.execute(scoped(text), parameters);
}

void ScopedSql::rows_of(std::string_view text, std::vector<std::int64_t> ids,
                        const std::function<void(sql::Row&)>& take) {
    mf::rows_of(session_, scoped(text), std::move(ids), take);
}

}  // namespace mf

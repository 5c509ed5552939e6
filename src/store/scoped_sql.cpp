// SPDX-License-Identifier: MIT
#include "store/scoped_sql.h"

#include "store/rows_of.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::string_view of_companies[] = {
    "artifacts",     "audit", "company_application", "company_user", "company_variable",
    "configuration", "job",   "job_count",           "lane",         "runtemplate",
    "schedule",      "task",  "task_count"};

constexpr std::string_view mark = "{scope";

bool names_table_of_companies(std::string_view text) {
    return std::ranges::any_of(of_companies, [&](std::string_view table) {
        return text.find(fmt::format("\"{}\"", table)) != std::string_view::npos;
    });
}

}  // namespace

std::span<const std::string_view> tables_of_companies() { return of_companies; }

std::string ScopedSql::scoped(std::string_view text) const {
    std::string out;
    bool is_scoped = false;
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
        const auto end = text.find('}', at);
        if (end == std::string_view::npos) break;
        auto alias = text.substr(at + mark.size(), end - at - mark.size());
        if (alias.starts_with(' ')) alias.remove_prefix(1);
        out += text.substr(0, at);
        out += scope_.condition(alias.empty() ? R"("company_id")" : fmt::format(R"({}."company_id")", alias));
        text.remove_prefix(end + 1);
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

// SPDX-License-Identifier: MIT
#include "api/compatible/answer.h"

#include <fmt/format.h>
#include <algorithm>
#include <vector>

namespace mf::compatible {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            case '\0': out += "\xEF\xBF\xBD"; break;
            default: out += c;
        }
    }
    return out;
}

std::string anchor(std::string_view base, std::string_view place, const json::value& id, const json::value& text) {
    return fmt::format("<a href=\"{}/{}/{}.html\">{}</a>", escaped(base), place, escaped(text_of(id)),
                       escaped(text_of(text)));
}

/// A cell; numbers of other records lead to them.
std::string cell(std::string_view key, const json::value& content, std::string_view base) {
    constexpr std::pair<std::string_view, std::string_view> references[] = {{"app_id", "app"},
                                                                            {"company_id", "company"},
                                                                            {"runtemplate_id", "runtemplate"},
                                                                            {"job_id", "job"},
                                                                            {"user_id", "user"},
                                                                            {"task_id", "task"},
                                                                            {"credential_type_id", "credential_type"},
                                                                            {"launched_by", "user"},
                                                                            {"event_source_id", "eventsource"}};
    if (content.is_int64())
        for (const auto& [name, place] : references)
            if (key == name) return anchor(base, place, content, content);
    if (key == "path" && content.is_string()) return fmt::format("<a href=\"{0}\">{0}</a>", escaped(text_of(content)));
    if (key == "stdout" || key == "stderr") return fmt::format("<pre>{}</pre>", escaped(text_of(content)));
    return escaped(text_of(content));
}

std::string table_of_records(const std::vector<const json::value*>& records, const Answer& answer,
                             std::string_view base) {
    std::vector<std::string_view> columns;
    for (const auto* record : records)
        if (const auto* members = record->if_object())
            for (const auto& [key, content] : *members)
                if (std::ranges::find(columns, std::string_view(key)) == columns.end()) columns.emplace_back(key);
    std::string out = "<table>\n<thead><tr>";
    for (const auto column : columns) out += fmt::format("<th>{}</th>", escaped(column));
    out += "</tr></thead>\n<tbody>\n";
    for (const auto* record : records) {
        out += "<tr>";
        const auto* members = record->if_object();
        if (!members) out += fmt::format("<td>{}</td>", escaped(text_of(*record)));
        const auto* id = members ? members->if_contains("id") : nullptr;
        for (const auto column : columns) {
            const auto* content = members ? members->if_contains(column) : nullptr;
            const bool leads_there = id && !answer.link.empty() && (column == "id" || column == "name");
            out += fmt::format("<td>{}</td>", !content      ? std::string()
                                              : leads_there ? anchor(base, answer.link, *id, *content)
                                                            : cell(column, *content, base));
        }
        out += "</tr>\n";
    }
    return out + "</tbody>\n</table>\n";
}

std::string table_of_members(const json::object& members, std::string_view base) {
    std::string out = "<table>\n<tbody>\n";
    for (const auto& [key, content] : members)
        out += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", escaped(std::string_view(key)),
                           cell(std::string_view(key), content, base));
    return out + "</tbody>\n</table>\n";
}

std::string table_of(const Answer& answer, std::string_view base) {
    const json::value* body = &answer.body;
    // {"ping": [...]}, {"status": {...}}: the wrapper says nothing to people.
    if (const auto* members = body->if_object(); members && members->size() == 1 && answer.element.empty())
        if (const auto& only = members->begin()->value(); only.is_object() || only.is_array()) body = &only;
    std::vector<const json::value*> records;
    if (const auto* list = body->if_array()) {
        for (const auto& record : *list) records.push_back(&record);
        return table_of_records(records, answer, base);
    }
    const auto* members = body->if_object();
    if (!members) return fmt::format("<p>{}</p>\n", escaped(text_of(*body)));
    if (answer.element.empty()) return table_of_members(*members, base);
    for (const auto& [id, record] : *members) records.push_back(&record);
    return table_of_records(records, answer, base);
}

}  // namespace

std::string to_html(const Answer& answer, std::string_view base) {
    return fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>MultiFlexi</title>\n"
        "<style>body{{font-family:sans-serif}}table{{border-collapse:collapse}}th,td{{border:1px solid "
        "#ccc;padding:.2em .5em;text-align:left;vertical-align:top}}pre{{margin:0}}</style>\n</head>\n"
        "<body>\n<p><a href=\"{}/index.html\">MultiFlexi</a></p>\n{}</body>\n</html>\n",
        escaped(base), table_of(answer, base));
}

}  // namespace mf::compatible

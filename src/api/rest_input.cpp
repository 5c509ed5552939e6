// SPDX-License-Identifier: MIT
#include "api/rest_input.h"

#include "base/json.h"
#include "base/text.h"

#include <fmt/format.h>

namespace mf {
namespace {

/// Collects input, and complaints.
class Gathering {
public:
    explicit Gathering(const Operation& operation) : operation_(operation) {}

    void complain(std::string_view field, std::string message) {
        error_.message += (error_.message.empty() ? "" : " ") + message;
        error_.fields.push_back({std::string(field), std::move(message)});
    }
    void take(std::string_view name, json::value value, std::string_view from) {
        const auto* field = operation_.input->find(name);
        if (!field || name == "nothing") {
            complain(name, fmt::format("{}: {} takes nothing of this name{}.", name, operation_.name, from));
            return;
        }
        if (const auto* known = input_.if_contains(name)) {
            const auto text = [](const json::value& of) {
                return of.is_string() ? std::string(of.get_string()) : to_text(of);
            };
            if (text(*known) != text(value))
                complain(name, fmt::format("{}: there are two different values{}.", name, from));
            return;
        }
        input_[name] = std::move(value);
    }
    json::object& input() { return input_; }
    Result<json::object> done() {
        if (!error_.fields.empty()) return with_all_complaints();
        return std::move(input_);
    }

private:
    /// What else is wrong is told at once.
    Error with_all_complaints() {
        const auto checked = operation_.check ? operation_.check(input_) : Result<void>();
        if (checked) return std::move(error_);
        const auto own = error_.fields.size();
        for (const auto& each : checked.error().fields) {
            const auto told = std::span(error_.fields).first(own);
            if (std::ranges::find(told, each.field, &FieldError::field) == told.end())
                complain(each.field,
                         each.message.ends_with('.') ? each.message : fmt::format("{}: {}.", each.field, each.message));
        }
        return std::move(error_);
    }

    const Operation& operation_;
    json::object input_;
    Error error_;
};

void read_page(const http::Request& request, Gathering& out, AnswerShape& shape) {
    shape.limit = usual_page;
    if (const auto given = request.query_value("limit")) {
        const auto number = to_integer(*given);
        if (!number || *number < 1 || *number > longest_page)
            out.complain("limit", fmt::format("limit: must be a number from 1 to {}.", longest_page));
        else
            shape.limit = *number;
    }
    out.input()["limit"] = shape.limit + 1;
    if (const auto cursor = request.query_value("cursor")) {
        const auto id = cursor->starts_with("k") ? to_integer(cursor->substr(1)) : std::nullopt;
        if (!id)
            out.complain("cursor", "cursor: is none that an earlier page has named.");
        else
            out.take("after", *id, " (cursor)");
    }
}

void read_query(const http::Request& request, bool paged, Gathering& out, AnswerShape& shape) {
    for (const auto& [name, value] : request.query) {
        if (name == "fields") {
            for (const auto part : split(value, ','))
                if (const auto field = trim(part); !field.empty()) shape.fields.emplace_back(field);
            continue;
        }
        if (paged && (name == "limit" || name == "cursor")) continue;
        // A form of any page can send a query, and proxies keep addresses.
        if (request.method != "GET" && request.method != "HEAD" && request.method != "DELETE") {
            out.complain(name,
                         fmt::format("{}: a {} request has its input in the body, as JSON.", name, request.method));
            continue;
        }
        out.take(name, json::value(value), " in the query");
    }
}

/// invalid: the body is not what it says it is.
Result<void> read_body(const http::Request& request, Gathering& out) {
    if (request.body.empty()) return {};
    if (request.method == "GET" || request.method == "HEAD" || request.method == "DELETE")
        return invalid(fmt::format("A {} request has no body; put options into the query.", request.method));
    const auto type = request.header("Content-Type");
    const auto media = trim(type.substr(0, type.find(';')));
    if (!equal_ignoring_case(media, "application/json") && !equal_ignoring_case(media, "application/merge-patch+json"))
        return invalid("The body must be JSON, and the header Content-Type must say application/json.");
    const auto parsed = parse_json(request.body);
    if (!parsed) return invalid(fmt::format("The body is no JSON. {}", parsed.error().message));
    if (!parsed->is_object()) return invalid("The body must be a JSON object.");
    for (const auto& [name, value] : parsed->get_object()) out.take(name, value, " in the body");
    return {};
}

}  // namespace

std::string cursor_after(std::int64_t id) { return fmt::format("k{}", id); }

Result<RestInput> read_input(const Operation& operation, const http::Request& request, const json::object& path) {
    RestInput out;
    out.shape.paged = is_paged(operation);
    Gathering gathering(operation);
    for (const auto& [name, value] : path) gathering.take(name, value, " in the path");
    read_query(request, out.shape.paged, gathering, out.shape);
    if (auto body = read_body(request, gathering); !body) return body.error();
    if (out.shape.paged) read_page(request, gathering, out.shape);
    auto input = gathering.done();
    if (!input) return input.error();
    out.input = *std::move(input);
    return out;
}

}  // namespace mf

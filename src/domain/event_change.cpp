// SPDX-License-Identifier: MIT
#include "domain/event_change.h"

#include "base/text.h"
#include "base/text_within.h"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <cmath>

namespace mf {

template <>
const Entity& entity_of<EventChange>() {
    using C = EventChange;
    static constexpr auto fields = fields_of<C>(
        field<&C::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&C::company_id>("company_id", {.label = "Company", .references = "company", .tenant = true}),
        field<&C::event_source_id>("event_source_id",
                                   {.label = "Event source", .references = "event_source", .listed = true}),
        field<&C::event_rule_id>("event_rule_id", {.label = "Event rule", .references = "event_rule", .listed = true}),
        field<&C::source_change_id>("source_change_id", {.label = "Change"}),
        field<&C::inversion>("inversion", {.label = "Number of the change", .listed = true}),
        field<&C::evidence>("evidence", {.label = "Evidence", .listed = true}),
        field<&C::operation>("operation", {.label = "Operation", .max_length = 64, .listed = true}),
        field<&C::record_id>("record_id", {.label = "Record", .listed = true}),
        field<&C::priority>("priority", {.label = "Priority"}),
        field<&C::state>("state", {.label = "State", .max_length = 16, .listed = true}),
        field<&C::attempts>("attempts", {.label = "Failed attempts", .listed = true}),
        field<&C::next_attempt_at>("next_attempt_at", {.label = "Next attempt"}),
        field<&C::message>("message", {.label = "Reason", .max_length = 1024, .listed = true}),
        field<&C::launched_job_id>("launched_job_id", {.label = "Job", .listed = true}),
        field<&C::received_at>("received_at", {.label = "Received", .read_only = true}));
    static constexpr Entity entity{"event_change", "Event change", fields};
    return entity;
}

namespace {

bool is_plain_text(std::string_view text) { return is_utf8(text) && text.find('\0') == std::string_view::npos; }

/// What JSON has no room for, such as octets that are no text, is null.
json::value json_of_column(const Value& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    if (const auto* flag = std::get_if<bool>(&value)) return *flag;
    if (const auto* real = std::get_if<double>(&value))
        return std::isfinite(*real) ? json::value(*real) : json::value(nullptr);
    if (const auto* text = std::get_if<std::string>(&value); text && is_plain_text(*text)) return json::string(*text);
    // MySQL gives JSON as octets.
    if (const auto* bytes = std::get_if<Bytes>(&value); bytes && is_plain_text(bytes->data))
        return json::string(bytes->data);
    return nullptr;
}

std::optional<std::int64_t> number_of_change(const Value& value) {
    std::optional<std::int64_t> number;
    if (const auto* whole = std::get_if<std::int64_t>(&value)) number = *whole;
    if (const auto* text = std::get_if<std::string>(&value)) number = to_integer(*text);
    if (number && *number > 0) return number;
    return std::nullopt;
}

class RowReader {
public:
    RowReader(std::span<const std::string> columns, std::span<const Value> row) {
        for (std::size_t i = 0; i < columns.size() && i < row.size(); ++i) values_.emplace(columns[i], &row[i]);
    }
    const Value* value(std::string_view column) const {
        const auto found = values_.find(column);
        return found == values_.end() || is_null(*found->second) ? nullptr : found->second;
    }
    /// Of a column that jobs are told; empty if it is null.
    std::string text(std::string_view column, std::size_t most) {
        const auto* found = value(column);
        if (!found) return {};
        const auto read = json_of_column(*found);
        if (read.is_null()) {
            complain(fmt::format("Its {} is no valid text.", column));
            return {};
        }
        const auto* string = read.if_string();
        std::string out = string ? std::string(string->data(), string->size()) : to_text(read);
        if (out.size() <= most) return out;
        complain(fmt::format("Its {} is longer than {} bytes.", column, most));
        return text_within(out, most);
    }
    json::object context() {
        const auto* found = value("context");
        if (!found) return {};
        const auto read = json_of_column(*found);
        const auto* string = read.if_string();
        if (string && string->size() > longest_context) {
            complain(fmt::format("Its context is longer than {} bytes.", longest_context));
            return {};
        }
        if (string && trim({string->data(), string->size()}).empty()) return {};
        auto parsed = string ? parse_json({string->data(), string->size()}) : Result<json::value>(read);
        if (parsed && parsed->is_object()) return std::move(parsed->as_object());
        complain("Its context is no JSON object" + (parsed ? std::string(".") : ": " + parsed.error().message));
        return {};
    }
    /// The row wins over the context.
    void add_columns(json::object& out) const {
        for (const auto& [name, value] : values_)
            if (name != "context") out[name] = json_of_column(*value);
    }
    void complain(std::string sentence) {
        if (flaw.empty()) flaw = std::move(sentence);
    }

    std::string flaw;

private:
    std::map<std::string, const Value*, std::less<>> values_;
};

}  // namespace

std::optional<ToldChange> told_change(std::span<const std::string> columns, std::span<const Value> row) {
    RowReader reader(columns, row);
    const auto* inversion = reader.value("inversion");
    const auto number = inversion ? number_of_change(*inversion) : std::nullopt;
    if (!number) return std::nullopt;
    ToldChange out{.inversion = *number,
                   .evidence = reader.text("evidence", 255),
                   .operation = reader.text("operation", 64),
                   .record_id = reader.text("recordid", 255)};
    if (reader.value("document_uri")) out.document_uri = reader.text("document_uri", 2048);
    out.data = reader.context();
    reader.add_columns(out.data);
    if (reader.flaw.empty() && to_text(out.data).size() > largest_change)
        reader.complain(fmt::format("It is larger than {} bytes.", largest_change));
    out.flaw = std::move(reader.flaw);
    if (!out.flaw.empty()) out.data.clear();
    return out;
}

bool wants(const EventRule& rule, const ToldChange& change) {
    const auto fits = [&](std::string_view wanted, std::string_view told) {
        return wanted == told || (told.empty() && !change.flaw.empty());
    };
    if (rule.evidence && !rule.evidence->empty() && !fits(*rule.evidence, change.evidence)) return false;
    return rule.operation == ChangeOperation::any ||
           fits(names_of(ChangeOperation{})[static_cast<std::size_t>(rule.operation)], change.operation);
}

TextMap variables_of(const ToldChange& change, const TextMap& mapping) {
    TextMap out{{"EVENT_INVERSION", fmt::to_string(change.inversion)},
                {"EVENT_EVIDENCE", change.evidence},
                {"EVENT_OPERATION", change.operation},
                {"EVENT_RECORD_ID", change.record_id}};
    if (change.document_uri) out["EVENT_DOCUMENT_URI"] = *change.document_uri;
    for (const auto& [variable, selector] : mapping)
        if (auto value = select_value(change.data, selector)) out[variable] = *std::move(value);
    return out;
}

}  // namespace mf

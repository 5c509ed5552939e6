// SPDX-License-Identifier: MIT
#include "domain/entity_json.h"

#include "base/text.h"

#include <fmt/ranges.h>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <utility>

namespace mf {
namespace {

/// "2026-01-31T02:00:07.120Z". By hand, because a page of a list has hundreds of them.
void append_iso(std::string& out, std::int64_t ms) {
    const Timestamp moment{std::chrono::milliseconds{ms}};
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{moment - day};
    const int year = static_cast<int>(date.year());
    if (year < 0 || year > 9999) {
        out += fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", year, static_cast<unsigned>(date.month()),
                           static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(),
                           time.seconds().count());
        return;
    }
    std::array<char, 24> text;
    char* at = text.data();
    const auto number = [&](std::int64_t value, int digits, char behind) {
        for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
        at += digits;
        *at++ = behind;
    };
    const auto thousandths = time.subseconds().count();
    number(year, 4, '-');
    number(static_cast<unsigned>(date.month()), 2, '-');
    number(static_cast<unsigned>(date.day()), 2, 'T');
    number(time.hours().count(), 2, ':');
    number(time.minutes().count(), 2, ':');
    number(time.seconds().count(), 2, thousandths ? '.' : 'Z');
    if (thousandths) number(thousandths, 3, 'Z');
    out.append(text.data(), at);
}

std::string iso(std::int64_t ms) {
    std::string out;
    append_iso(out, ms);
    return out;
}

json::value field_to_json(const Field& field, const Value& value, const json::storage_ptr& memory) {
    if (field.options.secret) return json::value(is_null(value) ? secret_unset_text : secret_mask_text, memory);
    struct Visitor {
        const Field& field;
        const json::storage_ptr& memory;
        json::value operator()(std::monostate) const { return json::value(nullptr, memory); }
        json::value operator()(bool v) const { return json::value(v, memory); }
        json::value operator()(std::int64_t v) const {
            return field.type == FieldType::timestamp ? json::value(iso(v), memory) : json::value(v, memory);
        }
        json::value operator()(double v) const { return json::value(v, memory); }
        json::value operator()(const std::string& v) const {
            if (field.type != FieldType::json) return json::value(v, memory);
            auto parsed = parse_json(v);
            return parsed ? json::value(*std::move(parsed), memory) : json::value(v, memory);
        }
        json::value operator()(const Bytes& v) const { return json::value(to_utf8(v.data), memory); }
    };
    return std::visit(Visitor{field, memory}, value);
}

std::string expected(const Field& field) {
    if (!field.choices.empty()) return fmt::format("must be one of: {}", fmt::join(field.choices, ", "));
    switch (field.type) {
        case FieldType::boolean: return "must be true or false";
        case FieldType::integer:
        case FieldType::reference: return "must be a whole number";
        case FieldType::real: return "must be a number";
        case FieldType::timestamp: return "must be a time in milliseconds since 1970";
        case FieldType::json: return "must be a list or an object";
        case FieldType::bytes:
        case FieldType::text: return "must be a text";
    }
    return "is not valid";
}

std::optional<Value> scalar_from_text(const Field& field, std::string_view text) {
    switch (field.type) {
        case FieldType::boolean: {
            const auto word = lower(text);
            if (word == "1" || word == "true" || word == "yes" || word == "on") return Value{true};
            if (word == "0" || word == "false" || word == "no" || word == "off") return Value{false};
            return std::nullopt;
        }
        case FieldType::integer:
        case FieldType::reference:
        case FieldType::timestamp:
            if (const auto number = to_integer(text)) return Value{std::int64_t{*number}};
            return std::nullopt;
        case FieldType::real: {
            double number = 0;
            const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (problem == std::errc{} && end == text.data() + text.size()) return Value{number};
            return std::nullopt;
        }
        case FieldType::bytes: return Value{Bytes{std::string(text)}};
        case FieldType::text:
            // The words of an enum are ours: people may write them in any case.
            for (const auto choice : field.choices)
                if (equal_ignoring_case(choice, text)) return Value{std::string(choice)};
            return Value{std::string(text)};
        case FieldType::json: return Value{std::string(text)};
    }
    return std::nullopt;
}

/// Stored as JSON, other bytes would silently become U+FFFD: a password that never fits again.
bool has_only_utf8(const json::value& value) {
    switch (value.kind()) {
        case json::kind::string: return mf::is_utf8(value.get_string());
        case json::kind::array:
            return std::ranges::all_of(value.get_array(), [](const json::value& each) { return has_only_utf8(each); });
        case json::kind::object:
            return std::ranges::all_of(value.get_object(), [](const auto& each) {
                return mf::is_utf8(each.key()) && has_only_utf8(each.value());
            });
        default: return true;
    }
}

/// No database and no process takes it.
bool has_zero_byte(const json::value& value) {
    switch (value.kind()) {
        case json::kind::string: return value.get_string().find('\0') != json::string::npos;
        case json::kind::array: return std::ranges::any_of(value.get_array(), has_zero_byte);
        case json::kind::object:
            return std::ranges::any_of(value.get_object(), [](const auto& each) {
                return each.key().find('\0') != std::string_view::npos || has_zero_byte(each.value());
            });
        default: return false;
    }
}

/// The same in a text that is JSON itself.
bool has_zero_byte_written_out(const json::value& value) {
    if (!value.is_string()) return false;
    const auto parsed = parse_json(value.get_string());
    return parsed && has_zero_byte(*parsed);
}

std::optional<Value> field_from_json(const Field& field, const json::value& input) {
    switch (input.kind()) {
        case json::kind::null: return Value{};
        case json::kind::bool_: return Value{input.get_bool()};
        case json::kind::int64: return Value{input.get_int64()};
        case json::kind::double_: return Value{input.get_double()};
        case json::kind::string: return scalar_from_text(field, input.get_string());
        case json::kind::array:
        case json::kind::object:
            if (field.type == FieldType::json) return Value{to_text(input)};
            return std::nullopt;
        default: return std::nullopt;
    }
}

}  // namespace

json::object to_json(const Entity& entity, const void* record, const json::storage_ptr& memory) {
    json::object out(memory);
    out.reserve(entity.fields.size());
    for (const Field& field : entity.fields) out.emplace(field.name, field_to_json(field, field.read(record), memory));
    return out;
}

void append_row(std::string& out, const Entity& entity, std::span<const Value> row) {
    char separator = '{';
    for (std::size_t i = 0; i < entity.fields.size(); ++i) {
        const Field& field = entity.fields[i];
        out.append(1, std::exchange(separator, ',')).append(1, '"').append(field.name).append("\":");
        const auto* number = field.options.secret ? nullptr : std::get_if<std::int64_t>(&row[i]);
        const auto* text =
            field.options.secret || field.type == FieldType::json ? nullptr : std::get_if<std::string>(&row[i]);
        if (is_null(row[i]) && !field.options.secret) {
            out += "null";
        } else if (text) {
            append_json_string(out, *text);
        } else if (number && field.type == FieldType::boolean) {
            out += *number != 0 ? "true" : "false";
        } else if (number && field.type == FieldType::timestamp) {
            out += '"';
            append_iso(out, *number);
            out += '"';
        } else if (number) {
            out += fmt::format_int(*number).str();
        } else {
            out += to_text(field_to_json(field, row[i], {}));
        }
    }
    out += entity.fields.empty() ? "{}" : "}";
}

Result<void> from_json(const Entity& entity, const json::object& input, void* record) {
    Error error{ErrorCode::invalid, {}};
    auto complain = [&](std::string_view field, std::string message) {
        error.fields.push_back({std::string(field), std::move(message)});
    };
    for (const auto& [name, value] : input) {
        const Field* field = entity.find({name.data(), name.size()});
        if (!field) {
            complain(to_utf8({name.data(), name.size()}), "is not known");
            continue;
        }
        if (field->options.read_only) {
            complain(field->name, "cannot be changed");
            continue;
        }
        if (field->type != FieldType::bytes && !field->options.unchecked && !has_only_utf8(value)) {
            complain(field->name, "is not valid UTF-8");
            continue;
        }
        if (field->type != FieldType::bytes && !field->options.unchecked &&
            (has_zero_byte(value) || (field->type == FieldType::json && has_zero_byte_written_out(value)))) {
            complain(field->name, "has a zero byte");
            continue;
        }
        const auto converted = field_from_json(*field, value);
        if (!converted || !field->write(record, *converted))
            complain(field->name, expected(*field));
        else if (auto* text = std::get_if<std::string>(&*converted); text && text->size() > field->options.max_length)
            complain(field->name, fmt::format("is longer than {} bytes", field->options.max_length));
    }
    for (const Field& field : entity.fields) {
        if (!field.options.required) continue;
        const Value value = field.read(record);
        if (is_null(value) || value == Value{std::string()}) complain(field.name, "is required");
    }
    if (error.fields.empty()) return {};
    for (const auto& each : error.fields)
        error.message += fmt::format("{}{} {}", error.message.empty() ? "" : "; ", each.field, each.message);
    error.message += '.';
    return error;
}

Result<Value> value_from_text(const Field& field, std::string_view text) {
    if (field.type != FieldType::bytes && !mf::is_utf8(text))
        return Error{ErrorCode::invalid, fmt::format("{} must be valid UTF-8.", field.name)};
    if (auto value = scalar_from_text(field, text)) return *std::move(value);
    return Error{ErrorCode::invalid, fmt::format("{} {}, not '{}'.", field.name, expected(field), text)};
}

}  // namespace mf

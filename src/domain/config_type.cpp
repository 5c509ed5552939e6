// SPDX-License-Identifier: MIT
#include "domain/config_type.h"

#include "base/text.h"
#include "domain/decimal.h"
#include "domain/placeholders.h"

#include <re2/re2.h>

namespace mf {

namespace {

struct Name {
    std::string_view name;
    ConfigType type;
};

constexpr Name canonical_names[] = {
    {"string", ConfigType::string},       {"text", ConfigType::text},  {"password", ConfigType::password},
    {"email", ConfigType::email},         {"url", ConfigType::url},    {"integer", ConfigType::integer},
    {"float", ConfigType::float_},        {"bool", ConfigType::bool_}, {"set", ConfigType::set},
    {"file-path", ConfigType::file_path},
};

// The names of credential prototypes and credential types, and those that occur in old definitions.
constexpr Name aliases[] = {
    {"boolean", ConfigType::bool_},   {"checkbox", ConfigType::bool_},      {"switch", ConfigType::bool_},
    {"int", ConfigType::integer},     {"number", ConfigType::integer},      {"double", ConfigType::float_},
    {"select", ConfigType::set},      {"directory", ConfigType::file_path}, {"file", ConfigType::file_path},
    {"secret", ConfigType::password}, {"textarea", ConfigType::text},
};

// A tenant's pattern must neither take much memory nor write to the log of the server.
RE2::Options pattern_options() {
    RE2::Options options;
    options.set_max_mem(1 << 20);
    options.set_log_errors(false);
    return options;
}

std::optional<bool> to_bool(std::string_view text) {
    for (const auto word : {"true", "1", "yes", "on"})
        if (equal_ignoring_case(text, word)) return true;
    for (const auto word : {"false", "0", "no", "off"})
        if (equal_ignoring_case(text, word)) return false;
    return std::nullopt;
}

bool is_printable_without_blank(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
}

// addr-spec of RFC 5322 without quoted local parts, comments and address literals; other than ASCII as in RFC 6531.
bool is_email(std::string_view text) {
    const auto at = text.rfind('@');
    if (at == std::string_view::npos || at == 0 || at > 64 || !is_printable_without_blank(text)) return false;
    const auto local = text.substr(0, at);
    const auto domain = text.substr(at + 1);
    if (local.find_first_of("()<>[]:;@\\,\"") != std::string_view::npos || domain.size() > 253) return false;
    for (const auto part : split(local, '.'))
        if (part.empty()) return false;
    for (const auto label : split(domain, '.')) {
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
        for (const char c : label)
            if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c)) && c != '-')
                return false;
    }
    return true;
}

// RFC 3986: a scheme, and for hierarchical addresses a host, a socket path, or both.
bool is_url(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size() || !is_printable_without_blank(text))
        return false;
    const auto scheme = text.substr(0, colon);
    if (!std::isalpha(static_cast<unsigned char>(scheme.front()))) return false;
    for (const char c : scheme)
        if (!std::isalnum(static_cast<unsigned char>(c)) && c != '+' && c != '-' && c != '.') return false;
    const auto rest = text.substr(colon + 1);
    const bool web = equal_ignoring_case(scheme, "http") || equal_ignoring_case(scheme, "https");
    if (!rest.starts_with("//")) return !web;
    if (rest.size() == 2) return false;
    return !web || std::string_view("/?#:").find(rest[2]) == std::string_view::npos;
}

std::string bound_text(double bound) {
    return canonical_decimal(fmt::format("{}", bound)).value_or(fmt::format("{}", bound));
}

Result<void> check_length(std::string_view text, const ConfigConstraints& constraints) {
    const auto length = static_cast<std::int64_t>(character_count(text));
    if (constraints.minimum_length && length < *constraints.minimum_length)
        return invalid(
            fmt::format("The value has {} characters, at least {} are required.", length, *constraints.minimum_length));
    if (constraints.maximum_length && length > *constraints.maximum_length)
        return invalid(
            fmt::format("The value has {} characters, at most {} are allowed.", length, *constraints.maximum_length));
    return {};
}

Result<void> check_pattern(std::string_view text, const ConfigConstraints& constraints) {
    if (!constraints.pattern) return {};
    const RE2 expression(*constraints.pattern, pattern_options());
    if (!expression.ok())
        return invalid(fmt::format("The pattern \"{}\" of this field cannot be read: {}.", *constraints.pattern,
                                   expression.error()));
    if (!RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), expression))
        return invalid(fmt::format("The value does not match the pattern \"{}\" of this field.", *constraints.pattern));
    return {};
}

Result<void> check_range(std::string_view number, const ConfigConstraints& constraints) {
    if (constraints.minimum && compare_decimals(number, bound_text(*constraints.minimum)) < 0)
        return invalid(fmt::format("The value {} is below the minimum {}.", number, bound_text(*constraints.minimum)));
    if (constraints.maximum && compare_decimals(number, bound_text(*constraints.maximum)) > 0)
        return invalid(fmt::format("The value {} is above the maximum {}.", number, bound_text(*constraints.maximum)));
    return {};
}

// The canonical form by type alone.
Result<std::string> typed_value(ConfigType type, std::string_view text, const ConfigConstraints& constraints) {
    switch (type) {
        case ConfigType::bool_:
            if (const auto value = to_bool(text)) return std::string(*value ? "true" : "false");
            return invalid(fmt::format("\"{}\" is not a yes-or-no value; use true or false.", to_utf8(text)));
        case ConfigType::integer:
            if (const auto value = canonical_integer(text)) return *value;
            return invalid(fmt::format("\"{}\" is not a whole number of at most 64 bits.", to_utf8(text)));
        case ConfigType::float_:
            if (const auto value = canonical_decimal(text)) return *value;
            return invalid(
                fmt::format("\"{}\" is not a decimal number; write it with a dot, like 12.5.", to_utf8(text)));
        case ConfigType::email:
            if (!is_email(text)) return invalid(fmt::format("\"{}\" is not an e-mail address.", to_utf8(text)));
            break;
        case ConfigType::url:
            if (!is_url(text))
                return invalid(fmt::format(
                    "\"{}\" is not a complete address; it must start with a scheme, like https://.", to_utf8(text)));
            break;
        case ConfigType::set:
            if (std::find(constraints.options.begin(), constraints.options.end(), text) == constraints.options.end())
                return invalid(fmt::format("\"{}\" is not one of the options: {}.", to_utf8(text),
                                           fmt::join(constraints.options, ", ")));
            break;
        case ConfigType::string:
        case ConfigType::text:
        case ConfigType::password:
        case ConfigType::file_path: break;
    }
    return std::string(text);
}

}  // namespace

const std::vector<ConfigType>& config_types() {
    static const std::vector<ConfigType> all = [] {
        std::vector<ConfigType> types;
        for (const auto& entry : canonical_names) types.push_back(entry.type);
        return types;
    }();
    return all;
}

std::string_view to_text(ConfigType type) {
    for (const auto& entry : canonical_names)
        if (entry.type == type) return entry.name;
    return "string";
}

std::optional<ConfigType> config_type_named(std::string_view name) {
    for (const auto& entry : canonical_names)
        if (entry.name == name) return entry.type;
    return std::nullopt;
}

Result<ConfigTypeReading> read_config_type(std::string_view name) {
    if (name.empty()) return ConfigTypeReading{};
    if (const auto type = config_type_named(name)) return ConfigTypeReading{*type};
    for (const auto& entry : aliases)
        if (equal_ignoring_case(entry.name, name))
            return ConfigTypeReading{entry.type,
                                     fmt::format("The type \"{}\" is read as {}.", name, to_text(entry.type))};
    for (const auto& entry : canonical_names)
        if (equal_ignoring_case(entry.name, name))
            return ConfigTypeReading{entry.type, fmt::format("The type \"{}\" is written {}.", name, entry.name)};

    std::vector<std::string_view> known;
    for (const auto& entry : canonical_names) known.push_back(entry.name);
    const std::string all = fmt::format("{}", fmt::join(known, ", "));
    for (const auto& entry : aliases) known.push_back(entry.name);
    const auto nearest = closest(lower(name), known);
    const auto shown = to_utf8(name.substr(0, 64));
    if (nearest.empty()) return invalid(fmt::format("There is no type \"{}\"; the types are {}.", shown, all));
    const auto suggestion = read_config_type(nearest);
    return invalid(fmt::format("There is no type \"{}\"; did you mean {}? The types are {}.", shown,
                               to_text(suggestion->type), all));
}

Result<void> check_constraints(const ConfigConstraints& constraints) {
    Error error{ErrorCode::invalid, {}};
    const auto complain = [&](std::string field, std::string message) {
        error.fields.push_back({std::move(field), message});
        error.message += (error.message.empty() ? "" : " ") + message;
    };
    if (constraints.pattern) {
        const RE2 expression(*constraints.pattern, pattern_options());
        if (!expression.ok())
            complain("pattern", fmt::format("The pattern \"{}\" cannot be read: {}.", to_utf8(*constraints.pattern),
                                            expression.error()));
    }
    if (constraints.minimum && constraints.maximum && *constraints.minimum > *constraints.maximum)
        complain("minimum", fmt::format("The minimum {} is above the maximum {}.", bound_text(*constraints.minimum),
                                        bound_text(*constraints.maximum)));
    if (constraints.minimum_length && *constraints.minimum_length < 0)
        complain("minLength", "The minimum length is negative.");
    if (constraints.maximum_length && *constraints.maximum_length < constraints.minimum_length.value_or(0))
        complain("maxLength", "The maximum length is below the minimum length.");
    if (!error.fields.empty()) return error;
    return {};
}

Result<std::string> canonical_value(ConfigType type, std::string_view text, const ConfigConstraints& constraints) {
    if (text.find('\0') != std::string_view::npos)
        return invalid("The value contains a NUL byte, which no environment can carry.");
    if (!is_utf8(text)) return invalid("The value is not valid UTF-8.");
    if (text.empty()) {
        if (auto length = check_length(text, constraints); !length) return length.error();
        return std::string();
    }
    if (contains_macro(text)) return std::string(text);
    auto value = typed_value(type, text, constraints);
    if (!value) return value;
    if (auto length = check_length(*value, constraints); !length) return length.error();
    if (type == ConfigType::integer || type == ConfigType::float_)
        if (auto range = check_range(*value, constraints); !range) return range.error();
    if (auto pattern = check_pattern(*value, constraints); !pattern) return pattern.error();
    return value;
}

Result<std::string> exported_default(ConfigType type, std::string_view text) {
    if (text.empty()) return std::string();
    if (type == ConfigType::bool_) {
        if (const auto value = to_bool(trim(text))) return std::string(*value ? "1" : "0");
        return invalid(fmt::format("The default \"{}\" is not a yes-or-no value.", to_utf8(text)));
    }
    if (type == ConfigType::integer || type == ConfigType::float_) {
        auto value = canonical_decimal(trim(text));
        // A JSON editor may have written 10 as 10.0; canonical_decimal has made it 10 again.
        if (value && (type == ConfigType::float_ || canonical_integer(*value))) return *value;
        return invalid(fmt::format("The default \"{}\" is not a {} number.", to_utf8(text),
                                   type == ConfigType::integer ? "whole" : "decimal"));
    }
    return std::string(text);
}

Result<std::optional<std::string>> scalar_text(const json::value& value) {
    using Text = std::optional<std::string>;
    if (value.is_null()) return Text();
    if (value.is_string()) return Text(std::string(value.get_string()));
    if (value.is_object() || value.is_array())
        return invalid(fmt::format("A text, a number, true or false is expected, not {}.",
                                   value.is_object() ? "an object" : "an array"));
    return Text(to_text(value));
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "domain/definition/field_reader.h"

#include "base/text.h"
#include "domain/definition/uri.h"
#include "domain/placeholders.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::size_t longest_field_name = 64;
constexpr std::size_t longest_category = 64;
constexpr std::size_t most_options = 5000;

/// The label of an option may be a number in old files.
LocalizedText read_option_label(const json::value& value, const std::string& pointer, Findings& findings) {
    if (value.is_number() || value.is_bool()) return {{{"", to_text(value)}}};
    if (value.is_null()) return {};
    return read_localized(value, pointer, findings);
}

void add_option(FieldDefinition& field, const json::value& value, LocalizedText label, const std::string& pointer,
                Findings& findings) {
    const auto text = scalar_text(value);
    if (!text || !*text) {
        findings.error(FindingCode::schema_violation, pointer,
                       fmt::format("The value of an option must be a string or a number, not {}.", kind_name(value)),
                       shown(value));
        return;
    }
    if (check_text(**text, pointer, findings)) field.options.push_back({**text, std::move(label)});
}

/// One element of a list of options.
void read_option(FieldDefinition& field, const json::value& option, const std::string& place,
                 const FieldDialect& dialect, Findings& findings) {
    using Options = FieldDialect::Options;
    const auto remark = [&](const std::string& pointer, std::string_view sentence, const json::value& value) {
        findings.warning(FindingCode::tolerated, pointer, std::string(sentence), shown(value));
    };
    const json::object* pair = option.if_object();
    if (!pair) {
        if (dialect.options == Options::pairs)
            remark(place, "An option should be an object with value and label.", option);
        else if (dialect.options == Options::texts && !option.is_string())
            remark(place, "An option should be a string.", option);
        return add_option(field, option, {}, place, findings);
    }
    const json::value* value = pair->if_contains("value");
    const json::value* label = pair->if_contains("label");
    if (!value)
        return findings.error(FindingCode::schema_violation, pointer_to(place, "value"),
                              "This is required and missing.");
    if (dialect.options != Options::scalars && !value->is_string())
        return findings.error(FindingCode::schema_violation, pointer_to(place, "value"),
                              fmt::format("This must be a string, not {}.", kind_name(*value)), shown(*value));
    if (dialect.options == Options::pairs && !(label && label->is_string()))
        remark(pointer_to(place, "label"), "An option should have a label that is a string.",
               label ? *label : json::value());
    else if (dialect.options == Options::texts)
        remark(place, "An option should be a string.", option);
    add_option(field, *value, label ? read_option_label(*label, pointer_to(place, "label"), findings) : LocalizedText{},
               pointer_to(place, "value"), findings);
}

void read_options(FieldDefinition& field, ObjectReading& reading, const FieldDialect& dialect) {
    const json::value* options = reading.member("options");
    if (!options) return;
    const std::string pointer = reading.pointer("options");
    Findings& findings = reading.findings();
    const std::size_t count = options->is_array()    ? options->get_array().size()
                              : options->is_object() ? options->get_object().size()
                                                     : 0;
    if (count > most_options)
        return reading.error(FindingCode::too_large, "options",
                             fmt::format("There are more than {} options.", most_options));
    if (const json::array* list = options->if_array()) {
        for (std::size_t i = 0; i < list->size(); ++i)
            read_option(field, (*list)[i], pointer_to(pointer, i), dialect, findings);
    } else if (const json::object* map = options->if_object()) {
        if (dialect.options != FieldDialect::Options::scalars)
            reading.warning(FindingCode::tolerated, "options", "The options should be a list.");
        for (const auto& [value, label] : *map)
            add_option(field, json::value(value),
                       read_option_label(label, pointer_to(pointer, std::string_view(value)), findings),
                       pointer_to(pointer, std::string_view(value)), findings);
    } else {
        reading.error(FindingCode::schema_violation, "options",
                      "This must be a list of values, or an object of values and labels.");
    }
}

std::optional<double> number_of(ObjectReading& reading, std::string_view key) {
    const json::value* value = reading.object().if_contains(key);
    if (!value || value->is_null()) return std::nullopt;
    if (value->is_number()) return value->to_number<double>();
    reading.warning(FindingCode::tolerated, key, "This should be a number; it is not used.");
    return std::nullopt;
}

void read_constraints(FieldDefinition& field, ObjectReading& reading) {
    ConfigConstraints& constraints = field.constraints;
    if (const json::value* pattern = reading.object().if_contains("pattern"); pattern && pattern->is_string())
        constraints.pattern = std::string(pattern->get_string());
    constraints.minimum = number_of(reading, "minimum");
    constraints.maximum = number_of(reading, "maximum");
    const auto length = [&](std::string_view key) -> std::optional<std::int64_t> {
        const auto number = number_of(reading, key);
        if (!number) return std::nullopt;
        if (*number >= 0 && *number <= 1e9) return static_cast<std::int64_t>(*number);
        reading.warning(FindingCode::tolerated, key, "This should be a length; it is not used.");
        return std::nullopt;
    };
    constraints.minimum_length = length("minLength");
    constraints.maximum_length = length("maxLength");
    if (field.type == ConfigType::set)
        for (const FieldOption& option : field.options) constraints.options.push_back(option.value);
    if (const auto usable = check_constraints(constraints); !usable) {
        const auto& fields = usable.error().fields;
        const std::string key = fields.empty() ? "pattern" : fields.front().field;
        reading.error(key == "pattern" ? FindingCode::regex_invalid : FindingCode::schema_violation, key,
                      usable.error().message);
    }
}

ConfigType read_field_type(ObjectReading& reading, const FieldDialect& dialect) {
    const std::string name = reading.text("type");
    const auto type = read_config_type(trim(name));
    if (!type) {
        reading.error(FindingCode::type_unknown, "type", type.error().message);
        return ConfigType::string;
    }
    const bool native =
        std::find(dialect.type_names.begin(), dialect.type_names.end(), name) != dialect.type_names.end();
    if (!native && (!type->remark.empty() || !dialect.type_names.empty()) && !name.empty())
        reading.warning(FindingCode::tolerated, "type",
                        type->remark.empty() ? fmt::format("This is not a type of this kind of file; it is read as {}.",
                                                           to_text(type->type))
                                             : type->remark);
    else if (trim(name).size() < name.size())
        reading.warning(FindingCode::tolerated, "type",
                        fmt::format("There are blanks around the type; it is read as {}.", to_text(type->type)));
    else if (name.empty() && !(reading.object().contains("type") && !reading.object().at("type").is_string()))
        reading.warning(FindingCode::tolerated, "type", "The type is missing; it is read as string.");
    return type->type;
}

/// RESULT_FILE names the report that a job leaves in its own directory.
void check_result_file(const std::string& value, std::string_view key, ObjectReading& reading, Severity odd) {
    if (has_parent_part(value))
        reading.error(FindingCode::path_unsafe, key,
                      "The result file must not lie above the directory of the job; remove \"..\".");
    else if (value.find("://") != std::string::npos)
        reading.add(odd, FindingCode::path_unsafe, key,
                    "This is a stream, not a file: the result is what the job prints.");
    else if (value.starts_with('/'))
        reading.add(odd, FindingCode::path_unsafe, key,
                    "An absolute path lies outside the directory of the job; give a bare file name, so that the result "
                    "is collected.");
}

void read_default(FieldDefinition& field, ObjectReading& reading, const FieldDialect& dialect) {
    std::string_view key;
    for (const auto candidate : dialect.default_keys)
        if (reading.object().contains(candidate)) {
            key = candidate;
            break;
        }
    if (key.empty()) return;
    if (key != dialect.default_keys.front())
        reading.warning(FindingCode::tolerated, key,
                        fmt::format("The default belongs under the key \"{}\"; it is read from here.",
                                    dialect.default_keys.front()));
    const auto text = scalar_text(reading.object().at(key));
    if (!text)
        return reading.error(FindingCode::schema_violation, key,
                             "A default must be a string, a number, or true or false.");
    if (!*text) return;
    const std::string& value = **text;
    if (!check_text(value, reading.pointer(key), reading.findings())) return;
    if (field.name.size() + value.size() + 2 > longest_environment_string)
        return reading.error(
            FindingCode::too_large, key,
            fmt::format("Name and value together are longer than the {} bytes that a process can be given.",
                        longest_environment_string));
    const bool scalar =
        field.type == ConfigType::bool_ || field.type == ConfigType::integer || field.type == ConfigType::float_;
    if (value.empty() && scalar)
        return reading.add(dialect.odd_default, FindingCode::default_type_mismatch, key,
                           fmt::format("An empty text is no {}; it is read as no default.", to_text(field.type)));
    auto canonical = canonical_value(field.type, value, field.constraints);
    if (canonical) {
        field.default_text = std::move(*canonical);
    } else {
        // The sentence of canonical_value repeats the value of anything but a password.
        const std::string reason =
            field.secret ? fmt::format("This does not fit the type {} or the limits of the field.", to_text(field.type))
                         : canonical.error().message;
        // Texts of the wrong kind are common in files that work; a wrong number is a mistake.
        const bool number = field.type == ConfigType::integer || field.type == ConfigType::float_ ||
                            !reading.object().at(key).is_string();
        reading.add(number ? Severity::warning : dialect.odd_default, FindingCode::default_type_mismatch, key,
                    reason + (scalar ? " The default is not used." : " Jobs get it as it is."));
        if (!scalar) field.default_text = value;
    }
    if (field.secret && !value.empty())
        reading.add(dialect.odd_default, FindingCode::secret_default, key,
                    "A secret has a default that everybody with this file can read; leave it empty.");
    if (field.name == "RESULT_FILE") check_result_file(value, key, reading, dialect.odd_default);
}

std::string free_text(ObjectReading& reading, std::string_view key) {
    const json::value* value = reading.object().if_contains(key);
    const json::string* text = value ? value->if_string() : nullptr;
    return text && check_text(*text, reading.pointer(key), reading.findings()) ? std::string(*text) : std::string{};
}

/// Extension keys come in all shapes; only true and false mean something.
bool extension_flag(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value && value->is_bool() && value->get_bool();
}

bool declares_secret(const json::object& entry) {
    const json::value* type = entry.if_contains("type");
    if (extension_flag(entry, "secret")) return true;
    if (!type || !type->is_string()) return false;
    const auto reading = read_config_type(trim(type->get_string()));
    return reading && is_secret(reading->type);
}

FieldDefinition read_variable(std::string_view name, const json::object& entry, const std::string& pointer,
                              Findings& findings) {
    ObjectReading reading(entry, pointer, findings,
                          declares_secret(entry) ? ObjectReading::Secrecy::secret : ObjectReading::Secrecy::open);
    FieldDefinition field{.name = std::string(name)};
    field.description = reading.localized("description");
    field.hint = reading.localized("hint");
    field.category = reading.text("category");
    static const std::vector<std::string_view> categories{"", "API", "Database", "Behavior", "Security", "Other"};
    const json::value* category = entry.if_contains("category");
    if (std::find(categories.begin(), categories.end(), field.category) == categories.end() ||
        (category && category->is_string() && field.category.empty()))
        reading.warning(FindingCode::tolerated, "category",
                        "This category is not one of API, Database, Behavior, Security, Other; it is kept.");
    if (field.category.size() > longest_category)
        reading.error(FindingCode::too_large, "category",
                      fmt::format("This is longer than {} bytes.", longest_category));
    read_field_value(field, reading,
                     {{"defval", "default", "value"}, field.description.empty() ? Severity::warning : Severity::note});
    return field;
}

}  // namespace

void read_field_value(FieldDefinition& field, ObjectReading& reading, const FieldDialect& dialect) {
    field.type = read_field_type(reading, dialect);
    field.required = reading.flag("required").value_or(false);
    field.secret = is_secret(field.type) || extension_flag(reading.object(), "secret");
    field.multiline = field.type == ConfigType::text || extension_flag(reading.object(), "multiline");
    field.expiring = extension_flag(reading.object(), "expiring");
    field.read_only = extension_flag(reading.object(), "readonly");
    field.note = free_text(reading, "note");
    field.example = free_text(reading, "example");
    read_options(field, reading, dialect);
    if (field.type == ConfigType::set && field.options.empty())
        reading.add(reading.object().contains("options") ? Severity::warning : dialect.odd_default,
                    FindingCode::options_missing, "options",
                    "A set needs its options; without them any value is taken.");
    read_constraints(field, reading);
    read_default(field, reading, dialect);
}

std::vector<FieldDefinition> read_environment(const json::value& environment, Findings& findings,
                                              const ReadingOptions& options) {
    std::vector<FieldDefinition> fields;
    const std::string root = "/environment";
    if (const json::array* list = environment.if_array()) {
        if (list->empty())
            findings.warning(FindingCode::tolerated, root,
                             "An empty list is read as an object without settings; write {}.");
        else
            findings.error(FindingCode::schema_violation, root,
                           "This must be an object of named settings; in a list their names are lost.");
        return fields;
    }
    const json::object* entries = environment.if_object();
    if (!entries) {
        findings.error(FindingCode::schema_violation, root,
                       fmt::format("This must be an object of named settings, not {}.", kind_name(environment)),
                       shown(environment));
        return fields;
    }
    if (entries->size() > most_fields) {
        findings.error(FindingCode::too_large, root,
                       fmt::format("There are {} settings; at most {} are taken.", entries->size(), most_fields));
        return fields;
    }
    for (const auto& [name, entry] : *entries) {
        const std::string pointer = pointer_to(root, std::string_view(name));
        const auto judgement = judge_variable_name(name, options.allowed_names);
        if (judgement.refused())
            findings.error(FindingCode::key_invalid, pointer, judgement.reason);
        else if (judgement.verdict != NameVerdict::plain)
            findings.warning(FindingCode::key_invalid, pointer, judgement.reason);
        else if (begins_with_digit(name))
            findings.note(FindingCode::key_invalid, pointer,
                          "The name begins with a digit: jobs get it, but no shell can set or read it. Choose a name "
                          "that begins with a letter.");
        if (name.size() > longest_field_name)
            findings.error(FindingCode::key_invalid, pointer,
                           fmt::format("The name is longer than {} bytes.", longest_field_name));
        if (const json::object* object = entry.if_object())
            fields.push_back(read_variable(name, *object, pointer, findings));
        else
            findings.error(FindingCode::schema_violation, pointer,
                           fmt::format("A setting must be an object, not {}.", kind_name(entry)), shown(entry));
    }
    check_default_macros(
        fields, [&](std::size_t i) { return pointer_to(pointer_to(root, fields[i].name), "defval"); }, findings);
    return fields;
}

}  // namespace mf

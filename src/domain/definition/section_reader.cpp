// SPDX-License-Identifier: MIT
#include "domain/definition/section_reader.h"

#include "base/text.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace mf {
namespace {

using Presence = ObjectReading::Presence;

constexpr std::string_view name_characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

bool is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= 128 && name.find_first_not_of(name_characters) == std::string_view::npos;
}

std::string read_format(ObjectReading& reading) {
    static const std::vector<std::string_view> formats{"file", "json", "text", "url", "custom"};
    if (!reading.object().contains("format")) {
        reading.warning(FindingCode::tolerated, "format", "The format is missing; it is read as json.");
        return "json";
    }
    std::string format = reading.text("format", Presence::required);
    if (reading.object().at("format").is_string() && std::find(formats.begin(), formats.end(), format) == formats.end())
        reading.error(FindingCode::schema_violation, "format", "This must be one of: file, json, text, url, custom.");
    return format;
}

/// "$", then ".name" or "[0]" any number of times.
bool is_json_path(std::string_view path) {
    if (!path.starts_with('$')) return false;
    path.remove_prefix(1);
    while (!path.empty()) {
        if (path.front() == '.') {
            path.remove_prefix(1);
            const auto length = std::min(path.find_first_not_of(name_characters), path.size());
            if (length == 0) return false;
            path.remove_prefix(length);
        } else if (path.front() == '[') {
            const auto end = path.find(']');
            if (end == std::string_view::npos || !to_integer(path.substr(1, end - 1)) || path[1] == '-') return false;
            path.remove_prefix(end + 1);
        } else {
            return false;
        }
    }
    return true;
}

std::vector<std::string> read_patterns(ObjectReading& reading) {
    std::vector<std::string> patterns;
    const json::value* value = reading.member("patterns");
    if (!value) return patterns;
    if (const json::string* one = value->if_string()) {
        reading.warning(FindingCode::tolerated, "patterns", "This should be a list of patterns; it is read as one.");
        if (!check_text(*one, reading.pointer("patterns"), reading.findings())) return patterns;
        patterns.emplace_back(*one);
        check_file_pattern(patterns.back(), reading.pointer("patterns"), Glob::understood, reading.findings());
        return patterns;
    }
    const json::array* list = value->if_array();
    if (!list) {
        reading.error(FindingCode::schema_violation, "patterns", "This must be a list of regular expressions.");
        return patterns;
    }
    if (list->size() > most_artifacts) {
        reading.error(FindingCode::too_large, "patterns",
                      fmt::format("There are {} patterns; at most {} are taken.", list->size(), most_artifacts));
        return patterns;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string place = pointer_to(reading.pointer("patterns"), i);
        const json::string* pattern = (*list)[i].if_string();
        if (!pattern) {
            reading.findings().error(FindingCode::schema_violation, place, "This must be a string.", shown((*list)[i]));
            continue;
        }
        if (!check_text(*pattern, place, reading.findings())) continue;
        check_file_pattern(std::string(*pattern), place, Glob::understood, reading.findings());
        patterns.emplace_back(*pattern);
    }
    return patterns;
}

/// Calls entry(name, ObjectReading&) for each usable entry of a section.
template <class F>
void each_entry(const json::value& section, const std::string& root, Findings& findings, F&& entry) {
    const json::object* entries = section_object(section, root, findings);
    if (!entries) return;
    if (entries->size() > most_entries)
        return findings.error(
            FindingCode::too_large, root,
            fmt::format("There are {} entries; at most {} are taken.", entries->size(), most_entries));
    for (const auto& [name, value] : *entries)
        entry(std::string_view(name), value, pointer_to(root, std::string_view(name)));
}

std::vector<DataField> read_data_fields(ObjectReading& reading) {
    std::vector<DataField> fields;
    const json::object* map = reading.child("fields");
    if (!map) return fields;
    each_entry(*map, reading.pointer("fields"), reading.findings(),
               [&](std::string_view name, const json::value& value, const std::string& pointer) {
                   const json::object* object = value.if_object();
                   if (!object)
                       return reading.findings().error(FindingCode::schema_violation, pointer,
                                                       "A field must be an object.", shown(value));
                   ObjectReading field(*object, pointer, reading.findings());
                   fields.push_back({.name = std::string(name),
                                     .type = field.text(object->contains("type") ? "type" : "format"),
                                     .path = field.text("path"),
                                     .target = field.text("target"),
                                     .description = field.localized("description")});
                   if (!fields.back().path.empty() && !is_json_path(fields.back().path))
                       field.error(FindingCode::schema_violation, "path", "This must be a path like $.totals.amount.");
               });
    return fields;
}

/// Common to produces and consumes.
std::vector<DataDefinition> read_data(const json::value& section, const std::string& root, Findings& findings,
                                      const std::vector<FieldDefinition>* environment) {
    std::vector<DataDefinition> all;
    std::set<std::string_view> settings;
    if (environment)
        for (const FieldDefinition& field : *environment) settings.insert(field.name);
    each_entry(
        section, root, findings, [&](std::string_view name, const json::value& value, const std::string& pointer) {
            if (!is_plain_name(name))
                findings.error(FindingCode::key_invalid, pointer, "A name here is up to 128 of A-Z a-z 0-9 '_' '-'.");
            const json::object* object = value.if_object();
            if (!object)
                return findings.warning(FindingCode::tolerated, pointer, "This should be an object; it is not used.",
                                        shown(value));
            ObjectReading reading(*object, pointer, findings);
            DataDefinition data{.name = std::string(name),
                                .format = read_format(reading),
                                .description = reading.localized("description")};
            data.fields = read_data_fields(reading);
            if (!environment) {
                data.patterns = read_patterns(reading);
            } else {
                data.required = reading.flag("required").value_or(true);
                data.target = reading.text("target");
                const auto check = [&](const std::string& target, const std::string& place) {
                    if (!target.empty() && !settings.contains(target))
                        findings.error(FindingCode::unknown_reference, place,
                                       "This must name a setting of \"environment\".", printable(target));
                };
                check(data.target, reading.pointer("target"));
                for (const DataField& field : data.fields)
                    check(field.target, pointer_to(pointer_to(reading.pointer("fields"), field.name), "target"));
            }
            all.push_back(std::move(data));
        });
    return all;
}

/// A map of texts where an object with "description" should be (rule T12).
bool is_language_map(const json::object& object) {
    return !object.empty() && !object.contains("description") &&
           std::all_of(object.begin(), object.end(),
                       [](const auto& member) { return is_language_tag(member.key()) && member.value().is_string(); });
}

std::optional<ExitSeverity> severity_named(std::string_view name) {
    for (const auto severity : {ExitSeverity::success, ExitSeverity::info, ExitSeverity::warning, ExitSeverity::error,
                                ExitSeverity::critical})
        if (to_text(severity) == name) return severity;
    return std::nullopt;
}

void read_exit_code(const json::value& value, const std::string& pointer, ExitCodeDefinition& code,
                    Findings& findings) {
    const json::object* object = value.if_object();
    if (value.is_string() || (object && is_language_map(*object))) {
        findings.warning(FindingCode::tolerated, pointer,
                         "This should be an object with a description; the text is read as the description.");
        code.description = read_localized(value, pointer, findings);
        // What a file calls an exit code of success can only be 0.
        code.severity = code.code == 0 ? ExitSeverity::success : ExitSeverity::error;
        return;
    }
    if (!object)
        return findings.error(FindingCode::schema_violation, pointer,
                              fmt::format("The meaning of an exit code must be an object, not {}.", kind_name(value)),
                              shown(value));
    ObjectReading reading(*object, pointer, findings);
    code.description = reading.localized("description", Presence::required);
    const std::string severity_name = reading.text("severity");
    if (const json::value* given = object->if_contains("severity"); given && given->is_string()) {
        if (severity_name.empty())
            reading.warning(FindingCode::tolerated, "severity", "This is empty; it is read as absent.");
        else if (const auto severity = severity_named(severity_name))
            code.severity = *severity;
        else
            reading.error(FindingCode::schema_violation, "severity",
                          "This must be one of: success, info, warning, error, critical.");
    }
    code.retry = reading.flag("retry");
    report_unknown_keys(reading, {"description", "severity", "retry"});
}

}  // namespace

std::string_view to_text(ExitSeverity severity) {
    switch (severity) {
        case ExitSeverity::success: return "success";
        case ExitSeverity::info: return "info";
        case ExitSeverity::warning: return "warning";
        case ExitSeverity::error: return "error";
        case ExitSeverity::critical: return "critical";
    }
    return "";
}

const json::object* section_object(const json::value& section, const std::string& pointer, Findings& findings) {
    static const json::object nothing;
    if (const json::object* object = section.if_object()) return object;
    if (section.is_array() && section.get_array().empty()) {
        findings.warning(FindingCode::tolerated, pointer, "An empty list is read as an empty object; write {}.");
        return &nothing;
    }
    findings.error(FindingCode::schema_violation, pointer,
                   fmt::format("This must be an object, not {}.", kind_name(section)), shown(section));
    return nullptr;
}

void report_unknown_keys(ObjectReading& reading, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : reading.object())
        if (std::find(known.begin(), known.end(), std::string_view(key)) == known.end())
            reading.warning(FindingCode::unknown_key, key,
                            "This key is not known here; it has no effect, and exports leave it out.");
}

std::vector<DataDefinition> read_produces(const json::value& produces, Findings& findings) {
    return read_data(produces, "/produces", findings, nullptr);
}

std::vector<DataDefinition> read_consumes(const json::value& consumes, const std::vector<FieldDefinition>& environment,
                                          Findings& findings) {
    return read_data(consumes, "/consumes", findings, &environment);
}

std::vector<ExitCodeDefinition> read_exit_codes(const json::value& codes, Findings& findings) {
    std::vector<ExitCodeDefinition> all;
    each_entry(
        codes, "/exitCodes", findings, [&](std::string_view key, const json::value& value, const std::string& pointer) {
            const auto number = key.empty() || key.find_first_not_of("0123456789") != std::string_view::npos
                                    ? std::nullopt
                                    : to_integer(key);
            if (!number || *number > 999'999)
                return findings.error(FindingCode::key_invalid, pointer,
                                      "An exit code is a whole number from 0 to 255.");
            ExitCodeDefinition code{.code = static_cast<int>(*number)};
            if (code.code >= 300 && code.code <= 599)
                findings.note(
                    FindingCode::key_invalid, pointer,
                    "No process ends with this code (0 to 255 exist); it reads like an HTTP status and is kept.");
            else if (code.code > 255)
                findings.warning(FindingCode::key_invalid, pointer,
                                 "No process ends with this code (0 to 255 exist); it is kept.");
            read_exit_code(value, pointer, code, findings);
            const auto same = std::find_if(all.begin(), all.end(),
                                           [&](const ExitCodeDefinition& other) { return other.code == code.code; });
            if (key != std::to_string(code.code))
                findings.warning(FindingCode::key_invalid, pointer,
                                 fmt::format("This is exit code {}; write it without leading zeros.", code.code));
            // The spelling without zeros is the one that other programs look up.
            if (same == all.end())
                all.push_back(std::move(code));
            else if (key == std::to_string(code.code))
                *same = std::move(code);
        });
    return all;
}

void read_events(const json::value& events, ApplicationDefinition& definition, Findings& findings) {
    const json::object* object = section_object(events, "/events", findings);
    if (!object) return;
    ObjectReading reading(*object, "/events", findings);
    report_unknown_keys(reading, {"emits", "consumes"});
    for (const std::string_view direction : {"emits", "consumes"}) {
        const json::value* section = reading.member(direction);
        if (!section) continue;
        auto& target = direction == "emits" ? definition.emitted_events : definition.consumed_events;
        each_entry(*section, reading.pointer(direction), findings,
                   [&](std::string_view name, const json::value& value, const std::string& pointer) {
                       if (name.empty() ||
                           name.find_first_not_of(std::string(name_characters) + ".") != std::string_view::npos)
                           findings.warning(FindingCode::key_invalid, pointer,
                                            "The name of an event has letters, digits, '_', '.' and '-' only.");
                       const json::object* entry = value.if_object();
                       if (!entry)
                           return findings.error(FindingCode::schema_violation, pointer,
                                                 fmt::format("An event must be an object, not {}.", kind_name(value)),
                                                 shown(value));
                       ObjectReading event(*entry, pointer, findings);
                       EventDefinition read{.name = std::string(name),
                                            .description = event.localized("description"),
                                            .evidence = event.text("evidence"),
                                            .operation = event.text("operation")};
                       if (entry->contains("format")) read.format = read_format(event);
                       static const std::vector<std::string_view> operations{"create", "update", "delete", "any"};
                       const json::value* operation = entry->if_contains("operation");
                       if (operation && operation->is_string() &&
                           std::find(operations.begin(), operations.end(), read.operation) == operations.end())
                           event.error(FindingCode::schema_violation, "operation",
                                       "This must be one of: create, update, delete, any.");
                       target.push_back(std::move(read));
                   });
    }
}

}  // namespace mf

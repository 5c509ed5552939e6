// SPDX-License-Identifier: MIT
#include "domain/definition/definition_export.h"

#include "base/text.h"
#include "domain/definition/application_keys.h"
#include "domain/definition/document.h"
#include "domain/definition/document_repair.h"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace mf {
namespace {

json::object in_order(json::object document) {
    json::object out;
    for (const auto key : application_keys)
        if (json::value* value = document.if_contains(key)) out[key] = std::move(*value);
    for (auto& [key, value] : document)
        if (!out.contains(key)) out[key] = std::move(value);
    return out;
}

void flatten(json::object& object, std::string_view key, const LocalizedText& text, std::string_view language) {
    if (object.contains(key)) object[key] = text.in(language);
}

/// What servers before version 3 read.
void make_legacy(json::object& document, const ApplicationDefinition& definition, std::string_view language) {
    document.erase("cmdparamsTemplate");
    document["cmdparams"] = definition.arguments;
    if (document.contains("tags") || document.contains("topics")) {
        document.erase("tags");
        document["topics"] = fmt::format("{}", fmt::join(definition.tags, ","));
    }
    flatten(document, "name", definition.name, language);
    flatten(document, "title", definition.title, language);
    flatten(document, "description", definition.description, language);
    json::object& environment = document["environment"].as_object();
    for (const FieldDefinition& field : definition.environment) {
        json::value* entry = environment.if_contains(field.name);
        if (!entry) continue;
        flatten(entry->as_object(), "description", field.description, language);
        flatten(entry->as_object(), "hint", field.hint, language);
    }
}

}  // namespace

std::string export_application(const ApplicationDefinition& definition, const ExportOptions& options) {
    json::object document;
    if (definition.document.empty()) {
        document = document_of(definition);
    } else {
        Findings findings("");
        auto read = read_document(definition.document, findings);
        if (!read || !read->is_object())
            throw std::logic_error("the stored document of application " + display_name(definition) +
                                   " cannot be read");
        document = std::move(read->get_object());
    }
    document = repair_application(std::move(document), definition);
    if (!options.uuid.empty()) document["uuid"] = options.uuid;
    if (options.form == ExportOptions::Form::legacy) make_legacy(document, definition, options.language);
    return to_pretty_text(in_order(std::move(document))) + "\n";
}

std::string suggested_file_name(const ApplicationDefinition& definition) {
    std::string name;
    for (const char c : lower(display_name(definition))) {
        const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (word)
            name += c;
        else if (!name.empty() && name.back() != '_')
            name += '_';
    }
    while (name.starts_with('_')) name.erase(0, 1);
    while (name.ends_with('_')) name.pop_back();
    return (name.empty() ? "application" : name) + ".multiflexi.app.json";
}

}  // namespace mf

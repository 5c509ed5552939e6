// SPDX-License-Identifier: MIT
#include "domain/definition/document_repair.h"

#include "base/text.h"
#include "domain/definition/application_keys.h"
#include "domain/definition/definition_export.h"
#include "domain/definition/uri.h"

#include <algorithm>

namespace mf {
namespace {

using Keys = std::initializer_list<std::string_view>;

void drop_null(json::object& object, Keys keys) {
    for (const auto key : keys)
        if (const json::value* value = object.if_contains(key); value && value->is_null()) object.erase(key);
}

/// The official schema refuses other members there, so programs that follow it would refuse the whole file.
void keep_only(json::object& object, Keys keys) {
    json::object kept;
    for (auto& [key, value] : object)
        if (std::ranges::find(keys, std::string_view(key)) != keys.end()) kept[key] = std::move(value);
    object = std::move(kept);
}

/// Texts without any language, and tags with '_', which the reader took for '-'.
void repair_texts(json::object& object, Keys keys) {
    drop_null(object, keys);
    for (const auto key : keys) {
        json::value* value = object.if_contains(key);
        if (!value) continue;
        if ((value->is_object() && value->get_object().empty()) || value->is_array()) {
            object.erase(key);
        } else if (json::object* languages = value->if_object()) {
            json::object repaired;
            for (auto& [tag, text] : *languages) {
                std::string meant(tag);
                std::replace(meant.begin(), meant.end(), '_', '-');
                const bool better = !is_language_tag(tag) && is_language_tag(meant) && !languages->contains(meant);
                repaired[better ? std::string_view(meant) : std::string_view(tag)] = text;
            }
            *languages = std::move(repaired);
        }
    }
}

void repair_flags(json::object& object, Keys keys) {
    drop_null(object, keys);
    for (const auto key : keys)
        if (json::value* value = object.if_contains(key); value && value->is_int64()) *value = value->get_int64() == 1;
}

/// [] where an object belongs.
void repair_empty_list(json::value& value) {
    if (value.is_array() && value.get_array().empty()) value = json::object{};
}

void repair_words(json::object& object, std::string_view key, const std::vector<std::string>& words) {
    json::value* value = object.if_contains(key);
    if (!value || value->is_array()) return;
    if (value->is_null())
        object.erase(key);
    else
        *value = json::array(words.begin(), words.end());
}

void repair_environment(json::object& document, const ApplicationDefinition& definition) {
    json::value& environment = document["environment"];
    if (!environment.is_object()) environment = json::object{};
    for (const FieldDefinition& field : definition.environment) {
        json::value* entry = environment.get_object().if_contains(field.name);
        if (!entry || !entry->is_object()) continue;
        json::object& object = entry->get_object();
        repair_texts(object, {"description", "hint"});
        repair_flags(object, {"required"});
        drop_null(object, {"type", "category", "options"});
        if (json::value* type = object.if_contains("type")) *type = to_text(field.type);
    }
}

void rename(json::object& object, std::string_view from, std::string_view to) {
    json::value value = object.at(from);
    object.erase(from);
    object[to] = std::move(value);
}

void repair_artifact(json::object& entry) {
    repair_texts(entry, {"name", "description"});
    for (const std::string_view alias : {"pattern", "file"})
        if (!entry.contains("path") && entry.contains(alias)) rename(entry, alias, "path");
    if (!entry.contains("name")) entry["name"] = entry["path"];
    drop_null(entry, {"type"});
    if (!entry.contains("type") || *entry.if_contains("type") == "") entry["type"] = "file";
    keep_only(entry, {"name", "path", "type", "description"});
}

void repair_artifacts(json::object& document) {
    json::value& artifacts = document["artifacts"];
    if (json::object* map = artifacts.if_object()) {
        json::array list;
        if (map->contains("path") || map->contains("pattern") || map->contains("file")) {
            list.push_back(std::move(*map));
        } else {
            for (auto& [name, entry] : *map) {
                if (!entry.get_object().contains("name")) entry.get_object()["name"] = name;
                list.push_back(std::move(entry));
            }
        }
        artifacts = std::move(list);
    }
    for (json::value& entry : artifacts.get_array()) repair_artifact(entry.get_object());
}

void repair_data(json::value& section) {
    repair_empty_list(section);
    json::object kept;
    for (auto& [name, entry] : section.get_object()) {
        json::object* object = entry.if_object();
        if (!object) continue;
        repair_texts(*object, {"description"});
        repair_flags(*object, {"required"});
        drop_null(*object, {"patterns", "target", "fields"});
        if (!object->contains("format")) (*object)["format"] = "json";
        if (json::value* patterns = object->if_contains("patterns"); patterns && patterns->is_string())
            *patterns = json::array{*patterns};
        if (json::value* fields = object->if_contains("fields")) {
            repair_empty_list(*fields);
            for (auto& field : fields->get_object()) {
                repair_texts(field.value().get_object(), {"description"});
                drop_null(field.value().get_object(), {"type", "format", "path", "target"});
            }
        }
        kept[name] = std::move(entry);
    }
    section = std::move(kept);
}

void repair_exit_codes(json::object& document, const ApplicationDefinition& definition) {
    json::value& codes = document["exitCodes"];
    repair_empty_list(codes);
    for (auto& [key, entry] : codes.get_object()) {
        json::object* object = entry.if_object();
        const auto number = to_integer(key);
        if (object && object->contains("description")) {
            repair_texts(*object, {"description"});
            repair_flags(*object, {"retry"});
            drop_null(*object, {"severity"});
            if (const json::value* severity = object->if_contains("severity"); severity && *severity == "")
                object->erase("severity");
            if (!object->contains("description")) (*object)["description"] = "";
            keep_only(*object, {"description", "severity", "retry"});
            continue;
        }
        // A bare text or map of texts was read as the description.
        const ExitCodeDefinition* code = number ? definition.exit_code(static_cast<int>(*number)) : nullptr;
        json::object whole{{"description", entry}};
        repair_texts(whole, {"description"});
        whole["severity"] = to_text(code ? code->severity : ExitSeverity::error);
        entry = std::move(whole);
    }
}

void repair_events(json::object& document) {
    json::value& events = document["events"];
    repair_empty_list(events);
    drop_null(events.get_object(), {"emits", "consumes"});
    keep_only(events.get_object(), {"emits", "consumes"});
    for (const std::string_view direction : {"emits", "consumes"}) {
        json::value* section = events.get_object().if_contains(direction);
        if (!section) continue;
        repair_empty_list(*section);
        for (auto& event : section->get_object()) {
            json::object& entry = event.value().get_object();
            repair_texts(entry, {"description"});
            drop_null(entry, {"evidence", "operation", "format"});
            if (const json::value* operation = entry.if_contains("operation"); operation && *operation == "")
                entry.erase("operation");
            if (const json::value* format = entry.if_contains("format"); format && *format == "") entry.erase("format");
        }
    }
}

void repair_kubernetes(json::object& document, const ApplicationDefinition& definition) {
    json::value& kubernetes = document["kubernetes"];
    repair_empty_list(kubernetes);
    json::object& object = kubernetes.get_object();
    drop_null(object, {"artifacts"});
    keep_only(object, {"helm", "artifacts"});
    json::object& helm = object.at("helm").as_object();
    repair_flags(helm, {"enabled", "upgradeInstall", "atomic", "wait"});
    drop_null(helm, {"releaseName", "namespace", "chart", "valuesFiles", "set", "timeoutSeconds"});
    keep_only(helm, {"enabled", "releaseName", "namespace", "chart", "valuesFiles", "set", "upgradeInstall",
                     "timeoutSeconds", "atomic", "wait"});
    if (const json::value* chart = helm.if_contains("chart"); chart && *chart == "") helm.erase("chart");
    if (json::value* set = helm.if_contains("set")) repair_empty_list(*set);
    if (helm.contains("valuesFiles")) {
        repair_words(helm, "valuesFiles", definition.kubernetes->helm.values_files);
        if (helm.at("valuesFiles").get_array().empty()) helm.erase("valuesFiles");
    }
    if (json::value* artifacts = object.if_contains("artifacts")) {
        repair_flags(artifacts->get_object(), {"enabled", "keepPodOnFailure"});
        drop_null(artifacts->get_object(), {"outputPath"});
        keep_only(artifacts->get_object(), {"enabled", "outputPath", "keepPodOnFailure"});
    }
}

}  // namespace

json::object repair_application(json::object document, const ApplicationDefinition& definition) {
    repair_texts(document, {"title"});
    repair_texts(document, {"name", "description"});
    for (const auto key : application_keys)
        if (key != "environment") drop_null(document, {key});
    if (const json::value* schema = document.if_contains("$schema"); !schema || !is_absolute_uri(schema->as_string()))
        document["$schema"] = application_schema_address;
    for (const auto key : {"uuid", "version", "ociimage"})
        if (const json::value* text = document.if_contains(key); text && *text == "") document.erase(key);
    if (json::value* homepage = document.if_contains("homepage"); homepage && !definition.homepage.empty())
        *homepage = definition.homepage;  // without the blanks around it
    else if (homepage && !is_absolute_uri(homepage->as_string()))
        document.erase("homepage");
    repair_words(document, "tags", definition.tags);
    repair_words(document, "requirements", definition.requirements);
    repair_environment(document, definition);
    if (document.contains("artifacts")) repair_artifacts(document);
    if (document.contains("produces")) repair_data(document["produces"]);
    if (document.contains("consumes")) repair_data(document["consumes"]);
    if (document.contains("events")) repair_events(document);
    if (document.contains("exitCodes")) repair_exit_codes(document, definition);
    if (document.contains("kubernetes")) repair_kubernetes(document, definition);
    return document;
}

}  // namespace mf

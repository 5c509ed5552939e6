// SPDX-License-Identifier: MIT
#include "domain/definition/definition_export.h"

#include "base/text.h"

namespace mf {
namespace {

void put(json::object& object, std::string_view key, const std::string& text) {
    if (!text.empty()) object[key] = text;
}
void put(json::object& object, std::string_view key, const LocalizedText& text) {
    if (!text.translations.empty()) object[key] = to_json(text);
}
void put(json::object& object, std::string_view key, const std::vector<std::string>& words) {
    if (!words.empty()) object[key] = json::array(words.begin(), words.end());
}

json::value options_of(const FieldDefinition& field) {
    const bool labelled = std::any_of(field.options.begin(), field.options.end(),
                                      [](const FieldOption& option) { return !option.label.translations.empty(); });
    if (!labelled) {
        json::array values;
        for (const FieldOption& option : field.options) values.emplace_back(option.value);
        return values;
    }
    json::object labels;
    for (const FieldOption& option : field.options)
        labels[option.value] = option.label.translations.empty() ? json::value(option.value) : to_json(option.label);
    return labels;
}

json::object field_document(const FieldDefinition& field) {
    json::object out;
    out["type"] = to_text(field.type);
    put(out, "category", field.category);
    put(out, "description", field.description);
    put(out, "hint", field.hint);
    if (field.default_text) out["defval"] = *field.default_text;
    out["required"] = field.required;
    if (!field.options.empty()) out["options"] = options_of(field);
    const auto flag = [&](std::string_view key, bool set) {
        if (set) out[key] = true;
    };
    flag("secret", field.secret && !is_secret(field.type));
    flag("multiline", field.multiline && field.type != ConfigType::text);
    flag("expiring", field.expiring);
    flag("readonly", field.read_only);
    put(out, "note", field.note);
    put(out, "example", field.example);
    const ConfigConstraints& constraints = field.constraints;
    if (constraints.pattern) out["pattern"] = *constraints.pattern;
    if (constraints.minimum) out["minimum"] = *constraints.minimum;
    if (constraints.maximum) out["maximum"] = *constraints.maximum;
    if (constraints.minimum_length) out["minLength"] = *constraints.minimum_length;
    if (constraints.maximum_length) out["maxLength"] = *constraints.maximum_length;
    return out;
}

enum class Direction { produces, consumes };

json::object data_document(const DataDefinition& data, Direction direction) {
    json::object out;
    out["format"] = data.format;
    put(out, "description", data.description);
    if (direction == Direction::produces)
        put(out, "patterns", data.patterns);
    else
        out["required"] = data.required;
    put(out, "target", data.target);
    json::object fields;
    for (const DataField& field : data.fields) {
        json::object entry;
        put(entry, direction == Direction::produces ? "type" : "format", field.type);
        put(entry, "path", field.path);
        put(entry, "target", field.target);
        put(entry, "description", field.description);
        fields[field.name] = std::move(entry);
    }
    if (!fields.empty()) out["fields"] = std::move(fields);
    return out;
}

json::object events_document(const std::vector<EventDefinition>& events) {
    json::object out;
    for (const EventDefinition& event : events) {
        json::object entry;
        put(entry, "description", event.description);
        put(entry, "evidence", event.evidence);
        put(entry, "operation", event.operation);
        put(entry, "format", event.format);
        out[event.name] = std::move(entry);
    }
    return out;
}

json::object kubernetes_document(const KubernetesDefinition& kubernetes) {
    const HelmDefinition& helm = kubernetes.helm;
    json::object out;
    out["enabled"] = helm.enabled;
    put(out, "releaseName", helm.release_name);
    put(out, "namespace", helm.name_space);
    put(out, "chart", helm.chart);
    put(out, "valuesFiles", helm.values_files);
    if (!helm.set.empty()) {
        json::object set;
        for (const auto& [key, value] : helm.set) set[key] = value;
        out["set"] = std::move(set);
    }
    out["upgradeInstall"] = helm.upgrade_install;
    if (helm.timeout_seconds) out["timeoutSeconds"] = *helm.timeout_seconds;
    out["atomic"] = helm.atomic;
    out["wait"] = helm.wait;
    json::object artifacts{{"enabled", kubernetes.copy_artifacts},
                           {"keepPodOnFailure", kubernetes.keep_pod_on_failure}};
    put(artifacts, "outputPath", kubernetes.output_path);
    return {{"helm", std::move(out)}, {"artifacts", std::move(artifacts)}};
}

}  // namespace

json::value to_json(const LocalizedText& text) {
    if (text.translations.size() == 1 && text.translations.front().language.empty())
        return json::string(text.translations.front().text);
    json::object out;
    // A text without a language beside others can only come from our own forms; English is what readers fall back to.
    for (const Translation& translation : text.translations)
        out[translation.language.empty() ? "en" : translation.language] = translation.text;
    return out;
}

json::object document_of(const ApplicationDefinition& definition) {
    json::object out;
    put(out, "schemaVersion", definition.schema_version);
    put(out, "uuid", definition.uuid);
    out["name"] = to_json(definition.name.translations.empty() ? LocalizedText{{{"", ""}}} : definition.name);
    put(out, "title", definition.title);
    out["description"] =
        to_json(definition.description.translations.empty() ? LocalizedText{{{"", ""}}} : definition.description);
    put(out, "image", definition.image);
    put(out, "version", definition.version);
    put(out, "author", definition.author);
    put(out, "license", definition.license);
    put(out, "category", definition.category);
    put(out, "homepage", definition.homepage);
    out["executable"] = definition.executable;
    put(out, "cmdparamsTemplate", definition.arguments);
    put(out, "ociimage", definition.ociimage);
    put(out, "tags", definition.tags);
    put(out, "requirements", definition.requirements);
    put(out, "code", definition.code);
    put(out, "setup", definition.setup);
    put(out, "deploy", definition.deploy);
    put(out, "resultfile", definition.result_file);
    json::object environment;
    for (const FieldDefinition& field : definition.environment) environment[field.name] = field_document(field);
    out["environment"] = std::move(environment);
    json::array artifacts;
    for (const ArtifactDefinition& artifact : definition.artifacts) {
        json::object entry{{"name", to_json(artifact.name)}, {"path", artifact.path}, {"type", artifact.type}};
        put(entry, "description", artifact.description);
        artifacts.push_back(std::move(entry));
    }
    if (!artifacts.empty()) out["artifacts"] = std::move(artifacts);
    const auto section = [&](std::string_view key, json::object content) {
        if (!content.empty()) out[key] = std::move(content);
    };
    json::object produces;
    for (const DataDefinition& data : definition.produces)
        produces[data.name] = data_document(data, Direction::produces);
    section("produces", std::move(produces));
    json::object consumes;
    for (const DataDefinition& data : definition.consumes)
        consumes[data.name] = data_document(data, Direction::consumes);
    section("consumes", std::move(consumes));
    json::object events;
    if (!definition.emitted_events.empty()) events["emits"] = events_document(definition.emitted_events);
    if (!definition.consumed_events.empty()) events["consumes"] = events_document(definition.consumed_events);
    section("events", std::move(events));
    json::object codes;
    for (const ExitCodeDefinition& code : definition.exit_codes) {
        json::object entry{
            {"description", code.description.translations.empty() ? json::value("") : to_json(code.description)},
            {"severity", to_text(code.severity)}};
        if (code.retry) entry["retry"] = *code.retry;
        codes[std::to_string(code.code)] = std::move(entry);
    }
    section("exitCodes", std::move(codes));
    if (definition.kubernetes) out["kubernetes"] = kubernetes_document(*definition.kubernetes);
    return out;
}

}  // namespace mf

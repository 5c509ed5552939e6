// SPDX-License-Identifier: MIT
#include "service/application_rows.h"

#include "base/digest.h"
#include "domain/definition/definition_export.h"
#include "service/field_columns.h"
#include "service/reconcile.h"

namespace mf {
namespace {

std::vector<ApplicationText> texts_of(const ApplicationDefinition& definition, Id<Application> id) {
    std::map<std::string, ApplicationText> by_language;
    const auto take = [&](const LocalizedText& text, std::string ApplicationText::*member) {
        for (const auto& [language, words] : text.translations) {
            auto& row = by_language[language];
            row.lang = language;
            row.*member = words;
        }
    };
    take(definition.name, &ApplicationText::name);
    take(definition.title, &ApplicationText::title);
    take(definition.description, &ApplicationText::description);
    std::vector<ApplicationText> out;
    for (auto& [language, row] : by_language) {
        row.application_id = id;
        out.push_back(std::move(row));
    }
    return out;
}

std::vector<ApplicationField> fields_of_definition(const ApplicationDefinition& definition, Id<Application> id) {
    std::vector<ApplicationField> out;
    for (const FieldDefinition& field : definition.environment)
        out.push_back({.application_id = id,
                       .name = field.name,
                       .position = static_cast<int>(out.size()),
                       .type = std::string(to_text(field.type)),
                       .category = field.category,
                       .description = localized_json(field.description),
                       .hint = localized_json(field.hint),
                       .defval = field.default_text,
                       .required = field.required,
                       .secret = field.secret,
                       .options = options_json(field.options),
                       .constraints = constraints_json(field.constraints)});
    return out;
}

std::vector<ApplicationArtifact> artifacts_of(const ApplicationDefinition& definition, Id<Application> id) {
    std::vector<ApplicationArtifact> out;
    for (const ArtifactDefinition& artifact : definition.artifacts) {
        const auto key = sha256_hex(artifact.path);
        // Two entries with one pattern collect the same files; the first names them.
        if (std::ranges::any_of(out, [&](const auto& other) { return other.path_key == key; })) continue;
        out.push_back({.application_id = id,
                       .path_key = key,
                       .position = static_cast<int>(out.size()),
                       .path = artifact.path,
                       .type = artifact.type,
                       .name = localized_json(artifact.name),
                       .description = localized_json(artifact.description)});
    }
    return out;
}

std::vector<ApplicationExitCode> exit_codes_of(const ApplicationDefinition& definition, Id<Application> id) {
    std::vector<ApplicationExitCode> out;
    for (const ExitCodeDefinition& code : definition.exit_codes)
        out.push_back({.application_id = id,
                       .exit_code = code.code,
                       .severity = std::string(to_text(code.severity)),
                       .retry = code.retry,
                       .description = localized_json(code.description)});
    return out;
}

std::vector<ApplicationData> data_of(const ApplicationDefinition& definition, Id<Application> id) {
    std::vector<ApplicationData> out;
    const auto take = [&](const std::vector<DataDefinition>& entries, const char* direction) {
        for (const DataDefinition& data : entries) {
            json::object details{{"description", to_json(data.description)}};
            details["patterns"] = json::array(data.patterns.begin(), data.patterns.end());
            json::object fields;
            for (const DataField& field : data.fields)
                fields[field.name] = {{"type", field.type},
                                      {"path", field.path},
                                      {"target", field.target},
                                      {"description", to_json(field.description)}};
            details["fields"] = std::move(fields);
            out.push_back({.application_id = id,
                           .direction = direction,
                           .name = data.name,
                           .format = data.format,
                           .required = data.required,
                           .target = data.target,
                           .details = to_text(details)});
        }
    };
    take(definition.produces, "produces");
    take(definition.consumes, "consumes");
    return out;
}

template <class T>
std::vector<T> children(Call& call, Id<Application> id) {
    return call.repository<T>().list({.equals = {{"application_id", id.value}}});
}

}  // namespace

Result<void> store_application_rows(Call& call, const ApplicationDefinition& definition, Id<Application> id) {
    return reconcile(call.repository<ApplicationText>(), children<ApplicationText>(call, id), texts_of(definition, id),
                     [](const auto& a, const auto& b) { return a.lang == b.lang; })
        .and_then([&] {
            return reconcile(call.repository<ApplicationField>(), children<ApplicationField>(call, id),
                             fields_of_definition(definition, id),
                             [](const auto& a, const auto& b) { return a.name == b.name; });
        })
        .and_then([&] {
            return reconcile(call.repository<ApplicationArtifact>(), children<ApplicationArtifact>(call, id),
                             artifacts_of(definition, id),
                             [](const auto& a, const auto& b) { return a.path_key == b.path_key; });
        })
        .and_then([&] {
            return reconcile(call.repository<ApplicationExitCode>(), children<ApplicationExitCode>(call, id),
                             exit_codes_of(definition, id),
                             [](const auto& a, const auto& b) { return a.exit_code == b.exit_code; });
        })
        .and_then([&] {
            return reconcile(
                call.repository<ApplicationData>(), children<ApplicationData>(call, id), data_of(definition, id),
                [](const auto& a, const auto& b) { return a.direction == b.direction && a.name == b.name; });
        });
}

}  // namespace mf

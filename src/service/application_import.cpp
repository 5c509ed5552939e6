// SPDX-License-Identifier: MIT
#include "service/application_import.h"

#include "base/digest.h"
#include "domain/definition/definition_diff.h"
#include "domain/definition/definition_export.h"
#include "domain/definition/version.h"
#include "service/audit.h"
#include "service/planning.h"
#include "service/reconcile.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string localized_json(const LocalizedText& text) { return to_text(to_json(text)); }

json::object to_json(const DefinitionDiff& diff) {
    json::object out;
    for (const auto& [key, from, to] : diff.values) out[key] = {{"from", from}, {"to", to}};
    for (const auto& section : diff.sections)
        out[section.section] = {{"added", json::array(section.added.begin(), section.added.end())},
                                {"changed", json::array(section.changed.begin(), section.changed.end())},
                                {"removed", json::array(section.removed.begin(), section.removed.end())}};
    return out;
}

std::string options_json(const std::vector<FieldOption>& options) {
    if (options.empty()) return {};
    json::array out;
    for (const auto& option : options) out.push_back({{"value", option.value}, {"label", to_json(option.label)}});
    return to_text(out);
}

std::string constraints_json(const ConfigConstraints& constraints) {
    json::object out;
    if (constraints.pattern) out["pattern"] = *constraints.pattern;
    if (constraints.minimum) out["minimum"] = *constraints.minimum;
    if (constraints.maximum) out["maximum"] = *constraints.maximum;
    if (constraints.minimum_length) out["minLength"] = *constraints.minimum_length;
    if (constraints.maximum_length) out["maxLength"] = *constraints.maximum_length;
    return out.empty() ? std::string() : to_text(out);
}

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

void apply(const ApplicationDefinition& definition, const ImportRequest& request, Application& application) {
    application.name = display_name(definition);
    application.description = definition.description.in("en");
    application.version = definition.version;
    application.executable = definition.executable;
    application.arguments = definition.arguments;
    application.homepage = definition.homepage;
    application.ociimage = definition.ociimage;
    if (!definition.image.empty()) application.image = definition.image;
    application.code = definition.code;
    application.tags = definition.tags;
    application.requirements = definition.requirements;
    application.setup = definition.setup;
    application.deploy = definition.deploy;
    application.resultfile = definition.result_file;
    application.helmchart = definition.kubernetes ? definition.kubernetes->helm.chart : std::string();
    application.deffile = request.file;
    application.definition = definition.document;
    application.definition_sha256 = definition.sha256;
    application.live = 1;
    if (request.enable == Enable::yes) application.enabled = true;
}

template <class T>
std::vector<T> children(Call& call, Id<Application> id) {
    return call.repository<T>().list({.equals = {{"application_id", id.value}}});
}

Result<void> store_children(Call& call, const ApplicationDefinition& definition, Id<Application> id) {
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

/// Values of variables that left the definition are kept and marked; of variables that came back the mark goes.
json::array mark_orphans(Call& call, Id<Application> id) {
    constexpr std::string_view declared =
        R"("name" IN (SELECT f."name" FROM "application_field" f WHERE f."application_id" = ?))";
    constexpr std::string_view of_application =
        R"("runtemplate_id" IN (SELECT r."id" FROM "runtemplate" r WHERE r."app_id" = ?))";
    call.session.sql.execute(
        fmt::format(R"(UPDATE "configuration" SET "orphaned" = ? WHERE {} AND {})", of_application, declared),
        {false, id.value, id.value});
    call.session.sql.execute(
        fmt::format(R"(UPDATE "configuration" SET "orphaned" = ? WHERE {} AND NOT {})", of_application, declared),
        {true, id.value, id.value});
    json::array out;
    for (
        const auto& row : call.session.sql.query(
            fmt::format(
                R"(SELECT "runtemplate_id", "name" FROM "configuration" WHERE {} AND NOT {} ORDER BY "runtemplate_id", "name")",
                of_application, declared),
            {id.value, id.value}))
        out.push_back({{"runtemplate_id", std::get<std::int64_t>(row[0])}, {"name", std::get<std::string>(row[1])}});
    return out;
}

/// Run templates without a value for one of these variables, which nothing else fills either.
json::array incomplete(Call& call, Id<Application> id, const std::vector<std::string>& required) {
    json::array out;
    if (required.empty()) return out;
    for (const RunTemplate& origin :
         call.repository<RunTemplate>().list({.equals = {{"app_id", id.value}, {"live", std::int64_t{1}}}})) {
        json::array missing;
        for (const std::string& name : required) {
            const auto value = call.repository<Configuration>().first(
                {.equals = {{"runtemplate_id", origin.id.value}, {"name", name}}});
            const auto of_company = call.repository<CompanyVariable>().first(
                {.equals = {{"company_id", origin.company_id.value}, {"name", name}}});
            if (!value && !of_company) missing.emplace_back(name);
        }
        if (!missing.empty())
            out.push_back({{"id", origin.id.value}, {"name", origin.name}, {"missing", std::move(missing)}});
    }
    return out;
}

Error conflict(const ImportRequest& request, FindingCode code, std::string pointer, std::string sentence) {
    Findings findings(request.file);
    findings.error(code, std::move(pointer), std::move(sentence));
    Error error = refusal(findings.list());
    error.code = ErrorCode::conflict;
    return error;
}

/// The stored application this definition belongs to; none: it is new.
Result<std::optional<Application>> stored_application(Call& call, const ImportRequest& request,
                                                      const ApplicationDefinition& definition) {
    auto applications = call.repository<Application>();
    const std::string name = display_name(definition);
    const auto same_name = applications.first({.equals = {{"name", name}, {"live", std::int64_t{1}}}});
    // Old files have no uuid: their name is all they are known by.
    if (definition.uuid.empty()) return same_name;
    const auto same_uuid = applications.first({.equals = {{"uuid", definition.uuid}}});
    if (same_name && same_name->uuid != definition.uuid) {
        if (request.adopt == Adopt::yes && !same_uuid) return same_name;
        return conflict(
            request, FindingCode::name_conflict, "/name",
            fmt::format(
                "The application '{}' exists already with the uuid {}; this file has {}. Use --adopt to let this "
                "definition take it over, or give it another name.",
                name, same_name->uuid, definition.uuid));
    }
    return same_uuid;
}

}  // namespace

json::array to_json(const std::vector<Finding>& findings) {
    json::array out;
    for (const Finding& finding : findings)
        out.push_back({{"severity", to_text(finding.severity)},
                       {"code", to_text(finding.code)},
                       {"file", finding.file},
                       {"pointer", finding.pointer},
                       {"value", finding.value},
                       {"message", finding.sentence}});
    return out;
}

Error refusal(const std::vector<Finding>& findings) {
    Error error;
    for (const Finding& finding : findings) {
        if (finding.severity != Severity::error) continue;
        if (error.message.empty()) error.message = describe(finding);
        error.fields.push_back({finding.pointer, finding.sentence});
    }
    return error;
}

Result<ImportResult> import_application(Call& call, const ImportRequest& request) {
    ReadingOptions options;
    options.allowed_names = request.allowed_names;
    auto reading = read_application(request.document, request.file, options);
    if (!reading.definition) return refusal(reading.findings);
    const ApplicationDefinition& definition = *reading.definition;

    auto stored = stored_application(call, request, definition);
    if (!stored) return stored.error();
    ImportResult result{.findings = std::move(reading.findings)};

    if (!*stored) {
        result.action = "created";
        Application& application = result.application;
        application.uuid = definition.uuid.empty() ? random_uuid() : definition.uuid;
        application.created_at = application.updated_at = call.now;
        apply(definition, request, application);
        if (request.dry_run == DryRun::yes) return result;
        if (auto inserted = call.repository<Application>().insert(application); !inserted) return inserted.error();
    } else {
        const Application& before = **stored;
        result.version_before = before.version;
        const auto old = read_application(before.definition, before.deffile, options);
        const bool same_document = before.live && (before.definition_sha256 == definition.sha256 ||
                                                   (old.definition && same_meaning(*old.definition, definition)));
        if (compare_versions(definition.version, before.version) < 0 && request.downgrade == Downgrade::refuse)
            return conflict(
                request, FindingCode::downgrade, "/version",
                fmt::format(
                    "Version {} of '{}' is installed, the file has {}. Use --force to go back to the older one.",
                    before.version, before.name, definition.version));
        result.application = before;
        apply(definition, request, result.application);
        if (!definition.uuid.empty()) result.application.uuid = definition.uuid;
        if (same_document) {
            result.application = before;
            if (request.enable == Enable::yes) result.application.enabled = true;
            result.action = result.application.enabled == before.enabled ? "unchanged" : "updated";
        } else {
            result.action = "updated";
            result.application.updated_at = call.now;
            if (old.definition) {
                const auto diff = compare_definitions(*old.definition, definition);
                result.changes = to_json(diff);
                result.incomplete_templates = incomplete(call, before.id, diff.newly_required);
            }
        }
        if (request.dry_run == DryRun::yes || result.action == "unchanged") return result;
        if (auto updated = call.repository<Application>().update(before, result.application); !updated)
            return updated.error();
    }
    const Id<Application> id = result.application.id;
    if (auto kept = store_children(call, definition, id); !kept) return kept.error();
    result.orphaned_values = mark_orphans(call, id);
    // A new text of the definition is no reason to take back what is queued; switching the application on is.
    if (*stored && (*stored)->enabled != result.application.enabled)
        replan(call, {.equals = {{"app_id", id.value}, {"live", std::int64_t{1}}}});
    audit(call, {.entity = "application",
                 .id = id.value,
                 .action = "import",
                 .details = {{"result", result.action},
                             {"version", definition.version},
                             {"file", request.file},
                             {"sha256", definition.sha256}}});
    return result;
}

}  // namespace mf

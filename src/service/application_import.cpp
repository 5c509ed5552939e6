// SPDX-License-Identifier: MIT
#include "service/application_import.h"

#include "base/digest.h"
#include "base/text.h"
#include "domain/definition/definition_diff.h"
#include "domain/definition/definition_export.h"
#include "domain/definition/version.h"
#include "service/application_rows.h"
#include "service/audit.h"
#include "service/credential_prototype_operations.h"
#include "service/free_code.h"
#include "service/import_effects.h"
#include "service/list_filter.h"
#include "service/planning.h"

#include <fmt/format.h>

namespace mf {
namespace {

void apply_definition(Call& call, const ApplicationDefinition& definition, const ImportRequest& request,
                      Application& application) {
    application.name = display_name(definition);
    if (application.name.empty()) application.name = application.uuid;
    application.description = definition.description.in("en");
    application.version = definition.version;
    application.executable = definition.executable;
    application.arguments = definition.arguments;
    application.homepage = definition.homepage;
    application.ociimage = definition.ociimage;
    if (!definition.image.empty()) application.image = definition.image;
    // Others know the application by its code, so one that was derived stays although the name changes.
    if (!definition.code.empty())
        application.code = definition.code;
    else if (application.code.empty())
        application.code = free_code(call, "application", application.name, "application");
    application.tags = definition.tags;
    application.requirements = definition.requirements;
    application.setup = definition.setup;
    application.deploy = definition.deploy;
    application.resultfile = definition.result_file;
    application.helmchart = definition.kubernetes ? definition.kubernetes->helm.chart : std::string();
    application.deffile = request.source;
    application.definition = definition.document;
    application.definition_sha256 = definition.sha256;
    application.live = 1;
    if (request.enable == Enable::yes) application.enabled = true;
}

std::string json_text(std::string_view text) { return to_text(json::value(text)); }

/// Where in the file the name stands under which lists show the application.
std::string pointer_of_name(const ApplicationDefinition& definition) {
    const auto shown = display_name(definition);
    for (const auto& [language, text] : definition.name.translations)
        if (trim(text) == shown) return language.empty() ? "/name" : pointer_to("/name", language);
    return "/name";
}

/// The stored application this definition belongs to; none: it is new.
Result<std::optional<Application>> stored_application(Call& call, const ImportRequest& request,
                                                      const ApplicationDefinition& definition) {
    auto applications = call.repository<Application>();
    const std::string name = display_name(definition);
    const auto same_name = applications.first({.equals = {{"name", name}, only_live()}});
    // Old files have no uuid: their name is all they are known by. With neither, each is an application of its own.
    if (definition.uuid.empty()) return name.empty() ? std::nullopt : same_name;
    const auto same_uuid = applications.first({.equals = {{"uuid", definition.uuid}}});
    if (same_name && same_name->uuid != definition.uuid) {
        if (request.adopt == Adopt::yes && !same_uuid) return same_name;
        Findings findings(request.file);
        findings.error(
            FindingCode::name_conflict, pointer_of_name(definition),
            fmt::format("An application with this name already exists with the uuid {}; this file has {}. {}",
                        same_name->uuid, definition.uuid,
                        same_uuid ? "Give it another name."
                                  : "Use --adopt to let this definition take it over, or give it another name."),
            json_text(name));
        return conflicting(findings);
    }
    return same_uuid;
}

/// The code and the Helm chart are known to other programs: two applications must not share one.
Result<void> check_taken(Call& call, const ImportRequest& request, const ApplicationDefinition& definition,
                         const std::optional<Application>& stored) {
    Findings findings(request.file);
    const auto look = [&](FindingCode code, std::string_view field, std::string_view pointer, std::string_view what,
                          const std::string& value) {
        if (value.empty()) return;
        for (const Application& other :
             call.repository<Application>().list({.equals = {{field, value}, only_live()}, .limit = 2}))
            if (!stored || other.id != stored->id)
                return findings.error(
                    code, std::string(pointer),
                    fmt::format("The {} belongs to the application '{}' ({}) already; choose another one.", what,
                                printable(other.name), other.uuid),
                    json_text(value));
    };
    look(FindingCode::code_conflict, "code", "/code", "code", definition.code);
    if (definition.kubernetes)
        look(FindingCode::helmchart_conflict, "helmchart", "/kubernetes/helm/chart", "Helm chart",
             definition.kubernetes->helm.chart);
    if (findings.has_error()) return conflicting(findings);
    return {};
}

Error downgrade(const ImportRequest& request, const Application& before, const std::string& version) {
    Findings findings(request.file);
    findings.error(
        FindingCode::downgrade, "/version",
        fmt::format("Version {} of '{}' is installed, the file has {}. Use --force to go back to the older one.",
                    before.version, printable(before.name), version.empty() ? "none" : printable(version)),
        version.empty() ? std::string() : json_text(version));
    return conflicting(findings);
}

/// Says in the findings which variables now have to be given a value, and for how many run templates.
void warn_about_incomplete(const ImportRequest& request, ImportResult& result) {
    std::map<std::string, int> lacking;
    for (const json::value& origin : result.incomplete_templates)
        for (const json::value& name : origin.at("missing").as_array()) ++lacking[std::string(name.as_string())];
    Findings findings(request.file);
    for (const auto& [name, count] : lacking)
        findings.warning(
            FindingCode::required_without_default_changed, pointer_to("/environment", name),
            fmt::format("This is required now and has no default; {} without a value for it will be blocked.",
                        count == 1 ? "one run template" : fmt::format("{} run templates", count)));
    for (Finding& finding : findings.take()) result.findings.push_back(std::move(finding));
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
        error.fields.push_back(
            {finding.pointer, finding.sentence, std::string(to_text(finding.code)), finding.value, finding.file});
    }
    return error;
}

Error conflicting(const Findings& findings) {
    Error error = refusal(findings.list());
    error.code = ErrorCode::conflict;
    return error;
}

json::object changes_of(const DefinitionDiff& diff) {
    json::object out;
    for (const auto& [key, from, to] : diff.values) out[key] = {{"from", from}, {"to", to}};
    for (const auto& section : diff.sections)
        out[section.section] = {{"added", json::array(section.added.begin(), section.added.end())},
                                {"changed", json::array(section.changed.begin(), section.changed.end())},
                                {"removed", json::array(section.removed.begin(), section.removed.end())}};
    return out;
}

Result<ImportResult> import_application(Call& call, const ImportRequest& request) {
    ReadingOptions options;
    options.allowed_names = request.allowed_names;
    options.prototypes = known_prototypes(call.session);
    auto reading = read_application(request.document, request.file, options);
    if (!reading.definition) return refusal(reading.findings);
    ApplicationDefinition& definition = *reading.definition;

    auto stored = stored_application(call, request, definition);
    if (!stored) return stored.error();
    // A file without uuid means the application that it found: the export of that one, which has it, says the same.
    if (*stored && definition.uuid.empty()) definition.uuid = (*stored)->uuid;
    if (auto free = check_taken(call, request, definition, *stored); !free) return free.error();
    ImportResult result{.findings = std::move(reading.findings)};

    if (!*stored) {
        result.action = "created";
        Application& application = result.application;
        application.uuid = definition.uuid.empty() ? random_uuid() : definition.uuid;
        application.created_at = application.updated_at = call.now;
        apply_definition(call, definition, request, application);
        if (request.dry_run == DryRun::yes) return result;
        if (auto inserted = call.repository<Application>().insert(application); !inserted) return inserted.error();
    } else {
        const Application& before = **stored;
        result.version_before = before.version;
        result.restored = !before.live;
        auto old = read_application(before.definition, before.deffile, options);
        if (old.definition && old.definition->uuid.empty()) old.definition->uuid = before.uuid;
        const bool same_document = before.live && (before.definition_sha256 == definition.sha256 ||
                                                   (old.definition && same_meaning(*old.definition, definition)));
        // What was removed is not installed: an older version may follow it.
        if (before.live && compare_versions(definition.version, before.version) < 0 &&
            request.downgrade == Downgrade::refuse)
            return downgrade(request, before, definition.version);
        result.application = before;
        apply_definition(call, definition, request, result.application);
        result.application.uuid = definition.uuid;
        if (same_document) {
            result.application = before;
            if (request.enable == Enable::yes) result.application.enabled = true;
            result.action = result.application.enabled == before.enabled ? "unchanged" : "updated";
        } else {
            result.action = "updated";
            result.application.updated_at = call.now;
            const auto diff = compare_definitions(old.definition.value_or(ApplicationDefinition{}), definition);
            if (old.definition) result.changes = changes_of(diff);
            result.incomplete_templates = incomplete_templates(call, before.id, diff.newly_required);
            warn_about_incomplete(request, result);
            result.orphaned_values = orphaned_values(call, before.id, definition);
            auto variables = diff.section("environment").changed;
            std::ranges::copy(diff.section("environment").added, std::back_inserter(variables));
            result.unfit_values = unfit_values(call, before.id, definition, variables);
        }
        if (request.dry_run == DryRun::yes || result.action == "unchanged") return result;
        if (auto updated = call.repository<Application>().update(before, result.application); !updated)
            return updated.error();
    }
    const Id<Application> id = result.application.id;
    if (auto kept = store_application_rows(call, definition, id); !kept) return kept.error();
    mark_orphans(call, id);
    if (auto sealed = seal_new_secrets(call, id); !sealed) return sealed.error();
    // A new text of the definition is no reason to take back what is queued; switching the application on is.
    if (*stored && (*stored)->enabled != result.application.enabled)
        replan(call, {.equals = {{"app_id", id.value}, only_live()}});
    if (request.audit == AuditBy::import)
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

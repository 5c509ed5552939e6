// SPDX-License-Identifier: MIT
#include "service/credential_prototype_import.h"

#include "base/digest.h"
#include "base/text.h"
#include "domain/definition/credential_export.h"
#include "domain/definition/version.h"
#include "service/audit.h"
#include "service/credential_effects.h"
#include "service/field_columns.h"
#include "service/reconcile.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string quoted_json(std::string_view text) { return to_text(json::value(text)); }

void apply_prototype(const CredentialPrototypeDefinition& definition, CredentialPrototype& prototype) {
    prototype.uuid = definition.uuid;
    prototype.code = definition.code;
    prototype.name = localized_json(definition.name);
    prototype.description = localized_json(definition.description);
    prototype.version = definition.version;
    prototype.url = definition.url;
    prototype.homepage = definition.homepage;
    prototype.tags = definition.tags;
    prototype.logo = definition.logo;
    prototype.definition = definition.document;
    prototype.definition_sha256 = definition.sha256;
}

std::vector<CredentialPrototypeField> prototype_rows(const CredentialPrototypeDefinition& definition,
                                                     Id<CredentialPrototype> id) {
    std::vector<CredentialPrototypeField> out;
    for (const FieldDefinition& field : definition.fields)
        out.push_back({.prototype_id = id,
                       .position = static_cast<int>(out.size()),
                       .keyword = field.name,
                       .type = std::string(to_text(field.type)),
                       .name = localized_json(field.label),
                       .description = localized_json(field.description),
                       .hint = localized_json(field.hint),
                       .default_value = field.default_text,
                       .required = field.required,
                       .secret = field.secret,
                       .options = options_json(field.options),
                       .constraints = constraints_json(field.constraints)});
    return out;
}

/// The stored prototype this definition belongs to; none: it is new.
Result<std::optional<CredentialPrototype>> stored_prototype(Call& call, const PrototypeImportRequest& request,
                                                            const CredentialPrototypeDefinition& definition,
                                                            std::vector<Finding>& remarks) {
    auto prototypes = call.repository<CredentialPrototype>();
    auto same_uuid = prototypes.first({.equals = {{"uuid", definition.uuid}}});
    auto same_code = prototypes.first({.equals = {{"code", definition.code}}});
    if (same_uuid && same_code && same_uuid->id != same_code->id) {
        Findings findings(request.file);
        findings.error(FindingCode::code_conflict, "/code",
                       fmt::format("The code belongs to another prototype already, the one with the uuid {}; choose "
                                   "another code.",
                                   same_code->uuid),
                       quoted_json(definition.code));
        return conflicting(findings);
    }
    if (same_uuid) return same_uuid;
    if (same_code) {
        Findings findings(request.file);
        findings.warning(FindingCode::tolerated, "/uuid",
                         fmt::format("A prototype with this code is installed with the uuid {}; it takes the one of "
                                     "this file.",
                                     same_code->uuid),
                         quoted_json(definition.uuid));
        for (Finding& finding : findings.take()) remarks.push_back(std::move(finding));
    }
    return same_code;
}

Error older_prototype(const PrototypeImportRequest& request, const CredentialPrototype& before,
                      const std::string& version) {
    Findings findings(request.file);
    findings.error(
        FindingCode::downgrade, "/version",
        fmt::format("Version {} of the prototype '{}' is installed, the file has {}. Use --force to go back to the "
                    "older one.",
                    before.version, printable(before.code), printable(version)),
        quoted_json(version));
    return conflicting(findings);
}

/// The rows of the fields, the types that name the prototype, and what has become a secret.
Result<void> store_prototype_rows(Call& call, const CredentialPrototypeDefinition& definition,
                                  const CredentialPrototype& prototype) {
    const auto id = prototype.id.value;
    const auto existing = call.repository<CredentialPrototypeField>().list({.equals = {{"prototype_id", id}}});
    const auto wanted = with_orphans(prototype_rows(definition, prototype.id), existing,
                                     names_with_values(call, types_of(prototype.id)));
    if (auto kept = reconcile(call.repository<CredentialPrototypeField>(), existing, wanted,
                              [](const auto& a, const auto& b) { return a.keyword == b.keyword; });
        !kept)
        return kept;
    call.sql().execute(
        R"(UPDATE "credential_type" SET "prototype_id" = ? WHERE "prototype_id" IS NULL AND LOWER("prototype") = ? AND {scope})",
        {id, lower(prototype.code)});
    call.sql().execute(
        R"(UPDATE "credential_type" SET "prototype" = ? WHERE "prototype_id" = ? AND "prototype" <> ? AND {scope})",
        {prototype.code, id, prototype.code});
    return seal_new_credential_secrets(call, types_of(prototype.id));
}

}  // namespace

Result<CredentialPrototypeDefinition> definition_of(Call& call, const CredentialPrototype& prototype) {
    ReadingOptions options{.allowed_names = call.allowed_names};
    // What was allowed at the import is part of the prototype.
    for (const auto& field :
         call.repository<CredentialPrototypeField>().list({.equals = {{"prototype_id", prototype.id.value}}}))
        options.allowed_names.insert(field.keyword);
    auto reading = read_credential_prototype(prototype.definition, prototype.code, options);
    if (reading.definition) return *std::move(reading.definition);
    return refusal(reading.findings);
}

Result<PrototypeImportResult> import_credential_prototype(Call& call, const PrototypeImportRequest& request) {
    auto reading = read_credential_prototype(request.document, request.file, {.allowed_names = request.allowed_names});
    if (!reading.definition) return refusal(reading.findings);
    const auto& definition = *reading.definition;
    PrototypeImportResult result{.findings = std::move(reading.findings)};
    const auto stored = stored_prototype(call, request, definition, result.findings);
    if (!stored) return stored.error();

    auto prototypes = call.repository<CredentialPrototype>();
    if (!*stored) {
        result.action = "created";
        result.prototype.created_at = result.prototype.updated_at = call.now;
        apply_prototype(definition, result.prototype);
        if (request.dry_run == DryRun::yes) return result;
        if (auto inserted = prototypes.insert(result.prototype); !inserted) return inserted.error();
    } else {
        const CredentialPrototype& before = **stored;
        result.version_before = before.version;
        if (compare_versions(definition.version, before.version) < 0 && request.downgrade == Downgrade::refuse)
            return older_prototype(request, before, definition.version);
        const auto old = definition_of(call, before);
        result.prototype = before;
        if (before.definition_sha256 == definition.sha256 || (old && same_meaning(*old, definition))) {
            result.action = "unchanged";
            return result;
        }
        result.action = "updated";
        apply_prototype(definition, result.prototype);
        result.prototype.updated_at = call.now;
        const auto diff = compare_definitions(old ? *old : CredentialPrototypeDefinition{}, definition);
        if (old) result.changes = changes_of(diff);
        result.incomplete_credentials = incomplete_credentials(call, types_of(before.id), diff.newly_required);
        const auto& fields = diff.section("fields");
        result.orphaned_values = values_named(call, types_of(before.id), fields.removed);
        auto judged = fields.changed;
        std::ranges::copy(fields.added, std::back_inserter(judged));
        result.unfit_values = unfit_credential_values(call, types_of(before.id),
                                                      merged_fields(prototype_rows(definition, before.id), {}), judged);
        if (request.dry_run == DryRun::yes) return result;
        if (auto updated = prototypes.update(before, result.prototype); !updated) return updated.error();
    }
    if (auto kept = store_prototype_rows(call, definition, result.prototype); !kept) return kept.error();
    if (request.audit == AuditBy::import)
        audit(call, {.entity = "credential_prototype",
                     .id = result.prototype.id.value,
                     .action = "import",
                     .details = {{"result", result.action},
                                 {"code", definition.code},
                                 {"version", definition.version},
                                 {"file", request.file},
                                 {"sha256", definition.sha256}}});
    return result;
}

}  // namespace mf

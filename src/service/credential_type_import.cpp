// SPDX-License-Identifier: MIT
#include "service/credential_type_import.h"

#include "base/text.h"
#include "domain/definition/credential_export.h"
#include "domain/definition/version.h"
#include "service/audit.h"
#include "service/credential_effects.h"
#include "service/credential_prototype_operations.h"
#include "service/field_columns.h"
#include "service/list_filter.h"
#include "service/reconcile.h"

#include <fmt/format.h>

namespace mf {
namespace {

void apply_type(Call& call, const CredentialTypeDefinition& definition, CredentialType& type) {
    type.uuid = definition.uuid;
    type.name = definition.name.in("en");
    type.description = localized_json(definition.description);
    set_prototype(call, type, definition.prototype.empty() ? definition.code : definition.prototype);
    type.url = definition.url;
    type.logo = definition.logo;
    const auto numbers = read_version(definition.version).numbers;
    type.version = numbers.empty() ? 1 : to_integer(numbers.front()).value_or(1);
    type.definition = definition.document;
    type.definition_sha256 = definition.sha256;
}

std::vector<CredentialTypeField> type_rows(const CredentialTypeDefinition& definition, const CredentialType& type) {
    std::vector<CredentialTypeField> out;
    for (const FieldDefinition& field : definition.fields)
        out.push_back({.credential_type_id = type.id,
                       .company_id = type.company_id,
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

Result<void> store_type_rows(Call& call, const CredentialTypeDefinition& definition, const CredentialType& type) {
    const auto existing =
        call.repository<CredentialTypeField>().list({.equals = {{"credential_type_id", type.id.value}}});
    const auto wanted = with_orphans(type_rows(definition, type), existing, names_with_values(call, one_type(type.id)));
    if (auto kept = reconcile(call.repository<CredentialTypeField>(), existing, wanted,
                              [](const auto& a, const auto& b) { return a.keyword == b.keyword; });
        !kept)
        return kept;
    return seal_new_credential_secrets(call, one_type(type.id));
}

Error older_type(const TypeImportRequest& request, const std::string& installed,
                 const CredentialTypeDefinition& definition) {
    Findings findings(request.file);
    findings.error(
        FindingCode::downgrade, "/version",
        fmt::format("Version {} of the credential type '{}' is installed, the file has {}. Use --force to go "
                    "back to the older one.",
                    installed, printable(definition.code), printable(definition.version)),
        to_text(json::value(definition.version)));
    return conflicting(findings);
}

void remark_prototype(const TypeImportRequest& request, TypeImportResult& result) {
    if (result.type.prototype_id) return;
    Findings findings(request.file);
    findings.note(FindingCode::unknown_reference, "/prototype",
                  fmt::format("The prototype '{}' is not installed; the type belongs to it as soon as it is.",
                              printable(result.type.prototype)));
    for (Finding& finding : findings.take()) result.findings.push_back(std::move(finding));
}

}  // namespace

void set_prototype(Call& call, CredentialType& type, const std::string& code) {
    const auto found = find_credential_prototype(call, {}, {}, code);
    type.prototype = found ? found->code : code;
    type.prototype_id.reset();
    if (found) type.prototype_id = found->id;
}

Result<CredentialTypeDefinition> definition_of(Call& call, const CredentialType& type) {
    if (type.definition.empty())
        return CredentialTypeDefinition{.uuid = type.uuid,
                                        .code = type.prototype,
                                        .name = {{{"", type.name}}},
                                        .description = {{{"", text_in_english(type.description)}}},
                                        .version = fmt::to_string(type.version),
                                        .prototype = type.prototype,
                                        .logo = type.logo,
                                        .url = type.url};
    ReadingOptions options{.allowed_names = call.allowed_names};
    for (const auto& field :
         call.repository<CredentialTypeField>().list({.equals = {{"credential_type_id", type.id.value}}}))
        options.allowed_names.insert(field.keyword);
    auto reading = read_credential_type(type.definition, type.name, options);
    if (reading.definition) return *std::move(reading.definition);
    return refusal(reading.findings);
}

Result<TypeImportResult> import_credential_type(Call& call, const TypeImportRequest& request) {
    auto reading = read_credential_type(request.document, request.file, {.allowed_names = request.allowed_names});
    if (!reading.definition) return refusal(reading.findings);
    const auto& definition = *reading.definition;
    TypeImportResult result{.findings = std::move(reading.findings)};
    auto types = call.repository<CredentialType>();
    const std::int64_t owner = request.company ? request.company->value : 0;
    const auto stored = types.first({.equals = {{"owner", owner}, {"uuid", definition.uuid}, only_live()}});

    if (!stored) {
        result.action = "created";
        result.type = {.company_id = request.company, .owner = owner, .created_at = call.now, .updated_at = call.now};
        apply_type(call, definition, result.type);
        remark_prototype(request, result);
        if (request.dry_run == DryRun::yes) return result;
        if (auto inserted = types.insert(result.type); !inserted) return inserted.error();
    } else {
        const auto old = definition_of(call, *stored);
        result.version_before = old ? old->version : fmt::to_string(stored->version);
        if (compare_versions(definition.version, result.version_before) < 0 && request.downgrade == Downgrade::refuse)
            return older_type(request, result.version_before, definition);
        result.type = *stored;
        if (stored->definition_sha256 == definition.sha256 || (old && same_meaning(*old, definition))) {
            result.action = "unchanged";
            return result;
        }
        result.action = "updated";
        apply_type(call, definition, result.type);
        result.type.updated_at = call.now;
        remark_prototype(request, result);
        const auto diff = compare_definitions(old ? *old : CredentialTypeDefinition{}, definition);
        if (old) result.changes = changes_of(diff);
        result.incomplete_credentials = incomplete_credentials(call, one_type(stored->id), diff.newly_required);
        const auto& fields = diff.section("fields");
        result.orphaned_values = values_named(call, one_type(stored->id), fields.removed);
        auto judged = fields.changed;
        std::ranges::copy(fields.added, std::back_inserter(judged));
        result.unfit_values = unfit_credential_values(call, one_type(stored->id),
                                                      merged_fields({}, type_rows(definition, *stored)), judged);
        if (request.dry_run == DryRun::yes) return result;
        if (auto updated = types.update(*stored, result.type); !updated) return updated.error();
    }
    if (auto kept = store_type_rows(call, definition, result.type); !kept) return kept.error();
    audit(call, {.entity = "credential_type",
                 .id = result.type.id.value,
                 .action = "import",
                 .company = request.company,
                 .details = {{"result", result.action},
                             {"name", result.type.name},
                             {"version", definition.version},
                             {"file", request.file},
                             {"sha256", definition.sha256}}});
    return result;
}

}  // namespace mf

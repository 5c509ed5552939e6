// SPDX-License-Identifier: MIT
#include "service/credential_document_operations.h"

#include "domain/definition/version.h"
#include "service/credential_prototype_import.h"
#include "service/credential_prototype_operations.h"
#include "service/credential_record.h"
#include "service/credential_type_import.h"
#include "service/credential_type_operations.h"
#include "service/field_columns.h"
#include "service/list_filter.h"

namespace mf {

struct PrototypeDocumentInput {
    std::string document;
    std::optional<std::string> file;
    std::optional<bool> dry_run, force;
    std::optional<TextList> allowed_names;
};

struct TypeDocumentInput {
    std::string document;
    std::optional<std::string> file;
    std::optional<std::int64_t> company_id;
    std::optional<bool> dry_run, force;
    std::optional<TextList> allowed_names;
};

template <>
const Entity& entity_of<PrototypeDocumentInput>() {
    using I = PrototypeDocumentInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::document>("document", {.help = "Text of the definition", .max_length = 6 << 20, .unchecked = true}),
        field<&I::file>("file", {.help = "Name of its file, for complaints", .max_length = 4096}),
        field<&I::dry_run>("dry_run", {.help = "Show what would change, change nothing"}),
        field<&I::force>("force", {.help = "Accept an older version"}),
        field<&I::allowed_names>("allowed_names", {.help = "Dangerous variable names that are accepted"}));
    static constexpr Entity entity{"credential_prototype_document", "Definition", fields};
    return entity;
}

template <>
const Entity& entity_of<TypeDocumentInput>() {
    using I = TypeDocumentInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::document>("document", {.help = "Text of the definition", .max_length = 6 << 20, .unchecked = true}),
        field<&I::file>("file", {.help = "Name of its file, for complaints", .max_length = 4096}),
        field<&I::company_id>("company_id", {.help = "Number of the company; without one it is for every company"}),
        field<&I::dry_run>("dry_run", {.help = "Show what would change, change nothing"}),
        field<&I::force>("force", {.help = "Accept an older version"}),
        field<&I::allowed_names>("allowed_names", {.help = "Dangerous variable names that are accepted"}));
    static constexpr Entity entity{"credential_type_document", "Definition", fields};
    return entity;
}

namespace {

template <class Input>
AllowedNames names_allowed(const Call& call, const Input& input) {
    AllowedNames names = call.allowed_names;
    if (input.allowed_names) names.insert(input.allowed_names->begin(), input.allowed_names->end());
    return names;
}

Result<json::value> import_prototype(Call& call, const PrototypeDocumentInput& input) {
    const auto done = import_credential_prototype(
        call, {.document = input.document,
               .file = input.file.value_or(""),
               .dry_run = input.dry_run.value_or(false) ? DryRun::yes : DryRun::no,
               .downgrade = input.force.value_or(false) ? Downgrade::allow : Downgrade::refuse,
               .allowed_names = names_allowed(call, input)});
    if (!done) return done.error();
    const auto& prototype = done->prototype;
    return json::value{
        {"action", done->action},
        {"dry_run", input.dry_run.value_or(false)},
        {"id", prototype.id.value},
        {"uuid", prototype.uuid},
        {"code", prototype.code},
        {"name", text_in_english(prototype.name)},
        {"version",
         {{"from", done->version_before.empty() ? json::value(nullptr) : json::value(done->version_before)},
          {"to", prototype.version}}},
        {"prototype", prototype_record(prototype)},
        {"findings", to_json(done->findings)},
        {"changes", done->changes},
        {"incomplete_credentials", done->incomplete_credentials},
        {"orphaned_values", done->orphaned_values},
        {"unfit_values", done->unfit_values}};
}

Result<json::value> validate_prototype(Call& call, const PrototypeDocumentInput& input) {
    const auto reading = read_credential_prototype(input.document, input.file.value_or(""),
                                                   {.allowed_names = names_allowed(call, input)});
    return json::value{{"valid", reading.definition.has_value()},
                       {"verdict", to_text(reading.verdict())},
                       {"findings", to_json(reading.findings)}};
}

Result<json::value> import_type(Call& call, const TypeDocumentInput& input) {
    const auto owner = owner_of_new_type(call, input.company_id);
    if (!owner) return owner.error();
    const auto done =
        import_credential_type(call, {.document = input.document,
                                      .file = input.file.value_or(""),
                                      .company = *owner,
                                      .dry_run = input.dry_run.value_or(false) ? DryRun::yes : DryRun::no,
                                      .downgrade = input.force.value_or(false) ? Downgrade::allow : Downgrade::refuse,
                                      .allowed_names = names_allowed(call, input)});
    if (!done) return done.error();
    const auto definition = definition_of(call, done->type);
    return json::value{
        {"action", done->action},
        {"dry_run", input.dry_run.value_or(false)},
        {"id", done->type.id.value},
        {"uuid", done->type.uuid},
        {"name", done->type.name},
        {"version",
         {{"from", done->version_before.empty() ? json::value(nullptr) : json::value(done->version_before)},
          {"to", definition ? definition->version : fmt::to_string(done->type.version)}}},
        {"type", type_record(done->type)},
        {"findings", to_json(done->findings)},
        {"changes", done->changes},
        {"incomplete_credentials", done->incomplete_credentials},
        {"orphaned_values", done->orphaned_values},
        {"unfit_values", done->unfit_values}};
}

Result<json::value> validate_type(Call& call, const TypeDocumentInput& input) {
    const auto reading =
        read_credential_type(input.document, input.file.value_or(""), {.allowed_names = names_allowed(call, input)});
    return json::value{{"valid", reading.definition.has_value()},
                       {"verdict", to_text(reading.verdict())},
                       {"findings", to_json(reading.findings)}};
}

Result<json::value> sync_prototypes(Call& call, const NoInput&) {
    return json::value(sync_credential_prototypes(call, built_in_credential_prototypes()));
}

}  // namespace

json::object sync_credential_prototypes(Call& call, const std::vector<BuiltInPrototype>& brought) {
    int created = 0, updated = 0, skipped = 0;
    json::array problems;
    for (const auto& [file, document] : brought) {
        const auto reading = read_credential_prototype(document, file, {.allowed_names = call.allowed_names});
        if (!reading.definition) {
            problems.emplace_back(refusal(reading.findings).message);
            continue;
        }
        const auto installed = find_credential_prototype(call, {}, {}, reading.definition->code);
        if (installed && (installed->uuid != reading.definition->uuid ||
                          compare_versions(reading.definition->version, installed->version) < 0)) {
            ++skipped;
            continue;
        }
        const auto done = import_credential_prototype(
            call, {.document = std::string(document), .file = std::string(file), .allowed_names = call.allowed_names});
        if (!done)
            problems.emplace_back(done.error().message);
        else if (done->action == "created")
            ++created;
        else if (done->action == "updated")
            ++updated;
        else
            ++skipped;
    }
    return {{"processed", brought.size()}, {"created", created}, {"updated", updated},
            {"errors", problems.size()},   {"skipped", skipped}, {"problems", std::move(problems)}};
}

void add_credential_document_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"credential-prototype:import", "POST /credential-prototypes/import",
         "Import a definition: create or update its credential prototype.", edit_catalog, changes},
        import_prototype);
    add(operations,
        {"credential-prototype:validate", "POST /credential-prototypes/validate",
         "Check the definition of a credential prototype.", view_catalog},
        validate_prototype);
    add(operations,
        {"credential-prototype:sync", "POST /credential-prototypes/sync",
         "Register the credential prototypes that this program brings along.", edit_catalog, changes},
        sync_prototypes);
    add(operations,
        {"credential-type:import", "POST /credential-types/import",
         "Import a definition: create or update its credential type.", manage, changes},
        import_type);
    add(operations,
        {"credential-type:validate", "POST /credential-types/validate", "Check the definition of a credential type.",
         view},
        validate_type);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "service/application_operations.h"

#include "domain/definition/definition_export.h"
#include "domain/definition/uri.h"
#include "service/application_by_hand.h"
#include "service/application_import.h"
#include "service/application_record.h"
#include "service/application_removal.h"
#include "service/credential_prototype_operations.h"
#include "service/list_filter.h"

#include <fmt/format.h>

namespace mf {

struct ApplicationLookup {
    std::optional<std::int64_t> id;
    std::optional<std::string> uuid, name;
    std::optional<bool> legacy, cascade;
};

struct DocumentInput {
    std::string document;
    std::optional<std::string> file, source, uuid;
    std::optional<bool> dry_run, force, enable, adopt, cascade;
    std::optional<TextList> allowed_names;
};

template <>
const Entity& entity_of<ApplicationLookup>() {
    using L = ApplicationLookup;
    static constexpr auto fields =
        fields_of<L>(field<&L::id>("id", {.help = "Number of the application"}),
                     field<&L::uuid>("uuid", {.help = "UUID of the application"}),
                     field<&L::name>("name", {.help = "Name of the application"}),
                     field<&L::legacy>("legacy", {.help = "Write the keys that old servers read"}),
                     field<&L::cascade>("cascade", {.help = "Remove its run templates too"}));
    static constexpr Entity entity{"application_lookup", "Application", fields};
    return entity;
}

template <>
const Entity& entity_of<DocumentInput>() {
    using I = DocumentInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::document>("document", {.help = "Text of the definition", .max_length = 6 << 20, .unchecked = true}),
        field<&I::file>("file", {.help = "Name of its file, for complaints", .max_length = 4096}),
        field<&I::source>("source", {.help = "Absolute path of its file", .max_length = 4096}),
        field<&I::uuid>("uuid", {.help = "UUID of the application"}),
        field<&I::dry_run>("dry_run", {.help = "Show what would change, change nothing"}),
        field<&I::force>("force", {.help = "Accept an older version"}),
        field<&I::enable>("enable", {.help = "Switch the application on"}),
        field<&I::adopt>("adopt", {.help = "Take over the application of the same name"}),
        field<&I::cascade>("cascade", {.help = "Remove its run templates too"}),
        field<&I::allowed_names>("allowed_names", {.help = "Dangerous variable names that are accepted"}));
    static constexpr Entity entity{"document_input", "Definition", fields};
    return entity;
}

namespace {

Result<json::value> list_applications(Call& call, const ListInput& input) {
    auto query = query_of(input);
    query.equals.push_back(only_live());
    return json::value(application_records(call, call.repository<Application>().list(query)));
}

Result<json::value> get_application(Call& call, const ApplicationLookup& by) {
    const auto found = find_application(call, by.id, by.uuid, by.name);
    if (!found) return found.error();
    auto record = application_record(call, *found);
    record["exit_codes"] = exit_codes_of(call, found->id);
    return json::value(std::move(record));
}

Result<json::value> remove_application(Call& call, const ApplicationLookup& by) {
    const auto before = find_application(call, by.id, by.uuid);
    if (!before) return before.error();
    const Naming named =
        by.id ? Naming{"id", std::to_string(*by.id)} : Naming{"uuid", to_text(json::value(by.uuid.value_or("")))};
    return retire_application(call, *before, named, by.cascade.value_or(false) ? Cascade::yes : Cascade::no);
}

Result<json::value> remove_by_document(Call& call, const DocumentInput& input) {
    std::string uuid = input.uuid.value_or("");
    Naming named{"uuid", to_text(json::value(uuid))};
    if (uuid.empty()) {
        const auto file = input.file.value_or("");
        // Nothing else of the file counts: a package that takes its application away must not fail on the rest of it.
        Findings findings(file);
        uuid = uuid_of_document(input.document, findings);
        if (uuid.empty()) {
            if (!findings.has_error())
                findings.error(FindingCode::uuid_missing, "/uuid",
                               "The file has no uuid, so it names no application; remove the application by its id.");
            return refusal(findings.list());
        }
        named = {"/uuid", to_text(json::value(uuid)), file};
    }
    const auto before = find_application(call, {}, uuid);
    if (!before)
        return Error{ErrorCode::not_found,
                     fmt::format("No application with the uuid {} is installed (not found).", uuid)};
    return retire_application(call, *before, named, input.cascade.value_or(false) ? Cascade::yes : Cascade::no);
}

AllowedNames allowed_names(const Call& call, const DocumentInput& input) {
    AllowedNames names = call.allowed_names;
    if (input.allowed_names) names.insert(input.allowed_names->begin(), input.allowed_names->end());
    return names;
}

Result<json::value> import(Call& call, const DocumentInput& input) {
    const auto done =
        import_application(call, {.document = input.document,
                                  .file = input.file.value_or(""),
                                  .source = input.source.value_or(""),
                                  .dry_run = input.dry_run.value_or(false) ? DryRun::yes : DryRun::no,
                                  .downgrade = input.force.value_or(false) ? Downgrade::allow : Downgrade::refuse,
                                  .adopt = input.adopt.value_or(false) ? Adopt::yes : Adopt::no,
                                  .enable = input.enable.value_or(false) ? Enable::yes : Enable::leave,
                                  .allowed_names = allowed_names(call, input)});
    if (!done) return done.error();
    const auto& application = done->application;
    return json::value{
        {"action", done->action},
        {"restored", done->restored},
        {"dry_run", input.dry_run.value_or(false)},
        {"id", application.id.value},
        {"uuid", application.uuid},
        {"name", application.name},
        {"version",
         {{"from", done->version_before.empty() ? json::value(nullptr) : json::value(done->version_before)},
          {"to", application.version}}},
        {"application", application_record(call, application)},
        {"findings", to_json(done->findings)},
        {"changes", done->changes},
        {"incomplete_templates", done->incomplete_templates},
        {"orphaned_values", done->orphaned_values},
        {"unfit_values", done->unfit_values}};
}

Result<json::value> validate(Call& call, const DocumentInput& input) {
    ReadingOptions options;
    options.allowed_names = allowed_names(call, input);
    options.prototypes = known_prototypes(call.session);
    const auto reading = read_application(input.document, input.file.value_or(""), options);
    return json::value{{"valid", reading.definition.has_value()},
                       {"verdict", to_text(reading.verdict())},
                       {"findings", to_json(reading.findings)}};
}

Result<json::value> export_document(Call& call, const ApplicationLookup& by) {
    const auto found = find_application(call, by.id, by.uuid, by.name);
    if (!found) return found.error();
    const auto definition = definition_of(call, *found);
    const ExportOptions options{
        .form = by.legacy.value_or(false) ? ExportOptions::Form::legacy : ExportOptions::Form::current,
        .uuid = found->uuid};
    return json::value{{"document", export_application(definition, options)},
                       {"suggested_name", suggested_file_name(definition)}};
}

Result<json::value> show_config(Call& call, const ApplicationLookup& by) {
    const auto found = find_application(call, by.id, by.uuid, by.name);
    if (!found) return found.error();
    auto declared = call.repository<ApplicationField>().list({.equals = {{"application_id", found->id.value}}});
    std::ranges::sort(declared, {}, &ApplicationField::position);
    json::array out;
    for (const auto& field : declared) {
        auto record = to_json(field);
        for (const auto* column : {"description", "hint", "options", "constraints"})
            if (auto parsed = parse_json(record.at(column).as_string())) record[column] = *std::move(parsed);
        if (field.secret && field.defval && !field.defval->empty()) record["defval"] = secret_mask_text;
        out.push_back(std::move(record));
    }
    return json::value(std::move(out));
}

}  // namespace

Result<Application> find_application(Call& call, std::optional<std::int64_t> id, const std::optional<std::string>& uuid,
                                     const std::optional<std::string>& name) {
    ListQuery query{.equals = {only_live()}};
    if (id)
        query.equals.emplace_back("id", *id);
    else if (uuid)
        query.equals.emplace_back("uuid", uuid_spelling(*uuid));
    else if (name)
        query.equals.emplace_back("name", *name);
    else
        return missing_input({"id", "uuid", "name"});
    if (auto found = call.repository<Application>().first(query)) return *std::move(found);
    return Error{ErrorCode::not_found, "No application found with given identifier"};
}

void add_application_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"application:list", "GET /applications", "List applications.", view_catalog}, list_applications);
    add(operations, {"application:get", "GET /applications/{id}", "Show one application.", view_catalog},
        get_application);
    add(operations,
        {"application:create",
         "POST /applications",
         "Make an application by hand.",
         edit_catalog,
         changes,
         Discloses::nothing,
         {"name", "uuid", "executable"}},
        create_application);
    add(operations, {"application:update", "PATCH /applications/{id}", "Change an application.", edit_catalog, changes},
        update_application);
    add(operations,
        {"application:delete", "DELETE /applications/{id}", "Remove an application; the history of its jobs is kept.",
         administer, changes},
        remove_application);
    add(operations,
        {"application:import", "POST /applications/import", "Import a definition: create or update its application.",
         edit_catalog, changes},
        import);
    add(operations, {"application:validate", "POST /applications/validate", "Check a definition.", view_catalog},
        validate);
    add(operations,
        {"application:export", "GET /applications/{id}/definition", "Give the definition of an application.",
         view_catalog},
        export_document);
    add(operations,
        {"application:remove", "POST /applications/remove", "Remove the application of a definition.", administer,
         changes},
        remove_by_document);
    add(operations,
        {"application:show-config", "GET /applications/{id}/fields", "List the variables an application declares.",
         view_catalog},
        show_config);
}

}  // namespace mf

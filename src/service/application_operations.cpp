// SPDX-License-Identifier: MIT
#include "service/application_operations.h"

#include "base/text.h"
#include "domain/command_template.h"
#include "domain/definition/definition_export.h"
#include "domain/definition/uri.h"
#include "service/application_import.h"
#include "service/application_record.h"
#include "service/application_removal.h"
#include "service/application_rows.h"
#include "service/audit.h"
#include "service/free_code.h"
#include "service/list_filter.h"
#include "service/planning.h"

#include <fmt/format.h>

namespace mf {

struct ApplicationLookup {
    std::optional<std::int64_t> id;
    std::optional<std::string> uuid, name;
    std::optional<bool> legacy, cascade;
};

struct ApplicationInput {
    std::optional<std::int64_t> id;
    std::optional<std::string> uuid, name, executable, description, ociimage, homepage, version, arguments;
    std::optional<TextList> tags, requirements;
    std::optional<bool> enabled;
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
const Entity& entity_of<ApplicationInput>() {
    using I = ApplicationInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the application"}),
        field<&I::uuid>("uuid", {.help = "UUID", .max_length = 64}), field<&I::name>("name", {.help = "Name"}),
        field<&I::executable>("executable", {.help = "Command", .max_length = 4096}),
        field<&I::description>("description", {.help = "Description", .max_length = 65535}),
        field<&I::ociimage>("ociimage", {.help = "Container image", .max_length = 512}),
        field<&I::homepage>("homepage", {.help = "Home page", .max_length = 2048}),
        field<&I::version>("version", {.help = "Version of the application", .max_length = 64}),
        field<&I::arguments>("arguments", {.help = "Arguments with {PLACEHOLDERS}", .max_length = 65535}),
        field<&I::tags>("tags", {.help = "Tags", .max_length = 65535}),
        field<&I::requirements>("requirements", {.help = "Credentials it needs", .max_length = 65535}),
        field<&I::enabled>("enabled", {.help = "Whether its run templates are scheduled"}));
    static constexpr Entity entity{"application_input", "Application", fields};
    return entity;
}

template <>
const Entity& entity_of<DocumentInput>() {
    using I = DocumentInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::document>("document", {.help = "Text of the definition", .max_length = 6 << 20}),
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

constexpr std::pair<std::string_view, Value> only_live() { return {"live", Value{std::int64_t{1}}}; }

Result<json::value> list(Call& call, const ListInput& input) {
    auto query = query_of(input);
    query.equals.push_back(only_live());
    return json::value(application_records(call, call.repository<Application>().list(query)));
}

Result<json::value> get(Call& call, const ApplicationLookup& by) {
    const auto found = find_application(call, by.id, by.uuid, by.name);
    if (!found) return found.error();
    auto record = application_record(call, *found);
    record["exit_codes"] = exit_codes_of(call, found->id);
    return json::value(std::move(record));
}

/// Applications belong to all companies.
Result<void> check_may_change(const Call& call) {
    if (!call.scope.company()) return {};
    return Error{ErrorCode::forbidden, "Only an administrator of the installation may change applications."};
}

Result<void> apply(const ApplicationInput& input, Application& out) {
    if (input.name) out.name = *input.name;
    if (input.executable) out.executable = *input.executable;
    if (input.description) out.description = *input.description;
    if (input.ociimage) out.ociimage = *input.ociimage;
    if (input.homepage) out.homepage = *input.homepage;
    if (input.version) out.version = *input.version;
    if (input.arguments) out.arguments = *input.arguments;
    if (input.tags) out.tags = *input.tags;
    if (input.requirements) out.requirements = *input.requirements;
    if (input.enabled) out.enabled = *input.enabled;
    if (trim(out.name).empty())
        return Error{ErrorCode::invalid, "The application needs a name.", {{"name", "is required"}}};
    if (const auto words = command_words(out.executable); !words && out.ociimage.empty()) return words.error();
    if (const auto arguments = CommandTemplate::parse(out.arguments); !arguments) return arguments.error();
    return {};
}

/// The name of another application is refused with a sentence that says whose it is.
Result<void> check_name_is_free(Call& call, const Application& application) {
    const auto other = call.repository<Application>().first({.equals = {{"name", application.name}, only_live()}});
    if (!other || other->id == application.id) return {};
    const auto message =
        fmt::format("An application with the name '{}' already exists: ID {}, UUID {}. Choose another name.",
                    printable(application.name), other->id.value, other->uuid);
    return Error{ErrorCode::conflict, message, {{"name", message}}};
}

/// As definitions have it: usually a UUID, in a few old files another identifier.
bool is_identifier(std::string_view uuid) {
    return !uuid.empty() && std::ranges::all_of(uuid, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    });
}

Result<json::value> create(Call& call, const ApplicationInput& input) {
    if (!input.name || !input.uuid || !input.executable)
        return Error{ErrorCode::invalid, "Missing --name, --uuid or --executable"};
    if (auto may = check_may_change(call); !may) return may.error();
    const auto uuid = uuid_spelling(*input.uuid);
    if (call.repository<Application>().first({.equals = {{"uuid", uuid}, only_live()}}))
        return Error{ErrorCode::conflict, "Application with this UUID already exists.", {{"uuid", "is taken"}}};
    if (!is_identifier(*input.uuid))
        return Error{ErrorCode::invalid,
                     "The UUID of an application is made of letters, digits and '-', as uuidgen prints it.",
                     {{"uuid", "is no UUID"}}};
    Application made{.uuid = uuid, .created_at = call.now, .updated_at = call.now};
    if (auto applied = apply(input, made); !applied) return applied.error();
    if (auto free = check_name_is_free(call, made); !free) return free.error();
    made.code = free_code(call.session, "application", made.name, "application");
    auto applications = call.repository<Application>();
    if (const auto retired = applications.first({.equals = {{"uuid", uuid}}})) {
        made.id = retired->id;
        made.created_at = retired->created_at;
        if (auto updated = applications.update(*retired, made); !updated) return updated.error();
        // What its definition declared went with it.
        if (auto emptied = store_application_rows(call, {}, made.id); !emptied) return emptied.error();
    } else if (auto inserted = applications.insert(made); !inserted) {
        return inserted.error();
    }
    audit(call, {.entity = "application",
                 .id = made.id.value,
                 .action = "create",
                 .details = {{"name", made.name}, {"uuid", made.uuid}}});
    return json::value(application_record(call, made));
}

Result<json::value> update(Call& call, const ApplicationInput& input) {
    if (auto may = check_may_change(call); !may) return may.error();
    const auto before = find_application(call, input.id, input.uuid);
    if (!before) return before.error();
    Application after = *before;
    if (auto applied = apply(input, after); !applied) return applied.error();
    const auto changes = changed_fields(entity_of<Application>(), &*before, &after);
    if (!changes.empty()) {
        if (auto free = check_name_is_free(call, after); !free) return free.error();
        after.updated_at = call.now;
        if (auto updated = call.repository<Application>().update(*before, after); !updated) return updated.error();
        if (before->enabled != after.enabled) replan(call, {.equals = {{"app_id", after.id.value}, only_live()}});
        audit(call, {.entity = "application", .id = after.id.value, .action = "update", .details = changes});
    }
    return json::value{{"updated", !changes.empty()}, {"record", application_record(call, after)}};
}

Result<json::value> remove(Call& call, const ApplicationLookup& by) {
    if (auto may = check_may_change(call); !may) return may.error();
    const auto before = find_application(call, by.id, by.uuid);
    if (!before) return before.error();
    const Naming named =
        by.id ? Naming{"id", std::to_string(*by.id)} : Naming{"uuid", to_text(json::value(by.uuid.value_or("")))};
    return retire_application(call, *before, named, by.cascade.value_or(false) ? Cascade::yes : Cascade::no);
}

Result<json::value> remove_by_document(Call& call, const DocumentInput& input) {
    if (auto may = check_may_change(call); !may) return may.error();
    std::string uuid = input.uuid.value_or("");
    Naming named{"uuid", to_text(json::value(uuid))};
    if (uuid.empty()) {
        const auto file = input.file.value_or("");
        const auto reading = read_application(input.document, file);
        if (!reading.definition) return refusal(reading.findings);
        uuid = reading.definition->uuid;
        if (uuid.empty()) {
            Findings findings(file);
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
    if (auto may = check_may_change(call); !may) return may.error();
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
        {"orphaned_values", done->orphaned_values}};
}

Result<json::value> validate(Call& call, const DocumentInput& input) {
    ReadingOptions options;
    options.allowed_names = allowed_names(call, input);
    const auto reading = read_application(input.document, input.file.value_or(""), options);
    return json::value{{"valid", reading.definition.has_value()},
                       {"verdict", to_text(reading.verdict())},
                       {"findings", to_json(reading.findings)}};
}

Result<json::value> export_document(Call& call, const ApplicationLookup& by) {
    const auto found = find_application(call, by.id, by.uuid, by.name);
    if (!found) return found.error();
    ApplicationDefinition definition;
    if (auto reading = read_application(found->definition, found->deffile); reading.definition) {
        definition = *std::move(reading.definition);
    } else {
        // Made by hand: what its row says is the definition.
        definition.uuid = found->uuid;
        definition.name = {{{"en", found->name}}};
        definition.description = {{{"en", found->description}}};
        definition.version = found->version;
        definition.executable = found->executable;
        definition.arguments = found->arguments;
        definition.homepage = found->homepage;
        definition.ociimage = found->ociimage;
        definition.tags = found->tags;
        definition.requirements = found->requirements;
    }
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
        return Error{ErrorCode::invalid, "Missing --id, --uuid or --name"};
    if (auto found = call.repository<Application>().first(query)) return *std::move(found);
    return Error{ErrorCode::not_found, "No application found with given identifier"};
}

void add_application_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"application:list", "GET /applications", "List applications.", read}, list);
    add(operations, {"application:get", "GET /applications/{id}", "Show one application.", read}, get);
    add(operations, {"application:create", "POST /applications", "Make an application by hand.", administer, changes},
        create);
    add(operations, {"application:update", "PATCH /applications/{id}", "Change an application.", administer, changes},
        update);
    add(operations,
        {"application:delete", "DELETE /applications/{id}", "Remove an application; the history of its jobs is kept.",
         administer, changes},
        remove);
    add(operations,
        {"application:import", "POST /applications/import", "Import a definition: create or update its application.",
         administer, changes},
        import);
    add(operations, {"application:validate", "POST /applications/validate", "Check a definition.", read}, validate);
    add(operations,
        {"application:export", "GET /applications/{id}/definition", "Give the definition of an application.", read},
        export_document);
    add(operations,
        {"application:remove", "POST /applications/remove", "Remove the application of a definition.", administer,
         changes},
        remove_by_document);
    add(operations,
        {"application:show-config", "GET /applications/{id}/fields", "List the variables an application declares.",
         read},
        show_config);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "service/application_by_hand.h"

#include "base/text.h"
#include "domain/definition/definition_export.h"
#include "domain/definition/uri.h"
#include "service/application_import.h"
#include "service/application_operations.h"
#include "service/application_record.h"
#include "service/audit.h"
#include "service/complaints.h"
#include "service/list_filter.h"
#include "service/parallel_limit.h"
#include "service/planning.h"

#include <fmt/format.h>

namespace mf {

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
        field<&I::enabled>("enabled", {.help = "Whether its run templates are scheduled"}),
        max_parallel_field<&I::max_parallel>());
    static constexpr Entity entity{"application_input", "Application", fields};
    return entity;
}

namespace {

void apply_application_input(const ApplicationInput& input, Application& out) {
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
    if (input.max_parallel) out.max_parallel = limit_from(*input.max_parallel);
}

/// Changes the text that lists show and leaves the other languages.
void put_localized(json::object& document, std::string_view key, const std::optional<std::string>& text) {
    if (!text) return;
    json::value& value = document[key];
    auto* languages = value.if_object();
    if (!languages || languages->empty()) {
        value = *text;
        return;
    }
    auto* english = languages->if_contains("en");
    (english ? *english : languages->begin()->value()) = *text;
}

void put(json::object& document, std::string_view key, const std::optional<std::string>& text) {
    if (!text) return;
    if (text->empty())
        document.erase(key);
    else
        document[key] = *text;
}

void put(json::object& document, std::string_view key, const std::optional<TextList>& words) {
    if (words) document[key] = json::array(words->begin(), words->end());
}

std::string document_with(const ApplicationDefinition& definition, const std::string& uuid,
                          const ApplicationInput& input) {
    auto document = std::move(parse_json(export_application(definition, {.uuid = uuid}))->as_object());
    put_localized(document, "name", input.name);
    put_localized(document, "description", input.description);
    if (input.executable) document["executable"] = *input.executable;
    put(document, "ociimage", input.ociimage);
    put(document, "homepage", input.homepage);
    put(document, "version", input.version);
    put(document, "cmdparamsTemplate", input.arguments);
    if (input.arguments) document.erase("cmdparams");
    put(document, "tags", input.tags);
    if (input.tags) document.erase("topics");
    put(document, "requirements", input.requirements);
    return to_pretty_text(document) + "\n";
}

/// "/cmdparamsTemplate" is called "arguments" by those who have no file.
std::string option_of(std::string_view pointer) {
    if (pointer.starts_with('/')) pointer.remove_prefix(1);
    const auto key = pointer.substr(0, pointer.find('/'));
    return std::string(key == "cmdparamsTemplate" ? "arguments" : key);
}

Error by_option(Error error) {
    error.message.clear();
    for (FieldError& each : error.fields) {
        each.field = option_of(each.field);
        error.message += fmt::format("{}{}: {}", error.message.empty() ? "" : " ", each.field, each.message);
    }
    return error;
}

Result<Application> store(Call& call, const ApplicationDefinition& definition, const Application& before,
                          const ApplicationInput& input) {
    auto names = call.allowed_names;
    for (const FieldDefinition& field : definition.environment) names.insert(field.name);
    auto imported = import_application(call, {.document = document_with(definition, before.uuid, input),
                                              .file = "",
                                              .source = before.deffile,
                                              .downgrade = Downgrade::allow,
                                              .allowed_names = std::move(names),
                                              .audit = AuditBy::caller});
    if (imported) return std::move(imported->application);
    return by_option(imported.error());
}

Result<void> check_name_is_free(Call& call, const Application& application) {
    if (trim(application.name).empty())
        return Error{ErrorCode::invalid, "The application needs a name.", {{"name", "is required"}}};
    const auto other = call.repository<Application>().first({.equals = {{"name", application.name}, only_live()}});
    if (!other || other->id == application.id) return {};
    const auto message =
        fmt::format("An application with the name '{}' already exists: ID {}, UUID {}. Choose another name.",
                    printable(application.name), other->id.value, other->uuid);
    return Error{ErrorCode::conflict, message, {{"name", message}}};
}

Result<void> limit(Call& call, Application& application, std::optional<std::int64_t> max_parallel) {
    if (application.max_parallel == max_parallel) return {};
    const Application before = application;
    application.max_parallel = max_parallel;
    application.updated_at = call.now;
    call.wake_server = true;
    return call.repository<Application>().update(before, application);
}

Result<void> enable(Call& call, Application& application, bool enabled) {
    if (application.enabled == enabled) return {};
    const Application before = application;
    application.enabled = enabled;
    application.updated_at = call.now;
    if (auto updated = call.repository<Application>().update(before, application); !updated) return updated;
    replan(call, {.equals = {{"app_id", application.id.value}, only_live()}});
    return {};
}

}  // namespace

ApplicationDefinition definition_of(Call& call, const Application& application) {
    ReadingOptions options{.allowed_names = call.allowed_names};
    // What was allowed at the import is part of the application.
    for (const auto& field :
         call.repository<ApplicationField>().list({.equals = {{"application_id", application.id.value}}}))
        options.allowed_names.insert(field.name);
    if (auto reading = read_application(application.definition, application.deffile, options); reading.definition)
        return *std::move(reading.definition);
    return {.uuid = application.uuid,
            .name = {{{"en", application.name}}},
            .description = {{{"en", application.description}}},
            .version = application.version,
            .executable = application.executable,
            .arguments = application.arguments,
            .homepage = application.homepage,
            .ociimage = application.ociimage,
            .tags = application.tags,
            .requirements = application.requirements};
}

Result<void> check_input(const ApplicationInput& input) {
    const auto is_blank = [](const std::optional<std::string>& text) { return text && trim(*text).empty(); };
    Complaints out;
    out.add(check_max_parallel(input.max_parallel));
    if (is_blank(input.name)) out.add("name", "The application needs a name.");
    if (is_blank(input.uuid)) out.add("uuid", "The application needs a UUID, as uuidgen prints it.");
    // One that is good but for what was said of it.
    const ApplicationDefinition any{.name = {{{"en", "any"}}}, .executable = "any"};
    const auto uuid = input.id || !input.uuid || is_blank(input.uuid) ? "00000000-0000-4000-8000-000000000000"
                                                                      : uuid_spelling(*input.uuid);
    const auto reading = read_application(document_with(any, uuid, input));
    if (!reading.definition) out.add(by_option(refusal(reading.findings)));
    return out.result();
}

Result<json::value> create_application(Call& call, const ApplicationInput& input) {
    Application wanted{.uuid = uuid_spelling(*input.uuid)};
    apply_application_input(input, wanted);
    if (call.repository<Application>().first({.equals = {{"uuid", wanted.uuid}, only_live()}}))
        return Error{ErrorCode::conflict, "Application with this UUID already exists.", {{"uuid", "is taken"}}};
    if (auto free = check_name_is_free(call, wanted); !free) return free.error();
    auto made = store(call, {}, wanted, input);
    if (!made) return made.error();
    if (auto set = limit(call, *made, wanted.max_parallel); !set) return set.error();
    if (auto switched = enable(call, *made, wanted.enabled); !switched) return switched.error();
    audit(call, {.entity = "application", .id = made->id.value, .action = "create", .details = told_fields(*made)});
    return json::value(application_record(call, *made));
}

Result<json::value> update_application(Call& call, const ApplicationInput& input) {
    const auto before = find_application(call, input.id, input.uuid);
    if (!before) return before.error();
    if (input.uuid && uuid_spelling(*input.uuid) != before->uuid) {
        const auto message = fmt::format(
            "The uuid is the identity of an application and cannot be changed: application {} has {}, not {}. Leave "
            "--uuid out, or create another application with it.",
            before->id.value, before->uuid, printable(*input.uuid));
        return Error{ErrorCode::conflict, message, {{"uuid", message}}};
    }
    Application wanted = *before;
    apply_application_input(input, wanted);
    const auto changes = changed_fields(entity_of<Application>(), &*before, &wanted);
    if (changes.empty()) return json::value{{"updated", false}, {"record", application_record(call, *before)}};
    Application after = *before;
    // What the definition does not say.
    const auto outside = (changes.contains("enabled") ? 1U : 0U) + (changes.contains("max_parallel") ? 1U : 0U);
    if (changes.size() > outside) {
        if (auto free = check_name_is_free(call, wanted); !free) return free.error();
        auto stored = store(call, definition_of(call, *before), *before, input);
        if (!stored) return stored.error();
        after = *std::move(stored);
    }
    if (auto set = limit(call, after, wanted.max_parallel); !set) return set.error();
    if (auto switched = enable(call, after, wanted.enabled); !switched) return switched.error();
    audit(call, {.entity = "application", .id = after.id.value, .action = "update", .details = changes});
    return json::value{{"updated", true}, {"record", application_record(call, after)}};
}

}  // namespace mf

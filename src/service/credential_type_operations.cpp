// SPDX-License-Identifier: MIT
#include "service/credential_type_operations.h"
#include "service/company_operations.h"

#include "base/digest.h"
#include "base/text.h"
#include "domain/definition/credential_export.h"
#include "domain/definition/uri.h"
#include "domain/visible_text.h"
#include "service/audit.h"
#include "service/credential_effects.h"
#include "service/credential_record.h"
#include "service/credential_type_import.h"
#include "service/credential_values.h"
#include "service/field_columns.h"
#include "service/list_filter.h"

#include <fmt/format.h>

namespace mf {

struct TypeFilter {
    std::optional<std::int64_t> limit, offset, after, company_id;
    std::optional<ListOrder> order;
};

struct TypeLookup {
    std::optional<std::int64_t> id;
    std::optional<std::string> uuid;
};

struct TypeInput {
    std::optional<std::int64_t> id, company_id;
    std::optional<std::string> uuid, name, prototype, url, logo, description;
    std::optional<TextMap> settings;
    std::optional<TextList> unset;
};

template <>
const Entity& entity_of<TypeFilter>() {
    using F = TypeFilter;
    static constexpr auto fields = fields_of<F>(
        limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
        field<&F::company_id>("company_id", {.help = "Only what this company may use"}), order_field<&F::order>());
    static constexpr Entity entity{"credential_type_filter", "Credential types", fields};
    return entity;
}

template <>
const Entity& entity_of<TypeLookup>() {
    using L = TypeLookup;
    static constexpr auto fields = fields_of<L>(field<&L::id>("id", {.help = "Number of the credential type"}),
                                                field<&L::uuid>("uuid", {.help = "UUID of the credential type"}));
    static constexpr Entity entity{"credential_type_lookup", "Credential type", fields};
    return entity;
}

template <>
const Entity& entity_of<TypeInput>() {
    using I = TypeInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the credential type"}),
        field<&I::company_id>("company_id", {.help = "Number of the company; without one it is for every company"}),
        field<&I::uuid>("uuid", {.help = "UUID; made when left out", .max_length = 64}),
        field<&I::name>("name", {.help = "Name"}),
        field<&I::prototype>("class", {.help = "Code of its prototype", .max_length = 64}),
        field<&I::url>("url", {.help = "Where to read more", .max_length = 2048}),
        field<&I::logo>("logo", {.help = "File name or data URI of an image", .max_length = 1048576}),
        field<&I::description>("description", {.help = "What it is for", .max_length = 65535}),
        field<&I::settings>("settings",
                            {.help = "Value that all its credentials share, NAME=VALUE", .max_length = 4194304}),
        field<&I::unset>("unset", {.help = "Shared values to forget"}));
    static constexpr Entity entity{"credential_type_input", "Credential type", fields};
    return entity;
}

namespace {

json::object whole_type(Call& call, const CredentialType& type) {
    auto record = type_record(type);
    const auto fields = fields_of_type(call, type);
    record["fields"] = field_records(fields);
    StoredValues settings;
    for (auto& setting : settings_of(call, type.id)) settings[setting.name] = {setting.value, setting.sealed};
    auto shown = shown_values(fields, settings);
    json::object given;
    for (auto& [name, value] : shown)
        if (settings.contains(std::string_view(name))) given[name] = std::move(value);
    record["settings"] = std::move(given);
    return record;
}

/// The answer to a change: also which of the given values are secrets.
json::object answered_type(Call& call, const CredentialType& type, const TypeInput& input) {
    auto record = whole_type(call, type);
    const auto fields = fields_of_type(call, type);
    json::array secrets;
    for (const auto& [name, value] : input.settings.value_or(TextMap{}))
        if (!value.empty() && is_secret_field(fields, name)) secrets.emplace_back(name);
    record["secret_fields"] = std::move(secrets);
    return record;
}

Result<json::value> list_types(Call& call, const TypeFilter& filter) {
    auto query = query_of(filter);
    query.equals.push_back(only_live());
    const auto scope = scope_within(call, filter.company_id);
    if (!scope) return scope.error();
    json::array out;
    for (const auto& type : Repository<CredentialType>(call.session, *scope).list(query))
        out.push_back(type_record(type));
    return json::value(std::move(out));
}

Result<json::value> get_type(Call& call, const TypeLookup& by) {
    const auto found = find_credential_type(call, by.id, by.uuid);
    if (!found) return found.error();
    return json::value(whole_type(call, *found));
}

Result<void> store_type_settings(Call& call, const CredentialType& type, const TypeInput& input) {
    if (!input.settings && !input.unset) return {};
    const auto stored = settings_of(call, type.id);
    auto checked = checked_credential_values(call, fields_of_type(call, type), input.settings.value_or(TextMap{}));
    if (!checked) return checked.error();
    auto rows = call.repository<CredentialTypeSetting>();
    for (const auto& name : input.unset.value_or(TextList{})) {
        const auto old = std::ranges::find(stored, name, &CredentialTypeSetting::name);
        if (old == stored.end()) {
            const auto sentence = fmt::format("{}: The credential type has no value of this name.", shown_name(name));
            return Error{ErrorCode::invalid, sentence, {{name, sentence}}};
        }
        if (auto erased = rows.erase(old->id); !erased) return erased;
    }
    for (const auto& [name, value] : *checked) {
        const auto old = std::ranges::find(stored, name, &CredentialTypeSetting::name);
        const bool is_gone = input.unset && std::ranges::find(*input.unset, name) != input.unset->end();
        if (old != stored.end() && !is_gone)
            if (auto erased = rows.erase(old->id); !erased) return erased;
        if (auto inserted = insert_value(
                call, CredentialTypeSetting{.credential_type_id = type.id, .company_id = type.company_id}, name, value);
            !inserted)
            return inserted;
    }
    return {};
}

Error no_prototype(std::string_view code) {
    const auto sentence = fmt::format(
        "No credential prototype found for class: {}. 'credential-prototype list' tells which there are; 'import-json' "
        "installs one from its definition, 'sync' the ones that this program brings along.",
        printable(code));
    return {ErrorCode::not_found, sentence, {{"class", sentence}}};
}

Result<json::value> create_type(Call& call, const TypeInput& input) {
    const auto owner = owner_of_new_type(call, input.company_id);
    if (!owner) return owner.error();
    CredentialType type{.company_id = *owner,
                        .owner = *owner ? (*owner)->value : 0,
                        .uuid = input.uuid ? uuid_spelling(*input.uuid) : random_uuid(),
                        .name = input.name.value_or(""),
                        .description = to_text(json::value(input.description.value_or(""))),
                        .url = input.url.value_or(""),
                        .logo = input.logo.value_or(""),
                        .created_at = call.now,
                        .updated_at = call.now};
    set_prototype(call, type, *input.prototype);
    if (!type.prototype_id) return no_prototype(*input.prototype);
    if (trim(type.name).empty()) type.name = type.prototype;
    if (auto good = check_name("name", "The name", type.name); !good) return good.error();
    auto types = call.repository<CredentialType>();
    if (types.first({.equals = {{"owner", type.owner}, {"uuid", type.uuid}, only_live()}}))
        return Error{ErrorCode::conflict, "A credential type with this UUID already exists.", {{"uuid", "is taken"}}};
    if (auto inserted = types.insert(type); !inserted) return inserted.error();
    if (auto stored = store_type_settings(call, type, input); !stored) return stored.error();
    auto answer = answered_type(call, type, input);
    auto details = told_fields(type);
    details["settings"] = answer.at("settings");
    audit(call, {.entity = "credential_type",
                 .id = type.id.value,
                 .action = "create",
                 .company = type.company_id,
                 .details = std::move(details)});
    return json::value(std::move(answer));
}

/// The text that lists show; those of other languages stay.
std::string with_description(const std::string& localized, const std::string& text) {
    auto parsed = parse_json(localized);
    auto* languages = parsed ? parsed->if_object() : nullptr;
    if (!languages || languages->empty()) return to_text(json::value(text));
    auto* english = languages->if_contains("en");
    (english ? *english : languages->begin()->value()) = text;
    return to_text(*parsed);
}

/// An imported type keeps its definition: what was changed by hand stands in the next export.
Result<void> rewrite_definition(Call& call, const CredentialType& before, CredentialType& after) {
    if (before.definition.empty()) return {};
    auto definition = definition_of(call, before);
    if (!definition) return definition.error();
    auto& names = definition->name.translations;
    auto english = std::ranges::find(names, "en", &Translation::language);
    (english == names.end() ? names.front() : *english).text = after.name;
    if (after.description != before.description) {
        auto& texts = definition->description.translations;
        const auto known = std::ranges::find(texts, "en", &Translation::language);
        if (texts.empty())
            texts.push_back({"en", text_in_english(after.description)});
        else
            (known == texts.end() ? texts.front() : *known).text = text_in_english(after.description);
    }
    definition->prototype = after.prototype;
    definition->url = after.url;
    definition->logo = after.logo;
    after.definition = export_credential_type(*definition);
    after.definition_sha256 = sha256_hex(after.definition);
    const auto reading = read_credential_type(after.definition, "", {.allowed_names = call.allowed_names});
    if (!reading.definition) return refusal(reading.findings);
    return {};
}

Result<json::value> update_type(Call& call, const TypeInput& input) {
    const auto before = find_credential_type(call, input.id, input.id ? std::nullopt : input.uuid);
    if (!before) return before.error();
    if (!before->company_id && !call.scope.is_everything())
        return Error{ErrorCode::forbidden,
                     "The credential type belongs to every company; only an administrator of the installation may "
                     "change it."};
    if (input.company_id && (!before->company_id || before->company_id->value != *input.company_id))
        return Error{ErrorCode::conflict,
                     "A credential type stays with its company; make another one for the other company.",
                     {{"company_id", "cannot be changed"}}};
    if (auto good = check_name("name", "The name", input.name.value_or("")); !good) return good.error();
    CredentialType after = *before;
    if (input.name && !trim(*input.name).empty()) after.name = *input.name;
    if (input.url) after.url = *input.url;
    if (input.logo) after.logo = *input.logo;
    if (input.description) after.description = with_description(before->description, *input.description);
    if (input.prototype) {
        set_prototype(call, after, *input.prototype);
        if (!after.prototype_id) return no_prototype(*input.prototype);
    }
    const auto changes = changed_fields(entity_of<CredentialType>(), &*before, &after);
    if (!changes.empty()) {
        if (auto rewritten = rewrite_definition(call, *before, after); !rewritten) return rewritten.error();
        after.updated_at = call.now;
        if (auto updated = call.repository<CredentialType>().update(*before, after); !updated) return updated.error();
        if (auto sealed = seal_new_credential_secrets(call, one_type(after.id)); !sealed) return sealed.error();
    }
    const auto shown_before = whole_type(call, after);
    if (auto stored = store_type_settings(call, after, input); !stored) return stored.error();
    auto answer = answered_type(call, after, input);
    json::object details = changes;
    if (input.settings || input.unset) {
        std::vector<std::string> given;
        for (const auto& [name, value] : input.settings.value_or(TextMap{})) given.push_back(name);
        details["settings"] =
            changed_members(shown_before.at("settings").as_object(), answer.at("settings").as_object(), given);
    }
    audit(call, {.entity = "credential_type",
                 .id = after.id.value,
                 .action = "update",
                 .company = after.company_id,
                 .details = std::move(details)});
    return json::value{{"updated", true}, {"record", std::move(answer)}};
}

Result<json::value> delete_type(Call& call, const TypeLookup& by) {
    const auto before = find_credential_type(call, by.id, by.uuid);
    if (!before) return before.error();
    ListQuery users{.equals = {{"credential_type_id", before->id.value}, only_live()}};
    if (const auto all = call.repository<Credential>().count(users); all > 0) {
        users.limit = 20;
        std::string list;
        for (const auto& credential : call.repository<Credential>().list(users))
            list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", credential.id.value, printable(credential.name));
        const auto sentence =
            fmt::format("The credential type '{}' is used by {}: {}{}. Remove {} first.", printable(before->name),
                        all == 1 ? "one credential" : fmt::format("{} credentials", all), list,
                        all > 20 ? fmt::format(" and {} more", all - 20) : "", all == 1 ? "it" : "them");
        return Error{ErrorCode::conflict,
                     sentence,
                     {{by.id ? "id" : "uuid", sentence, std::string(to_text(FindingCode::in_use))}}};
    }
    CredentialType after = *before;
    after.live.reset();
    after.updated_at = call.now;
    if (auto updated = call.repository<CredentialType>().update(*before, after); !updated) return updated.error();
    // Nothing will ever use its secrets again.
    for (const auto& setting : settings_of(call, before->id))
        if (auto erased = call.repository<CredentialTypeSetting>().erase(setting.id); !erased) return erased.error();
    audit(call, {.entity = "credential_type",
                 .id = before->id.value,
                 .action = "delete",
                 .company = before->company_id,
                 .details = {{"name", before->name}}});
    return json::value{{"deleted", true}, {"id", before->id.value}};
}

Result<json::value> export_type(Call& call, const TypeLookup& by) {
    const auto found = find_credential_type(call, by.id, by.uuid);
    if (!found) return found.error();
    const auto definition = definition_of(call, *found);
    if (!definition) return definition.error();
    return json::value{{"document", export_credential_type(*definition)},
                       {"suggested_name", suggested_file_name(definition->code, ".credential-type.json")}};
}

}  // namespace

Result<std::optional<Id<Company>>> owner_of_new_type(Call& call, std::optional<std::int64_t> company) {
    if (company) return living_company(call, *company).transform([](Id<Company> id) { return std::optional(id); });
    if (call.scope.is_everything()) return std::optional<Id<Company>>();
    constexpr const char* sentence =
        "Only an administrator of the installation may make a credential type for every company; name yours with "
        "--company-id.";
    return Error{ErrorCode::forbidden, sentence, {{"company_id", sentence}}};
}

Result<CredentialType> find_credential_type(Call& call, std::optional<std::int64_t> id,
                                            const std::optional<std::string>& uuid) {
    if (!id && !uuid) return missing_input({"id", "uuid"});
    ListQuery query{.equals = {only_live()}, .limit = 2};
    if (id) query.equals.emplace_back("id", *id);
    if (uuid) query.equals.emplace_back("uuid", uuid_spelling(*uuid));
    auto found = call.repository<CredentialType>().list(query);
    if (found.size() == 1) return std::move(found.front());
    if (found.size() > 1)
        return Error{ErrorCode::conflict,
                     fmt::format("Several credential types have this UUID, {} and {} among them; say which by --id.",
                                 found[0].id.value, found[1].id.value)};
    return Error{ErrorCode::not_found, "No credential type found with given identifier"};
}

std::vector<CredentialTypeSetting> settings_of(Call& call, Id<CredentialType> type) {
    return call.repository<CredentialTypeSetting>().list({.equals = {{"credential_type_id", type.value}}});
}

void add_credential_type_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"credential-type:list", "GET /credential-types", "List credential types.", view}, list_types);
    add(operations,
        {"credential-type:get", "GET /credential-types/{id}", "Show a credential type with its fields.", view},
        get_type);
    add(operations,
        {"credential-type:create",
         "POST /credential-types",
         "Make a type of credentials for a company.",
         manage,
         changes,
         Discloses::nothing,
         {"class"}},
        create_type);
    add(operations,
        {"credential-type:update", "PATCH /credential-types/{id}", "Change a credential type.", manage, changes},
        update_type);
    add(operations,
        {"credential-type:delete", "DELETE /credential-types/{id}", "Remove a credential type that nothing uses.",
         manage, changes},
        delete_type);
    add(operations,
        {"credential-type:export", "GET /credential-types/{id}/definition", "Give the definition of a credential type.",
         view},
        export_type);
}

}  // namespace mf

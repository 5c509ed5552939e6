// SPDX-License-Identifier: MIT
#include "service/credential_prototype_operations.h"

#include "base/digest.h"
#include "base/text.h"
#include "domain/definition/credential_export.h"
#include "domain/definition/uri.h"
#include "service/audit.h"
#include "service/built_in_credentials.h"
#include "service/credential_prototype_import.h"
#include "service/credential_record.h"
#include "service/list_filter.h"

#include <fmt/format.h>

namespace mf {

struct PrototypeLookup {
    std::optional<std::int64_t> id;
    std::optional<std::string> uuid, code;
};

struct PrototypeInput {
    std::optional<std::int64_t> id;
    std::optional<std::string> uuid, code, name, description, version, url, homepage, logo;
    std::optional<TextList> tags;
};

template <>
const Entity& entity_of<PrototypeLookup>() {
    using L = PrototypeLookup;
    static constexpr auto fields = fields_of<L>(field<&L::id>("id", {.help = "Number of the prototype"}),
                                                field<&L::uuid>("uuid", {.help = "UUID of the prototype"}),
                                                field<&L::code>("code", {.help = "Code of the prototype"}));
    static constexpr Entity entity{"credential_prototype_lookup", "Credential prototype", fields};
    return entity;
}

template <>
const Entity& entity_of<PrototypeInput>() {
    using I = PrototypeInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the prototype"}),
                     field<&I::uuid>("uuid", {.help = "UUID; made when left out", .max_length = 64}),
                     field<&I::code>("code", {.help = "Code that applications require", .max_length = 64}),
                     field<&I::name>("name", {.help = "Name"}),
                     field<&I::description>("description", {.help = "Description", .max_length = 65535}),
                     field<&I::version>("version", {.help = "Version of the prototype", .max_length = 64}),
                     field<&I::url>("url", {.help = "Where to read more", .max_length = 2048}),
                     field<&I::homepage>("homepage", {.help = "Web page", .max_length = 2048}),
                     field<&I::logo>("logo", {.help = "File name or data URI of an image", .max_length = 1048576}),
                     field<&I::tags>("tags", {.help = "Tags", .max_length = 65535}));
    static constexpr Entity entity{"credential_prototype_input", "Credential prototype", fields};
    return entity;
}

namespace {

json::object with_fields(Call& call, const CredentialPrototype& prototype) {
    auto record = prototype_record(prototype);
    record["fields"] = field_records(fields_of_prototype(call, prototype.id));
    return record;
}

Result<json::value> list_prototypes(Call& call, const ListInput& input) {
    json::array out;
    for (const auto& prototype : call.repository<CredentialPrototype>().list(query_of(input)))
        out.push_back(prototype_record(prototype));
    return json::value(std::move(out));
}

Result<json::value> get_prototype(Call& call, const PrototypeLookup& by) {
    const auto found = find_credential_prototype(call, by.id, by.uuid, by.code);
    if (!found) return found.error();
    return json::value(with_fields(call, *found));
}

/// What was said by hand, in the definition. Texts in other languages stay.
void apply_prototype_input(const PrototypeInput& input, CredentialPrototypeDefinition& out) {
    const auto put = [](LocalizedText& text, const std::optional<std::string>& said) {
        if (!said) return;
        auto english = std::ranges::find(text.translations, "en", &Translation::language);
        if (english == text.translations.end()) english = text.translations.begin();
        if (english == text.translations.end())
            text.translations.push_back({"", *said});
        else
            english->text = *said;
    };
    if (input.code) out.code = *input.code;
    put(out.name, input.name);
    put(out.description, input.description);
    if (input.version) out.version = *input.version;
    if (input.url) out.url = *input.url;
    if (input.homepage) out.homepage = *input.homepage;
    if (input.logo) out.logo = *input.logo;
    if (input.tags) out.tags = *input.tags;
}

/// Stored by way of its definition, so that nothing can be stored that a file could not say, and an export is what
/// counts.
Result<PrototypeImportResult> store_prototype(Call& call, const CredentialPrototypeDefinition& definition) {
    auto names = call.allowed_names;
    for (const FieldDefinition& field : definition.fields) names.insert(field.name);
    auto stored = import_credential_prototype(call, {.document = export_credential_prototype(definition),
                                                     .file = "",
                                                     .downgrade = Downgrade::allow,
                                                     .allowed_names = std::move(names),
                                                     .audit = AuditBy::caller});
    if (stored) return stored;
    Error error = stored.error();
    error.message.clear();
    for (FieldError& each : error.fields) {
        each.field = each.field.starts_with('/') ? each.field.substr(1) : each.field;
        error.message += fmt::format("{}{}: {}", error.message.empty() ? "" : " ", each.field, each.message);
    }
    return error;
}

Result<json::value> create_prototype(Call& call, const PrototypeInput& input) {
    CredentialPrototypeDefinition definition{.uuid = input.uuid ? uuid_spelling(*input.uuid) : random_uuid(),
                                             .version = "1.0"};
    apply_prototype_input(input, definition);
    for (const auto& [field, value] : {std::pair("uuid", definition.uuid), std::pair("code", definition.code)})
        if (const auto other = call.repository<CredentialPrototype>().first({.equals = {{field, value}}})) {
            const auto message = fmt::format("A credential prototype with the {} '{}' already exists: ID {}.", field,
                                             printable(value), other->id.value);
            return Error{ErrorCode::conflict, message, {{field, message}}};
        }
    const auto made = store_prototype(call, definition);
    if (!made) return made.error();
    audit(call, {.entity = "credential_prototype",
                 .id = made->prototype.id.value,
                 .action = "create",
                 .details = {{"code", made->prototype.code}, {"uuid", made->prototype.uuid}}});
    return json::value(with_fields(call, made->prototype));
}

Result<json::value> update_prototype(Call& call, const PrototypeInput& input) {
    const auto before = find_credential_prototype(call, input.id, input.id ? std::nullopt : input.uuid,
                                                  input.id || input.uuid ? std::nullopt : input.code);
    if (!before) return before.error();
    if (input.uuid && uuid_spelling(*input.uuid) != before->uuid) {
        const auto message =
            fmt::format("The uuid is the identity of a prototype and cannot be changed: prototype {} has {}.",
                        before->id.value, before->uuid);
        return Error{ErrorCode::conflict, message, {{"uuid", message}}};
    }
    auto definition = definition_of(call, *before);
    if (!definition) return definition.error();
    apply_prototype_input(input, *definition);
    const auto stored = store_prototype(call, *definition);
    if (!stored) return stored.error();
    const bool updated = stored->action == "updated";
    if (updated)
        audit(
            call,
            {.entity = "credential_prototype", .id = before->id.value, .action = "update", .details = stored->changes});
    return json::value{{"updated", updated}, {"record", with_fields(call, stored->prototype)}};
}

/// The living types of a prototype, as words: "3 (Bank of Acme), 4 (Bank) and 2 more".
std::string users_of(Call& call, const CredentialPrototype& prototype, std::int64_t& all) {
    ListQuery query{.equals = {{"prototype_id", prototype.id.value}, only_live()}};
    all = call.repository<CredentialType>().count(query);
    query.limit = 20;
    std::string out;
    const auto some = Repository<CredentialType>(call.session, call.seen()).list(query);
    for (const auto& type : some)
        out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", type.id.value, printable(type.name));
    if (some.empty() && all > 0) return "of companies that you do not see";
    return all > std::ssize(some) ? fmt::format("{} and {} more", out, all - std::ssize(some)) : out;
}

Result<json::value> delete_prototype(Call& call, const PrototypeLookup& by) {
    const auto before = find_credential_prototype(call, by.id, by.uuid, by.code);
    if (!before) return before.error();
    std::int64_t all = 0;
    if (const auto users = users_of(call, *before, all); all > 0) {
        const auto sentence =
            fmt::format("The credential prototype '{}' is used by {}: {}. Remove {} first.", printable(before->code),
                        all == 1 ? "one credential type" : fmt::format("{} credential types", all), users,
                        all == 1 ? "it" : "them");
        return Error{ErrorCode::conflict,
                     sentence,
                     {{by.id     ? "id"
                       : by.uuid ? "uuid"
                                 : "code",
                       sentence, std::string(to_text(FindingCode::in_use))}}};
    }
    // Types that were removed are kept for what refers to them; they remember the code.
    call.sql().execute(R"(UPDATE "credential_type" SET "prototype_id" = NULL WHERE "prototype_id" = ? AND {scope})",
                       {before->id.value});
    if (auto erased = call.repository<CredentialPrototype>().erase(before->id); !erased) return erased.error();
    audit(call, {.entity = "credential_prototype",
                 .id = before->id.value,
                 .action = "delete",
                 .details = {{"code", before->code}, {"uuid", before->uuid}}});
    return json::value{{"deleted", true}, {"id", before->id.value}};
}

Result<json::value> export_prototype(Call& call, const PrototypeLookup& by) {
    const auto found = find_credential_prototype(call, by.id, by.uuid, by.code);
    if (!found) return found.error();
    const auto definition = definition_of(call, *found);
    if (!definition) return definition.error();
    return json::value{{"document", export_credential_prototype(*definition)},
                       {"suggested_name", suggested_file_name(found->code, ".credprototype.json")}};
}

}  // namespace

Result<CredentialPrototype> find_credential_prototype(Call& call, std::optional<std::int64_t> id,
                                                      const std::optional<std::string>& uuid,
                                                      const std::optional<std::string>& code) {
    if (!id && !uuid && !code) return missing_input({"id", "uuid", "code"});
    auto prototypes = call.repository<CredentialPrototype>();
    ListQuery query;
    if (id) query.equals.emplace_back("id", *id);
    if (uuid) query.equals.emplace_back("uuid", uuid_spelling(*uuid));
    if (code) query.equals.emplace_back("code", *code);
    if (auto found = prototypes.first(query)) return *std::move(found);
    if (code && !id && !uuid)
        for (const auto& row : call.sql().query(
                 R"(SELECT "id" FROM "credential_prototype" WHERE LOWER("code") = ? ORDER BY "id")", {lower(*code)}))
            return prototypes.find({integer_of(row[0])});
    return Error{ErrorCode::not_found, "No credential prototype found with given identifier"};
}

std::vector<KnownPrototype> known_prototypes(Session& session) {
    ScopedSql of_all(session, Scope::everything());  // prototypes belong to no company
    std::map<std::int64_t, KnownPrototype> found;
    for (const auto& row : of_all.query(R"(SELECT "id", "code" FROM "credential_prototype")"))
        found[integer_of(row[0])].code = std::get<std::string>(row[1]);
    for (const auto& row : of_all.query(
             R"(SELECT "prototype_id", "keyword" FROM "credential_prototype_field" WHERE "orphaned" = ?)", {false}))
        if (auto& prototype = found[integer_of(row[0])];
            !is_internal_field(prototype.code, std::get<std::string>(row[1])))
            prototype.keywords.push_back(std::get<std::string>(row[1]));
    std::vector<KnownPrototype> out;
    for (auto& [id, prototype] : found) out.push_back(std::move(prototype));
    return out;
}

void add_credential_prototype_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"credential-prototype:list", "GET /credential-prototypes", "List credential prototypes.", view_catalog},
        list_prototypes);
    add(operations,
        {"credential-prototype:get", "GET /credential-prototypes/{id}", "Show a credential prototype with its fields.",
         view_catalog},
        get_prototype);
    add(operations,
        {"credential-prototype:create",
         "POST /credential-prototypes",
         "Make a credential prototype by hand.",
         edit_catalog,
         changes,
         Discloses::nothing,
         {"code", "name"}},
        create_prototype);
    add(operations,
        {"credential-prototype:update", "PATCH /credential-prototypes/{id}", "Change a credential prototype.",
         edit_catalog, changes},
        update_prototype);
    add(operations,
        {"credential-prototype:delete", "DELETE /credential-prototypes/{id}",
         "Remove a credential prototype that no type uses.", edit_catalog, changes},
        delete_prototype);
    add(operations,
        {"credential-prototype:export", "GET /credential-prototypes/{id}/definition",
         "Give the definition of a credential prototype.", view_catalog},
        export_prototype);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "service/audit.h"
#include "service/credential_operations.h"
#include "service/credential_record.h"
#include "service/credential_store.h"
#include "service/list_filter.h"

#include <fmt/format.h>

namespace mf {

struct RotationInput {
    std::int64_t id = 0;
    std::optional<TextMap> values;
    std::optional<std::string> note;
};

struct VersionReference {
    std::int64_t id = 0, version = 0;
    std::optional<std::string> note;
};

template <>
const Entity& entity_of<RotationInput>() {
    using I = RotationInput;
    static constexpr auto fields =
        fields_of<I>(field<&I::id>("id", {.help = "Number of the credential", .required = true}),
                     field<&I::values>("fields", {.help = "New value of a field, KEY=VALUE", .max_length = 4194304}),
                     field<&I::note>("note", {.help = "Why it is changed", .max_length = 1024}));
    static constexpr Entity entity{"credential_rotation", "New values", fields};
    return entity;
}

template <>
const Entity& entity_of<VersionReference>() {
    using R = VersionReference;
    static constexpr auto fields =
        fields_of<R>(field<&R::id>("id", {.help = "Number of the credential", .required = true}),
                     field<&R::version>("version", {.help = "Version to go back to", .required = true}),
                     field<&R::note>("note", {.help = "Why it is changed", .max_length = 1024}));
    static constexpr Entity entity{"credential_version_reference", "Version of a credential", fields};
    return entity;
}

namespace {

/// The answer to a change of values: the record, and whose jobs get the new ones from now on.
Result<json::value> answer_changed(Call& call, const Credential& credential, const CredentialChange& change) {
    auto record = whole_credential(call, credential);
    if (!record) return record.error();
    json::array secrets;
    for (const auto& name : change.changed)
        if (const auto value = change.values.find(name); value != change.values.end() && value->second.secret)
            secrets.emplace_back(name);
    return json::value{{"record", *std::move(record)},
                       {"version", credential.version},
                       {"changed", json::array(change.changed.begin(), change.changed.end())},
                       {"secret_fields", std::move(secrets)},
                       {"affected", users_of(call, credential)}};
}

void audit_change(Call& call, const Credential& credential, std::string_view action, const CredentialChange& change) {
    audit(call, {.entity = "credential",
                 .id = credential.id.value,
                 .action = action,
                 .company = credential.company_id,
                 .details = {{"name", credential.name},
                             {"version", credential.version},
                             {"fields", json::array(change.changed.begin(), change.changed.end())}}});
}

Result<json::value> rotate_credential(Call& call, const RotationInput& input) {
    const auto before = find_credential_to_change(call, input.id);
    if (!before) return before.error();
    const auto type = type_of_credential(call, *before);
    if (!type) return type.error();
    const auto change =
        changed_values(call, *before, fields_of_type(call, *type), input.values.value_or(TextMap{}), {});
    if (!change) return change.error();
    if (change->changed.empty())
        return Error{
            ErrorCode::invalid,
            "Nothing is new: give at least one value that differs from the one in use, with --field KEY=VALUE.",
            {{"fields", "has no new value"}}};
    const auto after = store_next_version(call, *before, *change, input.note.value_or(""));
    if (!after) return after.error();
    audit_change(call, *after, "rotate", *change);
    return answer_changed(call, *after, *change);
}

std::string login_of(Call& call, Id<User> user) {
    const auto rows = call.sql().query(R"(SELECT "login" FROM "user" WHERE "id" = ?)", {user.value});
    return rows.empty() ? std::string() : std::get<std::string>(rows[0][0]);
}

Result<json::value> list_versions(Call& call, const Reference& by) {
    const auto found = find_credential(call, by.id);
    if (!found) return found.error();
    json::array out;
    for (const auto& version : call.repository<CredentialVersion>().list(
             {.equals = {{"credential_id", found->id.value}}, .newest_first = true})) {
        auto record = to_json(version);
        record["created_by"] = login_of(call, version.created_by);
        record["current"] = version.version == found->version;
        out.push_back(std::move(record));
    }
    return json::value(std::move(out));
}

Result<json::value> roll_back(Call& call, const VersionReference& input) {
    const auto before = find_credential_to_change(call, input.id);
    if (!before) return before.error();
    if (input.version == before->version)
        return Error{ErrorCode::invalid,
                     fmt::format("Version {} is the one in use.", input.version),
                     {{"version", "is in use"}}};
    if (call.repository<CredentialVersion>().count(
            {.equals = {{"credential_id", before->id.value}, {"version", input.version}}}) == 0)
        return Error{ErrorCode::not_found,
                     fmt::format("The credential has no version {} (any more).", input.version),
                     {{"version", "is not known"}}};
    const auto type = type_of_credential(call, *before);
    if (!type) return type.error();
    const auto fields = fields_of_type(call, *type);
    auto values = opened_values(call, *before, input.version);
    if (!values) return values.error();
    CredentialChange change;
    const auto present = stored_values(call, *before, before->version);
    for (const auto& [name, value] : present)
        if (!values->contains(name)) change.changed.push_back(name);
    const auto in_use = opened_values(call, *before, before->version);
    for (auto& [name, value] : *values) {
        // Where a value in use does not open any more, everything counts as changed; that is no obstacle to leaving it.
        const auto now = in_use ? in_use->find(name) : CheckedValues::const_iterator();
        if (!in_use || now == in_use->end() || now->second.value != value.value) change.changed.push_back(name);
        value.secret = value.secret || is_secret_field(fields, name);
    }
    std::ranges::sort(change.changed);
    change.values = *std::move(values);
    const auto after = store_next_version(
        call, *before, change, input.note.value_or(fmt::format("Back to the values of version {}.", input.version)));
    if (!after) return after.error();
    audit_change(call, *after, "rollback", change);
    return answer_changed(call, *after, change);
}

}  // namespace

void add_credential_version_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"credential:rotate", "POST /credentials/{id}/rotate",
         "Give a credential new values, and say whose jobs get them.", manage, changes},
        rotate_credential);
    add(operations,
        {"credential:versions", "GET /credentials/{id}/versions", "List who changed which values of a credential when.",
         view},
        list_versions);
    add(operations,
        {"credential:rollback", "POST /credentials/{id}/rollback", "Go back to the values of an earlier version.",
         manage, changes},
        roll_back);
}

}  // namespace mf

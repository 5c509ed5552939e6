// SPDX-License-Identifier: MIT
#include "service/credential_operations.h"
#include "service/company_operations.h"

#include "base/text.h"
#include "domain/definition/finding.h"
#include "domain/visible_text.h"
#include "service/audit.h"
#include "service/complaints.h"
#include "service/credential_record.h"
#include "service/credential_store.h"
#include "service/credential_type_operations.h"
#include "service/list_filter.h"

#include <fmt/format.h>

namespace mf {

struct CredentialFilter {
    std::optional<std::int64_t> limit, offset, after, company_id, credential_type_id;
    std::optional<ListOrder> order;
};

struct CredentialInput {
    std::optional<std::int64_t> id, company_id, credential_type_id;
    std::optional<std::string> name, note;
    std::optional<TextMap> values;
    std::optional<TextList> unset;
};

struct CredentialRemoval {
    std::int64_t id = 0;
    std::optional<bool> force;
};

struct CredentialCopy {
    std::int64_t id = 0;
    std::optional<std::string> name;
};

static Result<void> check_input(const CredentialInput& input);

template <>
const Entity& entity_of<CredentialFilter>() {
    using F = CredentialFilter;
    static constexpr auto fields = fields_of<F>(
        limit_field<&F::limit>(), offset_field<&F::offset>(), after_field<&F::after>(),
        field<&F::company_id>("company_id", {.help = "Only of this company"}),
        field<&F::credential_type_id>("credential_type_id", {.help = "Only of this type"}), order_field<&F::order>());
    static constexpr Entity entity{"credential_filter", "Credentials", fields};
    return entity;
}

template <>
const Entity& entity_of<CredentialInput>() {
    using I = CredentialInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id", {.help = "Number of the credential"}),
        field<&I::company_id>("company_id", {.help = "Number of the company"}),
        field<&I::credential_type_id>("credential_type_id", {.help = "Number of its type"}),
        field<&I::name>("name", {.help = "Name, unique in the company"}),
        field<&I::note>("note", {.help = "Why it is changed", .max_length = 1024}),
        field<&I::values>(
            "fields", {.help = "Value of a field, KEY=VALUE; a blank one leaves what is there", .max_length = 4194304}),
        field<&I::unset>("unset", {.help = "Fields that lose their value"}));
    static constexpr Entity entity{"credential_input", "Credential", fields};
    return entity;
}

template <>
const Entity& entity_of<CredentialRemoval>() {
    using R = CredentialRemoval;
    static constexpr auto fields =
        fields_of<R>(field<&R::id>("id", {.help = "Number of the credential", .required = true}),
                     field<&R::force>("force", {.help = "Take it from the run templates that have it, too"}));
    static constexpr Entity entity{"credential_removal", "Credential", fields};
    return entity;
}

template <>
const Entity& entity_of<CredentialCopy>() {
    using C = CredentialCopy;
    static constexpr auto fields =
        fields_of<C>(field<&C::id>("id", {.help = "Number of the credential", .required = true}),
                     field<&C::name>("name", {.help = "Name of the copy"}));
    static constexpr Entity entity{"credential_copy", "Copy of a credential", fields};
    return entity;
}

namespace {

Result<json::value> list_credentials(Call& call, const CredentialFilter& filter) {
    auto query = query_of(filter);
    query.equals.push_back(only_live());
    if (filter.company_id) query.equals.emplace_back("company_id", *filter.company_id);
    if (filter.credential_type_id) query.equals.emplace_back("credential_type_id", *filter.credential_type_id);
    json::array out;
    std::map<std::int64_t, CredentialType> types;
    for (const auto& credential : call.repository<Credential>().list(query)) {
        const auto [known, is_new] = types.try_emplace(credential.credential_type_id.value);
        if (is_new) {
            auto type = type_of_credential(call, credential);
            if (!type) return type.error();
            known->second = *std::move(type);
        }
        out.push_back(credential_record(credential, known->second));
    }
    return json::value(std::move(out));
}

Result<json::value> get_credential(Call& call, const Reference& by) {
    return find_credential(call, by.id)
        .and_then([&](const Credential& found) { return whole_credential(call, found); })
        .transform([](json::object record) { return json::value(std::move(record)); });
}

Result<json::value> reveal_credential(Call& call, const Reference& by) {
    const auto found = find_credential(call, by.id);
    if (!found) return found.error();
    auto record = whole_credential(call, *found);
    if (!record) return record.error();
    const auto values = opened_values(call, *found, found->version);
    if (!values) return values.error();
    json::array names;
    for (const auto& [name, value] : *values) {
        record->at("fields").as_object()[name] = value.value;
        if (value.secret) names.emplace_back(name);
    }
    audit(call, {.entity = "credential",
                 .id = found->id.value,
                 .action = "credential_revealed",
                 .company = found->company_id,
                 .details = {{"severity", "high"}, {"name", found->name}, {"fields", std::move(names)}}});
    return json::value(*std::move(record));
}

Result<std::string> good_name(const std::string& name) {
    std::string wanted(trim(name));
    if (wanted.empty()) return Error{ErrorCode::invalid, "The credential needs a name.", {{"name", "is required"}}};
    if (auto good = check_name("name", "The name", wanted); !good) return good.error();
    return wanted;
}

Result<std::string> free_name(Call& call, Id<Company> company, const std::string& name,
                              std::optional<Id<Credential>> own = {}) {
    auto wanted = good_name(name);
    if (!wanted) return wanted;
    const auto other = call.repository<Credential>().first(
        {.equals = {{"company_id", company.value}, {"name", *wanted}, only_live()}});
    if (!other || other->id == own) return wanted;
    const auto sentence = fmt::format("A credential with the name '{}' already exists in this company: ID {}.",
                                      printable(*wanted), other->id.value);
    return Error{ErrorCode::conflict, sentence, {{"name", sentence}}};
}

/// A type that the company may use.
Result<CredentialType> type_for(Call& call, Id<Company> company, std::int64_t id) {
    auto type = find_credential_type(call, id);
    if (type && (!type->company_id || *type->company_id == company)) return type;
    return Error{ErrorCode::not_found,
                 "No credential type found with given identifier",
                 {{"credential_type_id", "is not known"}}};
}

/// What answers to a change say beside the record: which of the given values are secrets.
json::array secrets_among(const CredentialInput& input, std::span<const CredentialField> fields) {
    json::array out;
    for (const auto& [name, value] : input.values.value_or(TextMap{}))
        if (!value.empty() && is_secret_field(fields, name)) out.emplace_back(name);
    return out;
}

Result<json::value> create_credential(Call& call, const CredentialInput& input) {
    const auto company = living_company(call, *input.company_id);
    if (!company) return company.error();
    const auto type = type_for(call, *company, *input.credential_type_id);
    if (!type) return type.error();
    const auto name = free_name(call, *company, *input.name);
    if (!name) return name.error();
    const auto fields = fields_of_type(call, *type);
    const auto values = checked_credential_values(call, fields, input.values.value_or(TextMap{}));
    if (!values) return values.error();
    Credential made{.company_id = *company,
                    .credential_type_id = type->id,
                    .name = *name,
                    .created_at = call.now,
                    .updated_at = call.now};
    if (auto inserted = call.repository<Credential>().insert(made); !inserted) return inserted.error();
    if (auto stored = store_first_version(call, made, *values, input.note.value_or("")); !stored) return stored.error();
    auto record = whole_credential(call, made);
    if (!record) return record.error();
    audit(call, {.entity = "credential",
                 .id = made.id.value,
                 .action = "create",
                 .company = made.company_id,
                 .details = {{"name", made.name},
                             {"credential_type_id", type->id.value},
                             {"class", type->prototype},
                             {"fields", record->at("fields")}}});
    (*record)["secret_fields"] = secrets_among(input, fields);
    return json::value(*std::move(record));
}

/// The type that was asked for instead of the present one. With another prototype it would be another thing for the run
/// templates that have the credential.
Result<CredentialType> next_type(Call& call, const Credential& credential, const CredentialType& present,
                                 std::int64_t id) {
    auto type = type_for(call, credential.company_id, id);
    if (!type || equal_ignoring_case(type->prototype, present.prototype)) return type;
    const auto users = users_of(call, credential);
    if (users.empty()) return type;
    const auto sentence = fmt::format(
        "The credential '{}' is assigned to {} as one of '{}', so it cannot become one of '{}'; unassign it first.",
        printable(credential.name), list_of_users(users), printable(present.prototype), printable(type->prototype));
    return Error{ErrorCode::conflict, sentence, {{"credential_type_id", sentence}}};
}

Result<json::value> update_credential(Call& call, const CredentialInput& input) {
    if (!input.id) return missing_input({"id"});
    const auto before = find_credential_to_change(call, *input.id);
    if (!before) return before.error();
    if (input.company_id && *input.company_id != before->company_id.value)
        return Error{ErrorCode::conflict,
                     "A credential stays with its company; make another one for the other company.",
                     {{"company_id", "cannot be changed"}}};
    auto type = type_of_credential(call, *before);
    if (!type) return type.error();
    Credential after = *before;
    if (input.credential_type_id && *input.credential_type_id != before->credential_type_id.value) {
        type = next_type(call, *before, *type, *input.credential_type_id);
        if (!type) return type.error();
        after.credential_type_id = type->id;
    }
    if (input.name) {
        auto name = free_name(call, before->company_id, *input.name, before->id);
        if (!name) return name.error();
        after.name = *std::move(name);
    }
    const auto fields = fields_of_type(call, *type);
    auto change =
        changed_values(call, *before, fields, input.values.value_or(TextMap{}), input.unset.value_or(TextList{}));
    if (!change) return change.error();
    const auto shown_before = whole_credential(call, *before);
    if (!shown_before) return shown_before.error();
    auto details = changed_fields(entity_of<Credential>(), &*before, &after);
    if (!details.empty()) {
        after.updated_at = call.now;
        if (auto updated = call.repository<Credential>().update(*before, after); !updated) return updated.error();
    }
    // Another type may call other values secret, so they are written anew.
    if (!change->changed.empty() || after.credential_type_id != before->credential_type_id) {
        auto stored = store_next_version(call, after, *change, input.note.value_or(""));
        if (!stored) return stored.error();
        after = *std::move(stored);
        details["version"] = after.version;
    }
    auto record = whole_credential(call, after);
    if (!record) return record.error();
    if (details.contains("version"))
        details["fields"] =
            changed_members(shown_before->at("fields").as_object(), record->at("fields").as_object(), change->changed);
    if (!details.empty())
        audit(call, {.entity = "credential",
                     .id = after.id.value,
                     .action = "update",
                     .company = after.company_id,
                     .details = details});
    return json::value{
        {"updated", !details.empty()}, {"record", *std::move(record)}, {"secret_fields", secrets_among(input, fields)}};
}

Result<json::value> clone_credential(Call& call, const CredentialCopy& input) {
    if (!input.name) return missing_input({"name"});
    const auto source = find_credential(call, input.id);
    if (!source) return source.error();
    const auto name = free_name(call, source->company_id, *input.name);
    if (!name) return name.error();
    const auto values = opened_values(call, *source, source->version);
    if (!values) return values.error();
    Credential made{.company_id = source->company_id,
                    .credential_type_id = source->credential_type_id,
                    .name = *name,
                    .created_at = call.now,
                    .updated_at = call.now};
    if (auto inserted = call.repository<Credential>().insert(made); !inserted) return inserted.error();
    if (auto stored =
            store_first_version(call, made, *values, fmt::format("Copy of {} ({}).", source->id.value, source->name));
        !stored)
        return stored.error();
    audit(call, {.entity = "credential",
                 .id = made.id.value,
                 .action = "clone",
                 .company = made.company_id,
                 .details = {{"name", made.name}, {"from", source->id.value}}});
    auto record = whole_credential(call, made);
    if (!record) return record.error();
    return json::value(*std::move(record));
}

/// A removed credential is kept for the history, without any of its values.
Result<json::value> remove_credential(Call& call, const CredentialRemoval& input) {
    const auto before = find_credential(call, input.id);
    if (!before) return before.error();
    auto users = users_of(call, *before);
    if (!users.empty() && !input.force.value_or(false)) {
        const auto sentence = fmt::format(
            "The credential '{}' is assigned to {}: {}. Unassign it first, or use --force.", printable(before->name),
            users.size() == 1 ? "one run template" : fmt::format("{} run templates", users.size()),
            list_of_users(users));
        return Error{ErrorCode::conflict, sentence, {{"id", sentence, std::string(to_text(FindingCode::in_use))}}};
    }
    Credential after = *before;
    after.live.reset();
    after.updated_at = call.now;
    if (auto updated = call.repository<Credential>().update(*before, after); !updated) return updated.error();
    for (const auto* table : {"credential_value", "credential_version", "runtemplate_credential"})
        call.sql().execute(fmt::format(R"(DELETE FROM "{}" WHERE "credential_id" = ? AND {{scope}})", table),
                           {after.id.value});
    audit(call, {.entity = "credential",
                 .id = after.id.value,
                 .action = "remove",
                 .company = after.company_id,
                 .details = {{"name", after.name}, {"unassigned", users}}});
    return json::value{{"removed", true}, {"id", after.id.value}, {"unassigned", std::move(users)}};
}

}  // namespace

/// Of the values only their type knows what they may be.
Result<void> check_input(const CredentialInput& input) {
    Complaints out;
    if (input.name) out.add(good_name(*input.name));
    return out.result();
}

json::object credential_record(const Credential& credential, const CredentialType& type) {
    auto record = to_json(credential);
    record["prototype"] = type.prototype;
    record["credential_type"] = type.name;
    return record;
}

Result<CredentialType> type_of_credential(Call& call, const Credential& credential) {
    return call.repository<CredentialType>().find(credential.credential_type_id);
}

Result<json::object> whole_credential(Call& call, const Credential& credential) {
    const auto type = type_of_credential(call, credential);
    if (!type) return type.error();
    const auto fields = fields_of_type(call, *type);
    const auto values = stored_values(call, credential, credential.version);
    std::set<std::string> shared;
    for (const auto& setting : settings_of(call, type->id)) shared.insert(setting.name);
    auto record = credential_record(credential, *type);
    record["fields"] = shown_values(fields, values);
    json::array warnings;
    for (const CredentialField& field : fields)
        if (field.required && !field.orphaned && !values.contains(field.keyword) && !shared.contains(field.keyword) &&
            field.default_value.value_or("").empty())
            warnings.emplace_back(fmt::format("{} is required and has no value.", field.keyword));
    if (!warnings.empty()) record["warnings"] = std::move(warnings);
    return record;
}

void add_credential_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"credential:list", "GET /credentials", "List credentials.", view}, list_credentials);
    add(operations, {"credential:get", "GET /credentials/{id}", "Show a credential, its secrets masked.", view},
        get_credential);
    add(operations,
        {"credential:reveal", "POST /credentials/{id}/reveal", "Show a credential with its secrets; this is audited.",
         manage, changes, Discloses::secret},
        reveal_credential);
    add(operations,
        {"credential:create",
         "POST /credentials",
         "Make a credential of a company.",
         manage,
         changes,
         Discloses::nothing,
         {"name", "company_id", "credential_type_id"}},
        create_credential);
    add(operations,
        {"credential:update", "PATCH /credentials/{id}", "Change a credential; other values make a new version.",
         manage, changes},
        update_credential);
    add(operations,
        {"credential:clone", "POST /credentials/{id}/clone", "Copy a credential under another name.", manage, changes},
        clone_credential);
    add(operations,
        {"credential:remove", "DELETE /credentials/{id}", "Remove a credential with all its values.", manage, changes},
        remove_credential);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "domain/credential.h"

namespace mf {

template <>
const Entity& entity_of<CredentialType>() {
    using T = CredentialType;
    static constexpr auto fields = fields_of<T>(
        field<&T::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&T::company_id>("company_id", {.references = "company", .tenant = true, .shared = true, .listed = true}),
        field<&T::owner>("owner", {.read_only = true}),
        field<&T::uuid>("uuid", {.label = "UUID", .max_length = 64, .required = true, .listed = true}),
        field<&T::name>("name", {.label = "Name", .required = true, .listed = true}),
        field<&T::description>("description", {.label = "Description", .max_length = 65535}),
        field<&T::prototype_id>("prototype_id", {.references = "credential_prototype", .read_only = true}),
        field<&T::prototype>("prototype", {.label = "Prototype", .max_length = 64, .required = true, .listed = true}),
        field<&T::url>("url", {.label = "Address", .max_length = 2048}),
        field<&T::logo>("logo", {.label = "Logo", .max_length = 1048576}),
        field<&T::version>("version", {.label = "Version", .listed = true}),
        field<&T::definition>("definition", {.max_length = 8388608, .read_only = true}),
        field<&T::definition_sha256>("definition_sha256", {.max_length = 64, .read_only = true}),
        field<&T::live>("live", {.read_only = true}), field<&T::created_at>("created_at", {.read_only = true}),
        field<&T::updated_at>("updated_at", {.read_only = true}));
    static constexpr Entity entity{"credential_type", "Credential type", fields};
    return entity;
}

template <>
const Entity& entity_of<CredentialTypeField>() {
    using F = CredentialTypeField;
    static constexpr auto fields = fields_of<F>(
        field<&F::id>("id", {.key = true}),
        field<&F::credential_type_id>("credential_type_id", {.references = "credential_type"}),
        field<&F::company_id>("company_id", {.references = "company", .tenant = true, .shared = true}),
        field<&F::position>("position"), field<&F::keyword>("keyword", {.max_length = 64}),
        field<&F::type>("type", {.max_length = 32}), field<&F::name>("name", {.max_length = 65535}),
        field<&F::description>("description", {.max_length = 65535}), field<&F::hint>("hint", {.max_length = 65535}),
        field<&F::default_value>("default_value", {.max_length = 262144}), field<&F::required>("required"),
        field<&F::secret>("secret"), field<&F::options>("options", {.max_length = 65535}),
        field<&F::constraints>("constraints", {.max_length = 65535}), field<&F::orphaned>("orphaned"));
    static constexpr Entity entity{"credential_type_field", "Credential field", fields};
    return entity;
}

template <>
const Entity& entity_of<CredentialTypeSetting>() {
    using S = CredentialTypeSetting;
    static constexpr auto fields =
        fields_of<S>(field<&S::id>("id", {.key = true}),
                     field<&S::credential_type_id>("credential_type_id", {.references = "credential_type"}),
                     field<&S::company_id>("company_id", {.references = "company", .tenant = true, .shared = true}),
                     field<&S::name>("name", {.max_length = 128}), field<&S::value>("value", {.max_length = 1048576}),
                     field<&S::sealed>("sealed"));
    static constexpr Entity entity{"credential_type_setting", "Setting of a credential type", fields};
    return entity;
}

template <>
const Entity& entity_of<Credential>() {
    using C = Credential;
    static constexpr auto fields = fields_of<C>(
        field<&C::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&C::company_id>("company_id", {.references = "company", .tenant = true, .listed = true}),
        field<&C::credential_type_id>("credential_type_id", {.references = "credential_type", .listed = true}),
        field<&C::name>("name", {.label = "Name", .required = true, .listed = true}),
        field<&C::version>("version", {.read_only = true, .listed = true}),
        field<&C::state>("state", {.label = "State", .max_length = 16, .read_only = true, .listed = true}),
        field<&C::message>("message", {.max_length = 1024, .read_only = true}),
        field<&C::checked_at>("checked_at", {.read_only = true}),
        field<&C::valid_until>("valid_until", {.read_only = true}), field<&C::live>("live", {.read_only = true}),
        field<&C::created_at>("created_at", {.read_only = true}),
        field<&C::updated_at>("updated_at", {.read_only = true}));
    static constexpr Entity entity{"credential", "Credential", fields};
    return entity;
}

template <>
const Entity& entity_of<CredentialVersion>() {
    using V = CredentialVersion;
    static constexpr auto fields = fields_of<V>(
        field<&V::id>("id", {.key = true}), field<&V::credential_id>("credential_id", {.references = "credential"}),
        field<&V::company_id>("company_id", {.references = "company", .tenant = true}), field<&V::version>("version"),
        field<&V::changed>("changed", {.max_length = 65535}), field<&V::note>("note", {.max_length = 1024}),
        field<&V::created_by>("created_by", {.references = "user"}), field<&V::created_at>("created_at"));
    static constexpr Entity entity{"credential_version", "Version of a credential", fields};
    return entity;
}

template <>
const Entity& entity_of<CredentialValue>() {
    using V = CredentialValue;
    static constexpr auto fields = fields_of<V>(
        field<&V::id>("id", {.key = true}), field<&V::credential_id>("credential_id", {.references = "credential"}),
        field<&V::company_id>("company_id", {.references = "company", .tenant = true}), field<&V::version>("version"),
        field<&V::name>("name", {.max_length = 128}), field<&V::value>("value", {.max_length = 1048576}),
        field<&V::sealed>("sealed"));
    static constexpr Entity entity{"credential_value", "Value of a credential", fields};
    return entity;
}

template <>
const Entity& entity_of<RunTemplateCredential>() {
    using A = RunTemplateCredential;
    static constexpr auto fields = fields_of<A>(
        field<&A::id>("id", {.key = true}), field<&A::runtemplate_id>("runtemplate_id", {.references = "runtemplate"}),
        field<&A::company_id>("company_id", {.references = "company", .tenant = true}),
        field<&A::credential_id>("credential_id", {.references = "credential"}), field<&A::position>("position"));
    static constexpr Entity entity{"runtemplate_credential", "Assignment of a credential", fields};
    return entity;
}

namespace {

template <class Row>
CredentialField field_from(const Row& row) {
    const auto type = config_type_named(row.type).value_or(ConfigType::string);
    return {.keyword = row.keyword,
            .type = type,
            .name = row.name,
            .description = row.description,
            .hint = row.hint,
            .default_value = row.default_value,
            .required = row.required,
            .secret = row.secret || is_secret(type),
            .options = row.options,
            .constraints = row.constraints,
            .orphaned = row.orphaned};
}

template <class Row>
std::vector<const Row*> in_file_order(std::span<const Row> rows) {
    std::vector<const Row*> out;
    for (const Row& row : rows) out.push_back(&row);
    std::ranges::stable_sort(out, {}, [](const Row* row) { return row->position; });
    return out;
}

/// Of a localized text nothing is kept as "{}", so that the other one shows.
bool says_nothing(std::string_view localized) {
    return localized.empty() || localized == "{}" || localized == R"("")" || localized == "null";
}

}  // namespace

std::vector<CredentialField> merged_fields(std::span<const CredentialPrototypeField> prototype,
                                           std::span<const CredentialTypeField> type) {
    std::vector<CredentialField> out;
    for (const auto* row : in_file_order(prototype)) out.push_back(field_from(*row));
    for (const auto* row : in_file_order(type)) {
        auto mine = field_from(*row);
        const auto known = std::ranges::find(out, row->keyword, &CredentialField::keyword);
        if (known == out.end()) {
            out.push_back(std::move(mine));
            continue;
        }
        mine.secret = mine.secret || known->secret;
        if (mine.orphaned && !known->orphaned) {
            known->secret = mine.secret;
            continue;
        }
        mine.required = mine.required || (known->required && !known->orphaned);
        if (!mine.default_value) mine.default_value = known->default_value;
        for (auto text : {&CredentialField::name, &CredentialField::description, &CredentialField::hint})
            if (says_nothing(mine.*text)) mine.*text = (*known).*text;
        *known = std::move(mine);
    }
    return out;
}

const CredentialField* find_field(std::span<const CredentialField> fields, std::string_view keyword) {
    const auto found = std::ranges::find(fields, keyword, &CredentialField::keyword);
    return found == fields.end() ? nullptr : &*found;
}

}  // namespace mf

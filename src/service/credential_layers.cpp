// SPDX-License-Identifier: MIT
#include "service/credential_layers.h"

#include "domain/definition/finding.h"
#include "domain/process_environment.h"
#include "secure/vault.h"
#include "service/built_in_credentials.h"
#include "store/rows_of.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string& text_in(mf::Value& cell) { return std::get<std::string>(cell); }

/// Stands for the run template where a credential is looked at by itself.
constexpr Id<RunTemplate> no_run_template{0};

}  // namespace

CredentialRows::CredentialRows(Session& session, const std::vector<std::int64_t>& run_templates) {
    read(
        session,
        R"(SELECT a."runtemplate_id", c."id", c."company_id", c."name", t."id", t."name", t."prototype", t."prototype_id"
               FROM "runtemplate_credential" a JOIN "credential" c ON c."id" = a."credential_id"
               JOIN "credential_type" t ON t."id" = c."credential_type_id"
               WHERE a."runtemplate_id" IN ({}) AND c."live" = 1 ORDER BY a."runtemplate_id", a."position", a."id")",
        run_templates);
}

CredentialRows CredentialRows::of_credential(Session& session, Id<Credential> credential) {
    CredentialRows rows;
    rows.read(session,
              R"(SELECT 0, c."id", c."company_id", c."name", t."id", t."name", t."prototype", t."prototype_id"
               FROM "credential" c JOIN "credential_type" t ON t."id" = c."credential_type_id" WHERE c."id" IN ({}))",
              {credential.value});
    return rows;
}

Result<std::optional<CredentialQuestion>> CredentialRows::question_of(Session& session, const Vault& vault,
                                                                      Id<Credential> credential) {
    auto questions = of_credential(session, credential).questions(vault, no_run_template);
    if (!questions) return questions.error();
    if (questions->empty()) return std::optional<CredentialQuestion>();
    return std::optional(std::move(questions->front()));
}

void CredentialRows::read(Session& session, std::string_view sql, const std::vector<std::int64_t>& ids) {
    std::vector<std::int64_t> credentials, types;
    rows_of(session, sql, ids, [&](sql::Row& row) {
        const auto type = integer_of(row[4]);
        by_run_template_[integer_of(row[0])].push_back(
            {integer_of(row[1]), integer_of(row[2]), type, std::move(text_in(row[3]))});
        credentials.push_back(integer_of(row[1]));
        types.push_back(type);
        Type& known = types_[type];
        known.name = std::move(text_in(row[5]));
        known.prototype = std::move(text_in(row[6]));
        known.prototype_id = integer_or_zero(row[7]);
    });
    if (credentials.empty()) return;
    rows_of(session,
            R"(SELECT v."credential_id", v."id", v."name", v."value", v."sealed" FROM "credential_value" v
               JOIN "credential" c ON c."id" = v."credential_id" AND c."version" = v."version"
               WHERE v."credential_id" IN ({}) ORDER BY v."id")",
            credentials, [&](sql::Row& row) {
                values_[integer_of(row[0])].push_back(
                    {integer_of(row[1]), std::move(text_in(row[2])), std::move(text_in(row[3])), is_true(row[4])});
            });
    read_types(session, types);
}

void CredentialRows::read_types(Session& session, const std::vector<std::int64_t>& types) {
    rows_of(session,
            R"(SELECT "credential_type_id", "id", "name", "value", "sealed" FROM "credential_type_setting"
               WHERE "credential_type_id" IN ({}) ORDER BY "id")",
            types, [&](sql::Row& row) {
                types_[integer_of(row[0])].shared.push_back(
                    {integer_of(row[1]), std::move(text_in(row[2])), std::move(text_in(row[3])), is_true(row[4])});
            });
    // What is called secret anywhere is a secret; a default of something that is gone is none.
    const auto take = [](Fields& fields, sql::Row& row) {
        Field& field = fields[text_in(row[1])];
        field.secret = field.secret || is_true(row[3]);
        if (is_true(row[4])) return;
        if (!is_null(row[2])) field.preset = std::move(text_in(row[2]));
        field.required = field.required || is_true(row[5]);
    };
    std::map<std::int64_t, Fields> of_prototype;
    std::vector<std::int64_t> prototypes;
    for (const auto& [id, type] : types_)
        if (type.prototype_id) prototypes.push_back(type.prototype_id);
    rows_of(
        session,
        R"(SELECT "prototype_id", "keyword", "default_value", "secret", "orphaned", "required" FROM "credential_prototype_field"
               WHERE "prototype_id" IN ({}))",
        prototypes, [&](sql::Row& row) { take(of_prototype[integer_of(row[0])], row); });
    for (auto& [id, type] : types_)
        if (type.prototype_id) type.fields = of_prototype[type.prototype_id];
    rows_of(
        session,
        R"(SELECT "credential_type_id", "keyword", "default_value", "secret", "orphaned", "required" FROM "credential_type_field"
               WHERE "credential_type_id" IN ({}))",
        types, [&](sql::Row& row) { take(types_[integer_of(row[0])].fields, row); });
}

Result<CredentialRows::Given> CredentialRows::given_of(const Vault& vault, const Row& row, Internal internal) const {
    const Type& type = types_.at(row.type_id);
    const auto is_left_out = [&](std::string_view name) {
        return internal == Internal::leave_out && is_internal_field(type.prototype, name);
    };
    Given given;
    for (const auto& [name, field] : type.fields)
        if (field.preset && !is_left_out(name))
            given[name] = {.name = name, .value = *field.preset, .secret = field.secret};
    // What a value hides need not be opened: the credential may have been made because the shared one is lost.
    const auto own = values_.find(row.id);
    const auto is_hidden = [&](const Value& shared) {
        return own != values_.end() && std::ranges::find(own->second, shared.name, &Value::name) != own->second.end();
    };
    const auto take = [&](const Value& value, std::string_view table, auto&& whose) -> Result<void> {
        if (is_left_out(value.name)) return {};
        const auto field = type.fields.find(value.name);
        const bool secret =
            value.sealed || (field != type.fields.end() ? field->second.secret : sounds_secret(value.name));
        GivenVariable variable{.name = value.name, .secret = secret};
        if (value.sealed) {
            auto text = vault.open(value.value, {table, "value", value.id});
            if (!text)
                return Error{ErrorCode::unavailable,
                             fmt::format("{}, field {}: {}", whose(), shown_name(value.name), text.error().message)};
            variable.value = *std::move(text);
        } else {
            variable.value = value.value;
        }
        given[value.name] = std::move(variable);
        return {};
    };
    for (const Value& shared : type.shared) {
        if (is_hidden(shared)) continue;
        const auto whose = [&] { return fmt::format("Credential type '{}'", printable(type.name)); };
        if (auto taken = take(shared, "credential_type_setting", whose); !taken) return taken.error();
    }
    if (own != values_.end())
        for (const Value& value : own->second) {
            const auto whose = [&] { return fmt::format("Credential '{}'", printable(row.name)); };
            if (auto taken = take(value, "credential_value", whose); !taken) return taken.error();
        }
    return given;
}

Result<AssignedCredential> CredentialRows::opened(const Vault& vault, const Row& row) const {
    auto given = given_of(vault, row, Internal::leave_out);
    if (!given) return given.error();
    AssignedCredential out{.id = row.id, .name = row.name, .company_id = row.company_id};
    out.values.reserve(given->size());
    for (auto& [name, variable] : *given) out.values.push_back(std::move(variable));
    return out;
}

Result<std::vector<CredentialQuestion>> CredentialRows::questions(const Vault& vault,
                                                                  Id<RunTemplate> run_template) const {
    std::vector<CredentialQuestion> out;
    const auto found = by_run_template_.find(run_template.value);
    if (found == by_run_template_.end()) return out;
    for (const Row& row : found->second) {
        const auto& prototype = types_.at(row.type_id).prototype;
        const auto* provider = find_provider(prototype);
        if (!provider || !(provider->resolves() || provider->checks())) continue;
        auto given = given_of(vault, row, Internal::keep);
        if (!given) return given.error();
        CredentialQuestion question{.credential = row.id, .name = row.name, .prototype = prototype};
        for (auto& [name, variable] : *given) question.fields[variable.name] = variable.value.value_or("");
        out.push_back(std::move(question));
    }
    return out;
}

Result<std::vector<AssignedCredential>> CredentialRows::of(const Vault& vault, Id<RunTemplate> run_template) const {
    std::vector<AssignedCredential> out;
    const auto found = by_run_template_.find(run_template.value);
    if (found == by_run_template_.end()) return out;
    for (const Row& row : found->second) {
        auto credential = opened(vault, row);
        if (!credential) return credential.error();
        out.push_back(*std::move(credential));
    }
    return out;
}

std::vector<CredentialRows::Assigned> CredentialRows::assigned(Id<RunTemplate> run_template) const {
    std::vector<Assigned> out;
    const auto found = by_run_template_.find(run_template.value);
    if (found == by_run_template_.end()) return out;
    for (const Row& row : found->second) out.push_back({row.id, row.name, types_.at(row.type_id).prototype});
    return out;
}

std::string CredentialRows::lack_of(const Row& row) const {
    const Type& type = types_.at(row.type_id);
    const auto own = values_.find(row.id);
    const auto has_value = [](const std::vector<Value>& values, const std::string& name) {
        return std::ranges::any_of(values, [&](const Value& each) { return each.name == name && !each.value.empty(); });
    };
    std::string names, options;
    for (const auto& [name, field] : type.fields) {
        const bool is_there = (field.preset && !field.preset->empty()) || has_value(type.shared, name) ||
                              (own != values_.end() && has_value(own->second, name));
        if (!field.required || is_there) continue;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", printable(name));
        // A secret is asked for, so that it does not stand on the command line.
        options += fmt::format(" --field {}{}", printable(name), field.secret ? "" : "=VALUE");
    }
    if (names.empty()) return {};
    return fmt::format(
        "The credential '{}' ({}) has no value for {}, which '{}' requires. Give it one with 'credential "
        "update --id {}{}'.",
        printable(row.name), row.id, names, printable(type.prototype), row.id, options);
}

std::string CredentialRows::lack_of(Session& session, Id<Credential> credential) {
    const auto lacking = of_credential(session, credential).incomplete(no_run_template);
    return lacking.empty() ? std::string() : lacking.front().sentence;
}

std::vector<CredentialRows::Incomplete> CredentialRows::incomplete(Id<RunTemplate> run_template) const {
    std::vector<Incomplete> out;
    const auto found = by_run_template_.find(run_template.value);
    if (found == by_run_template_.end()) return out;
    for (const Row& row : found->second)
        if (auto sentence = lack_of(row); !sentence.empty()) out.push_back({row.id, std::move(sentence)});
    return out;
}

std::vector<std::string> CredentialRows::asked_at_launch(Id<RunTemplate> run_template) const {
    std::vector<std::string> out;
    for (auto& credential : assigned(run_template))
        if (const auto* provider = find_provider(credential.prototype); provider && provider->resolves())
            out.push_back(std::move(credential.name));
    return out;
}

}  // namespace mf

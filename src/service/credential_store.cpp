// SPDX-License-Identifier: MIT
#include "service/credential_store.h"

#include "domain/definition/finding.h"
#include "service/list_filter.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::vector<CredentialValue> value_rows(Call& call, const Credential& credential, std::int64_t version) {
    return call.repository<CredentialValue>().list(
        {.equals = {{"credential_id", credential.id.value}, {"version", version}}});
}

Result<std::string> opened(Call& call, const Credential& credential, const CredentialValue& row) {
    if (!row.sealed) return row.value;
    auto secret = call.vault->open(row.value, {"credential_value", "value", row.id.value});
    if (secret) return secret;
    return Error{secret.error().code, fmt::format("Credential '{}', field {}: {}", printable(credential.name),
                                                  shown_name(row.name), secret.error().message)};
}

Result<void> insert_version(Call& call, const Credential& credential, std::int64_t number, const CheckedValues& values,
                            TextList changed, std::string note) {
    CredentialVersion version{.credential_id = credential.id,
                              .company_id = credential.company_id,
                              .version = number,
                              .changed = std::move(changed),
                              .note = std::move(note),
                              .created_by = call.actor.user,
                              .created_at = call.now};
    if (auto inserted = call.repository<CredentialVersion>().insert(version); !inserted) {
        if (inserted.error().code != ErrorCode::conflict) return inserted;
        return Error{ErrorCode::conflict,
                     fmt::format("The credential '{}' was changed by somebody else at the same time; look at it, then "
                                 "repeat your change.",
                                 printable(credential.name))};
    }
    for (const auto& [name, value] : values)
        if (auto inserted = insert_value(
                call,
                CredentialValue{.credential_id = credential.id, .company_id = credential.company_id, .version = number},
                name, value);
            !inserted)
            return inserted;
    return {};
}

}  // namespace

Result<Credential> find_credential(Call& call, std::int64_t id) {
    if (auto found = call.repository<Credential>().first({.equals = {{"id", id}, only_live()}}))
        return *std::move(found);
    return Error{ErrorCode::not_found, "No credential found with given identifier"};
}

Result<Credential> find_credential_to_change(Call& call, std::int64_t id) {
    call.sql().execute(R"(UPDATE "credential" SET "version" = "version" WHERE "id" = ? AND {scope})", {id});
    return find_credential(call, id);
}

StoredValues stored_values(Call& call, const Credential& credential, std::int64_t version) {
    StoredValues out;
    for (auto& row : value_rows(call, credential, version)) out[row.name] = {row.value, row.sealed};
    return out;
}

Result<CheckedValues> opened_values(Call& call, const Credential& credential, std::int64_t version,
                                    const std::set<std::string, std::less<>>& except) {
    CheckedValues out;
    for (const auto& row : value_rows(call, credential, version)) {
        if (except.contains(row.name)) continue;
        auto value = opened(call, credential, row);
        if (!value) return value.error();
        out[row.name] = {*std::move(value), row.sealed};
    }
    return out;
}

Result<CredentialChange> changed_values(Call& call, const Credential& credential,
                                        std::span<const CredentialField> fields, const TextMap& given,
                                        const TextList& removed) {
    auto checked = checked_credential_values(call, fields, given);
    Error error = checked ? Error{} : checked.error();
    std::map<std::string, CredentialValue> rows;
    for (auto& row : value_rows(call, credential, credential.version)) rows[row.name] = row;
    for (const auto& name : removed)
        if (!rows.contains(name)) {
            auto sentence = fmt::format("{}: The credential has no value of this name.", shown_name(name));
            error.message += (error.message.empty() ? "" : " ") + sentence;
            error.fields.push_back({name, std::move(sentence)});
        }
    if (!error.fields.empty()) return error;

    CredentialChange out;
    for (const auto& [name, row] : rows) {
        const bool is_removed = std::ranges::find(removed, name) != removed.end();
        const auto said = checked->find(name);
        if (is_removed && said == checked->end()) {
            out.changed.push_back(name);
            continue;
        }
        auto before = opened(call, credential, row);
        if (said == checked->end()) {
            if (!before) return before.error();
            out.values[name] = {*std::move(before), row.sealed || is_secret_field(fields, name)};
            continue;
        }
        // One that does not open any more is put right by entering it again.
        if (!before || *before != said->second.value) out.changed.push_back(name);
        out.values[name] = {said->second.value, row.sealed || said->second.secret};
    }
    for (const auto& [name, value] : *checked)
        if (!rows.contains(name)) {
            out.changed.push_back(name);
            out.values[name] = value;
        }
    std::ranges::sort(out.changed);
    return out;
}

Result<void> store_first_version(Call& call, const Credential& credential, const CheckedValues& values,
                                 std::string note) {
    TextList names;
    for (const auto& [name, value] : values) names.push_back(name);
    return insert_version(call, credential, credential.version, values, std::move(names), std::move(note));
}

Result<Credential> store_next_version(Call& call, const Credential& before, const CredentialChange& change,
                                      std::string note) {
    Credential after = before;
    after.version = before.version + 1;
    after.state = "unknown";
    after.message.clear();
    after.checked_at.reset();
    after.valid_until.reset();
    after.updated_at = call.now;
    if (auto inserted = insert_version(call, after, after.version, change.values, change.changed, std::move(note));
        !inserted)
        return inserted.error();
    if (auto updated = call.repository<Credential>().update(before, after); !updated) return updated.error();
    const auto oldest_kept = after.version - std::max(call.credential_versions, 1) + 1;
    for (const auto* table : {"credential_value", "credential_version"})
        call.sql().execute(
            fmt::format(R"(DELETE FROM "{}" WHERE "credential_id" = ? AND "version" < ? AND {{scope}})", table),
            {after.id.value, std::int64_t{oldest_kept}});
    return after;
}

json::array users_of(Call& call, const Credential& credential) {
    json::array out;
    for (const auto& row : call.sql().query(
             fmt::format(
                 R"(SELECT {} FROM "runtemplate_credential" a JOIN "runtemplate" r ON r."id" = a."runtemplate_id"
                            WHERE a."credential_id" = ? AND r."live" = 1 AND {{scope r}} ORDER BY r."id")",
                 column_list(entity_of<RunTemplate>(), "r")),
             {credential.id.value})) {
        RunTemplate user;
        fill(entity_of<RunTemplate>(), row, &user);
        const auto record = to_json(user);
        out.push_back({{"id", user.id.value},
                       {"name", user.name},
                       {"active", user.active},
                       {"next_launch", record.at("next_launch")}});
    }
    return out;
}

void retire_credentials(Call& call, Id<Company> of) {
    for (const auto* table :
         {"credential_value", "credential_version", "runtemplate_credential", "credential_type_setting"})
        call.sql().execute(fmt::format(R"(DELETE FROM "{}" WHERE "company_id" = ? AND {{scope}})", table), {of.value});
    for (const auto* table : {"credential", "credential_type"})
        call.sql().execute(
            fmt::format(
                R"(UPDATE "{}" SET "live" = NULL, "updated_at" = ? WHERE "company_id" = ? AND "live" = 1 AND {{scope}})",
                table),
            {ms(call.now), of.value});
}

std::string list_of_users(const json::array& users) {
    constexpr std::size_t most = 20;
    std::string out;
    for (std::size_t i = 0; i < std::min(most, users.size()); ++i)
        out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", users[i].at("id").as_int64(),
                           printable(std::string_view(users[i].at("name").as_string())));
    if (users.size() > most) out += fmt::format(" and {} more", users.size() - most);
    return out;
}

}  // namespace mf

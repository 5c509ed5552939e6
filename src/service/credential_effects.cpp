// SPDX-License-Identifier: MIT
#include "service/credential_effects.h"

#include "service/credential_values.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string text_of(const Value& value) { return std::get<std::string>(value); }

/// "?, ?" for a list of names, which become parameters behind the others.
std::string marks_for(const std::vector<std::string>& names, std::vector<Value>& parameters) {
    std::string out;
    for (const std::string& name : names) {
        out += out.empty() ? "?" : ", ?";
        parameters.emplace_back(name);
    }
    return out;
}

/// Values in use of these names, of credentials and types alike: where it stands, as people are told, and the value.
struct NamedValue {
    json::object where;
    Place place;
    std::string value;
    bool sealed = false;
};

std::vector<NamedValue> named_values(Call& call, const ReachedTypes& types, const std::vector<std::string>& names) {
    std::vector<NamedValue> out;
    if (names.empty()) return out;
    std::vector<Value> parameters{types.id};
    const auto marks = marks_for(names, parameters);
    const auto take = [&](std::string_view owner, std::string_view table, std::string_view sql) {
        for (const auto& row : ScopedSql(call.session, call.seen())
                                   .query(fmt::format(fmt::runtime(sql), types.column, marks), parameters))
            out.push_back({.where = {{fmt::format("{}_id", owner), integer_of(row[0])},
                                     {owner, text_of(row[1])},
                                     {"name", text_of(row[2])}},
                           .place = {table, "value", integer_of(row[3])},
                           .value = text_of(row[4]),
                           .sealed = is_true(row[5])});
    };
    take("credential", "credential_value",
         R"(SELECT c."id", c."name", v."name", v."id", v."value", v."sealed" FROM "credential" c
            JOIN "credential_type" t ON t."id" = c."credential_type_id"
            JOIN "credential_value" v ON v."credential_id" = c."id" AND v."version" = c."version"
            WHERE c."live" = 1 AND {{scope c}} AND t."{}" = ? AND v."name" IN ({}) ORDER BY c."id", v."name")");
    take("credential_type", "credential_type_setting",
         R"(SELECT t."id", t."name", s."name", s."id", s."value", s."sealed" FROM "credential_type" t
            JOIN "credential_type_setting" s ON s."credential_type_id" = t."id"
            WHERE t."live" = 1 AND {{shared t}} AND t."{}" = ? AND s."name" IN ({}) ORDER BY t."id", s."name")");
    return out;
}

}  // namespace

std::set<std::string> names_with_values(Call& call, const ReachedTypes& types) {
    std::set<std::string> out;
    for (const auto& row : call.sql().query(
             fmt::format(R"(SELECT v."name" FROM "credential_value" v JOIN "credential" c ON c."id" = v."credential_id"
                            JOIN "credential_type" t ON t."id" = c."credential_type_id" WHERE t."{0}" = ? AND {{shared t}}
                            UNION SELECT s."name" FROM "credential_type_setting" s
                            JOIN "credential_type" t ON t."id" = s."credential_type_id" WHERE t."{0}" = ? AND {{shared t}})",
                         types.column),
             {types.id, types.id}))
        out.insert(text_of(row[0]));
    return out;
}

json::array values_named(Call& call, const ReachedTypes& types, const std::vector<std::string>& names) {
    json::array out;
    for (auto& found : named_values(call, types, names)) out.push_back(std::move(found.where));
    return out;
}

json::array unfit_credential_values(Call& call, const ReachedTypes& types, std::span<const CredentialField> fields,
                                    const std::vector<std::string>& names) {
    json::array out;
    for (auto& found : named_values(call, types, names)) {
        const auto* field = find_field(fields, found.where.at("name").as_string());
        if (!field) continue;
        if (found.sealed) {
            auto opened = call.vault->open(found.value, found.place);
            if (!opened) continue;  // the start of a job says so
            found.value = *std::move(opened);
        }
        const auto fit = fitting_value(*field, found.value);
        if (fit) continue;
        found.where["problem"] =
            found.sealed ? "The secret value does not fit the declared type and its limits." : fit.error().message;
        out.push_back(std::move(found.where));
    }
    return out;
}

json::array incomplete_credentials(Call& call, const ReachedTypes& types, const std::vector<std::string>& required) {
    struct Lacking {
        std::string name;
        json::array missing;
    };
    std::map<std::int64_t, Lacking> found;
    for (const std::string& name : required)
        for (const auto& row : ScopedSql(call.session, call.seen())
                                   .query(fmt::format(R"(SELECT c."id", c."name" FROM "credential" c
                    JOIN "credential_type" t ON t."id" = c."credential_type_id"
                    WHERE c."live" = 1 AND {{scope c}} AND t."{}" = ?
                    AND NOT EXISTS (SELECT 1 FROM "credential_value" v WHERE v."credential_id" = c."id" AND
                                    v."version" = c."version" AND v."name" = ?)
                    AND NOT EXISTS (SELECT 1 FROM "credential_type_setting" s WHERE s."credential_type_id" = t."id" AND
                                    s."name" = ?))",
                                                      types.column),
                                          {types.id, name, name})) {
            auto& credential = found[integer_of(row[0])];
            credential.name = text_of(row[1]);
            credential.missing.emplace_back(name);
        }
    json::array out;
    for (auto& [id, credential] : found)
        out.push_back({{"id", id}, {"name", credential.name}, {"missing", std::move(credential.missing)}});
    return out;
}

Result<void> seal_new_credential_secrets(Call& call, const ReachedTypes& types) {
    struct Values {
        std::string_view table, joins;
    };
    constexpr Values kinds[] = {
        {"credential_value",
         R"(JOIN "credential" c ON c."id" = v."credential_id" JOIN "credential_type" t ON t."id" = c."credential_type_id")"},
        {"credential_type_setting", R"(JOIN "credential_type" t ON t."id" = v."credential_type_id")"}};
    constexpr std::string_view fields[] = {R"("credential_prototype_field" f ON f."prototype_id" = t."prototype_id")",
                                           R"("credential_type_field" f ON f."credential_type_id" = t."id")"};
    for (const auto& [table, joins] : kinds)
        for (const auto field : fields)
            for (const auto& row : call.sql().query(
                     fmt::format(R"(SELECT v."id", v."value" FROM "{}" v {} JOIN {} AND f."keyword" = v."name"
                                    WHERE t."{}" = ? AND {{scope v}} AND v."sealed" = ? AND f."secret" = ?)",
                                 table, joins, field, types.column),
                     {types.id, false, true})) {
                const auto id = integer_of(row[0]);
                const auto sealed = seal(call, text_of(row[1]), {table, "value", id});
                if (!sealed) return sealed.error();
                call.sql().execute(
                    fmt::format(R"(UPDATE "{}" SET "value" = ?, "sealed" = ? WHERE "id" = ? AND {{scope}})", table),
                    {*sealed, true, id});
            }
    return {};
}

}  // namespace mf

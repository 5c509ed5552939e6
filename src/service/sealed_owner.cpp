// SPDX-License-Identifier: MIT
#include "service/sealed_owner.h"

#include "domain/definition/finding.h"

#include <fmt/format.h>

namespace mf {
namespace {

/// How the owner of a secret is found, and told: the columns of the query stand for {} in the sentence.
struct OwnedSecret {
    std::string_view table, query, sentence;
};

constexpr OwnedSecret owned_secrets[] = {
    {"company_variable",
     R"(SELECT v."name", c."name", c."id" FROM "company_variable" v JOIN "company" c ON c."id" = v."company_id"
        WHERE v."id" = ? AND {scope v})",
     "Variable {} of the company '{}' ({}): "},
    {"configuration",
     R"(SELECT v."name", r."name", r."id" FROM "configuration" v JOIN "runtemplate" r ON r."id" = v."runtemplate_id"
        WHERE v."id" = ? AND {scope v})",
     "Value {} of the run template '{}' ({}): "},
    {"credential_type_setting",
     R"(SELECT t."name", t."id", v."name" FROM "credential_type_setting" v
        JOIN "credential_type" t ON t."id" = v."credential_type_id" WHERE v."id" = ? AND {scope v})",
     "Credential type '{}' ({}), field {}: "},
    {"credential_value",
     R"(SELECT c."name", c."id", v."name", v."version" FROM "credential_value" v
        JOIN "credential" c ON c."id" = v."credential_id" WHERE v."id" = ? AND {scope v})",
     "Credential '{}' ({}), field {}, version {}: "},
    {"job_override", R"(SELECT o."job_id" FROM "job_override" o JOIN "job" j ON j."id" = o."job_id"
                        WHERE o."job_id" = ? AND {scope j})",
     "Launch values of job {}: "},
    {"event_source", R"(SELECT s."name", s."id" FROM "event_source" s WHERE s."id" = ? AND {shared s})",
     "Password of the event source '{}' ({}): "},
    {"user", R"(SELECT "login" FROM "user" WHERE "id" = ?)", "Authenticator program of the user '{}': "},
};

std::string shown_cell(const Value& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) return printable(*text);
    const auto* number = std::get_if<std::int64_t>(&cell);
    return number ? fmt::to_string(*number) : std::string();
}

}  // namespace

std::string owner_of_secret(Call& call, std::string_view table, std::int64_t row) {
    const auto owned = std::ranges::find(owned_secrets, table, &OwnedSecret::table);
    if (owned == std::end(owned_secrets)) return {};
    const auto rows = call.sql().query(owned->query, {row});
    if (rows.empty()) return {};
    std::string out;
    auto cell = rows[0].begin();
    for (std::size_t from = 0;;) {
        const auto place = owned->sentence.find("{}", from);
        out += owned->sentence.substr(from, place - from);
        if (place == std::string_view::npos) return out;
        out += shown_cell(*cell++);
        from = place + 2;
    }
}

}  // namespace mf

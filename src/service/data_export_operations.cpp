// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "base/zone.h"
#include "domain/audit.h"
#include "domain/data_export.h"
#include "domain/erasure.h"
#include "secure/token.h"
#include "service/audit.h"
#include "service/list_filter.h"
#include "service/people.h"

#include <fmt/format.h>

namespace mf {

struct DataExportInput {
    std::optional<std::int64_t> user_id;
};

struct DataExportLink {
    std::string token;
};

template <>
const Entity& entity_of<DataExportInput>() {
    using I = DataExportInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::user_id>("user_id", {.help = "Number of somebody else; administrators only", .references = "user"}));
    static constexpr Entity entity{"data_export_input", "Export of personal data", fields};
    return entity;
}

template <>
const Entity& entity_of<DataExportLink>() {
    using L = DataExportLink;
    static constexpr auto fields = fields_of<L>(field<&L::token>(
        "token", {.help = "What account:export-link has shown", .max_length = 128, .required = true, .secret = true}));
    static constexpr Entity entity{"data_export_link", "Link of an export", fields};
    return entity;
}

namespace {

/// The rest can be had with audit:list and job:list.
constexpr std::int64_t most_records = 1000;
constexpr std::string_view export_token_prefix = "mfe_";
constexpr auto export_is_good_for = std::chrono::hours{1};
constexpr std::int64_t most_exports_in_an_hour = 5;

template <class Record>
json::array records_about(Call& call, Id<User> person, std::int64_t most) {
    json::array out;
    for (const auto& record : Repository<Record>(call.session, Scope::everything())
                                  .list({.equals = {{"user_id", person.value}}, .newest_first = true, .limit = most})) {
        auto shown = to_json(record);
        for (const auto* field : {"digest", "open"}) shown.erase(field);
        out.push_back(std::move(shown));
    }
    return out;
}

/// Rows of tables that are no entities. What ends with "_at" is a time.
json::array rows_about(Call& call, const char* statement, Id<User> person, std::initializer_list<const char*> names) {
    json::array out;
    for (const auto& row : ScopedSql(call.session, Scope::everything()).query(statement, {person.value})) {
        json::object shown;
        auto cell = row.begin();
        for (const std::string_view name : names) {
            auto& value = shown[name];
            if (const auto* text = std::get_if<std::string>(&*cell)) value = *text;
            if (const auto* number = std::get_if<std::int64_t>(&*cell)) {
                if (name.ends_with("_at"))
                    value = format_iso(Timestamp{std::chrono::milliseconds{*number}}, Zone::utc());
                else
                    value = *number;
            }
            ++cell;
        }
        out.push_back(std::move(shown));
    }
    return out;
}

/// What somebody did. What the things of companies were like before and after is theirs: he may have left them.
json::array actions_of(Call& call, Id<User> person) {
    auto out = records_about<AuditEntry>(call, person, most_records);
    for (auto& entry : out) {
        auto& shown = entry.as_object();
        for (const auto* field : {"previous", "hash"}) shown.erase(field);
        if (shown.at("entity") != "user") shown.erase("details");
    }
    return out;
}

json::object data_about(Call& call, const User& person) {
    const auto id = person.id;
    json::object out{{"generated_at", format_iso(call.now, Zone::utc())}, {"user", shown_user(person)}};
    out["role_details"] = rows_about(
        call, R"(SELECT "role", "assigned_at", "expires_at" FROM "user_role" WHERE "user_id" = ? ORDER BY "role")", id,
        {"role", "assigned_at", "expires_at"});
    out["companies"] =
        rows_about(call, R"(SELECT m."company_id", c."name", m."role", m."created_at" FROM "company_user" m
            JOIN "company" c ON c."id" = m."company_id" WHERE m."user_id" = ? AND {scope m} ORDER BY m."company_id")",
                   id, {"company_id", "name", "role", "created_at"});
    out["tokens"] = records_about<ApiToken>(call, id, most_records);
    out["sessions"] = records_about<LoginSession>(call, id, most_records);
    out["sign_in_attempts"] = rows_about(
        call,
        R"(SELECT a."at" AS "tried_at", a."address_group", CASE WHEN a."success" THEN 1 ELSE 0 END FROM "sign_in_attempt" a
            JOIN "user" u ON u."login" = a."login" WHERE u."id" = ? ORDER BY a."id" DESC LIMIT 1000)",
        id, {"tried_at", "address_group", "success"});
    out["identities"] = rows_about(
        call, R"(SELECT "issuer", "subject", "created_at" FROM "user_identity" WHERE "user_id" = ? ORDER BY "id")", id,
        {"issuer", "subject", "created_at"});
    out["exports"] = records_about<DataExport>(call, id, most_records);
    out["erasure_requests"] = records_about<ErasureRequest>(call, id, most_records);
    out["audit"] = actions_of(call, id);
    out["jobs"] = rows_about(call, R"(SELECT "id", "runtemplate_id", "company_id", "created_at" FROM "job"
        WHERE "launched_by" = ? AND {scope} ORDER BY "id" DESC LIMIT 1000)",
                             id, {"id", "runtemplate_id", "company_id", "created_at"});
    return out;
}

/// Everything about somebody is more than a token for some work should tell.
Result<void> may_have_everything(const Call& call) {
    if (!call.actor.restricted) return {};
    return Error{ErrorCode::forbidden,
                 "This token may do less than its owner, so it does not get all that is stored about him. Use a token "
                 "without restrictions, or sign in."};
}

Result<User> person_to_export(Call& call, const DataExportInput& input) {
    if (!input.user_id || *input.user_id == call.actor.user.value) return find_oneself(call);
    if (!call.rights.may(Permission::administer))
        return Error{ErrorCode::forbidden, "Only an administrator exports what is stored about somebody else."};
    auto person = find_person(call, {.id = input.user_id});
    if (!person) return person;
    // Addresses and habits of somebody with more rights would help to become him.
    if (auto allowed = may_change(call, *person); !allowed) return allowed.error();
    return person;
}

Result<json::value> export_account(Call& call, const DataExportInput& input) {
    if (auto allowed = may_have_everything(call); !allowed) return allowed.error();
    const auto person = person_to_export(call, input);
    if (!person) return person.error();
    auto out = data_about(call, *person);
    audit(call, {.entity = "user", .id = person->id.value, .action = "export"});
    return json::value(std::move(out));
}

Repository<DataExport> exports_of(Call& call) { return {call.session, Scope::everything()}; }

Result<json::value> make_export_link(Call& call, const NoInput&) {
    if (auto allowed = may_have_everything(call); !allowed) return allowed.error();
    const auto person = find_oneself(call);
    if (!person) return person.error();
    const auto latest = exports_of(call).list(
        {.equals = {{"user_id", person->id.value}}, .newest_first = true, .limit = most_exports_in_an_hour});
    if (std::ssize(latest) == most_exports_in_an_hour && latest.back().created_at > call.now - std::chrono::hours{1})
        return Error{
            ErrorCode::limited,
            fmt::format("You have asked for {} exports within an hour. Try again in {}.", most_exports_in_an_hour,
                        format_duration(std::chrono::ceil<std::chrono::seconds>(latest.back().created_at +
                                                                                std::chrono::hours{1} - call.now)))};
    const auto token = new_token(export_token_prefix);
    DataExport made{.user_id = person->id,
                    .digest = token_digest(token),
                    .created_at = call.now,
                    .expires_at = call.now + export_is_good_for};
    if (auto inserted = exports_of(call).insert(made); !inserted) return inserted.error();
    audit(call,
          {.entity = "user", .id = person->id.value, .action = "export_link", .details = {{"export", made.id.value}}});
    return json::value{{"id", made.id.value},
                       {"token", token},
                       {"created_at", format_iso(made.created_at, Zone::utc())},
                       {"expires_at", format_iso(made.expires_at, Zone::utc())}};
}

Result<std::vector<DataExport>> list_exports(Call& call, const ListInput& input) {
    auto query = query_of(input);
    query.equals.emplace_back("user_id", call.actor.user.value);
    return exports_of(call).list(query);
}

Result<json::value> fetch_export(Call& call, const DataExportLink& link) {
    if (auto allowed = may_have_everything(call); !allowed) return allowed.error();
    const auto person = find_oneself(call);
    if (!person) return person.error();
    // Of two that come at the same time one gets it.
    if (call.sql().execute(R"(UPDATE "data_export" SET "used_at" = ? WHERE "digest" = ? AND "user_id" = ?
                              AND "used_at" IS NULL AND "expires_at" > ?)",
                           {ms(call.now), token_digest(link.token), person->id.value, ms(call.now)}) != 1)
        return Error{
            ErrorCode::not_found,
            "This link was used already, is older than an hour, or belongs to somebody else. Ask for a new one "
            "(account export-link)."};
    auto out = data_about(call, *person);
    audit(call, {.entity = "user", .id = person->id.value, .action = "export"});
    return json::value(std::move(out));
}

}  // namespace

void add_data_export_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations,
        {"account:export", "POST /account/export", "Hand out what is stored about one, without secrets.", own, changes},
        export_account);
    add(operations,
        {"account:export-link", "POST /account/exports",
         "Make a link with which one fetches that once, within an hour.", own, changes, Discloses::secret},
        make_export_link);
    add(operations, {"account:exports", "GET /account/exports", "List the links that one has asked for.", own},
        list_exports);
    add(operations,
        {"account:export-download", "POST /account/exports/download",
         "Hand out what is stored about one, for a link that was made for that.", own, changes},
        fetch_export);
}

}  // namespace mf

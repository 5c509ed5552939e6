// SPDX-License-Identifier: MIT
#include "store/queries/installation_facts.h"

#include "base/digest.h"

#include <fmt/format.h>

namespace mf {
namespace {

constexpr std::string_view id_fact = "id";
constexpr std::string_view key_fact = "sealing_key";
constexpr std::string_view prototype_fact = "prototype:";

std::optional<std::string> fact(Session& session, std::string_view name) {
    const auto rows = session.sql.query(R"(SELECT "value" FROM "installation" WHERE "name" = ?)", {std::string(name)});
    if (rows.empty()) return std::nullopt;
    return std::get<std::string>(rows[0][0]);
}

void add_fact(Session& session, std::string_view name, std::string_view value) {
    try {
        session.sql.execute(R"(INSERT INTO "installation" ("name", "value") VALUES (?, ?))",
                            {std::string(name), std::string(value)});
    } catch (const sql::DatabaseError& error) {
        // Another session was quicker; the whole transaction is repeated and finds what it wrote.
        if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
    }
}

}  // namespace

std::string installation_id(Session& session) {
    if (auto known = fact(session, id_fact)) return *std::move(known);
    auto made = random_uuid();
    add_fact(session, id_fact, made);
    return made;
}

std::optional<std::string> sealing_key(Session& session) { return fact(session, key_fact); }

bool change_sealing_key(Session& session, const std::optional<std::string>& before, std::string_view key_id) {
    if (before)
        return session.sql.execute(R"(UPDATE "installation" SET "value" = ? WHERE "name" = ? AND "value" = ?)",
                                   {std::string(key_id), std::string(key_fact), *before}) > 0;
    if (sealing_key(session)) return false;
    add_fact(session, key_fact, key_id);
    return true;
}

std::set<std::string, std::less<>> brought_prototypes(Session& session) {
    std::set<std::string, std::less<>> out;
    for (const auto& row : session.sql.query(R"(SELECT "name" FROM "installation" WHERE "name" LIKE 'prototype:%')"))
        out.insert(std::get<std::string>(row[0]).substr(prototype_fact.size()));
    return out;
}

void note_brought_prototype(Session& session, std::string_view code) {
    add_fact(session, fmt::format("{}{}", prototype_fact, code), "brought");
}

}  // namespace mf

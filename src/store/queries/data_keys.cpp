// SPDX-License-Identifier: MIT
#include "store/queries/data_keys.h"

namespace mf {
namespace {

constexpr std::string_view own_name = "secrets";

WrappedKey add_key(Session& session, const Vault& vault, Timestamp now) {
    const auto last =
        session.sql.query(R"(SELECT MAX("version") FROM "encryption_key" WHERE "name" = ?)", {std::string(own_name)});
    const auto* version = std::get_if<std::int64_t>(&last[0][0]);
    auto key = vault.make_data_key(std::string(own_name), version ? *version + 1 : 1);
    try {
        session.sql.execute(
            R"(INSERT INTO "encryption_key" ("name", "version", "key_id", "wrapped", "legacy", "in_use", "created_at")
               VALUES (?, ?, ?, ?, ?, 1, ?))",
            {key.name, key.version, key.id, key.wrapped, false, ms(now)});
    } catch (const sql::DatabaseError& error) {
        // Another session made one in between; the whole transaction is repeated and finds it.
        if (error.kind != sql::DatabaseError::Kind::unique_violation) throw;
        throw sql::DatabaseError(sql::DatabaseError::Kind::busy, error.what());
    }
    key.in_use = true;
    return key;
}

}  // namespace

std::vector<StoredKey> data_keys(Session& session) {
    std::vector<StoredKey> out;
    for (auto& row : session.sql.query(
             R"(SELECT "name", "version", "key_id", "wrapped", "legacy", "in_use", "created_at", "rotated_at"
                FROM "encryption_key" ORDER BY "id")")) {
        const auto moment = [&](std::size_t i) {
            return Timestamp{std::chrono::milliseconds{std::get<std::int64_t>(row[i])}};
        };
        auto& stored = out.emplace_back();
        stored.key = {.name = std::get<std::string>(row[0]),
                      .version = std::get<std::int64_t>(row[1]),
                      .id = std::get<std::string>(row[2]),
                      .wrapped = std::get<std::string>(std::move(row[3])),
                      .legacy = is_true(row[4]),
                      .in_use = !is_null(row[5])};
        stored.created_at = moment(6);
        if (!is_null(row[7])) stored.rotated_at = moment(7);
    }
    return out;
}

void learn_data_keys(Session& session, const Vault& vault) {
    std::vector<WrappedKey> keys;
    for (auto& stored : data_keys(session)) keys.push_back(std::move(stored.key));
    vault.learn(std::move(keys));
}

SettledKey settle_data_key(Session& session, const Vault& vault, Timestamp now) {
    SettledKey settled;
    const auto in_use = session.sql.query(R"(SELECT "key_id", "version" FROM "encryption_key" WHERE "in_use" = 1)");
    if (in_use.empty()) {
        const auto made = add_key(session, vault, now);
        settled = {made.id, made.version, true};
    } else {
        settled = {std::get<std::string>(in_use[0][0]), std::get<std::int64_t>(in_use[0][1])};
    }
    learn_data_keys(session, vault);
    return settled;
}

StoredKey rotate_data_key(Session& session, const Vault& vault, Timestamp now) {
    retire_data_keys(session, now);
    auto key = add_key(session, vault, now);
    learn_data_keys(session, vault);
    return {std::move(key), now, std::nullopt};
}

void retire_data_keys(Session& session, Timestamp now) {
    session.sql.execute(R"(UPDATE "encryption_key" SET "in_use" = NULL, "rotated_at" = ? WHERE "in_use" = 1)",
                        {ms(now)});
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "store/queries/installation_facts.h"

#include "domain/credential.h"
#include "store/queries/sealed_values.h"
#include "support/queue.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("an installation has one id, and knows the key of its secrets") {
    testing::World world(Timestamp{});
    const auto id = world.database.write([](Session& session) { return installation_id(session); });
    CHECK(id.size() == 36);
    CHECK(world.database.write([](Session& session) { return installation_id(session); }) == id);
    const auto key = [&] { return world.database.read([](Session& session) { return sealing_key(session); }); };
    CHECK(!key());
    const auto change = [&](const std::optional<std::string>& before, std::string_view now) {
        return world.database.write([&](Session& session) { return change_sealing_key(session, before, now); });
    };
    CHECK(change({}, "aabbccdd"));
    CHECK_FALSE(change({}, "00112233"));
    CHECK_FALSE(change("00112233", "44556677"));
    CHECK(key() == "aabbccdd");
    CHECK(change("aabbccdd", "00112233"));
    CHECK(key() == "00112233");
    testing::World other(Timestamp{});
    CHECK(other.database.write([](Session& session) { return installation_id(session); }) != id);
}

TEST_CASE("which prototypes were brought in is noted once") {
    testing::World world(Timestamp{});
    const auto note = [&](std::string_view code) {
        world.database.write([&](Session& session) { note_brought_prototype(session, code); });
    };
    const auto noted = [&] {
        return world.database.read([](Session& session) { return brought_prototypes(session); });
    };
    CHECK(noted().empty());
    note("mServer");
    note("FioBank");
    world.database.write([](Session& session) { installation_id(session); });
    CHECK(noted() == std::set<std::string, std::less<>>{"FioBank", "mServer"});
}

TEST_CASE("every place of sealed values is known") {
    const auto is_held = [](testing::World& world) {
        return world.database.read([](Session& session) { return holds_sealed_values(session); });
    };
    const auto with = [&](std::string_view statement) {
        testing::Queue world(Timestamp{});
        const auto job = world.launch(world.add_run_template(), world.moment);
        CHECK(!is_held(world));
        world.database.write([&](Session& session) { session.sql.execute(statement, {std::int64_t{job.id.value}}); });
        return is_held(world);
    };
    CHECK(with(R"(INSERT INTO "job_override" ("job_id", "sealed") VALUES (?, 'x'))"));
    CHECK(with(R"(INSERT INTO "configuration" ("runtemplate_id", "company_id", "name", "value", "sealed", "orphaned")
                  SELECT "runtemplate_id", "company_id", 'A', 'x', TRUE, FALSE FROM "job" WHERE "id" = ?)"));
    CHECK(with(R"(INSERT INTO "company_variable" ("company_id", "name", "value", "secret")
                  SELECT "company_id", 'A', 'x', TRUE FROM "job" WHERE "id" = ?)"));
    const auto in_a_credential = [&](std::string_view statement) {
        testing::World world(Timestamp{});
        const auto type = world.add(CredentialType{.uuid = "u", .name = "T", .prototype = "P"});
        const auto credential =
            world.add(Credential{.company_id = world.company.id, .credential_type_id = type.id, .name = "C"});
        CHECK(!is_held(world));
        world.database.write([&](Session& session) { session.sql.execute(statement, {credential.id.value}); });
        return is_held(world);
    };
    CHECK(in_a_credential(R"(INSERT INTO "credential_value" ("credential_id", "company_id", "version", "name", "value",
                             "sealed") SELECT "id", "company_id", 1, 'A', 'x', TRUE FROM "credential" WHERE "id" = ?)"));
    CHECK(in_a_credential(R"(INSERT INTO "credential_type_setting" ("credential_type_id", "name", "value", "sealed")
                             SELECT "credential_type_id", 'A', 'x', TRUE FROM "credential" WHERE "id" = ?)"));
}

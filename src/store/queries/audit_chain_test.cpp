// SPDX-License-Identifier: MIT
#include "store/queries/audit_chain.h"

#include "store/queries/data_keys.h"
#include "store/queries/installation_facts.h"
#include "support/moment.h"
#include "support/world.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using testing::at;

namespace {

struct Chain : testing::World {
    Chain() : World(at("2026-03-01 12:00")) {
        database.write([&](Session& session) { change_sealing_key(session, std::nullopt, vault.key_id()); });
        for (int i = 1; i <= 7; i += 2) add_entries({fmt::format("act {}", i), fmt::format("act {}", i + 1)});
    }
    void add_entries(const std::vector<std::string>& actions) {
        database.write([&](Session& session) {
            std::vector<AuditEntry> entries;
            for (const auto& action : actions)
                entries.push_back({.at = at("2026-03-01 12:00"),
                                   .user_id = user,
                                   .login = "tester",
                                   .company_id = company.id,
                                   .entity = "company",
                                   .entity_id = 5,
                                   .action = action,
                                   .entry = "cli",
                                   .details = R"({"name":{"from":"a","to":"b"}})"});
            append_to_audit(session, entries, vault);
        });
    }
    void make_data_key() {
        database.write([&](Session& session) {
            const auto key = settle_data_key(session, vault, at("2026-03-01 12:00"));
            AuditEntry entry{.at = at("2026-03-01 12:00"),
                             .entity = std::string(audit_of_keys),
                             .entity_id = key.version,
                             .action = "create"};
            append_to_audit(session, std::span(&entry, 1), vault);
        });
    }
    void tamper(std::string_view sql) {
        database.write([&](Session& session) { REQUIRE(session.sql.execute(sql) > 0); });
    }
    AuditVerdict verify(const std::string& kept = {}) { return verify_with(vault, kept); }
    AuditVerdict verify_with(const Vault& with, const std::string& kept = {}) {
        return database.read([&](Session& session) { return verify_audit(session, with, kept, 3); });
    }

    Vault vault = testing::must(open_vault("key of the tests", ""));
};

std::string first_fault(const AuditVerdict& verdict) { return verdict.faults.empty() ? "" : verdict.faults.front(); }

}  // namespace

TEST_CASE("a chain that nobody touched is whole") {
    Chain chain;
    const auto verdict = chain.verify();
    CHECK(verdict.faults.empty());
    CHECK(verdict.entries == 8);
    CHECK(verdict.head.size() == 64);
    CHECK(verdict.remarks.empty());
    chain.add_entries({"one more"});
    CHECK(chain.verify().head != verdict.head);
}

TEST_CASE("every alteration of an entry shows") {
    const auto& entity = entity_of<AuditEntry>();
    for (const Field& field : entity.fields) {
        if (field.options.key || field.name == "seq") continue;
        CAPTURE(field.name);
        Chain chain;
        const bool is_text = field.type == FieldType::text;
        chain.tamper(
            fmt::format(R"(UPDATE "audit" SET "{}" = {} WHERE "seq" = 4)", field.name, is_text ? "'x'" : "77"));
        CHECK_FALSE(chain.verify().faults.empty());
        if (field.name == "action")
            CHECK(first_fault(chain.verify()) == "Entry 4 (row 4) was altered after it was written.");
    }
}

TEST_CASE("removed, exchanged and added entries show") {
    Chain chain;
    SUBCASE("from the middle") {
        chain.tamper(R"(DELETE FROM "audit" WHERE "seq" IN (3, 4))");
        CHECK(first_fault(chain.verify()) == "The entries 3 to 4 are missing.");
    }
    SUBCASE("the first") {
        chain.tamper(R"(DELETE FROM "audit" WHERE "seq" = 1)");
        CHECK(first_fault(chain.verify()) == "Entry 1 is missing.");
    }
    SUBCASE("the last") {
        chain.tamper(R"(DELETE FROM "audit" WHERE "seq" = 8)");
        CHECK(first_fault(chain.verify()) == "Entry 8, the last one, is missing.");
    }
    SUBCASE("the last, and the end of the chain was moved with it") {
        chain.tamper(R"(DELETE FROM "audit" WHERE "seq" > 6)");
        chain.tamper(R"(UPDATE "audit_head" SET "seq" = 6, "hash" = (SELECT "hash" FROM "audit" WHERE "seq" = 6))");
        CHECK(first_fault(chain.verify()).starts_with("The mark of the end of the chain (entry 6)"));
    }
    SUBCASE("the last, and somebody adds another one afterwards") {
        chain.tamper(R"(DELETE FROM "audit" WHERE "seq" > 6)");
        chain.tamper(R"(UPDATE "audit_head" SET "seq" = 6, "hash" = (SELECT "hash" FROM "audit" WHERE "seq" = 6))");
        chain.add_entries({"innocent"});
        chain.add_entries({"another"});
        REQUIRE(chain.verify().faults.size() == 1);
        CHECK(first_fault(chain.verify()).starts_with("Before entry 7 the chain ended in another way"));
    }
    SUBCASE("the last, with the mark of a key that nobody has") {
        chain.tamper(R"(DELETE FROM "audit" WHERE "seq" > 6)");
        chain.tamper(
            R"(UPDATE "audit_head" SET "seq" = 6, "mark" = 'deadbeef:00', "hash" = (SELECT "hash" FROM "audit" WHERE "seq" = 6))");
        CHECK(first_fault(chain.verify()).starts_with("The mark of the end of the chain (entry 6)"));
    }
    SUBCASE("the last, with the note that there is a key") {
        chain.make_data_key();
        CHECK(chain.verify().faults.empty());
        chain.tamper(R"(DELETE FROM "audit" WHERE "seq" > 6)");
        chain.tamper(
            R"(UPDATE "audit_head" SET "seq" = 6, "mark" = '', "hash" = (SELECT "hash" FROM "audit" WHERE "seq" = 6))");
        chain.tamper(R"(DELETE FROM "installation" WHERE "name" = 'sealing_key')");
        CHECK(first_fault(chain.verify()) == "The entry that tells of data key 1 is missing.");
        CHECK(chain.verify().faults.back() == "The note of the key that this installation has was removed.");
    }
    SUBCASE("an entry, with the note of the key, which is noted anew afterwards") {
        chain.make_data_key();
        chain.tamper(R"(DELETE FROM "audit" WHERE "seq" = 9)");
        AuditEntry forged{.seq = 9,
                          .at = at("2026-03-01 12:00"),
                          .entity = std::string(audit_of_keys),
                          .entity_id = 1,
                          .action = "create",
                          .previous = std::get<std::string>(chain.database.read([](Session& session) {
                              return session.sql.query(R"(SELECT "hash" FROM "audit" WHERE "seq" = 8)");
                          })[0][0])};
        forged.hash = hash_of(forged);
        chain.add(forged);
        chain.tamper(fmt::format(R"(UPDATE "audit_head" SET "mark" = '', "hash" = '{}')", forged.hash));
        chain.tamper(R"(DELETE FROM "installation" WHERE "name" = 'sealing_key')");
        chain.database.write([&](Session& session) {
            change_sealing_key(session, std::nullopt, chain.vault.key_id());
            auto entry = noted_key_entry(std::nullopt, chain.vault.key_id(), at("2026-03-01 13:00"));
            append_to_audit(session, std::span(&entry, 1), chain.vault);
        });
        CHECK(chain.verify().faults.size() == 2);
        CHECK(first_fault(chain.verify()).starts_with("Before entry 10 the chain ended in another way"));
    }
    SUBCASE("all of it") {
        chain.make_data_key();
        chain.tamper(R"(DELETE FROM "audit_head")");
        SUBCASE("removed") { chain.tamper(R"(DELETE FROM "audit")"); }
        SUBCASE("made older than the chain") { chain.tamper(R"(UPDATE "audit" SET "seq" = NULL)"); }
        CHECK(first_fault(chain.verify()) == "The entry that tells of data key 1 is missing.");
    }
    SUBCASE("the mark alone") {
        chain.tamper(R"(UPDATE "audit_head" SET "mark" = '')");
        CHECK(first_fault(chain.verify()).starts_with("The end of the chain has no mark"));
    }
    SUBCASE("an entry behind the end, which also keeps everybody from adding others") {
        AuditEntry forged{.seq = 9, .at = at("2026-03-01 12:00"), .login = "x", .entity = "e", .action = "a"};
        chain.add(forged);
        CHECK(first_fault(chain.verify()) == "1 entries were added behind the end of the chain, not by this program.");
        CHECK_THROWS_WITH_AS(chain.add_entries({"next"}), doctest::Contains("entries behind its end"),
                             sql::DatabaseError);
    }
    SUBCASE("everything, written anew by somebody who has the key") {
        const auto kept = chain.verify().head;
        CHECK(chain.verify(kept).faults.empty());
        chain.add_entries({"one more"});
        CHECK(chain.verify(kept).faults.empty());
        chain.tamper(R"(DELETE FROM "audit")");
        chain.tamper(R"(DELETE FROM "audit_head")");
        chain.add_entries({"act 1", "act 2"});
        CHECK(chain.verify().faults.empty());
        CHECK(first_fault(chain.verify(kept)).starts_with("The hash " + kept + " does not occur"));
    }
    SUBCASE("an entry written by hand, with a right hash of its own") {
        chain.tamper(R"(UPDATE "audit" SET "seq" = 100 WHERE "seq" = 5)");
        AuditEntry forged{.seq = 5, .at = at("2026-03-01 12:00"), .login = "x", .entity = "e", .action = "a"};
        forged.hash = hash_of(forged);
        chain.add(forged);
        CHECK(first_fault(chain.verify()) == "Entry 5 does not follow the one before it: one of the two was replaced.");
    }
}

TEST_CASE("what is older than the chain is counted, and a lost key is no fault of the entries") {
    Chain chain;
    chain.add(AuditEntry{.at = at("2020-01-01 00:00"), .entity = "e", .action = "a", .details = "{}"});
    CHECK(chain.verify().before_chain == 1);
    CHECK(chain.verify().faults.empty());
    const auto other = testing::must(open_vault("another key", ""));
    const auto verdict = chain.verify_with(other);
    CHECK(verdict.faults.empty());
    REQUIRE(verdict.remarks.size() == 2);
    CHECK(verdict.remarks[0] == "The mark of the end of the chain cannot be checked without the key.");
}

TEST_CASE("an installation without a key keeps its log, and says that the end has no mark") {
    testing::World world(at("2026-03-01 12:00"));
    const auto vault = vault_on_demand({.master_key = "unused", .key_file = ""});
    world.database.write([&](Session& session) {
        std::vector<AuditEntry> entries(1, {.at = at("2026-03-01 12:00"), .entity = "e", .action = "a"});
        append_to_audit(session, entries, vault);
    });
    const auto verdict = world.database.read([&](Session& session) { return verify_audit(session, vault); });
    CHECK(verdict.faults.empty());
    CHECK(verdict.entries == 1);
    CHECK(verdict.remarks.size() == 1);
}

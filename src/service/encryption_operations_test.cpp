// SPDX-License-Identifier: MIT
#include "support/credential_desk.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;

namespace {

struct KeyDesk : testing::CredentialDesk {
    json::value done(std::string_view operation, const json::object& input = {}) {
        return testing::must(run(operation, input));
    }
    void set_secret(const std::string& name) {
        done("company:variable-set",
             {{"company_id", company.id.value}, {"name", name}, {"value", "of " + name}, {"secret", true}});
    }
    CompanyVariable stored(const std::string& name) { return all<CompanyVariable>({.equals = {{"name", name}}}).at(0); }
    std::string key_of(const std::string& name) { return std::string(key_of_sealed(stored(name).value).value_or("")); }
    std::string opened(const std::string& name) {
        const auto variable = stored(name);
        return testing::must(vault.open(variable.value, {"company_variable", "value", variable.id.value}));
    }
    /// All columns, as the command line asks for them; how many values were sealed anew.
    std::int64_t reseal(json::object input = {}) {
        std::int64_t sealed = 0;
        unreadable.clear();
        for (bool more = true; more;) {
            const auto page = done("encryption:reseal", input);
            sealed += page.at("sealed").as_int64();
            for (const auto& each : page.at("unreadable").as_array()) unreadable.emplace_back(each.as_string());
            more = page.at("more").as_bool();
            input["column"] = page.at("column");
            input["after"] = page.at("after");
        }
        return sealed;
    }
    std::vector<std::string> unreadable;  ///< of the last reseal()
};

}  // namespace

TEST_CASE("the first secret makes the data key, and init says so") {
    KeyDesk desk;
    CHECK(desk.done("encryption:status").at("master_key") == "unused");
    desk.set_secret("FIRST");
    const auto status = desk.done("encryption:status");
    CHECK(status.at("master_key") == "available");
    CHECK(status.at("active_keys") == 1);
    CHECK(status.at("keys").at(0).at("key_id").as_string() == desk.key_of("FIRST"));
    CHECK(desk.done("encryption:init").at("initialized") == false);
    CHECK(desk.done("encryption:init", {{"force", true}}).at("rotated") == true);
    CHECK(desk.done("encryption:status").at("total_keys") == 2);
}

TEST_CASE("a rotated key seals what comes, and what was there when it is asked to") {
    KeyDesk desk;
    for (int i = 0; i < 5; ++i) desk.set_secret(fmt::format("OLD_{}", i));
    const auto old_key = desk.key_of("OLD_0");
    const auto new_key = std::string(desk.done("encryption:rotate").at("key_id").as_string());
    REQUIRE(new_key != old_key);
    desk.set_secret("NEW");
    CHECK(desk.key_of("NEW") == new_key);
    CHECK(desk.key_of("OLD_0") == old_key);
    CHECK(desk.opened("OLD_0") == "of OLD_0");

    const auto before = desk.dump(true);
    CHECK(desk.reseal({{"dry_run", true}}) == 5);
    CHECK(desk.dump(true) == before);
    CHECK(desk.reseal({{"batch_size", 2}}) == 5);
    CHECK(desk.reseal() == 0);
    for (int i = 0; i < 5; ++i) {
        CHECK(desk.key_of(fmt::format("OLD_{}", i)) == new_key);
        CHECK(desk.opened(fmt::format("OLD_{}", i)) == fmt::format("of OLD_{}", i));
    }
}

TEST_CASE("a secret that does not open is told and stays as it is") {
    KeyDesk desk;
    desk.set_secret("GOOD");
    desk.set_secret("DAMAGED");
    desk.change(desk.stored("DAMAGED").id, [](CompanyVariable& v) { v.value = "v1:00000000:AAAA:BBBB"; });
    desk.done("encryption:rotate");
    const auto page = desk.done("encryption:reseal");
    CHECK(page.at("sealed") == 1);
    CHECK(page.at("unreadable").as_array().size() == 1);
    CHECK(desk.stored("DAMAGED").value == "v1:00000000:AAAA:BBBB");
}

TEST_CASE("with another master key nothing is sealed") {
    KeyDesk desk;
    desk.set_secret("FIRST");
    desk.vault = testing::must(open_vault("another key", ""));
    CHECK(desk.done("encryption:status").at("master_key") == "wrong");
    const json::object other{
        {"company_id", desk.company.id.value}, {"name", "SECOND"}, {"value", "x"}, {"secret", true}};
    CHECK(desk.error_of("company:variable-set", other).code == ErrorCode::unavailable);
    CHECK(desk.error_of("encryption:rotate", {}).code == ErrorCode::unavailable);
    CHECK(desk.error_of("encryption:reseal", {}).code == ErrorCode::unavailable);
}

TEST_CASE("secrets that were exchanged under the key in use are found, and it is said whose they are") {
    KeyDesk desk;
    REQUIRE(desk.import_bank());
    const auto type = desk.add_type().at("id").as_int64();
    const auto one = desk.add_credential(type, {{"BANK_TOKEN", "first secret"}}, {{"name", "One"}}).at("id").as_int64();
    desk.add_credential(type, {{"BANK_TOKEN", "second secret"}}, {{"name", "Two"}});
    desk.set_secret("PLAIN");
    const json::object dry{{"dry_run", true}};
    CHECK(desk.reseal(dry) == 0);
    CHECK(desk.unreadable.empty());
    desk.database.write([](Session& session) {
        session.sql.execute(R"(UPDATE "credential_value" SET "value" =
            (SELECT v."value" FROM "credential_value" v JOIN "credential" c ON c."id" = v."credential_id"
             WHERE c."name" = 'Two') WHERE "credential_id" = (SELECT "id" FROM "credential" WHERE "name" = 'One'))");
        session.sql.execute(R"(UPDATE "company_variable" SET "value" = 'v1:0:A:B' WHERE "name" = 'PLAIN')");
    });
    for (const bool is_dry_run : {true, false}) {
        CHECK(desk.reseal({{"dry_run", is_dry_run}}) == 0);
        REQUIRE(desk.unreadable.size() == 2);
        CHECK(desk.unreadable[0].starts_with(
            fmt::format("Variable PLAIN of the company '{}' ({}): ", desk.company.name, desk.company.id.value)));
        CHECK(desk.unreadable[1].starts_with(fmt::format("Credential 'One' ({}), field BANK_TOKEN, version 1: ", one)));
    }
    CHECK(desk.dump().find("first secret") == std::string::npos);
}

TEST_CASE("a vault that wants another key says that the one it has is wrong, and a missing one that it is missing") {
    KeyDesk desk;
    desk.set_secret("FIRST");
    const auto needed = desk.vault.key_id();
    desk.vault = vault_on_demand({.master_key = "another key", .key_file = "", .needed = needed});
    const auto wrong = desk.done("encryption:status");
    CHECK(wrong.at("master_key") == "wrong");
    CHECK(wrong.at("master_key_explained").as_string().find(needed) != std::string::npos);
    desk.vault = vault_on_demand({.master_key = {}, .key_file = "/nonexistent/multiflexi.key", .needed = needed});
    CHECK(desk.done("encryption:status").at("master_key") == "missing");
}

// SPDX-License-Identifier: MIT
#include "journeys/installation.h"

#include "base/digest.h"
#include "base/text.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;

namespace {

constexpr std::string_view bank = R"({"uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","code":"Bank","name":"Bank",
  "version":"1.0","fields":[{"keyword":"BANK_LOGIN","type":"string","required":true},
  {"keyword":"BANK_TOKEN","type":"password","required":true},{"keyword":"BANK_DAYS","type":"integer","default_value":"7"}]})";

/// What a script says that prints its login, the digest of its token, and the token itself.
std::string says(const Installation& it, std::int64_t job) {
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    return it.cli({"job:output", fmt::to_string(job)}).out;
}

std::string digest(std::string_view token) { return sha256_hex(token) + "  -"; }

}  // namespace

TEST_CASE("from a definition to a job that has the credential, and nobody else") {
    Installation it;
    it.start();
    const auto script =
        it.script("echo \"$BANK_LOGIN $BANK_DAYS\"\nprintf %s \"$BANK_TOKEN\" | sha256sum\necho \"$BANK_TOKEN\"");
    const auto id = it.run_template({{"executable", script.string()}, {"requirements", json::array{"Bank"}}});
    const auto origin = fmt::to_string(id);

    // Step by step the reason of the blocked job says what comes next.
    const auto reason = [&] {
        const auto blocked = it.ended(it.job(id));
        CHECK(text_of(blocked, "state") == "blocked");
        CHECK(number_of(blocked, "exitcode") == 78);
        return text_of(blocked, "reason");
    };
    CHECK(has(reason(), "credential-prototype import-json"));
    const auto file = it.write("bank.credprototype.json", bank);
    CHECK(it.cli({"credential-prototype:import-json", "--file", file.string()}).code == 0);
    CHECK(has(reason(), "credential-type create --company-id 1 --class Bank"));
    const auto type = number_of(it.ask({"credtype:create", "--company-id", "1", "--class", "Bank"}).as_object(), "id");
    CHECK(has(reason(), "credential create --company-id 1"));
    const auto made = it.cli({"credential:create", "--company-id", "1", "--credential-type-id", fmt::to_string(type),
                              "--name", "Main", "--field", "BANK_LOGIN=me", "--field", "BANK_TOKEN=-", "-f", "json"},
                             "correct horse battery\n");
    REQUIRE(made.code == 0);
    CHECK(made.err.empty());
    const auto credential = fmt::to_string(number_of(made.json().as_object(), "credential_id"));
    CHECK(has(reason(), "assign one with"));
    it.ask({"run-template:assign-credential", "--id", origin, "--credential_id", credential});
    CHECK(says(it, it.job(id)) == fmt::format("me 7\n{}\n••••••••\n", digest("correct horse battery")));

    // The next job gets what was rotated; going back gives the one after that the old one.
    CHECK(it.cli({"credential:rotate", credential, "--field", "BANK_TOKEN=-"}, "another staple").code == 0);
    CHECK(has(says(it, it.job(id)), digest("another staple")));
    it.ask({"credential:rollback", credential, "--to", "1"});
    CHECK(has(says(it, it.job(id)), digest("correct horse battery")));

    CHECK(it.ask({"credential:get", credential}).at("fields").at("BANK_TOKEN").as_string() == "••••••••");
    const auto kept = it.everything_kept();
    CHECK_FALSE(has(kept, "correct horse battery"));
    CHECK_FALSE(has(kept, "another staple"));
    const auto shown = it.ask({"credential:get", credential, "--reveal", "--yes"});
    CHECK(shown.at("fields").at("BANK_TOKEN").as_string() == "correct horse battery");
    CHECK(has(it.sql(R"(SELECT "action" FROM "audit")"), "credential_revealed"));
}

TEST_CASE("definitions change under credentials that are in use") {
    Installation it;
    const auto import = [&](std::string version, std::string fields) {
        const auto file =
            it.write("bank.credprototype.json",
                     fmt::format(R"({{"uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","code":"Bank","name":"Bank",
                                                   "version":"{}","fields":[{}]}})",
                                 version, fields));
        return it.ask({"credential-prototype:import-json", "--file", file.string()});
    };
    constexpr const char* login = R"({"keyword":"BANK_LOGIN","type":"string"})";
    import("1.0", fmt::format(R"({},{{"keyword":"BANK_DAYS","type":"integer"}})", login));
    it.ask({"company:create", "--name", "Acme"});
    it.ask({"credential-type:create", "--all-companies", "--class", "bank", "--setting", "BANK_DAYS=7"});
    it.ask({"credential:create", "--company-id", "1", "--credential-type-id", "1", "--name", "Main", "--field",
            "BANK_LOGIN=somebody in particular"});

    // One field goes, one becomes a secret, and one is required now.
    const auto told = import("1.1", R"({"keyword":"BANK_LOGIN","type":"password"},
                                       {"keyword":"BANK_URL","type":"url","required":true})");
    CHECK(told.at("orphaned_values").at(0).at("name").as_string() == "BANK_DAYS");
    CHECK(told.at("incomplete_credentials").at(0).at("missing").at(0).as_string() == "BANK_URL");
    CHECK(it.ask({"credential:get", "1"}).at("fields").at("BANK_LOGIN").as_string() == "••••••••");
    CHECK_FALSE(has(it.sql(R"(SELECT "value" FROM "credential_value")"), "somebody"));

    it.ask({"credential:clone", "1", "--name", "Spare"});
    CHECK(it.cli({"credential:create", "--company-id", "1", "--credential-type-id", "1", "--name", "Spare"}).code == 1);
    CHECK(has(it.cli({"credential-type:delete", "1"}).out, "1 (Main), 2 (Spare)"));
    CHECK(has(it.cli({"credential-prototype:delete", "--code", "Bank"}).out, "one credential type: 1 (Bank)"));
    const auto id = fmt::to_string(it.run_template({{"executable", "/bin/true"}}));
    it.ask({"run-template:assign-credential", "--id", id, "--credential_id", "1"});
    const auto again = it.ask({"run-template:assign-credential", "--id", id, "--credential_id", "2"});
    CHECK(again.at("replaced").at(0).at("name").as_string() == "Main");
    CHECK(it.cli({"credential:remove", "2"}).code == 1);
    it.ask({"credential:remove", "2", "--force"});
    it.ask({"credential:remove", "1"});
    it.ask({"credential-type:delete", "1"});
    it.ask({"credential-prototype:delete", "--code", "Bank"});
    CHECK(it.sql(R"(SELECT COUNT(*) FROM "credential_value")") == "0\n");
    CHECK(it.cli({"database:check"}).code == 0);
}

TEST_CASE("rotations of one credential at the same moment each make a version, on every database") {
    Installation it;
    it.ask({"company:create", "--name", "Acme"});
    const auto file = it.write("bank.credprototype.json", bank);
    it.ask({"credential-prototype:import-json", "--file", file.string()});
    it.ask({"credential-type:create", "--company-id", "1", "--class", "Bank"});
    it.ask({"credential:create", "--company-id", "1", "--credential-type-id", "1", "--name", "Main", "--field",
            "BANK_LOGIN=somebody"});
    std::vector<Process> rotating;
    for (int i = 0; i < 6; ++i)
        rotating.push_back(it.begin_cli({"credential:rotate", "1", "--field", fmt::format("BANK_LOGIN=login {}", i)},
                                        it.directory() / fmt::format("rotation-{}", i)));
    for (auto& each : rotating) CHECK(each.wait() == 0);
    CHECK(it.rows({"credential:versions", "1"}).size() == 7);
}

TEST_CASE("a fresh installation has the prototypes of the program, with a server and without one") {
    Installation it;
    it.start();
    CHECK(it.rows({"credential-prototype:list"}).size() == 12);
    it.ask({"credential-prototype:delete", "--code", "Mail"});
    CHECK(it.stop() == 0);
    it.start();
    CHECK(it.rows({"credential-prototype:list"}).size() == 11);
    CHECK(it.cli({"audit:verify"}).code == 0);
    CHECK(has(it.sql(R"(SELECT "entry", "action" FROM "audit")"), "server|bring_in"));

    Installation other;
    other.ask({"company:create", "--name", "Acme"});
    other.ask({"credential-type:create", "--company-id", "1", "--class", "FioBank"});
    CHECK(has(other.cli({"credential-type:create", "--company-id", "1", "--class", "Nothing"}).out, "'sync'"));
    CHECK(other.sql(R"(SELECT COUNT(*) FROM "audit" WHERE "action" = 'bring_in')") == "1\n");
}

// SPDX-License-Identifier: MIT
#include "service/built_in_prototypes.h"

#include "store/queries/audit_chain.h"
#include "support/corpus.h"
#include "support/credential_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::bank_prototype;
using testing::CredentialDesk;

namespace {

struct BringingDesk : CredentialDesk {
    std::vector<std::string> bring(const std::vector<BuiltInPrototype>& brought) {
        return database.write([&](Session& session) {
            Call call{.session = session,
                      .scope = Scope::everything(),
                      .rights = everything,
                      .actor = {.user = {}, .login = "multiflexi", .entry = "server"},
                      .now = moment,
                      .vault = {session, vault},
                      .zone = "UTC"};
            auto added = bring_in_prototypes(call, brought);
            append_to_audit(session, call.audited, vault);
            return added;
        });
    }
    bool lacks(const std::vector<BuiltInPrototype>& brought) {
        return database.read([&](Session& session) { return lacks_prototypes(session, brought); });
    }
    const Rights everything = Rights::unlimited();
};

}  // namespace

TEST_CASE("what a program brings along is registered once, and said to be of the server") {
    BringingDesk desk;
    const auto brought = built_in_credential_prototypes();
    CHECK(desk.lacks(brought));
    CHECK(desk.bring(brought).size() == brought.size());
    CHECK_FALSE(desk.lacks(brought));
    CHECK(desk.all<CredentialPrototype>().size() == brought.size());
    const auto entries = desk.all<AuditEntry>({.equals = {{"entity", "credential_prototype"}}});
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].entry == "server");
    CHECK(entries[0].action == "bring_in");
    CHECK_FALSE(entries[0].user_id);
    CHECK(entries[0].details.find("FioBank") != std::string::npos);

    REQUIRE(desk.run("credential-type:create", {{"company_id", desk.company.id.value}, {"class", "FioBank"}}));
    // What somebody removed stays removed, and only what is new comes later.
    REQUIRE(desk.run("credential-prototype:delete", {{"code", "Mail"}}));
    const auto bank = to_text(bank_prototype());
    auto more = brought;
    more.push_back({"Bank.json", bank});
    CHECK(desk.lacks(more));
    CHECK(desk.bring(more) == std::vector<std::string>{"Bank"});
    CHECK(desk.error_of("credential-prototype:get", {{"code", "Mail"}}).code == ErrorCode::not_found);
}

TEST_CASE("what is installed under the same code or uuid is not touched by what a program brings along") {
    BringingDesk desk;
    REQUIRE(desk.import_bank(bank_prototype("0.1", {{"code", "BANK"}})));
    const auto newer = to_text(bank_prototype("9.0"));
    const auto same_uuid = to_text(bank_prototype("9.0", {{"code", "Other"}}));
    const auto same_code =
        to_text(bank_prototype("9.0", {{"uuid", "9f4c1f8e-1a8e-4f0f-8a40-5f0e4d6c7b22"}, {"code", "bank"}}));
    const auto before = desk.all<CredentialPrototype>();
    CHECK(desk.bring({{"Bank.json", newer}, {"Other.json", same_uuid}, {"bank.json", same_code}}).empty());
    const auto after = desk.all<CredentialPrototype>();
    REQUIRE(after.size() == 1);
    CHECK(after[0].definition == before[0].definition);
    CHECK(desk.all<AuditEntry>({.equals = {{"action", "bring_in"}}}).empty());
}

TEST_CASE("real prototypes are newer than those that this program brings along" * doctest::test_suite("corpus")) {
    const auto directory = mf::testing::corpus("credprototypes");
    if (!directory) return;
    BringingDesk desk;
    desk.bring(built_in_credential_prototypes());
    const auto index = mf::testing::read_table(*directory / "INDEX.tsv");
    for (const auto& row : index.rows) {
        const auto& file = index.cell(row, "file");
        CAPTURE(file);
        const auto done = desk.run("credential-prototype:import",
                                   {{"document", mf::testing::read_file(*directory / file)}, {"file", file}});
        CHECK(static_cast<bool>(done) == (index.cell(row, "tolerant_expected") != "reject"));
    }
    // Nor does a later sync go back to the own ones.
    const auto before = desk.dump(true);
    CHECK(testing::must(desk.run("credential-prototype:sync", {})).at("updated") == 0);
    CHECK(desk.dump(true) == before);
}

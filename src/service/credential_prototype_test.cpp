// SPDX-License-Identifier: MIT
#include "service/credential_prototype_operations.h"

#include "service/application_import.h"
#include "store/queries/audit_chain.h"
#include "support/corpus.h"
#include "support/credential_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::bank_prototype;
using testing::CredentialDesk;
using testing::masked;

namespace {

std::string action_of(const Result<json::value>& answer) {
    return answer ? std::string(answer->at("action").as_string()) : "refused: " + answer.error().message;
}

CredentialPrototype the_prototype(CredentialDesk& desk) {
    const auto found = desk.all<CredentialPrototype>();
    REQUIRE(found.size() == 1);
    return found.front();
}

std::map<std::string, CredentialPrototypeField> fields_by_keyword(CredentialDesk& desk) {
    std::map<std::string, CredentialPrototypeField> out;
    for (auto& field : desk.all<CredentialPrototypeField>()) out[field.keyword] = field;
    return out;
}

json::array fields_without(std::string_view keyword) {
    json::array out;
    const auto whole = bank_prototype();
    for (const auto& field : whole.at("fields").as_array())
        if (field.at("keyword").as_string() != keyword) out.push_back(field);
    return out;
}

}  // namespace

TEST_CASE("a prototype is created, updated, or found unchanged by its import") {
    CredentialDesk desk;
    const auto made = desk.import_bank();
    REQUIRE(made);
    CHECK(made->at("action") == "created");
    CHECK(made->at("code") == "Bank");
    CHECK(to_text(made->at("version")) == R"({"from":null,"to":"1.0"})");
    const auto first = the_prototype(desk);
    CHECK(first.definition == to_text(bank_prototype()));
    const auto before = desk.dump(true);
    CHECK(action_of(desk.import_bank()) == "unchanged");
    CHECK(desk.dump(true) == before);

    const auto fields = fields_by_keyword(desk);
    CHECK(fields.at("BANK_TOKEN").secret);
    CHECK(fields.at("BANK_DAYS").default_value == "7");
    const auto higher = desk.import_bank(
        bank_prototype("1.1", {{"homepage", "https://bank.example/"}, {"fields", fields_without("BANK_DAYS")}}));
    CHECK(action_of(higher) == "updated");
    CHECK(to_text(higher->at("changes").at("version")) == R"({"from":"1.0","to":"1.1"})");
    CHECK(to_text(higher->at("changes").at("fields").at("removed")) == R"(["BANK_DAYS"])");
    CHECK(the_prototype(desk).id == first.id);
    CHECK(the_prototype(desk).homepage == "https://bank.example/");
    // Rows that stay keep their ids; nothing had a value for the one that went.
    CHECK(fields_by_keyword(desk).at("BANK_LOGIN").id == fields.at("BANK_LOGIN").id);
    CHECK_FALSE(fields_by_keyword(desk).contains("BANK_DAYS"));
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "entity" = 'credential_prototype')") == 2);
}

TEST_CASE("a dry run of a prototype tells the difference and changes nothing") {
    CredentialDesk desk;
    const auto before_all = desk.dump(true);
    CHECK(action_of(desk.import_bank(bank_prototype(), {{"dry_run", true}})) == "created");
    CHECK(desk.dump(true) == before_all);
    REQUIRE(desk.import_bank());
    const auto before = desk.dump(true);
    const auto told = desk.import_bank(bank_prototype("1.1"), {{"dry_run", true}});
    CHECK(action_of(told) == "updated");
    CHECK(told->at("changes").as_object().contains("version"));
    CHECK(desk.dump(true) == before);
}

TEST_CASE("an older version of a prototype is refused unless it is forced") {
    CredentialDesk desk;
    REQUIRE(desk.import_bank(bank_prototype("2.0")));
    const auto error =
        desk.error_of("credential-prototype:import", {{"document", to_text(bank_prototype("1.9"))}, {"file", "f"}});
    REQUIRE(error.fields.size() == 1);
    CHECK(error.code == ErrorCode::conflict);
    CHECK(error.fields[0].code == "downgrade");
    CHECK(error.fields[0].field == "/version");
    CHECK(error.fields[0].value == R"("1.9")");
    CHECK(action_of(desk.import_bank(bank_prototype("1.9"), {{"force", true}})) == "updated");
}

TEST_CASE("a definition belongs to the prototype of its uuid, then to that of its code") {
    CredentialDesk desk;
    REQUIRE(desk.import_bank());
    const auto first = the_prototype(desk);
    // The same code with another uuid: the installed one takes it, and the import says so.
    constexpr const char* other = "9f4c1f8e-1a8e-4f0f-8a40-5f0e4d6c7b22";
    const auto taken = desk.import_bank(bank_prototype("1.0", {{"uuid", other}}));
    CHECK(action_of(taken) == "updated");
    CHECK(taken->at("findings").at(0).at("pointer") == "/uuid");
    CHECK(the_prototype(desk).id == first.id);
    CHECK(the_prototype(desk).uuid == other);
    // Another code with the same uuid renames it, unless that code is taken.
    CHECK(action_of(desk.import_bank(bank_prototype("1.0", {{"uuid", other}, {"code", "Bank2"}}))) == "updated");
    CHECK(the_prototype(desk).code == "Bank2");
    REQUIRE(desk.import_bank());
    const auto error =
        desk.error_of("credential-prototype:import",
                      {{"document", to_text(bank_prototype("1.0", {{"uuid", other}, {"code", "Bank"}}))}});
    CHECK(error.fields.at(0).code == "code_conflict");
}

TEST_CASE("all complaints about a definition come at once, and none of it is stored") {
    CredentialDesk desk;
    const auto error = desk.error_of(
        "credential-prototype:import",
        {{"document",
          to_text(bank_prototype("1.0", {{"code", "../x"}, {"fields", {{{"keyword", "a"}, {"type", "string"}}}}}))}});
    CHECK(error.fields.size() == 2);
    const auto verdict = desk.run("credential-prototype:validate", {{"document", "{}"}});
    REQUIRE(verdict);
    CHECK(verdict->at("valid") == false);
    CHECK(verdict->at("verdict") == "reject");
}

TEST_CASE("a field that vanishes stays while something has a value for it") {
    CredentialDesk desk;
    REQUIRE(desk.import_bank());
    const auto type = desk.add_type().at("id").as_int64();
    const auto made = desk.add_credential(type, {{"BANK_LOGIN", "me"}, {"BANK_TOKEN", "secret"}}).at("id").as_int64();
    const auto values = [&] { return desk.all<CredentialValue>({.equals = {{"credential_id", made}}}); };
    const auto sealed = values().at(1).value;
    const auto done = desk.import_bank(bank_prototype("1.1", {{"fields", fields_without("BANK_TOKEN")}}));
    CHECK(to_text(done->at("orphaned_values")) ==
          fmt::format(R"([{{"credential_id":{},"credential":"Main account","name":"BANK_TOKEN"}}])", made));
    CHECK(fields_by_keyword(desk).at("BANK_TOKEN").orphaned);
    CHECK(fields_by_keyword(desk).at("BANK_TOKEN").secret);
    CHECK(values().at(1).value == sealed);
    const auto shown = desk.run("credential:get", {{"id", made}});
    CHECK(shown->at("fields").at("BANK_TOKEN") == masked);
    // It comes back.
    REQUIRE(desk.import_bank(bank_prototype("1.2")));
    CHECK_FALSE(fields_by_keyword(desk).at("BANK_TOKEN").orphaned);
    CHECK(values().at(1).value == sealed);
}

TEST_CASE("a value whose field becomes a secret is sealed") {
    CredentialDesk desk;
    REQUIRE(desk.import_bank());
    const auto type = desk.add_type({{"settings", {{"BANK_DAYS", "5"}}}}).at("id").as_int64();
    desk.add_credential(type, {{"BANK_LOGIN", "me of the bank"}});
    CHECK(desk.dump().find("me of the bank") != std::string::npos);
    auto fields = bank_prototype().at("fields").as_array();
    fields[0].as_object()["type"] = "password";
    fields[2].as_object()["secret"] = true;
    REQUIRE(desk.import_bank(bank_prototype("1.1", {{"fields", fields}})));
    CHECK(desk.dump().find("me of the bank") == std::string::npos);
    for (const auto& value : desk.all<CredentialValue>()) CHECK(value.sealed);
    for (const auto& setting : desk.all<CredentialTypeSetting>()) CHECK(setting.sealed);
    const auto revealed = desk.run("credential:reveal", {{"id", 1}});
    REQUIRE(revealed);
    CHECK(revealed->at("fields").at("BANK_LOGIN") == "me of the bank");
}

TEST_CASE("an import names credentials that lack a newly required field") {
    CredentialDesk desk;
    REQUIRE(desk.import_bank());
    const auto type = desk.add_type().at("id").as_int64();
    const auto made = desk.add_credential(type, {{"BANK_LOGIN", "me"}}).at("id").as_int64();
    auto fields = bank_prototype().at("fields").as_array();
    fields.push_back({{"keyword", "BANK_URL"}, {"type", "url"}, {"required", true}});
    const auto done = desk.import_bank(bank_prototype("1.1", {{"fields", fields}}));
    CHECK(to_text(done->at("incomplete_credentials")) ==
          fmt::format(R"([{{"id":{},"name":"Main account","missing":["BANK_URL"]}}])", made));
}

TEST_CASE("an import names values that do not fit their field any more, and keeps them") {
    CredentialDesk desk;
    REQUIRE(desk.import_bank());
    const auto type = desk.add_type({{"settings", {{"BANK_DAYS", "50"}}}}).at("id").as_int64();
    const auto made = desk.add_credential(type, {{"BANK_LOGIN", "me"}, {"BANK_TOKEN", "short"}}).at("id").as_int64();
    auto fields = bank_prototype().at("fields").as_array();
    fields[0].as_object()["type"] = "email";
    fields[1].as_object()["minLength"] = 8;
    fields[2].as_object()["maximum"] = 31;
    const auto done = testing::must(desk.import_bank(bank_prototype("1.1", {{"fields", fields}})));
    const auto& unfit = done.at("unfit_values").as_array();
    REQUIRE(unfit.size() == 3);
    CHECK(unfit[0].at("credential_id") == made);
    CHECK(unfit[0].at("name") == "BANK_LOGIN");
    CHECK(unfit[1].at("problem") == "The secret value does not fit the declared type and its limits.");
    CHECK(unfit[2].at("credential_type") == "Our bank");
    CHECK(to_text(unfit).find("short") == std::string::npos);
    CHECK(testing::must(desk.run("credential:reveal", {{"id", made}})).at("fields").at("BANK_TOKEN") == "short");
}

TEST_CASE("a prototype is made and changed by hand, by way of its definition") {
    CredentialDesk desk;
    CHECK(desk.error_of("credential-prototype:create", {{"name", "x"}}).message == "code is required.");
    const auto made = desk.run("credential-prototype:create", {{"code", "Sms"},
                                                               {"name", "SMS gate"},
                                                               {"description", "Sends."},
                                                               {"url", "https://sms.example/"},
                                                               {"tags", {"a", "b"}}});
    REQUIRE(made);
    CHECK(made->at("uuid").as_string().size() == 36);
    CHECK(made->at("name") == "SMS gate");
    CHECK(made->at("version") == "1.0");
    CHECK(made->at("fields").as_array().empty());
    CHECK(desk.error_of("credential-prototype:create", {{"code", "Sms"}, {"name", "x"}}).code == ErrorCode::conflict);
    CHECK(desk.error_of("credential-prototype:create", {{"code", "x y"}, {"name", "x"}}).fields.at(0).field == "code");

    const json::object by{{"id", made->at("id")}};
    const auto changed = desk.run("credential-prototype:update",
                                  {{"id", made->at("id")}, {"name", "SMS"}, {"version", "1.1"}, {"code", "SmsGate"}});
    REQUIRE(changed);
    CHECK(changed->at("updated") == true);
    const auto found = desk.run("credential-prototype:get", {{"code", "smsgate"}});
    REQUIRE(found);
    CHECK(found->at("name") == "SMS");
    CHECK(found->at("description") == "Sends.");
    const auto exported = desk.run("credential-prototype:export", by);
    REQUIRE(exported);
    CHECK(parse_json(exported->at("document").as_string())->at("name") == "SMS");
    CHECK(exported->at("suggested_name") == "smsgate.credprototype.json");
    CHECK(desk.error_of("credential-prototype:update", {{"id", made->at("id")}, {"uuid", "x"}}).code ==
          ErrorCode::conflict);
    CHECK(desk.run("credential-prototype:update", {{"id", made->at("id")}, {"name", "SMS"}})->at("updated") == false);
    // A change by hand leaves the other languages and the fields.
    REQUIRE(desk.import_bank(bank_prototype("1.0", {{"name", {{"cs", "Banka"}, {"en", "Bank"}}}})));
    REQUIRE(desk.run("credential-prototype:update", {{"code", "Bank"}, {"name", "The bank"}}));
    const auto whole = desk.run("credential-prototype:get", {{"code", "Bank"}});
    CHECK(to_text(whole->at("localized").at("name")) == R"({"cs":"Banka","en":"The bank"})");
    CHECK(whole->at("fields").as_array().size() == 3);
}

TEST_CASE("a prototype that types use is not removed") {
    CredentialDesk desk;
    REQUIRE(desk.import_bank());
    const auto type = desk.add_type().at("id").as_int64();
    const auto error = desk.error_of("credential-prototype:delete", {{"code", "Bank"}});
    CHECK(error.code == ErrorCode::conflict);
    CHECK(error.fields.at(0).code == "in_use");
    CHECK(error.message.find("Our bank") != std::string::npos);
    REQUIRE(desk.run("credential-type:delete", {{"id", type}}));
    REQUIRE(desk.run("credential-prototype:delete", {{"code", "Bank"}}));
    CHECK(desk.all<CredentialPrototype>().empty());
    CHECK(desk.all<CredentialPrototypeField>().empty());
    CHECK(desk.error_of("credential-prototype:get", {{"code", "Bank"}}).code == ErrorCode::not_found);
}

TEST_CASE("the prototypes that a program brings along are registered") {
    CredentialDesk desk;
    const auto everybody = Rights::unlimited();
    const auto sync = [&](const std::vector<std::string>& documents) {
        std::vector<BuiltInPrototype> brought;
        for (const auto& document : documents) brought.push_back({"built-in", document});
        return to_text(desk.database.write([&](Session& session) {
            Call call{.session = session,
                      .scope = Scope::everything(),
                      .rights = everybody,
                      .actor = {desk.user, "tester"},
                      .now = desk.moment,
                      .vault = {session, desk.vault},
                      .zone = "UTC"};
            auto counters = sync_credential_prototypes(call, brought);
            append_to_audit(session, call.audited, desk.vault);
            counters.erase("problems");
            return json::value(counters);
        }));
    };
    const auto own =
        to_text(bank_prototype("1.0", {{"code", "Own"}, {"uuid", "9f4c1f8e-1a8e-4f0f-8a40-5f0e4d6c7b22"}}));
    CHECK(sync({to_text(bank_prototype()), own, "{}"}) ==
          R"({"processed":3,"created":2,"updated":0,"errors":1,"skipped":0})");
    CHECK(sync({to_text(bank_prototype()), own}) ==
          R"({"processed":2,"created":0,"updated":0,"errors":0,"skipped":2})");
    CHECK(sync({to_text(bank_prototype("1.1")), own}) ==
          R"({"processed":2,"created":0,"updated":1,"errors":0,"skipped":1})");
    // An older one, and a code that somebody else has: left alone.
    const auto before = desk.dump(true);
    CHECK(sync({to_text(bank_prototype("1.0")), to_text(bank_prototype("9.0", {{"code", "Own"}}))}) ==
          R"({"processed":2,"created":0,"updated":0,"errors":0,"skipped":2})");
    CHECK(desk.dump(true) == before);
    const auto answer = desk.run("credential-prototype:sync", {});
    REQUIRE(answer);
    CHECK(answer->at("processed").to_number<std::size_t>() == built_in_credential_prototypes().size());
    CHECK(answer->at("errors") == 0);
}

TEST_CASE("prototypes belong to all companies, so none of them changes one") {
    CredentialDesk desk;
    REQUIRE(desk.import_bank());
    const auto own = testing::manager_of(desk.company.id);
    CHECK(desk.run("credential-prototype:list", {}, own)->as_array().size() == 1);
    const json::object by{{"code", "Bank"}};
    CHECK(desk.error_of("credential-prototype:import", {{"document", to_text(bank_prototype("2.0"))}}, own).code ==
          ErrorCode::forbidden);
    for (const auto* operation : {"credential-prototype:update", "credential-prototype:delete"})
        CHECK(desk.error_of(operation, by, own).code == ErrorCode::forbidden);
    CHECK(desk.error_of("credential-prototype:create", {{"code", "New"}, {"name", "New"}}, own).code ==
          ErrorCode::forbidden);
    CHECK(desk.error_of("credential-prototype:sync", {}, own).code == ErrorCode::forbidden);
}

TEST_CASE("requirements of applications are compared with what is installed") {
    CredentialDesk desk;
    REQUIRE(desk.import_bank());
    const json::object application{{"$schema", "https://multiflexi.eu/schema/application.json"},
                                   {"uuid", testing::ledger_uuid},
                                   {"name", "Ledger"},
                                   {"description", "d"},
                                   {"version", "1.0"},
                                   {"executable", "/bin/true"},
                                   {"requirements", {"bank", "Unheard"}},
                                   {"environment", json::object()}};
    const auto answer = desk.run("application:validate", {{"document", to_text(application)}});
    REQUIRE(answer);
    std::map<std::string, std::string> told;
    for (const auto& finding : answer->at("findings").as_array())
        told[finding.at("code").as_string().c_str()] = finding.at("pointer").as_string();
    CHECK(told["unknown_requirement"] == "/requirements/1");
    CHECK(told["requirement_env_gap"] == "/requirements/0");
    // What is for the provider of a vault only is nothing that an application could declare.
    REQUIRE(desk.run("credential-prototype:sync", {}));
    auto of_vault = application;
    of_vault["requirements"] = json::array{"HashiCorpVault"};
    const auto findings = testing::must(desk.run("application:validate", {{"document", to_text(of_vault)}}));
    CHECK(to_text(findings.at("findings")).find("requirement_env_gap") == std::string::npos);
}

TEST_CASE("real prototypes are imported as their index says, exported and found unchanged" *
          doctest::test_suite("corpus")) {
    const auto directory = mf::testing::corpus("credprototypes");
    if (!directory) return;
    const auto index = mf::testing::read_table(*directory / "INDEX.tsv");
    for (const auto& row : index.rows) {
        CredentialDesk desk;
        const auto& file = index.cell(row, "file");
        CAPTURE(file);
        const auto& expected = index.cell(row, "tolerant_expected");
        const json::object input{{"document", mf::testing::read_file(*directory / file)}, {"file", file}};
        CHECK(desk.run("credential-prototype:validate", input)->at("verdict").as_string() == expected);
        const auto done = desk.run("credential-prototype:import", input);
        CHECK(static_cast<bool>(done) == (expected != "reject"));
        if (!done) continue;
        const auto exported = desk.run("credential-prototype:export", {{"id", done->at("id")}});
        REQUIRE(exported);
        const auto before = desk.dump(true);
        CHECK(action_of(desk.run("credential-prototype:import", {{"document", exported->at("document")}})) ==
              "unchanged");
        CHECK(desk.dump(true) == before);
    }
}

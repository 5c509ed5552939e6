// SPDX-License-Identifier: MIT
#include "service/credential_operations.h"

#include "store/queries/sealed_values.h"
#include "support/credential_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::bank_prototype;
using testing::CredentialDesk;
using testing::masked;

namespace {

struct VaultDesk : CredentialDesk {
    std::int64_t type = (testing::must(import_bank()), add_type().at("id").as_int64());
    json::object made =
        add_credential(type, {{"BANK_LOGIN", "me"}, {"BANK_TOKEN", "hidden words"}, {"BANK_NOTE", "hi"}});
    std::int64_t id = made.at("id").as_int64();

    json::object input(const json::object& more) const {
        json::object out{{"id", id}};
        for (const auto& [key, value] : more) out[key] = value;
        return out;
    }
    std::string value(std::string_view name) {
        return std::string(testing::must(run("credential:reveal", input({}))).at("fields").at(name).as_string());
    }
    std::int64_t version() { return get<Credential>({id}).version; }
    RunTemplate user() {
        const auto out = add_run_template();
        testing::must(run("runtemplate:assign-credential", {{"id", out.id.value}, {"credential_id", id}}));
        return out;
    }
};

}  // namespace

TEST_CASE("secrets of a credential are sealed at rest and masked for people") {
    VaultDesk desk;
    CHECK(desk.dump(true).find("hidden words") == std::string::npos);
    CHECK(to_text(desk.made.at("fields")) ==
          fmt::format(R"({{"BANK_LOGIN":"me","BANK_TOKEN":"{}","BANK_DAYS":null,"BANK_NOTE":"hi"}})", masked));
    CHECK(to_text(desk.made.at("secret_fields")) == R"(["BANK_TOKEN"])");
    CHECK(desk.made.at("prototype") == "Bank");
    CHECK(desk.made.at("state") == "unknown");
    CHECK_FALSE(desk.made.contains("warnings"));
    const auto shown = desk.run("credential:get", desk.input({}));
    REQUIRE(shown);
    CHECK(shown->at("fields") == desk.made.at("fields"));
    CHECK(to_text(*desk.run("credential:list", {})).find("hidden") == std::string::npos);
    // What nobody describes is a secret when it sounds like one.
    const auto extra = desk.run("credential:update", desk.input({{"fields", {{"MY_API_KEY", "quite hidden"}}}}));
    REQUIRE(extra);
    CHECK(extra->at("record").at("fields").at("MY_API_KEY") == masked);
    CHECK(desk.dump(true).find("quite hidden") == std::string::npos);
}

TEST_CASE("the audit log has what was before and what came after, secrets masked") {
    VaultDesk desk;
    const auto details = [&](std::string_view entity, std::string_view action) {
        return testing::must(desk.run("audit:list", {{"entity", entity}, {"action", action}})).at(0).at("details");
    };
    CHECK(details("credential", "create").at("fields") == desk.made.at("fields"));
    testing::must(desk.run("credential:update",
                           desk.input({{"fields", {{"BANK_LOGIN", "you"}, {"BANK_TOKEN", "other words"}}}})));
    CHECK(
        to_text(details("credential", "update").at("fields")) ==
        fmt::format(R"({{"BANK_LOGIN":{{"from":"me","to":"you"}},"BANK_TOKEN":{{"from":"{0}","to":"{0}"}}}})", masked));
    const auto company = desk.company.id.value;
    testing::must(desk.run("company:variable-set",
                           {{"company_id", company}, {"name", "CITY"}, {"value", "Brno"}, {"secret", false}}));
    CHECK(to_text(details("company_variable", "create").at("changes").at("value")) == R"({"from":null,"to":"Brno"})");
    CHECK(details("credential_type", "create").at("name") == "Our bank");
}

TEST_CASE("the code of a company stands for its number, within what one may see") {
    VaultDesk desk;
    const auto other = desk.add_company("bravo");
    const auto& own = desk.company.code;
    CHECK(testing::must(desk.run("credential:list", {{"company_id", own}})).as_array().size() == 1);
    CHECK(testing::must(desk.run("credential:list", {{"company_id", "bravo"}})).as_array().empty());
    const auto unknown = desk.error_of("credential:list", {{"company_id", "charly"}});
    CHECK(unknown.code == ErrorCode::not_found);
    CHECK(unknown.message == "There is no company with the code 'charly'.");
    const auto rights = testing::manager_of(other.id);
    CHECK(desk.error_of("credential:list", {{"company_id", own}}, rights).code == ErrorCode::not_found);
    const json::object wanted{{"company_id", "bravo"}, {"class", "Bank"}, {"name", "Their bank"}};
    CHECK(testing::must(desk.run("credential-type:create", wanted, rights)).at("company_id") == other.id.value);
}

TEST_CASE("a company that is removed leaves no secret behind") {
    VaultDesk desk;
    const auto user = desk.user();
    const auto company = desk.company.id.value;
    testing::must(desk.run("company:variable-set",
                           {{"company_id", company}, {"name", "PIN"}, {"value", "1234"}, {"secret", true}}));
    testing::must(desk.run("credential-type:update", {{"id", desk.type}, {"settings", {{"BANK_TOKEN", "of all"}}}}));
    desk.database.write([&](Session& session) {
        session.sql.execute(
            R"(INSERT INTO "configuration" ("runtemplate_id", "company_id", "name", "value", "sealed") VALUES (?, ?, 'S', 'v1:x', 1))",
            {user.id.value, company});
    });
    CHECK(desk.database.read([](Session& session) { return holds_sealed_values(session); }));
    testing::must(desk.run("company:remove", {{"id", company}}));
    CHECK_FALSE(desk.database.read([](Session& session) { return holds_sealed_values(session); }));
    CHECK_FALSE(desk.get<Credential>({desk.id}).live);
}

TEST_CASE("revealing a credential is audited") {
    VaultDesk desk;
    const auto revealed = desk.run("credential:reveal", desk.input({}));
    REQUIRE(revealed);
    CHECK(revealed->at("fields").at("BANK_TOKEN") == "hidden words");
    CHECK(revealed->at("fields").at("BANK_LOGIN") == "me");
    const auto entries = desk.database.read([](Session& session) {
        return session.sql.query(R"(SELECT "details" FROM "audit" WHERE "action" = 'credential_revealed')");
    });
    REQUIRE(entries.size() == 1);
    const auto details = std::get<std::string>(entries[0][0]);
    CHECK(details.find("BANK_TOKEN") != std::string::npos);
    CHECK(details.find("hidden words") == std::string::npos);
    const auto operation = std::ranges::find(desk.operations, "credential:reveal", &Operation::name);
    CHECK(operation->access == Access::changes);
    CHECK(operation->permission == Permission::manage);
}

TEST_CASE("a credential needs a company, a type that it may use, and a name of its own") {
    VaultDesk desk;
    const auto company = desk.company.id.value;
    const auto error = [&](const json::object& more) {
        json::object input{{"company_id", company}, {"credential_type_id", desk.type}, {"name", "Other"}};
        for (const auto& [key, value] : more) input[key] = value;
        return desk.error_of("credential:create", input);
    };
    CHECK(desk.error_of("credential:create", {{"name", "x"}}).message ==
          "company_id is required; credential_type_id is required.");
    CHECK(error({{"name", "Main account"}}).code == ErrorCode::conflict);
    CHECK(error({{"name", "  "}}).fields.at(0).field == "name");
    CHECK(error({{"company_id", 99}}).code == ErrorCode::not_found);
    CHECK(error({{"credential_type_id", 99}}).code == ErrorCode::not_found);
    const auto other = desk.add_company("other");
    CHECK(error({{"company_id", other.id.value}}).fields.at(0).field == "credential_type_id");
    const auto wrong = error({{"fields", {{"BANK_DAYS", "x"}, {"LD_PRELOAD", "y"}}}});
    CHECK(wrong.fields.size() == 2);
    // The same name is free elsewhere, and again after a removal.
    const auto shared = testing::must(desk.run("credential-type:create", {{"class", "Bank"}})).at("id").as_int64();
    desk.add_credential(shared, {}, {{"company_id", other.id.value}});
    REQUIRE(desk.run("credential:remove", desk.input({})));
    const auto again = desk.add_credential(desk.type);
    CHECK(to_text(again.at("warnings")) ==
          R"(["BANK_LOGIN is required and has no value.","BANK_TOKEN is required and has no value."])");
}

TEST_CASE("what is said of a secret value never repeats it") {
    VaultDesk desk;
    auto fields = bank_prototype().at("fields").as_array();
    fields[2].as_object()["secret"] = true;
    REQUIRE(desk.import_bank(bank_prototype("1.1", {{"fields", fields}})));
    const auto error = desk.error_of("credential:update", desk.input({{"fields", {{"BANK_DAYS", "hush"}}}}));
    CHECK(error.message.find("hush") == std::string::npos);
    CHECK(error.fields.at(0).message.find("BANK_DAYS") != std::string::npos);
}

TEST_CASE("each change of values makes a version, in which the others stand, too") {
    VaultDesk desk;
    const auto changed = desk.run(
        "credential:update", desk.input({{"fields", {{"BANK_LOGIN", "you"}, {"BANK_TOKEN", ""}}}, {"note", "Moved."}}));
    REQUIRE(changed);
    CHECK(changed->at("updated") == true);
    CHECK(desk.version() == 2);
    CHECK(desk.value("BANK_TOKEN") == "hidden words");
    CHECK(desk.value("BANK_LOGIN") == "you");
    // The sealed text belongs to its own row: the old one was not copied.
    const auto rows = desk.all<CredentialValue>({.equals = {{"name", std::string("BANK_TOKEN")}}});
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].value != rows[1].value);

    const auto before = desk.dump(true);
    const auto same = desk.run("credential:update", desk.input({{"fields", {{"BANK_TOKEN", "hidden words"}}}}));
    REQUIRE(same);
    CHECK(same->at("updated") == false);
    CHECK(desk.dump(true) == before);

    REQUIRE(desk.run("credential:update", desk.input({{"unset", {"BANK_NOTE"}}, {"name", "Second"}})));
    CHECK(desk.version() == 3);
    CHECK_FALSE(desk.run("credential:get", desk.input({}))->at("fields").as_object().contains("BANK_NOTE"));
    CHECK(desk.error_of("credential:update", desk.input({{"unset", {"BANK_NOTE"}}})).fields.at(0).field == "BANK_NOTE");
    const auto versions = desk.run("credential:versions", desk.input({}));
    REQUIRE(versions);
    std::string told;
    for (const auto& version : versions->as_array())
        told += fmt::format("{} {} {} {} {}\n", version.at("version").as_int64(), to_text(version.at("changed")),
                            version.at("note").as_string().c_str(), version.at("created_by").as_string().c_str(),
                            version.at("current").as_bool());
    CHECK(told ==
          "3 [\"BANK_NOTE\"]  tester true\n2 [\"BANK_LOGIN\"] Moved. tester false\n"
          "1 [\"BANK_LOGIN\",\"BANK_NOTE\",\"BANK_TOKEN\"]  tester false\n");
}

TEST_CASE("a value that was a secret stays one, whatever its field becomes") {
    VaultDesk desk;
    auto fields = bank_prototype().at("fields").as_array();
    fields[1].as_object()["type"] = "string";
    REQUIRE(desk.import_bank(bank_prototype("1.1", {{"fields", fields}})));
    REQUIRE(desk.run("credential:update", desk.input({{"fields", {{"BANK_LOGIN", "you"}}}})));
    CHECK(desk.dump(true).find("hidden words") == std::string::npos);
    REQUIRE(desk.run("credential:update", desk.input({{"fields", {{"BANK_TOKEN", "other words"}}}})));
    CHECK(desk.dump(true).find("other words") == std::string::npos);
    CHECK(desk.run("credential:get", desk.input({}))->at("fields").at("BANK_TOKEN") == masked);
}

TEST_CASE("new values make the last look at the thing behind them worthless") {
    VaultDesk desk;
    desk.change<Credential>({desk.id}, [&](Credential& credential) {
        credential.state = "available";
        credential.message = "It answers.";
        credential.checked_at = credential.valid_until = desk.moment;
    });
    REQUIRE(desk.run("credential:update", desk.input({{"name", "Renamed"}})));
    CHECK(desk.get<Credential>({desk.id}).state == "available");
    REQUIRE(desk.run("credential:update", desk.input({{"fields", {{"BANK_LOGIN", "you"}}}})));
    const auto now = desk.get<Credential>({desk.id});
    CHECK(now.state == "unknown");
    CHECK(now.message.empty());
    CHECK_FALSE(now.checked_at);
}

TEST_CASE("a rotation says whose jobs get the new values") {
    VaultDesk desk;
    const auto user = desk.user();
    const auto done =
        desk.run("credential:rotate", desk.input({{"fields", {{"BANK_TOKEN", "new words"}}}, {"note", "Expired."}}));
    REQUIRE(done);
    CHECK(done->at("version") == 2);
    CHECK(to_text(done->at("changed")) == R"(["BANK_TOKEN"])");
    CHECK(to_text(done->at("secret_fields")) == R"(["BANK_TOKEN"])");
    CHECK(to_text(done->at("affected")) ==
          fmt::format(R"([{{"id":{},"name":"Run","active":true,"next_launch":null}}])", user.id.value));
    CHECK(desk.value("BANK_TOKEN") == "new words");
    CHECK(desk.dump(true).find("new words") == std::string::npos);
    CHECK(desk.error_of("credential:rotate", desk.input({})).code == ErrorCode::invalid);
    CHECK(desk.error_of("credential:rotate", desk.input({{"fields", {{"BANK_TOKEN", "new words"}}}}))
              .fields.at(0)
              .field == "fields");
}

TEST_CASE("going back makes the values of an earlier version a new one") {
    VaultDesk desk;
    REQUIRE(desk.run("credential:rotate", desk.input({{"fields", {{"BANK_TOKEN", "wrong"}, {"MORE", "x"}}}})));
    const auto done = desk.run("credential:rollback", desk.input({{"version", 1}}));
    REQUIRE(done);
    CHECK(done->at("version") == 3);
    CHECK(to_text(done->at("changed")) == R"(["BANK_TOKEN","MORE"])");
    CHECK(desk.value("BANK_TOKEN") == "hidden words");
    CHECK_FALSE(desk.run("credential:get", desk.input({}))->at("fields").as_object().contains("MORE"));
    CHECK(desk.error_of("credential:rollback", desk.input({{"version", 3}})).code == ErrorCode::invalid);
    CHECK(desk.error_of("credential:rollback", desk.input({{"version", 9}})).code == ErrorCode::not_found);
}

TEST_CASE("old versions go, those that the operator wants to keep stay") {
    VaultDesk desk;
    for (int i = 0; i < 14; ++i)
        REQUIRE(desk.run("credential:rotate", desk.input({{"fields", {{"BANK_TOKEN", fmt::format("token {}", i)}}}})));
    CHECK(desk.version() == 15);
    CHECK(desk.all<CredentialVersion>().size() == 10);
    CHECK(desk.all<CredentialValue>().size() == 30);
    CHECK(desk.error_of("credential:rollback", desk.input({{"version", 5}})).code == ErrorCode::not_found);
    REQUIRE(desk.run("credential:rollback", desk.input({{"version", 7}})));
    CHECK(desk.value("BANK_TOKEN") == "token 5");
}

TEST_CASE("a credential in use is removed by force only, with everything it held") {
    VaultDesk desk;
    const auto user = desk.user();
    const auto error = desk.error_of("credential:remove", desk.input({}));
    CHECK(error.code == ErrorCode::conflict);
    CHECK(error.fields.at(0).code == "in_use");
    CHECK(error.message.find(fmt::format("{} (Run)", user.id.value)) != std::string::npos);
    const auto done = desk.run("credential:remove", desk.input({{"force", true}}));
    REQUIRE(done);
    CHECK(done->at("unassigned").at(0).at("id") == user.id.value);
    CHECK(desk.all<CredentialValue>().empty());
    CHECK(desk.all<CredentialVersion>().empty());
    CHECK(desk.all<RunTemplateCredential>().empty());
    for (const auto* operation : {"credential:get", "credential:reveal", "credential:versions", "credential:remove"})
        CHECK(desk.error_of(operation, desk.input({})).message == "No credential found with given identifier");
    CHECK(desk.run("credential:list", {})->as_array().empty());
}

TEST_CASE("a copy has the same values, sealed for itself") {
    VaultDesk desk;
    const auto copy = desk.run("credential:clone", desk.input({{"name", "Copy"}}));
    REQUIRE(copy);
    CHECK(copy->at("company_id") == desk.company.id.value);
    const auto revealed = desk.run("credential:reveal", {{"id", copy->at("id")}});
    REQUIRE(revealed);
    CHECK(revealed->at("fields").at("BANK_TOKEN") == "hidden words");
    CHECK(desk.error_of("credential:clone", desk.input({{"name", "Main account"}})).code == ErrorCode::conflict);
    CHECK(desk.error_of("credential:clone", desk.input({})).message == "name is required.");
}

TEST_CASE("a credential stays with its company; another prototype is refused while it is assigned") {
    VaultDesk desk;
    const auto other = desk.add_company("other");
    CHECK(desk.error_of("credential:update", desk.input({{"company_id", other.id.value}})).code == ErrorCode::conflict);
    REQUIRE(
        desk.import_bank(bank_prototype("1.0", {{"code", "Sms"}, {"uuid", "9f4c1f8e-1a8e-4f0f-8a40-5f0e4d6c7b22"}})));
    const auto sms = desk.add_type({{"class", "Sms"}}).at("id");
    const auto twin = desk.add_type().at("id");
    const auto user = desk.user();
    CHECK(desk.error_of("credential:update", desk.input({{"credential_type_id", sms}})).message.find("(Run)") !=
          std::string::npos);
    CHECK(desk.run("credential:update", desk.input({{"credential_type_id", twin}})));
    REQUIRE(desk.run("runtemplate:unassign-credential", {{"id", user.id.value}, {"credential_id", desk.id}}));
    CHECK(desk.run("credential:update", desk.input({{"credential_type_id", sms}})));
    CHECK(desk.value("BANK_TOKEN") == "hidden words");
}

TEST_CASE("a value that does not open is named, never shown, and put right by entering it again") {
    VaultDesk desk;
    desk.database.write([](Session& session) {
        session.sql.execute(R"(UPDATE "credential_value" SET "value" = 'v1:00000000:AAAA:BBBB' WHERE "sealed" = TRUE)");
    });
    for (const auto& [operation, more] : {std::pair("credential:reveal", json::object()),
                                          std::pair("credential:clone", json::object{{"name", "Copy"}})}) {
        const auto error = desk.error_of(operation, desk.input(more));
        CAPTURE(error.message);
        CHECK(error.message.starts_with(R"(Credential 'Main account', field "BANK_TOKEN": )"));
        CHECK(error.message.find("AAAA") == std::string::npos);
    }
    CHECK(desk.error_of("credential:update", desk.input({{"fields", {{"BANK_LOGIN", "you"}}}}))
              .message.find("BANK_TOKEN") != std::string::npos);
    REQUIRE(desk.run("credential:update", desk.input({{"fields", {{"BANK_TOKEN", "fresh"}}}})));
    CHECK(desk.value("BANK_TOKEN") == "fresh");
}

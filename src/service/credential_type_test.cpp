// SPDX-License-Identifier: MIT
#include "service/credential_type_operations.h"

#include "support/corpus.h"
#include "support/credential_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::bank_prototype;
using testing::CredentialDesk;
using testing::masked;

namespace {

constexpr const char* gate_uuid = "4eecfeed-c10a-4e05-9457-46d56bc5b02d";

json::object gate(std::string_view version = "1.0.0", const json::object& more = {}) {
    json::object out{{"uuid", gate_uuid},
                     {"code", "Bank"},
                     {"name", {{"en", "Gate"}, {"cs", "Brána"}}},
                     {"description", "A gate."},
                     {"version", version},
                     {"fields",
                      {{{"keyword", "BANK_LOGIN"}, {"name", "Login"}, {"type", "secret"}},
                       {{"keyword", "GATE_LIMIT"}, {"name", "Limit"}, {"type", "number"}, {"default", 30}}}}};
    for (const auto& [key, value] : more) out[key] = value;
    return out;
}

struct TypeDesk : CredentialDesk {
    TypeDesk() { testing::must(import_bank()); }
    json::object gate_input(const json::object& document, const json::object& more = {}) {
        json::object input{{"document", to_text(document)}, {"file", "gate.json"}, {"company_id", company.id.value}};
        for (const auto& [key, value] : more) input[key] = value;
        return input;
    }
    std::string import_gate(const json::object& document, const json::object& more = {}) {
        const auto done = run("credential-type:import", gate_input(document, more));
        return done ? std::string(done->at("action").as_string()) : done.error().message;
    }
};

}  // namespace

TEST_CASE("a type is made of an installed prototype") {
    TypeDesk desk;
    const auto made = desk.add_type({{"class", "bank"}, {"url", "https://bank.example/"}});
    CHECK(made.at("prototype") == "Bank");
    CHECK(made.at("name") == "Our bank");
    CHECK(made.at("version") == 1);
    CHECK(made.at("company_id") == desk.company.id.value);
    CHECK(made.at("installed") == true);
    CHECK(made.at("fields").as_array().size() == 3);
    CHECK(made.at("fields").at(1).at("secret") == true);
    CHECK_FALSE(made.contains("definition"));
    CHECK(desk.add_type({{"name", " "}}).at("name") == "Bank");
    const auto error =
        desk.error_of("credential-type:create", {{"company_id", desk.company.id.value}, {"class", "Nothing"}});
    CHECK(error.message.starts_with("No credential prototype found for class: Nothing. "));
    CHECK(error.message.find("'sync'") != std::string::npos);
    CHECK(desk.error_of("credential-type:create", {{"company_id", 99}, {"class", "Bank"}}).code ==
          ErrorCode::not_found);
    CHECK(desk.error_of("credential-type:create",
                        {{"company_id", desk.company.id.value}, {"class", "Bank"}, {"uuid", made.at("uuid")}})
              .code == ErrorCode::conflict);
}

TEST_CASE("a type for every company is seen by each and changed by the installation only") {
    TypeDesk desk;
    const auto shared = testing::must(desk.run("credential-type:create", {{"class", "Bank"}, {"name", "For all"}}));
    CHECK(shared.at("company_id").is_null());
    const auto own = testing::manager_of(desk.company.id);
    const json::object by{{"id", shared.at("id")}};
    CHECK(desk.run("credential-type:get", by, own));
    CHECK(desk.run("credential-type:list", {}, own)->as_array().size() == 1);
    CHECK(desk.error_of("credential-type:create", {{"class", "Bank"}}, own).code == ErrorCode::forbidden);
    const auto refused = desk.error_of("credential-type:import", {{"document", to_text(gate())}}, own);
    CHECK(refused.code == ErrorCode::forbidden);
    // Files are told by their fields.
    CHECK(refused.fields.at(0).message == refused.message);
    CHECK(refused.message.find("--company-id") != std::string::npos);
    CHECK(desk.error_of("credential-type:update", {{"id", shared.at("id")}, {"name", "x"}}, own).code ==
          ErrorCode::forbidden);
    CHECK(desk.error_of("credential-type:update", {{"id", shared.at("id")}, {"settings", {{"A", "x"}}}}, own).code ==
          ErrorCode::forbidden);
    CHECK(desk.error_of("credential-type:delete", by, own).code == ErrorCode::forbidden);
    CHECK(desk.run("credential-type:update", {{"id", shared.at("id")}, {"name", "For everybody"}}));
    // A list for one company has what that company may use.
    const auto other = desk.add_company("other");
    desk.add_type({{"company_id", other.id.value}});
    CHECK(desk.run("credential-type:list", {})->as_array().size() == 2);
    CHECK(desk.run("credential-type:list", {{"company_id", desk.company.id.value}})->as_array().size() == 1);
    CHECK(desk.run("credential-type:list", {{"company_id", other.id.value}})->as_array().size() == 2);
}

TEST_CASE("shared values of a type are checked, sealed when secret, and masked") {
    TypeDesk desk;
    const auto made =
        desk.add_type({{"settings", {{"BANK_TOKEN", "hidden words"}, {"BANK_DAYS", "007"}, {"EXTRA", "open"}}}});
    CHECK(to_text(made.at("settings")) ==
          fmt::format(R"({{"BANK_TOKEN":"{}","BANK_DAYS":"7","EXTRA":"open"}})", masked));
    CHECK(desk.dump(true).find("hidden words") == std::string::npos);
    const auto id = made.at("id");
    // Blank leaves what is there.
    const auto changed =
        desk.run("credential-type:update",
                 {{"id", id}, {"settings", {{"BANK_TOKEN", ""}, {"BANK_DAYS", "8"}}}, {"unset", {"EXTRA"}}});
    REQUIRE(changed);
    CHECK(to_text(changed->at("record").at("settings")) ==
          fmt::format(R"({{"BANK_TOKEN":"{}","BANK_DAYS":"8"}})", masked));
    const auto error =
        desk.error_of("credential-type:update",
                      {{"id", id}, {"settings", {{"BANK_DAYS", "many"}, {"LD_PRELOAD", "x"}, {"1A", "x"}}}});
    CHECK(error.fields.size() == 3);
    CHECK(desk.error_of("credential-type:update", {{"id", id}, {"unset", {"EXTRA"}}}).fields.at(0).field == "EXTRA");
}

TEST_CASE("a type in use is not removed; a removed one forgets its secrets") {
    TypeDesk desk;
    const auto id = desk.add_type({{"settings", {{"BANK_TOKEN", "hidden"}}}}).at("id").as_int64();
    const auto credential = desk.add_credential(id).at("id");
    const auto error = desk.error_of("credential-type:delete", {{"id", id}});
    CHECK(error.fields.at(0).code == "in_use");
    CHECK(error.message.find("Main account") != std::string::npos);
    REQUIRE(desk.run("credential:remove", {{"id", credential}}));
    REQUIRE(desk.run("credential-type:delete", {{"id", id}}));
    CHECK(desk.all<CredentialTypeSetting>().empty());
    CHECK(desk.error_of("credential-type:get", {{"id", id}}).message ==
          "No credential type found with given identifier");
}

TEST_CASE("a type is imported by company and uuid") {
    TypeDesk desk;
    CHECK(desk.import_gate(gate()) == "created");
    CHECK(desk.import_gate(gate()) == "unchanged");
    CHECK(desk.import_gate(gate("1.2.0", {{"fields", json::array()}}), {{"dry_run", true}}) == "updated");
    CHECK(desk.import_gate(gate("2.1")) == "updated");
    const auto types = desk.all<CredentialType>();
    REQUIRE(types.size() == 1);
    CHECK(types[0].name == "Gate");
    CHECK(types[0].version == 2);
    CHECK(types[0].prototype == "Bank");
    CHECK(types[0].prototype_id);
    const auto error = desk.error_of("credential-type:import", desk.gate_input(gate("1.9")));
    CHECK(error.fields.at(0).code == "downgrade");
    CHECK(desk.import_gate(gate("1.9"), {{"force", true}}) == "updated");
    // The same uuid in another company, and for every company, is another type each.
    const auto other = desk.add_company("other");
    CHECK(desk.import_gate(gate(), {{"company_id", other.id.value}}) == "created");
    REQUIRE(desk.run("credential-type:import", {{"document", to_text(gate())}}));
    CHECK(desk.all<CredentialType>().size() == 3);
    CHECK(desk.error_of("credential-type:get", {{"uuid", gate_uuid}}).code == ErrorCode::conflict);
    CHECK(desk.run("credential-type:get", {{"uuid", gate_uuid}}, testing::manager_of(other.id)).error().code ==
          ErrorCode::conflict);
}

TEST_CASE("fields of a type stand beside those of its prototype, and over them") {
    TypeDesk desk;
    REQUIRE(desk.import_gate(gate()) == "created");
    const auto shown = desk.run("credential-type:get", {{"uuid", gate_uuid}});
    REQUIRE(shown);
    std::string list;
    for (const auto& field : shown->at("fields").as_array())
        list += fmt::format("{}{} ", field.at("keyword").as_string().c_str(), field.at("secret").as_bool() ? "*" : "");
    // What the type calls secret is secret, although its prototype does not say so.
    CHECK(list == "BANK_LOGIN* BANK_TOKEN* BANK_DAYS GATE_LIMIT ");
    const auto id = shown->at("id").as_int64();
    const auto made = desk.add_credential(id, {{"BANK_LOGIN", "whoever"}, {"GATE_LIMIT", "5"}});
    CHECK(made.at("fields").at("BANK_LOGIN") == masked);
    // A field that goes stays while there is a value.
    const auto done = desk.run("credential-type:import", desk.gate_input(gate("1.1", {{"fields", json::array()}})));
    REQUIRE(done);
    CHECK(done->at("orphaned_values").as_array().size() == 2);
    const auto get = desk.run("credential:get", {{"id", made.at("id")}});
    CHECK(get->at("fields").at("BANK_LOGIN") == masked);
    CHECK(get->at("fields").at("GATE_LIMIT") == "5");
}

TEST_CASE("a type belongs to its prototype as soon as that is installed") {
    TypeDesk desk;
    const auto done = desk.run("credential-type:import", desk.gate_input(gate("1.0", {{"code", "Sms"}})));
    REQUIRE(done);
    CHECK(done->at("type").at("installed") == false);
    CHECK(done->at("findings").as_array().back().at("code") == "unknown_reference");
    REQUIRE(
        desk.import_bank(bank_prototype("1.0", {{"code", "sms"}, {"uuid", "9f4c1f8e-1a8e-4f0f-8a40-5f0e4d6c7b22"}})));
    const auto now = desk.run("credential-type:get", {{"uuid", gate_uuid}});
    CHECK(now->at("installed") == true);
    CHECK(now->at("prototype") == "sms");
    CHECK(now->at("fields").as_array().size() == 4);
}

TEST_CASE("what was changed by hand stands in the export of an imported type") {
    TypeDesk desk;
    REQUIRE(desk.import_gate(gate()) == "created");
    const auto id = desk.all<CredentialType>().front().id.value;
    REQUIRE(desk.run("credential-type:update", {{"id", id}, {"name", "Our gate"}, {"logo", "gate.svg"}}));
    REQUIRE(desk.run("credential-type:update", {{"id", id}, {"description", "For payments"}}));
    CHECK(desk.run("credential-type:get", {{"id", id}})->at("description") == "For payments");
    const auto exported = desk.run("credential-type:export", {{"id", id}});
    REQUIRE(exported);
    const auto document = parse_json(exported->at("document").as_string());
    CHECK(to_text(document->at("name")) == R"({"en":"Our gate","cs":"Brána"})");
    CHECK(document->at("logo") == "gate.svg");
    CHECK(to_text(document->at("description")).find("For payments") != std::string::npos);
    CHECK(document->at("fields").as_array().size() == 2);
    CHECK(desk.import_gate(document->as_object()) == "unchanged");
    // One that was made by hand has a definition, too.
    const auto by_hand = desk.add_type().at("id");
    const auto text = desk.run("credential-type:export", {{"id", by_hand}});
    REQUIRE(text);
    CHECK(desk.import_gate(parse_json(text->at("document").as_string())->as_object()) == "unchanged");
}

TEST_CASE("real types are imported as their index says, exported and found unchanged" * doctest::test_suite("corpus")) {
    const auto directory = mf::testing::corpus("credtypes");
    if (!directory) return;
    const auto index = mf::testing::read_table(*directory / "INDEX.tsv");
    for (const auto& row : index.rows) {
        CredentialDesk desk;
        const auto& file = index.cell(row, "file");
        CAPTURE(file);
        const auto& expected = index.cell(row, "tolerant_expected");
        const json::object input{{"document", mf::testing::read_file(*directory / file)},
                                 {"file", file},
                                 {"company_id", desk.company.id.value}};
        CHECK(desk.run("credential-type:validate", input)->at("verdict").as_string() == expected);
        const auto done = desk.run("credential-type:import", input);
        CHECK(static_cast<bool>(done) == (expected != "reject"));
        if (!done) continue;
        const auto exported = desk.run("credential-type:export", {{"id", done->at("id")}});
        REQUIRE(exported);
        const auto before = desk.dump(true);
        const auto again = desk.run("credential-type:import",
                                    {{"document", exported->at("document")}, {"company_id", desk.company.id.value}});
        REQUIRE(again);
        CHECK(again->at("action") == "unchanged");
        CHECK(desk.dump(true) == before);
    }
}

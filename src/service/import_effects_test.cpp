// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

constexpr const char* secret_value = "becomesSecret42";

json::object bank_definition(std::string_view uuid, std::string_view version, std::string_view type) {
    return {{"$schema", "https://multiflexi.eu/schema/application.json"},
            {"uuid", uuid},
            {"name", uuid},
            {"description", "Fetches statements."},
            {"version", version},
            {"executable", "/bin/true"},
            {"environment", {{"TOKEN", {{"type", type}, {"description", "Of the bank."}}}}}};
}

struct BankDesk : testing::Desk {
    std::int64_t import(const json::object& document) {
        const auto done = run("application:import", {{"document", to_text(document)}, {"file", "bank.app.json"}});
        REQUIRE(done);
        return done->at("id").as_int64();
    }
    std::int64_t run_template(std::int64_t of) {
        const auto made = run("runtemplate:create", {{"name", "Bank"},
                                                     {"app_id", of},
                                                     {"company_id", company.id.value},
                                                     {"config", {{"TOKEN", secret_value}}}});
        REQUIRE(made);
        return made->at("id").as_int64();
    }
    void check_sealed(std::int64_t run_template) {
        const auto stored = all<Configuration>();
        REQUIRE(stored.size() == 1);
        CHECK(stored[0].sealed);
        CHECK(stored[0].value.find(secret_value) == std::string::npos);
        CHECK(*vault.open(stored[0].value, {"configuration", "value", stored[0].id.value}) == secret_value);
        const auto shown = run("runtemplate:get", {{"id", run_template}});
        REQUIRE(shown);
        CHECK(to_text(*shown).find(secret_value) == std::string::npos);
    }
};

constexpr const char* bank = "4b8de4a4-6f2c-4d0c-9f0e-2b8d6b1f3a11";
constexpr const char* other_bank = "9f4c1f8e-1a8e-4f0f-8a40-5f0e4d6c7b22";

}  // namespace

TEST_CASE("values of a variable that another version makes a secret are sealed") {
    BankDesk desk;
    const auto id = desk.run_template(desk.import(bank_definition(bank, "1.0", "string")));
    CHECK_FALSE(desk.all<Configuration>().at(0).sealed);
    desk.import(bank_definition(bank, "1.1", "password"));
    desk.check_sealed(id);
    // What was secret once stays so.
    desk.import(bank_definition(bank, "1.2", "string"));
    desk.check_sealed(id);
}

TEST_CASE(
    "values that another version would refuse are told, by a dry run too, and kept; secret ones are not repeated") {
    BankDesk desk;
    const auto plain = desk.run_template(desk.import(bank_definition(bank, "1.0", "string")));
    const auto secret = desk.run_template(desk.import(bank_definition(other_bank, "1.0", "password")));
    const auto unfit = [&](std::string_view uuid, bool dry_run) {
        const auto done =
            desk.run("application:import", {{"document", to_text(bank_definition(uuid, "1.1", "integer"))},
                                            {"file", "bank.app.json"},
                                            {"dry_run", dry_run}});
        REQUIRE(done);
        return done->at("unfit_values").as_array();
    };
    for (const bool dry_run : {true, false}) {
        const auto told = unfit(bank, dry_run);
        REQUIRE(told.size() == 1);
        CHECK(told[0].at("runtemplate_id").as_int64() == plain);
        CHECK(told[0].at("name").as_string() == "TOKEN");
        CHECK(to_text(told[0]).find(secret_value) != std::string::npos);
        const auto hidden = unfit(other_bank, dry_run);
        REQUIRE(hidden.size() == 1);
        CHECK(hidden[0].at("runtemplate_id").as_int64() == secret);
        CHECK(to_text(hidden[0]).find(secret_value) == std::string::npos);
    }
    CHECK(desk.all<Configuration>().at(0).value == secret_value);
    CHECK(unfit(bank, false).empty());
}

TEST_CASE("values are sealed when the run template gets an application to which they are secrets") {
    BankDesk desk;
    const auto id = desk.run_template(desk.import(bank_definition(bank, "1.0", "string")));
    const auto other = desk.import(bank_definition(other_bank, "1.0", "password"));
    REQUIRE(desk.run("runtemplate:update", {{"id", id}, {"app_id", other}}));
    desk.check_sealed(id);
}

TEST_CASE("run templates that were removed are no concern of an import") {
    BankDesk desk;
    const auto kept = desk.run_template(desk.import(bank_definition(bank, "1.0", "string")));
    const auto removed = desk.run_template(desk.import(bank_definition(bank, "1.0", "string")));
    REQUIRE(desk.run("runtemplate:delete", {{"id", removed}}));
    const auto told = [&](std::string_view version, const char* type, std::string_view name) {
        auto document = bank_definition(bank, version, type);
        document["environment"] = json::object{{name, {{"type", type}, {"description", "Of the bank."}}}};
        const auto done = desk.run("application:import", {{"document", to_text(document)}, {"file", "bank.app.json"}});
        REQUIRE(done);
        return to_text(done->at("unfit_values")) + to_text(done->at("orphaned_values"));
    };
    const auto unfit = told("1.1", "integer", "TOKEN");
    CHECK(unfit.find(fmt::format("\"runtemplate_id\":{},", kept)) != std::string::npos);
    CHECK(unfit.find(fmt::format("\"runtemplate_id\":{},", removed)) == std::string::npos);
    CHECK(told("1.2", "string", "OTHER") == fmt::format(R"([][{{"runtemplate_id":{},"name":"TOKEN"}}])", kept));
}

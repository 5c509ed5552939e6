// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "domain/secret_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct CompanyDesk : testing::Desk {
    std::string code_of(std::string_view name) {
        const auto made = run("company:create", {{"name", name}});
        REQUIRE(made);
        return std::string(made->at("code").as_string());
    }
};

}  // namespace

TEST_CASE("a company is made with everything that is said about it") {
    CompanyDesk desk;
    const auto made = desk.run("company:create", {{"name", "Bravo Ltd"},
                                                  {"code", "bravo"},
                                                  {"ic", "12345678"},
                                                  {"dic", "CZ12345678"},
                                                  {"email", "accounts@example.com"},
                                                  {"settings", "{}"},
                                                  {"logo", "data:image/png;base64,iVBORw0KGgo="},
                                                  {"zabbix_host", "bravo.example.com"},
                                                  {"enabled", "0"},
                                                  {"customer", "7"}});
    REQUIRE(made);
    const auto id = made->at("id").as_int64();
    for (const json::object& by : {json::object{{"id", id}}, json::object{{"ic", "12345678"}},
                                   json::object{{"name", "Bravo Ltd"}}, json::object{{"code", "bravo"}}}) {
        const auto found = desk.run("company:get", by);
        REQUIRE(found);
        CHECK(*found == *made);
    }
    CHECK(made->at("enabled") == false);
    CHECK(made->at("customer") == 7);
    CHECK(made->at("dic") == "CZ12345678");
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "entity" = 'company' AND "action" = 'create')") == 1);
}

TEST_CASE("a code that is made from the name fits and is unique; one that was given must be free") {
    CompanyDesk desk;
    CHECK(desk.code_of("Beta") == "beta");
    CHECK(desk.code_of("beta.") == "beta_");
    CHECK(desk.code_of("Beta!") == "beta_2");
    CHECK(desk.code_of("BETA?") == "beta_3");
    CHECK(desk.code_of("Компания") == "company");
    CHECK(desk.code_of("公司") == "company_2");
    const std::string name = "The very long name of a company that keeps the books of many others, ";
    const auto first = desk.code_of(name + "Prague");
    CHECK(first == "the_very_long_name_of_a_company_that_keeps_the_books_of_many");
    const auto second = desk.code_of(name + "Brno");
    CHECK(second.size() <= 64);
    CHECK(second.ends_with("_2"));
    CHECK(second != first);

    const auto error = desk.error_of("company:create", {{"name", "Gamma"}, {"code", "beta"}});
    CHECK(error.code == ErrorCode::conflict);
    CHECK(error.message.starts_with("A company with the slug 'beta' already exists: Beta (ID "));
    CHECK(error.fields.at(0).field == "code");
    // A code of before is free again when its company was removed.
    const auto id = desk.run("company:get", {{"code", "beta"}})->at("id").as_int64();
    REQUIRE(desk.run("company:remove", {{"id", id}}));
    CHECK(desk.code_of("Beta") == "beta");
}

TEST_CASE("what is wrong with a company is told and stores nothing") {
    CompanyDesk desk;
    CHECK(desk.error_of("company:create", {}).message == "name is required.");
    CHECK(desk.error_of("company:create", {{"name", "  "}}).message == "The company needs a name.");
    CHECK(desk.error_of("company:create", {{"name", "acme"}}).message == "Company with this name already exists");
    CHECK(desk.error_of("company:create", {{"name", "B"}, {"code", "b c"}}).fields.at(0).field == "code");
    CHECK(desk.error_of("company:create", {{"name", "B"}, {"code", "b\u202Ec"}}).fields.at(0).field == "code");
    CHECK(desk.error_of("company:create", {{"name", "B"}, {"code", std::string(65, 'b')}}).message.find("code") !=
          std::string::npos);
    CHECK(desk.error_of("company:create", {{"name", "B"}, {"email", "nobody"}}).fields.at(0).field == "email");
    CHECK(desk.error_of("company:create", {{"name", "B"}, {"enabled", "perhaps"}}).message.find("enabled") !=
          std::string::npos);
    CHECK(desk.error_of("company:get", {}).message == "id is required, or ic, or name, or code.");
    CHECK(desk.error_of("company:get", {{"id", 99}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("company:update", {}).message == "id is required.");
    CHECK(desk.error_of("company:update", {{"id", 99}, {"name", "x"}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("company:remove", {{"id", 99}}).code == ErrorCode::not_found);
    const auto id = desk.company.id.value;
    CHECK(desk.error_of("company:update", {{"id", id}, {"code", ""}}).fields.at(0).field == "code");
    CHECK(desk.error_of("company:update", {{"id", id}, {"name", " "}}).fields.at(0).field == "name");
    desk.add_company("bravo");
    CHECK(desk.error_of("company:update", {{"id", id}, {"name", "bravo"}}).fields.at(0).field == "name");
    CHECK(desk.error_of("company:update", {{"id", id}, {"code", "bravo"}}).fields.at(0).field == "code");
}

TEST_CASE("what is wrong with the form of an input and what is wrong with its meaning is told together") {
    CompanyDesk desk;
    const auto fields_of_error = [&](std::string_view operation, const json::object& input) {
        std::set<std::string> out;
        for (const auto& each : desk.error_of(operation, input).fields) out.insert(each.field);
        return out;
    };
    const json::object wrong{{"name", "B\u202E"},  {"code", "b c"},     {"email", "nobody"}, {"enabled", "perhaps"},
                             {"max_parallel", -1}, {"max_queued", "x"}, {"colour", "red"}};
    const std::set<std::string> all{"name", "code", "email", "enabled", "max_parallel", "max_queued", "colour"};
    CHECK(fields_of_error("company:create", wrong) == all);
    auto update = wrong;
    update["id"] = desk.company.id.value;
    CHECK(fields_of_error("company:update", update) == all);
    const auto error = desk.error_of("company:create", wrong);
    CHECK(error.message.find("colour is not known") != std::string::npos);
    CHECK(error.message.find("The e-mail address needs a '@'") != std::string::npos);
}

TEST_CASE("an update changes what is named, and says whether anything changed") {
    CompanyDesk desk;
    const auto id = desk.company.id.value;
    auto answer = desk.run("company:update", {{"id", id}, {"email", "a@example.com"}, {"name", "Acme Ltd"}});
    REQUIRE(answer);
    CHECK(answer->at("updated") == true);
    CHECK(answer->at("record").at("name") == "Acme Ltd");
    CHECK(answer->at("record").at("code") == "acme");
    const auto before = desk.dump(true);
    answer = desk.run("company:update", {{"id", id}, {"email", "a@example.com"}});
    CHECK(answer->at("updated") == false);
    CHECK(desk.dump(true) == before);
}

TEST_CASE("a company that is disabled plans nothing; one that is removed is hidden and keeps its jobs") {
    CompanyDesk desk;
    const auto id = desk.company.id.value;
    const auto origin = desk.add_run_template([&](RunTemplate& r) {
        r.interv = "h";
        r.active = true;
    });
    const auto early = desk.launch(origin, desk.moment);
    REQUIRE(desk.run("company:update", {{"id", id}, {"enabled", false}}));
    CHECK_FALSE(desk.get(origin.id).next_slot);
    CHECK(desk.get(early.id).state == JobState::cancelled);
    REQUIRE(desk.run("company:update", {{"id", id}, {"enabled", true}}));
    CHECK(desk.get(origin.id).next_slot);
    const auto job = desk.launch(origin, desk.moment);

    const auto gone = desk.run("company:remove", {{"id", id}});
    REQUIRE(gone);
    CHECK(gone->at("removed") == true);
    CHECK(desk.error_of("company:get", {{"id", id}}).code == ErrorCode::not_found);
    CHECK(desk.run("company:list", {})->as_array().empty());
    CHECK_FALSE(desk.get(origin.id).live);
    CHECK(desk.get(job.id).state == JobState::cancelled);
    CHECK(desk.error_of("company:remove", {{"id", id}}).code == ErrorCode::not_found);
}

TEST_CASE("lists of companies page by limit, offset, order and key") {
    CompanyDesk desk;
    for (const auto* code : {"b", "c", "d"}) desk.add_company(code);
    const auto codes = [&](const json::object& input) {
        std::string out;
        const auto listed = desk.run("company:list", input);
        for (const auto& row : listed->as_array()) out += std::string(row.at("code").as_string()) + " ";
        return out;
    };
    CHECK(codes({}) == "acme b c d ");
    CHECK(codes({{"limit", 2}}) == "acme b ");
    CHECK(codes({{"limit", 2}, {"offset", 1}, {"order", "D"}}) == "c b ");
    CHECK(codes({{"offset", 3}}) == "d ");
    CHECK(codes({{"after", desk.company.id.value}, {"limit", 1}}) == "b ");
}

TEST_CASE("a caller of one company sees and changes that company alone") {
    CompanyDesk desk;
    const auto bravo = desk.add_company("bravo");
    const auto rights = testing::manager_of(desk.company.id);
    CHECK(desk.run("company:list", {}, rights)->as_array().size() == 1);
    CHECK(desk.error_of("company:get", {{"id", bravo.id.value}}, rights).code == ErrorCode::not_found);
    CHECK(desk.error_of("company:update", {{"id", bravo.id.value}, {"name", "x"}}, rights).code ==
          ErrorCode::not_found);
    CHECK(desk.error_of("company:create", {{"name", "New"}}, rights).code == ErrorCode::forbidden);
    CHECK(desk.run("company:update", {{"id", desk.company.id.value}, {"name", "Acme Ltd"}}, rights));
    // What the other one is called is not told either.
    const auto error = desk.error_of("company:update", {{"id", desk.company.id.value}, {"code", "bravo"}}, rights);
    CHECK(error.code == ErrorCode::conflict);
    CHECK(error.message.find(std::to_string(bravo.id.value)) == std::string::npos);
}

TEST_CASE("variables of a company: set, changed, listed, unset") {
    CompanyDesk desk;
    const auto id = desk.company.id.value;
    const auto set = desk.run("company:variable-set", {{"company_id", id}, {"name", "REGION"}, {"value", "eu"}});
    REQUIRE(set);
    CHECK(set->at("value") == "eu");
    REQUIRE(desk.run("company:variable-set", {{"company_id", id}, {"name", "REGION"}, {"value", "us"}}));
    REQUIRE(desk.run("company:variable-set",
                     {{"company_id", id}, {"name", "TOKEN"}, {"value", "s3cr3t"}, {"secret", true}}));
    const auto listed = desk.run("company:variable-list", {{"company_id", id}});
    REQUIRE(listed->as_array().size() == 2);
    CHECK(listed->at(0).at("value") == "us");
    CHECK(listed->at(1).at("value").as_string() == secret_mask_text);
    CHECK(desk.dump(true).find("s3cr3t") == std::string::npos);
    // A secret stays one when it gets another value.
    REQUIRE(desk.run("company:variable-set", {{"company_id", id}, {"name", "TOKEN"}, {"value", "0ther"}}));
    CHECK(desk.dump(true).find("0ther") == std::string::npos);

    const auto set_error = [&](json::object input) {
        input["company_id"] = id;
        return desk.error_of("company:variable-set", input);
    };
    CHECK(set_error({{"name", "X"}}).message == "value is required.");
    CHECK(set_error({{"name", "LD_PRELOAD"}, {"value", "x"}}).fields.at(0).field == "name");
    CHECK(set_error({{"name", "MULTIFLEXI_JOB_ID"}, {"value", "x"}}).fields.at(0).field == "name");
    CHECK(desk.error_of("company:variable-set", {{"company_id", 99}, {"name", "X"}, {"value", "x"}}).code ==
          ErrorCode::not_found);
    CHECK(desk.error_of("company:variable-list", {{"company_id", 99}}).code == ErrorCode::not_found);

    REQUIRE(desk.run("company:variable-unset", {{"company_id", id}, {"name", "REGION"}}));
    CHECK(desk.error_of("company:variable-unset", {{"company_id", id}, {"name", "REGION"}}).code ==
          ErrorCode::not_found);
    CHECK(desk.run("company:variable-list", {{"company_id", id}})->as_array().size() == 1);
}

TEST_CASE("a company gets a limit of parallel jobs and loses it again") {
    CompanyDesk desk;
    const auto limit = [&](std::string_view value) {
        const auto answer = desk.run("company:update", {{"id", desk.company.id.value}, {"max_parallel", value}});
        REQUIRE(answer);
        return answer->at("record").at("max_parallel");
    };
    CHECK(limit("3") == 3);
    CHECK(desk.woken);
    CHECK(desk.get(desk.company.id).max_parallel == 3);
    CHECK(limit("0").is_null());
    for (const auto* wrong : {"-1", "1000001"})
        CHECK(desk.error_of("company:update", {{"id", desk.company.id.value}, {"max_parallel", wrong}})
                  .message.starts_with("max_parallel must be from 1 to 1000000 jobs"));
}

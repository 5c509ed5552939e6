// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::ledger_uuid;

namespace {

struct ApplicationDesk : testing::Desk {
    json::value create(json::object more = {}) {
        json::object input{{"name", "Ledger"}, {"uuid", ledger_uuid}, {"executable", "/bin/true"}};
        for (const auto& [key, value] : more) input[key] = value;
        auto made = run("application:create", input);
        REQUIRE(made);
        return *std::move(made);
    }
};

json::object ledger_with_secret() {
    return {{"$schema", "https://multiflexi.eu/schema/application.json"},
            {"uuid", ledger_uuid},
            {"name", "Ledger"},
            {"description", "Exports a ledger."},
            {"version", "1.0"},
            {"executable", "/bin/true"},
            {"environment",
             {{"PASSWORD", {{"type", "password"}, {"description", "Of the bank."}, {"required", true}}},
              {"TARGET", {{"type", "string"}, {"description", {{"en", "Where to."}}}, {"defval", "here"}}}}},
            {"artifacts",
             {{{"name", "Ledger"}, {"path", "ledger\\.csv$"}, {"type", "file"}},
              {{"name", "Log"}, {"path", "^log,"}, {"type", "file"}}}},
            {"exitCodes",
             {{"0", {{"description", "Done."}, {"severity", "success"}}},
              {"5", {{"description", {{"en", "Busy."}}}, {"severity", "warning"}, {"retry", true}}}}}};
}

}  // namespace

TEST_CASE("an application that is made by hand") {
    ApplicationDesk desk;
    const auto made = desk.create({{"description", "Exports."},
                                   {"tags", {"a", "b"}},
                                   {"requirements", {"FioBank"}},
                                   {"ociimage", "example/ledger:1"},
                                   {"homepage", "https://example.com/"},
                                   {"version", "1.2"},
                                   {"arguments", "--out {TARGET}"}});
    CHECK(made.at("enabled") == false);
    CHECK(made.at("code") == "ledger");
    CHECK(made.at("artifacts").as_array().empty());
    CHECK_FALSE(made.as_object().contains("definition"));
    for (const json::object& by :
         {json::object{{"id", made.at("id")}}, json::object{{"uuid", ledger_uuid}}, json::object{{"name", "Ledger"}}}) {
        auto found = desk.run("application:get", by);
        REQUIRE(found);
        CHECK(found->at("exit_codes").as_object().empty());
        found->as_object().erase("exit_codes");
        CHECK(*found == made);
    }
    const auto exported = desk.run("application:export", {{"uuid", ledger_uuid}});
    REQUIRE(exported);
    CHECK(desk.run("application:validate", {{"document", exported->at("document")}})->at("valid") == true);
}

TEST_CASE("a UUID is the same in capital letters") {
    ApplicationDesk desk;
    const auto made = desk.create({{"uuid", "4B8DE4A4-6F2C-4D0C-9F0E-2B8D6B1F3A11"}});
    CHECK(made.at("uuid") == ledger_uuid);
    CHECK(desk.run("application:get", {{"uuid", "4B8de4a4-6f2c-4d0c-9f0e-2b8d6b1f3a11"}})->at("id") == made.at("id"));
    const auto imported =
        desk.run("application:import", {{"document", to_text(ledger_with_secret())}, {"file", "ledger.app.json"}});
    REQUIRE(imported);
    CHECK(imported->at("id") == made.at("id"));
}

TEST_CASE("what is wrong with an application is told and stores nothing") {
    ApplicationDesk desk;
    const auto id = desk.create().at("id").as_int64();
    const auto create_error = [&](json::object input) {
        input.emplace("name", "New");
        input.emplace("uuid", "00000000-0000-4000-8000-000000000001");
        input.emplace("executable", "/bin/true");
        return desk.error_of("application:create", input);
    };
    CHECK(desk.error_of("application:create", {{"name", "x"}}).message == "uuid is required; executable is required.");
    auto error = create_error({{"uuid", ledger_uuid}});
    CHECK(error.code == ErrorCode::conflict);
    CHECK(error.fields.at(0).field == "uuid");
    error = create_error({{"name", "Ledger"}});
    CHECK(error.code == ErrorCode::conflict);
    CHECK(error.fields.at(0).field == "name");
    CHECK(error.message.find("'Ledger'") != std::string::npos);
    CHECK(create_error({{"uuid", "no uuid"}}).fields.at(0).field == "uuid");
    CHECK(create_error({{"uuid", ""}}).fields.at(0).field == "uuid");
    CHECK(create_error({{"name", " "}}).fields.at(0).field == "name");
    CHECK(create_error({{"executable", "'open"}}).code == ErrorCode::invalid);
    CHECK(create_error({{"arguments", "'open"}}).code == ErrorCode::invalid);
    CHECK(desk.error_of("application:get", {}).message == "id is required, or uuid, or name.");
    CHECK(desk.error_of("application:get", {{"id", 99}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("application:update", {{"id", 99}, {"name", "x"}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("application:delete", {{"id", 99}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("application:export", {{"id", 99}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("application:show-config", {{"id", 99}}).code == ErrorCode::not_found);
    error = desk.error_of("application:update", {{"id", id}, {"name", "Probe"}});
    CHECK(error.code == ErrorCode::conflict);
    CHECK(error.fields.at(0).field == "name");
    CHECK(desk.error_of("application:update", {{"id", id}, {"executable", ""}}).code == ErrorCode::invalid);
}

TEST_CASE("an update changes what is named, and says whether anything changed") {
    ApplicationDesk desk;
    desk.create({{"tags", {"a"}}});
    const auto answer = desk.run("application:update", {{"uuid", ledger_uuid}, {"name", "Journal"}, {"enabled", "1"}});
    REQUIRE(answer);
    CHECK(answer->at("updated") == true);
    CHECK(answer->at("record").at("name") == "Journal");
    CHECK(answer->at("record").at("enabled") == true);
    CHECK(answer->at("record").at("code") == "ledger");
    CHECK(to_text(answer->at("record").at("tags")) == R"(["a"])");
    const auto before = desk.dump(true);
    CHECK(desk.run("application:update", {{"uuid", ledger_uuid}, {"name", "Journal"}})->at("updated") == false);
    CHECK(desk.dump(true) == before);
}

TEST_CASE("records carry the patterns of artifacts, one record the meaning of exit codes") {
    ApplicationDesk desk;
    REQUIRE(desk.run("application:import", {{"document", to_text(ledger_with_secret())}}));
    const auto listed = desk.run("application:list", {});
    REQUIRE(listed);
    REQUIRE(listed->as_array().size() == 2);
    CHECK(listed->at(0).at("artifacts").as_array().empty());
    CHECK(to_text(listed->at(1).at("artifacts")) == R"(["ledger\\.csv$","^log,"])");
    CHECK_FALSE(listed->at(1).as_object().contains("definition"));
    CHECK(desk.run("application:list", {{"order", "D"}})->at(0) == listed->at(1));
    CHECK(desk.run("application:list", {{"limit", 1}, {"offset", 1}})->at(0) == listed->at(1));
    CHECK(desk.run("application:list", {{"offset", 9}})->as_array().empty());
    const auto found = desk.run("application:get", {{"uuid", ledger_uuid}});
    CHECK(found->at("artifacts") == listed->at(1).at("artifacts"));
    CHECK(to_text(found->at("exit_codes")) ==
          R"({"0":{"severity":"success","retry":null,"description":"Done."},)"
          R"("5":{"severity":"warning","retry":true,"description":{"en":"Busy."}}})");
    const auto fields = desk.run("application:show-config", {{"uuid", ledger_uuid}});
    REQUIRE(fields->as_array().size() == 2);
    CHECK(fields->at(0).at("name") == "PASSWORD");
    CHECK(fields->at(0).at("secret") == true);
    CHECK(to_text(fields->at(1).at("description")) == R"({"en":"Where to."})");
}

TEST_CASE("a job tells how bad its exit code is: as declared, else by custom") {
    ApplicationDesk desk;
    REQUIRE(desk.run("application:import", {{"document", to_text(ledger_with_secret())}}));
    const auto app = desk.run("application:get", {{"uuid", ledger_uuid}})->at("id").as_int64();
    const auto origin = desk.add_run_template([&](RunTemplate& r) { r.app_id = {app}; });
    const auto severity = [&](std::optional<int> code, JobState state = JobState::failed) {
        const auto job = desk.launch(origin, desk.moment);
        if (code) {
            desk.claim();
            desk.start(job.id);
            desk.end(job.id, *code == 0 ? JobState::succeeded : state, *code);
        }
        return to_text(desk.run("job:get", {{"id", job.id.value}})->at("exit_severity"));
    };
    CHECK(severity(5) == R"("warning")");
    CHECK(severity(0) == R"("success")");
    CHECK(severity(1) == R"("error")");
    CHECK(severity(139) == R"("critical")");
    // The same number from the platform is not the application's.
    CHECK(severity(5, JobState::lost) == R"("error")");
    CHECK(severity({}) == "null");
}

TEST_CASE("an application that is used is not removed, unless its run templates may go, too") {
    ApplicationDesk desk;
    REQUIRE(desk.run("application:import", {{"document", to_text(ledger_with_secret())}}));
    const auto id = desk.run("application:get", {{"uuid", ledger_uuid}})->at("id").as_int64();
    std::vector<RunTemplate> users;
    for (int i = 0; i < 22; ++i)
        users.push_back(desk.add_run_template([&](RunTemplate& r) {
            r.app_id = {id};
            r.name = "Run " + std::to_string(i);
        }));
    const auto job = desk.launch(users.front(), desk.moment);
    const json::object by_document{{"document", to_text(ledger_with_secret())}, {"file", "ledger.app.json"}};
    auto error = desk.error_of("application:remove", by_document);
    CHECK(error.code == ErrorCode::conflict);
    REQUIRE(error.fields.size() == 1);
    CHECK(error.fields[0].code == "in_use");
    CHECK(error.fields[0].file == "ledger.app.json");
    CHECK(error.fields[0].field == "/uuid");
    CHECK(error.fields[0].value == fmt::format("\"{}\"", ledger_uuid));
    CHECK(error.message.starts_with("The application 'Ledger' is used by 22 run templates: "));
    CHECK(error.message.find(fmt::format("{} (Run 19)", users[19].id.value)) != std::string::npos);
    CHECK(error.message.ends_with(" and 2 more. Remove them first, or use --cascade."));
    error = desk.error_of("application:delete", {{"id", id}});
    CHECK(error.fields[0].code == "in_use");
    CHECK(error.fields[0].field == "id");
    CHECK(error.fields[0].value == std::to_string(id));

    auto cascade = by_document;
    cascade["cascade"] = true;
    const auto gone = desk.run("application:remove", cascade);
    REQUIRE(gone);
    CHECK(gone->at("removed") == true);
    CHECK_FALSE(desk.get(users.back().id).live);
    CHECK(desk.get(job.id).state == JobState::cancelled);
    CHECK(desk.error_of("application:get", {{"id", id}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("application:remove", by_document).code == ErrorCode::not_found);
    // Its name is free, and so is its uuid.
    desk.create();
}

TEST_CASE("a definition without uuid names nothing that could be removed") {
    ApplicationDesk desk;
    auto nameless = ledger_with_secret();
    nameless.erase("uuid");
    const auto error = desk.error_of("application:remove", {{"document", to_text(nameless)}, {"file", "a.json"}});
    REQUIRE(error.fields.size() == 1);
    CHECK(error.fields[0].code == "uuid_missing");
    CHECK(error.fields[0].field == "/uuid");
    CHECK(error.fields[0].file == "a.json");
}

TEST_CASE("callers of one company read applications and change none") {
    ApplicationDesk desk;
    const auto rights = testing::manager_of(desk.company.id);
    const auto id = desk.application.id.value;
    CHECK(desk.run("application:list", {}, rights)->as_array().size() == 1);
    CHECK(desk.run("application:get", {{"id", id}}, rights));
    CHECK(desk.run("application:export", {{"id", id}}, rights));
    for (const auto& [operation, input] : std::initializer_list<std::pair<const char*, json::object>>{
             {"application:create", {{"name", "x"}, {"uuid", ledger_uuid}, {"executable", "/bin/true"}}},
             {"application:update", {{"id", id}, {"name", "x"}}},
             {"application:delete", {{"id", id}}},
             {"application:import", {{"document", to_text(ledger_with_secret())}}},
             {"application:remove", {{"uuid", desk.application.uuid}}}}) {
        CAPTURE(operation);
        CHECK(desk.error_of(operation, input, rights).code == ErrorCode::forbidden);
    }
}

TEST_CASE("a company uses an application from its assignment to the end of it") {
    ApplicationDesk desk;
    const json::object pair{{"company_id", desk.company.id.value}, {"app_id", desk.application.id.value}};
    desk.add(
        ApplicationField{.application_id = desk.application.id, .name = "TOKEN", .type = "string", .required = true});
    const auto assigned = desk.run("company-app:assign", pair);
    REQUIRE(assigned);
    CHECK(to_text(assigned->at("warnings")).find("TOKEN") != std::string::npos);
    CHECK(assigned->at("status") == "success");
    const auto origin = assigned->at("runtemplate_id").as_int64();
    CHECK(desk.run("runtemplate:get", {{"id", origin}})->at("name") == "Probe");
    const auto again =
        desk.run("company-app:assign", {{"company_id", desk.company.id.value}, {"app_uuid", desk.application.uuid}});
    CHECK(again->at("message") == "Already assigned");
    CHECK(again->at("runtemplate_id") == origin);
    CHECK(desk.all<RunTemplate>().size() == 1);
    const auto listed = desk.run("company-app:list", {{"app_uuid", desk.application.uuid}});
    REQUIRE(listed->as_array().size() == 1);
    CHECK(listed->at(0).at("id") == origin);
    CHECK(listed->at(0).at("company_slug") == "acme");
    CHECK(listed->at(0).at("app_name") == "Probe");
    CHECK(desk.run("company-app:list", {{"company_id", 99}})->as_array().empty());
    CHECK(desk.error_of("company-app:list", {{"app_id", 99}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("company-app:assign", {{"company_id", 99}, {"app_id", 1}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("company-app:assign", {{"company_id", 1}}).code == ErrorCode::invalid);

    const auto bravo = desk.add_company("bravo");
    const auto rights = testing::manager_of(bravo.id);
    CHECK(desk.run("company-app:list", {}, rights)->as_array().empty());
    CHECK(desk.error_of("company-app:unassign", pair, rights).code == ErrorCode::not_found);

    const auto gone = desk.run("company-app:unassign", pair);
    REQUIRE(gone);
    CHECK(to_text(gone->at("removed_runtemplates")) == fmt::format("[{}]", origin));
    CHECK_FALSE(desk.get(Id<RunTemplate>{origin}).live);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "company_application")") == 0);
}

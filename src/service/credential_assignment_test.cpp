// SPDX-License-Identifier: MIT
#include "service/credential_assignment.h"

#include "service/credential_layers.h"
#include "service/job_preparation.h"
#include "support/credential_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::bank_prototype;
using testing::CredentialDesk;
using testing::masked;

namespace {

constexpr const char* sms_uuid = "9f4c1f8e-1a8e-4f0f-8a40-5f0e4d6c7b22";

struct AssignmentDesk : CredentialDesk {
    std::int64_t type = (testing::must(import_bank()), add_type().at("id").as_int64());
    RunTemplate origin = add_run_template();

    std::int64_t credential(const std::string& name, const json::object& values = {}, std::int64_t of_type = 0) {
        return add_credential(of_type ? of_type : type, values, {{"name", name}}).at("id").as_int64();
    }
    json::object pair(std::int64_t id) const { return {{"id", origin.id.value}, {"credential_id", id}}; }
    json::value assign(std::int64_t id) { return testing::must(run("runtemplate:assign-credential", pair(id))); }
    std::string assigned() {
        std::string out;
        const auto list = testing::must(run("runtemplate:list-credentials", {{"id", origin.id.value}}));
        for (const auto& row : list.as_array())
            out += fmt::format("{} {};", row.at("credential_name").as_string().c_str(),
                               row.at("credential_prototype").as_string().c_str());
        return out;
    }
    /// "value (source)" of a variable as jobs get it; "-" when they do not.
    std::string variable(std::string_view name) {
        const auto environment = testing::must(run("runtemplate:env", {{"id", origin.id.value}}));
        for (const auto& each : environment.at("variables").as_array())
            if (each.at("key").as_string() == name)
                return fmt::format("{} ({})", each.at("value").as_string().c_str(),
                                   each.at("source").as_string().c_str());
        return "-";
    }
    void require(const json::array& codes) {
        change<Application>(application.id, [&](Application& a) { a.requirements = {}; });
        database.write([&](Session& session) {
            session.sql.execute(R"(UPDATE "application" SET "requirements" = ?)", {to_text(codes)});
        });
    }
    std::variant<PreparedJob, BlockedJob> prepared() {
        launch(origin, moment);
        const auto claimed = claim(1);
        REQUIRE(claimed.size() == 1);
        return database.read([&](Session& session) {
            return JobPreparation(session, claimed).prepare(vault, claimed.front(), "/work", {});
        });
    }
    std::string reason() {
        const auto outcome = prepared();
        const auto* blocked = std::get_if<BlockedJob>(&outcome);
        return blocked ? blocked->reason : "";
    }
};

}  // namespace

TEST_CASE("a run template has at most one credential of each prototype, and the answer says what it replaced") {
    AssignmentDesk desk;
    const auto main = desk.credential("Main"), spare = desk.credential("Spare");
    CHECK(
        to_text(desk.assign(main)) ==
        fmt::format(
            R"({{"status":"ok","runtemplate_id":{},"credential_id":{},"prototype":"Bank","replaced":[],"own_values":[]}})",
            desk.origin.id.value, main));
    CHECK(desk.assigned() == "Main Bank;");
    const auto before = desk.dump(true);
    CHECK(desk.assign(main).at("status") == "ok");
    CHECK(desk.all<RunTemplateCredential>().size() == 1);
    CHECK(to_text(desk.assign(spare).at("replaced")) == fmt::format(R"([{{"id":{},"name":"Main"}}])", main));
    CHECK(desk.assigned() == "Spare Bank;");
    REQUIRE(desk.import_bank(bank_prototype("1.0", {{"code", "Sms"}, {"uuid", sms_uuid}})));
    const auto sms = desk.add_type({{"class", "Sms"}}).at("id").as_int64();
    desk.assign(desk.credential("Gate", {}, sms));
    CHECK(desk.assigned() == "Spare Bank;Gate Sms;");
    // What is assigned again comes last.
    desk.assign(main);
    CHECK(desk.assigned() == "Gate Sms;Main Bank;");
}

TEST_CASE("a credential of another company is not found, and what is not assigned is no error to take away") {
    AssignmentDesk desk;
    const auto other = desk.add_company("other");
    const auto shared = testing::must(desk.run("credential-type:create", {{"class", "Bank"}})).at("id").as_int64();
    const auto theirs = desk.add_credential(shared, {}, {{"company_id", other.id.value}}).at("id").as_int64();
    CHECK(desk.error_of("runtemplate:assign-credential", desk.pair(theirs)).code == ErrorCode::not_found);
    CHECK(desk.error_of("runtemplate:assign-credential", desk.pair(99)).code == ErrorCode::not_found);
    CHECK(desk.error_of("runtemplate:assign-credential", {{"id", 99}, {"credential_id", theirs}}).code ==
          ErrorCode::not_found);
    CHECK(desk.error_of("runtemplate:assign-credential", {{"id", 1}}).message == "credential_id is required.");
    const auto before = desk.dump(true);
    CHECK(testing::must(desk.run("runtemplate:unassign-credential", desk.pair(99))).at("status") == "not_found");
    CHECK(desk.dump(true) == before);
    const auto mine = desk.credential("Mine");
    desk.assign(mine);
    const auto gone = testing::must(desk.run("runtemplate:unassign-credential", desk.pair(mine)));
    CHECK(gone.at("status") == "ok");
    CHECK(gone.at("prototype") == "Bank");
    CHECK(desk.assigned().empty());
}

TEST_CASE("to assign to a run template that one may see, but not change, is forbidden") {
    AssignmentDesk desk;
    const auto other = desk.add_company("other");
    const auto theirs = desk.add_run_template([&](RunTemplate& r) { r.company_id = other.id; });
    const json::object input{{"id", theirs.id.value}, {"credential_id", desk.credential("Mine")}};
    Rights rights;
    rights.grant(desk.company.id, CompanyRole::editor);
    CHECK(desk.error_of("runtemplate:assign-credential", input, rights).code == ErrorCode::not_found);
    rights.grant(other.id, CompanyRole::viewer);
    const auto error = desk.error_of("runtemplate:assign-credential", input, rights);
    CHECK(error.code == ErrorCode::forbidden);
    CHECK(error.message.find("the role editor") != std::string::npos);
    // What is missing altogether, or of a company that is only seen, is not there for this run template.
    rights.grant(other.id, CompanyRole::editor);
    CHECK(desk.error_of("runtemplate:assign-credential", input, rights).code == ErrorCode::not_found);
}

TEST_CASE("values of a credential reach jobs between those of the company and those of the run template") {
    AssignmentDesk desk;
    desk.add(CompanyVariable{.company_id = desk.company.id, .name = "BANK_LOGIN", .value = "of the company"});
    const auto id = desk.credential("Main", {{"BANK_LOGIN", "me"}, {"BANK_TOKEN", "hidden words"}, {"EXTRA", "x"}});
    CHECK(desk.variable("BANK_LOGIN") == "of the company (company)");
    desk.assign(id);
    CHECK(desk.variable("BANK_LOGIN") == "me (credential:Main)");
    CHECK(desk.variable("BANK_TOKEN") == fmt::format("{} (credential:Main)", masked));
    CHECK(desk.variable("BANK_DAYS") == "7 (credential:Main)");
    CHECK(desk.variable("EXTRA") == "x (credential:Main)");
    desk.add(Configuration{
        .runtemplate_id = desk.origin.id, .company_id = desk.company.id, .name = "BANK_LOGIN", .value = "mine"});
    CHECK(desk.variable("BANK_LOGIN") == "mine (runtemplate)");
    // Told when it is assigned.
    REQUIRE(desk.run("runtemplate:unassign-credential", desk.pair(id)));
    const auto told = desk.assign(id);
    CHECK(to_text(told.at("own_values")) == R"(["BANK_LOGIN"])");
    CHECK(told.at("warnings").as_array().size() == 1);
    CHECK(desk.all<Configuration>().size() == 1);
}

TEST_CASE("of one credential its own value wins over that of its type, and that over defaults") {
    AssignmentDesk desk;
    desk.assign(desk.credential("Main", {{"BANK_LOGIN", "me"}}));
    CHECK(desk.variable("BANK_DAYS") == "7 (credential:Main)");
    REQUIRE(desk.run(
        "credential-type:update",
        {{"id", desk.type}, {"settings", {{"BANK_DAYS", "9"}, {"BANK_LOGIN", "shared"}, {"BANK_TOKEN", "s"}}}}));
    CHECK(desk.variable("BANK_DAYS") == "9 (credential:Main)");
    CHECK(desk.variable("BANK_LOGIN") == "me (credential:Main)");
    CHECK(desk.variable("BANK_TOKEN") == fmt::format("{} (credential:Main)", masked));
    // A default of the type is nearer than that of the prototype.
    const json::object gate{
        {"uuid", sms_uuid},
        {"code", "Bank"},
        {"name", "Gate"},
        {"description", "d"},
        {"version", "1.0"},
        {"fields", {{{"keyword", "BANK_DAYS"}, {"name", "Days"}, {"type", "number"}, {"default", 3}}}}};
    const auto made = testing::must(
        desk.run("credential-type:import", {{"document", to_text(gate)}, {"company_id", desk.company.id.value}}));
    desk.assign(desk.credential("Gate", {}, made.at("id").as_int64()));
    CHECK(desk.variable("BANK_DAYS") == "3 (credential:Gate)");
}

TEST_CASE("the default of a field that has left its definition is given no more") {
    AssignmentDesk desk;
    desk.assign(desk.credential("Main", {{"BANK_DAYS", "9"}}));
    REQUIRE(desk.import_bank(bank_prototype("1.1", {{"fields", json::array()}})));
    CHECK(desk.variable("BANK_DAYS") == "9 (credential:Main)");
    REQUIRE(desk.run("credential:update", {{"id", 1}, {"unset", {"BANK_DAYS"}}}));
    CHECK(desk.variable("BANK_DAYS") == "-");
}

TEST_CASE("of two credentials that give a variable the one assigned later wins, and people are told") {
    AssignmentDesk desk;
    REQUIRE(desk.import_bank(bank_prototype("1.0", {{"code", "Sms"}, {"uuid", sms_uuid}})));
    const auto sms = desk.add_type({{"class", "Sms"}}).at("id").as_int64();
    const auto first = desk.credential("First", {{"BANK_LOGIN", "1"}}),
               second = desk.credential("Second", {{"BANK_LOGIN", "2"}}, sms);
    desk.assign(second);
    desk.assign(first);
    CHECK(desk.variable("BANK_LOGIN") == "1 (credential:First)");
    const auto environment = testing::must(desk.run("runtemplate:env", {{"id", desk.origin.id.value}}));
    CHECK(to_text(environment.at("warnings")).find("BANK_LOGIN: set by credentials Second and First") !=
          std::string::npos);
}

TEST_CASE("a job gets opened secrets, and they are masked in its output") {
    AssignmentDesk desk;
    desk.assign(desk.credential("Main", {{"BANK_LOGIN", "me"}, {"BANK_TOKEN", "hidden words"}}));
    const auto outcome = desk.prepared();
    const auto* job = std::get_if<PreparedJob>(&outcome);
    REQUIRE(job);
    CHECK(job->plan.environment.at("BANK_TOKEN") == "hidden words");
    CHECK(job->plan.environment.at("BANK_LOGIN") == "me");
    CHECK(job->plan.secrets == std::vector<std::string>{"hidden words"});
    CHECK(job->environment.find("hidden words") == std::string::npos);
    // The next job has the next version.
    REQUIRE(desk.run("credential:rotate", {{"id", 1}, {"fields", {{"BANK_TOKEN", "other words"}}}}));
    CHECK(desk.all<CredentialValue>().size() == 4);
    desk.end(desk.all<Job>().front().id);
    const auto next = desk.prepared();
    CHECK(std::get<PreparedJob>(next).plan.environment.at("BANK_TOKEN") == "other words");
}

TEST_CASE("a secret that does not open blocks the job by its name, and is never handed on") {
    AssignmentDesk desk;
    desk.assign(desk.credential("Main", {{"BANK_TOKEN", "hidden words"}}));
    desk.database.write([](Session& session) {
        session.sql.execute(R"(UPDATE "credential_value" SET "value" = 'v1:00000000:AAAA:BBBB' WHERE "sealed" = TRUE)");
    });
    const auto reason = desk.reason();
    CHECK(reason.starts_with(R"(Credential 'Main', field "BANK_TOKEN": )"));
    CHECK(reason.find("AAAA") == std::string::npos);
    // A shared value that does not open is no obstacle where another one hides it.
    REQUIRE(desk.run("credential:update", {{"id", 1}, {"fields", {{"BANK_TOKEN", "good"}}}}));
    REQUIRE(desk.run("credential-type:update",
                     {{"id", desk.type}, {"settings", {{"BANK_TOKEN", "lost"}, {"PIN_KEY", "x"}}}}));
    desk.database.write([](Session& session) {
        session.sql.execute(R"(UPDATE "credential_type_setting" SET "value" = 'v1:0:A:B' WHERE "name" = 'BANK_TOKEN')");
    });
    CHECK(desk.variable("BANK_TOKEN") == fmt::format("{} (credential:Main)", masked));
    desk.database.write(
        [](Session& session) { session.sql.execute(R"(UPDATE "credential_type_setting" SET "value" = 'v1:0:A:B')"); });
    CHECK(desk.run("runtemplate:env", {{"id", desk.origin.id.value}})
              .error()
              .message.starts_with(R"(Credential type 'Our bank', field "PIN_KEY": )"));
}

TEST_CASE("a requirement that is not met blocks the job with what is to be done next") {
    AssignmentDesk desk;
    desk.require({"bank", "ext:curl", "libc6.1"});
    const auto state = [&] {
        const auto shown = testing::must(desk.run("runtemplate:get", {{"id", desk.origin.id.value}}));
        CHECK(shown.at("requirements").as_array().size() == 1);
        const bool is_warned = shown.as_object().contains("warnings");
        CHECK(is_warned == (shown.at("requirements").at(0).at("state") != "assigned"));
        return std::string(shown.at("requirements").at(0).at("state").as_string());
    };
    CHECK(state() == "no_credential");
    CHECK(desk.reason() ==
          fmt::format(
              "The application requires a credential of 'bank', and the company has none. Make one with 'credential "
              "create --company-id {} --credential-type-id {} --name NAME --field KEY=VALUE', and assign it with "
              "'run-template assign-credential --id {} --credential_id ID'.",
              desk.company.id.value, desk.type, desk.origin.id.value));
    const auto id = desk.credential("Main", {{"BANK_LOGIN", "me"}});
    CHECK(state() == "unassigned");
    CHECK(desk.database
              .read([&](Session& session) {
                  return requirements_of(session, desk.origin).of(desk.origin.id).front().sentence;
              })
              .find(fmt::format("The company has {} (Main); assign one with", id)) != std::string::npos);
    const auto saved = testing::must(desk.run("runtemplate:update", {{"id", desk.origin.id.value}, {"active", true}}));
    CHECK(to_text(saved.at("warnings")).find("none is assigned") != std::string::npos);
    const auto shown = testing::must(desk.run("runtemplate:env", {{"id", desk.origin.id.value}}));
    CHECK(to_text(shown.at("warnings")).find("none is assigned") != std::string::npos);
    desk.assign(id);
    CHECK(state() == "incomplete");
    REQUIRE(desk.run("credential:update", {{"id", id}, {"fields", {{"BANK_TOKEN", "hidden words"}}}}));
    CHECK(state() == "assigned");
    desk.end(desk.all<Job>().front().id);
    CHECK(desk.reason().empty());

    REQUIRE(desk.run("credential:remove", {{"id", id}, {"force", true}}));
    REQUIRE(desk.run("credential-type:delete", {{"id", desk.type}}));
    CHECK(state() == "no_type");
    // A type for every company will do.
    const auto shared = testing::must(desk.run("credential-type:create", {{"class", "Bank"}})).at("id");
    CHECK(state() == "no_credential");
    REQUIRE(desk.run("credential-type:delete", {{"id", shared}}));
    REQUIRE(desk.run("credential-prototype:delete", {{"code", "Bank"}}));
    CHECK(state() == "unknown_prototype");
}

TEST_CASE("a credential without a value for a required field blocks the job, required by the application or not") {
    AssignmentDesk desk;
    const auto id = desk.credential("Main", {{"BANK_LOGIN", "me"}, {"BANK_TOKEN", "hidden words"}});
    desk.assign(id);
    // Defaults of a field and shared values of the type count as values.
    auto fields = bank_prototype().at("fields").as_array();
    fields[2].as_object()["required"] = true;
    fields.push_back({{"keyword", "BANK_PIN"}, {"type", "password"}, {"required", true}});
    fields.push_back({{"keyword", "BANK_URL"}, {"type", "url"}, {"required", true}});
    fields.push_back({{"keyword", "BANK_ZONE"}, {"type", "string"}, {"required", true}});
    REQUIRE(desk.import_bank(bank_prototype("1.1", {{"fields", fields}})));
    REQUIRE(desk.run("credential-type:update", {{"id", desk.type}, {"settings", {{"BANK_ZONE", "east"}}}}));
    const auto expected = fmt::format(
        "The credential 'Main' ({}) has no value for BANK_PIN, BANK_URL, which 'Bank' requires. Give it one with "
        "'credential update --id {} --field BANK_PIN --field BANK_URL=VALUE'.",
        id, id);
    const auto found = testing::must(desk.run("credential:test", {{"id", id}}));
    CHECK(found.at("state") == "misconfigured");
    CHECK(found.at("message").as_string() == expected);
    const auto warned = [&] {
        const auto shown = testing::must(desk.run("runtemplate:get", {{"id", desk.origin.id.value}}));
        const auto* warnings = shown.as_object().if_contains("warnings");
        return warnings ? to_text(*warnings) : "";
    };
    CHECK(warned().find(expected) != std::string::npos);
    CHECK(desk.reason() == expected);
    desk.end(desk.all<Job>().front().id);
    desk.require({"Bank"});
    CHECK(desk.reason() == expected);
    desk.end(desk.all<Job>().back().id);
    CHECK(testing::must(desk.run("runtemplate:get", {{"id", desk.origin.id.value}}))
              .at("requirements")
              .at(0)
              .at("credential_id") == id);

    const json::object missing{{"BANK_PIN", "1234"}, {"BANK_URL", "https://bank.example/"}};
    REQUIRE(desk.run("credential:update", {{"id", id}, {"fields", missing}}));
    CHECK(warned().empty());
    CHECK(desk.reason().empty());
    CHECK(testing::must(desk.run("credential:test", {{"id", id}})).at("state") == "unknown");
}

TEST_CASE("what another company has meets no requirement") {
    AssignmentDesk desk;
    desk.require({"Bank"});
    const auto other = desk.add_company("other");
    const auto theirs = desk.add_type({{"company_id", other.id.value}}).at("id").as_int64();
    desk.add_credential(theirs, {}, {{"company_id", other.id.value}});
    REQUIRE(desk.run("credential-type:delete", {{"id", desk.type}}));
    const auto found =
        desk.database.read([&](Session& session) { return requirements_of(session, desk.origin).of(desk.origin.id); });
    REQUIRE(found.size() == 1);
    CHECK(found[0].state == RequirementState::no_type);
    CHECK(found[0].sentence.find("Main account") == std::string::npos);
}

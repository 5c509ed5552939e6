// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "domain/credential.h"
#include "domain/node.h"
#include "store/queries/job_output.h"
#include "store/queries/task_count.h"
#include "support/furnished_people.h"
#include "support/moment.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <cctype>

using namespace mf;
using testing::at;

namespace {

/// A company with something of every kind.
struct Furnished {
    Company company;
    RunTemplate origin;
    Job ended, pending;
    Artifact artifact, report;
    Task task;
    std::int64_t credential_type = 0, credential = 0, spare_type = 0, spare_credential = 0;
    Id<User> member;
};

/// An installation in which every text of a company holds its code.
struct TenantsDesk : testing::Desk {
    const testing::FurnishedAccount account{*this};
    CredentialPrototype prototype = [&] {
        testing::must(run("credential-prototype:import", {{"document", R"({
            "uuid":"0d6f0c9e-3b5e-4a55-9a0e-2f7f0c1d2e3f","code":"Bank","name":"Bank","version":"1.0","fields":[
            {"keyword":"BANK_LOGIN","type":"string","required":true},{"keyword":"BANK_TOKEN","type":"password"}]})"}}));
        return all<CredentialPrototype>().front();
    }();

    Furnished furnish(const Company& of) {
        Furnished out{.company = of};
        const auto& code = of.code;
        out.origin = add_run_template([&](RunTemplate& r) {
            r.company_id = of.id;
            r.name = fmt::format("{} run", code);
            r.interv = std::string("h");
            r.next_slot = r.next_launch = at("2026-02-01 02:00");
        });
        out.ended = launch(out.origin, moment);
        claim();
        start(out.ended.id);
        database.write([&](Session& session) {
            const auto piece = pack(out.ended.id, 1, {.at = moment, .bytes = fmt::format("{} printed", code)});
            if (append_output(session, std::span(&piece, 1)) > 0) throw std::runtime_error("output was refused");
        });
        end(out.ended.id, JobState::failed, 1);
        out.artifact = add(Artifact{.job_id = out.ended.id,
                                    .company_id = of.id,
                                    .kind = ArtifactKind::stdout_text,
                                    .filename = fmt::format("{}.txt", code),
                                    .created_at = moment});
        out.report = add(Artifact{.job_id = out.ended.id,
                                  .company_id = of.id,
                                  .kind = ArtifactKind::file,
                                  .filename = fmt::format("{}.json", code),
                                  .created_at = moment});
        add(CompanyVariable{.company_id = of.id,
                            .name = fmt::format("{}_VARIABLE", upper(code)),
                            .value = fmt::format("{} value", code)});
        out.task = add(Task{.runtemplate_id = out.origin.id,
                            .company_id = of.id,
                            .window_start = moment,
                            .window_end = moment,
                            .deadline = moment,
                            .state = TaskState::missed,
                            .cause = fmt::format("{} was away", code),
                            .created_at = moment});
        database.write([&](Session& session) { count_outcome(session, of.id, moment, TaskState::missed, 1); });
        const auto id_of = [&](std::string_view operation, const json::object& input) {
            return testing::must(run(operation, input)).at("id").as_int64();
        };
        out.credential_type =
            id_of("credential-type:create", {{"company_id", of.id.value},
                                             {"class", "Bank"},
                                             {"name", fmt::format("{} bank", code)},
                                             {"uuid", fmt::format("0d6f0c9e-3b5e-4a55-9a0e-{:012}", of.id.value)}});
        out.credential = id_of("credential:create", {{"company_id", of.id.value},
                                                     {"credential_type_id", out.credential_type},
                                                     {"name", fmt::format("{} account", code)},
                                                     {"fields", {{"BANK_LOGIN", fmt::format("{} login", code)}}}});
        out.spare_type =
            id_of("credential-type:create", {{"company_id", of.id.value},
                                             {"class", "Bank"},
                                             {"name", fmt::format("{} spare", code)},
                                             {"uuid", fmt::format("0d6f0c9e-3b5e-4a55-9a0f-{:012}", of.id.value)}});
        out.spare_credential = id_of("credential:create", {{"company_id", of.id.value},
                                                           {"credential_type_id", out.credential_type},
                                                           {"name", fmt::format("{} spare", code)},
                                                           {"fields", {{"BANK_LOGIN", fmt::format("{} 1", code)}}}});
        testing::must(run("credential:update",
                          {{"id", out.spare_credential}, {"fields", {{"BANK_LOGIN", fmt::format("{} 2", code)}}}}));
        testing::must(
            run("runtemplate:assign-credential", {{"id", out.origin.id.value}, {"credential_id", out.credential}}));
        testing::must(run("company-app:assign", {{"company_id", of.id.value}, {"app_id", application.id.value}}));
        out.member = testing::furnish_member(*this, of);
        // Later than now, so that nobody claims it.
        out.pending = launch(out.origin, moment + std::chrono::hours(1));
        return out;
    }
    static std::string upper(std::string_view text) {
        std::string out;
        for (const char c : text) out += static_cast<char>(std::toupper(c));
        return out;
    }

    CredentialPrototype spare_prototype = [&] {
        testing::must(run("credential-prototype:create",
                          {{"code", "Spare"}, {"name", "Spare"}, {"uuid", "7c1f6f58-6c2b-4a55-9c4d-2f0f6f8f7a15"}}));
        return all<CredentialPrototype>({.equals = {{"code", "Spare"}}}).at(0);
    }();

    /// What an operation has to be told to reach the things of a company.
    json::value value_for(const Operation& operation, std::string_view field, const Furnished& of) {
        const std::string_view name = operation.name;
        if (auto of_people = testing::value_about_people(name, field, account.token, of.member); !of_people.is_null())
            return of_people;
        if (field == "id") {
            if (name.starts_with("company:")) return of.company.id.value;
            if (name.starts_with("runtemplate:")) return of.origin.id.value;
            if (name.starts_with("job:")) return name == "job:retry" ? of.ended.id.value : of.pending.id.value;
            if (name.starts_with("artifact:")) return of.artifact.id.value;
            if (name.starts_with("task:")) return of.task.id.value;
            if (name.starts_with("application:")) return application.id.value;
            if (name.starts_with("credential-prototype:")) return prototype.id.value;
            if (name.starts_with("credential-type:")) return of.credential_type;
            if (name.starts_with("credential:")) return of.credential;
            return of.pending.id.value;
        }
        if (field == "company_id") return of.company.id.value;
        if (field == "runtemplate_id") return of.origin.id.value;
        if (field == "job_id") return of.ended.id.value;
        if (field == "task_id") return of.task.id.value;
        if (field == "app_id") return application.id.value;
        if (field == "credential_type_id") return of.credential_type;
        if (field == "credential_id") return of.credential;
        if (field == "class") return "Bank";
        if (field == "version") return name == "credential:rollback" ? json::value(1) : json::value(nullptr);
        if (field == "uuid")
            return json::value(name.starts_with("credential-prototype:") ? prototype.uuid
                               : name.starts_with("credential-type:") ? get<CredentialType>({of.credential_type}).uuid
                                                                      : application.uuid);
        if (field == "name")
            return json::value(name.starts_with("company:variable") ? fmt::format("{}_VARIABLE", upper(of.company.code))
                                                                    : std::string("changed"));
        if (field == "value" || field == "reason" || field == "description") return "changed";
        if (field == "jobs") return true;
        if (field == "keep") return 0;
        if (field == "executable") return "/bin/false";
        if (field == "scheduled" || field == "schedule_time") return "now";
        return nullptr;
    }
    /// All of that at once.
    json::object values_for(const Operation& operation, const Furnished& of) {
        json::object input;
        for (const Field& field : operation.input->fields)
            if (auto value = value_for(operation, field.name, of); !value.is_null()) input[field.name] = value;
        return input;
    }

    /// An input with which the operation succeeds for whoever may do everything: the values above, and what only this
    /// operation wants.
    json::object example(const Operation& operation, const Furnished& of) {
        auto input = values_for(operation, of);
        const std::string_view name = operation.name;
        if (name == "company:get" || name == "runtemplate:get") input.erase("name");
        if (name == "company:pause") input["until"] = "2100-01-01 00:00";
        if (name == "artifact:delete") input["id"] = of.report.id.value;
        if (name == "job:cleanup") input["days"] = 30;
        if (name.starts_with("node:") && name != "node:list") input["name"] = "node";
        if (name == "credential-prototype:create") {
            input["uuid"] = "7c1f6f58-6c2b-4a55-9c4d-2f0f6f8f7a12";
            input["code"] = "Other";
        }
        if (name == "credential-prototype:import" || name == "credential-prototype:validate")
            input["document"] = R"({"uuid":"5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a13","code":"Imported",
                "name":"Imported","version":"1.0","fields":[]})";
        if (name == "credential-prototype:delete") input = {{"id", spare_prototype.id.value}};
        if (name == "credential-type:create") input.erase("uuid");
        if (name == "credential-type:import" || name == "credential-type:validate")
            input["document"] = R"({"uuid":"5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a14","code":"Bank","name":{"en":"Bank"},
                "description":{"en":"Bank"},"version":"1.0","fields":[]})";
        if (name == "credential-type:delete") input = {{"id", of.spare_type}};
        if (name == "credential:remove") input["force"] = true;
        if (name == "credential:update" || name == "credential:rotate") input["fields"] = {{"BANK_LOGIN", "changed"}};
        if (name == "credential:rollback") input["id"] = of.spare_credential;
        if (name == "application:delete" || name == "application:remove") input["cascade"] = true;
        if (name == "application:create") input["uuid"] = "7c1f6f58-6c2b-4a55-9c4d-2f0f6f8f7a10";
        if (name == "application:import" || name == "application:validate")
            input["document"] = R"({"uuid":"5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a11","name":"Imported","description":"A",
                "version":"1.0","executable":"/bin/true","environment":{}})";
        return input;
    }
};

/// Two companies; "bravo" is the one whose things the other one, which has none, asks for.
struct TwoCompanies : TenantsDesk {
    Furnished bravo = furnish(add_company("bravo"));
};

/// The same company in both; in the second installation there is another one beside it.
struct WithoutBravo : TenantsDesk {
    Furnished own = furnish(company);
};
struct WithBravo : WithoutBravo {
    Furnished bravo = furnish(add_company("bravo"));
};

/// Operations whose answers are about the installation, which all companies share.
constexpr std::string_view of_the_installation[] = {"account:get",
                                                    "account:sessions",
                                                    "token:list",
                                                    "token:get",
                                                    "application:list",
                                                    "application:get",
                                                    "application:validate",
                                                    "application:export",
                                                    "application:show-config",
                                                    "node:list",
                                                    "node:get",
                                                    "encryption:status",
                                                    "credential-prototype:list",
                                                    "credential-prototype:get",
                                                    "credential-prototype:validate",
                                                    "credential-prototype:export",
                                                    "credential-type:validate"};

/// The answer, whether good or bad, as text; without the memory of this process, which grows from call to call.
std::string told(Result<json::value> answer) {
    if (!answer) return answer.error().message;
    if (auto* object = answer->if_object()) object->erase("memory");
    return to_text(*answer);
}

}  // namespace

TEST_CASE("no operation shows or changes anything of another company") {
    TwoCompanies desk;
    const auto before = desk.dump();
    for (const auto& operation : desk.operations) {
        // What is one's own is of no company.
        if (operation.permission == Permission::own || operation.permission == Permission::anyone) continue;
        CAPTURE(operation.name);
        const auto answer =
            desk.run(operation.name, desk.values_for(operation, desk.bravo), testing::manager_of(desk.company.id));
        CHECK(desk.dump() == before);
        if (answer) CHECK(to_text(*answer).find("bravo") == std::string::npos);
        if (answer) CHECK(to_text(*answer).find("BRAVO") == std::string::npos);
    }
}

TEST_CASE("whatever a company reads, it cannot tell whether there is another company") {
    WithoutBravo alone;
    WithBravo beside;
    const auto rights = testing::manager_of(alone.company.id);
    REQUIRE(alone.own.pending.id == beside.own.pending.id);
    for (const auto& operation : beside.operations) {
        if (operation.access != Access::reads) continue;
        CAPTURE(operation.name);
        std::vector<json::object> inputs{{},
                                         {{"limit", 1}},
                                         {{"limit", 100}, {"order", "D"}},
                                         {{"offset", 1}},
                                         {{"after", 1}},
                                         {{"order", "D"}, {"limit", 1}}};
        for (const auto* of : {&beside.own, &beside.bravo}) {
            inputs.push_back(beside.values_for(operation, *of));
            for (const auto& [name, value] : beside.values_for(operation, *of)) inputs.push_back({{name, value}});
        }
        bool bravo_is_seen_by_all = false;
        for (const auto& input : inputs) {
            CAPTURE(to_text(json::value(input)));
            CHECK(told(beside.run(operation.name, input, rights)) == told(alone.run(operation.name, input, rights)));
            bravo_is_seen_by_all = bravo_is_seen_by_all ||
                                   told(beside.run(operation.name, input)) != told(alone.run(operation.name, input));
        }
        // Otherwise the comparison above says nothing: furnish() lacks what this operation shows.
        CHECK(bravo_is_seen_by_all ==
              (std::ranges::find(of_the_installation, operation.name) == std::end(of_the_installation)));
    }
}

TEST_CASE("counters of a company count its own things") {
    TwoCompanies desk;
    const auto answer = desk.run("job:status", {}, testing::manager_of(desk.company.id));
    REQUIRE(answer);
    const auto tasks = desk.run("task:status", {}, testing::manager_of(desk.company.id));
    REQUIRE(tasks);
    CHECK(tasks->at("total") == 0);
    for (const auto* counter : {"total_jobs", "failed_jobs", "repeated_jobs", "queue_length"})
        CHECK(answer->at(counter) == 0);
}

TEST_CASE("the administrator of the installation reaches everything") {
    TwoCompanies desk;
    CHECK(desk.run("company:get", {{"id", desk.bravo.company.id.value}}));
    CHECK(desk.run("job:get", {{"id", desk.bravo.ended.id.value}}));
    CHECK(desk.run("runtemplate:get", {{"id", desk.bravo.origin.id.value}}));
    CHECK(desk.run("artifact:get", {{"id", desk.bravo.artifact.id.value}}));
}

namespace {

/// Somebody with one role, or none.
struct Somebody {
    std::string name;
    Rights rights;
};

/// Everybody who can be told apart by their rights: nobody, each role in the company "acme", each role of the
/// installation.
std::vector<Somebody> everybody(Id<Company> acme) {
    std::vector<Somebody> out{{"nobody", {}}};
    for (std::size_t i = 0; i < names_of(CompanyRole{}).size(); ++i) {
        out.push_back({std::string(names_of(CompanyRole{})[i]), {}});
        out.back().rights.grant(acme, static_cast<CompanyRole>(i));
    }
    for (std::size_t i = 0; i < names_of(SystemRole{}).size(); ++i) {
        out.push_back({"system " + std::string(names_of(SystemRole{})[i]), {}});
        out.back().rights.grant(static_cast<SystemRole>(i));
    }
    return out;
}

/// "acme" and "bravo", both furnished; what is tried is taken back.
struct MatrixDesk : TenantsDesk {
    Furnished acme = furnish(company), bravo = furnish(add_company("bravo"));
    Node node = add(Node{.name = "node", .roles = "executor", .started_at = moment, .stopped_at = moment});

    Result<json::value> attempt(const Operation& operation, const Furnished& of, const Rights& rights) {
        Result<json::value> answer = Error{};
        auto input = example(operation, of);
        const auto work = [&](Session& session) -> Result<void> {
            if (operation.talk) input["heard"] = {{"state", "available"}, {"message", ""}, {"ttl", 1}};
            auto done = perform(session, operation, input, {{user, "somebody"}, rights},
                                {.vault = vault, .now = moment, .zone = "UTC", .password_cost = testing::cheap});
            if (done)
                answer = std::move(done->answer);
            else
                answer = done.error();
            return Error{ErrorCode::conflict, "taken back"};
        };
        (void)database.write(work);
        return answer;
    }
};

bool is_refusal(const Result<json::value>& answer) {
    return !answer && (answer.error().code == ErrorCode::forbidden || answer.error().code == ErrorCode::not_found);
}

}  // namespace

TEST_CASE("every operation, for every role, in the own company and in another one") {
    MatrixDesk desk;
    const auto people = everybody(desk.company.id);
    for (const auto& operation : desk.operations) {
        CAPTURE(operation.name);
        // An operation without an example would be refused for other reasons than the permission, and prove nothing.
        const auto by_administrator = desk.attempt(operation, desk.acme, Rights::unlimited());
        CHECK_MESSAGE(by_administrator,
                      "no example that works: ", by_administrator ? "" : by_administrator.error().message);
        for (const auto& [name, rights] : people) {
            CAPTURE(name);
            const bool may = is_of_company(operation.permission) ? rights.may(operation.permission, desk.company.id)
                                                                 : rights.may(operation.permission);
            const auto own = desk.attempt(operation, desk.acme, rights);
            CHECK(static_cast<bool>(own) == may);
            if (!may) CHECK(own.error().code == ErrorCode::forbidden);

            const bool may_there = is_of_company(operation.permission)
                                       ? rights.may(operation.permission, desk.bravo.company.id)
                                       : rights.may(operation.permission);
            const auto foreign = desk.attempt(operation, desk.bravo, rights);
            if (!may_there && !foreign) CHECK(is_refusal(foreign));
            if (rights.may(Permission::view, desk.bravo.company.id)) continue;
            if (foreign) {
                CHECK(to_text(*foreign).find("bravo") == std::string::npos);
                CHECK(to_text(*foreign).find("BRAVO") == std::string::npos);
            }
            if (!foreign) CHECK(foreign.error().message.find("bravo") == std::string::npos);
        }
    }
}

TEST_CASE("somebody who may see a thing learns that a role is missing, others learn nothing") {
    MatrixDesk desk;
    Rights rights;
    rights.grant(desk.bravo.company.id, CompanyRole::viewer);
    rights.grant(desk.company.id, CompanyRole::editor);
    const json::object of_bravo{{"id", desk.bravo.origin.id.value}, {"name", "changed"}};
    const auto seen = desk.error_of("runtemplate:update", of_bravo, rights);
    CHECK(seen.code == ErrorCode::forbidden);
    CHECK(seen.message ==
          "'runtemplate:update' needs the role editor in the company. A manager of the company can give "
          "it (user-company assign).");
    CHECK(desk.error_of("runtemplate:update", of_bravo, testing::manager_of(desk.company.id)).code ==
          ErrorCode::not_found);
}

TEST_CASE("every change is in the audit log") {
    for (const auto& operation : all_operations()) {
        if (operation.access != Access::changes) continue;
        CAPTURE(operation.name);
        MatrixDesk desk;
        const auto before = desk.dump();
        const auto logged = desk.number(R"(SELECT COUNT(*) FROM "audit")");
        const auto answer = desk.run(operation.name, desk.example(operation, desk.acme));
        REQUIRE(answer);
        if (desk.dump() == before) continue;
        CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit")") > logged);
        CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "login" <> 'tester' AND "seq" > 0)") == 0);
    }
}

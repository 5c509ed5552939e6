// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "domain/credential.h"
#include "store/queries/job_output.h"
#include "store/queries/task_count.h"
#include "support/desk.h"
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
    Artifact artifact;
    Task task;
    std::int64_t credential_type = 0, credential = 0;
};

/// An installation in which every text of a company holds its code.
struct TenantsDesk : testing::Desk {
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
        testing::must(
            run("runtemplate:assign-credential", {{"id", out.origin.id.value}, {"credential_id", out.credential}}));
        testing::must(run("company-app:assign", {{"company_id", of.id.value}, {"app_id", application.id.value}}));
        // Later than now, so that nobody claims it.
        out.pending = launch(out.origin, moment + std::chrono::hours(1));
        return out;
    }
    static std::string upper(std::string_view text) {
        std::string out;
        for (const char c : text) out += static_cast<char>(std::toupper(c));
        return out;
    }

    /// What an operation has to be told to reach the things of a company.
    json::value value_for(const Operation& operation, std::string_view field, const Furnished& of) {
        const std::string_view name = operation.name;
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
constexpr std::string_view of_the_installation[] = {"application:list",
                                                    "application:get",
                                                    "application:validate",
                                                    "application:export",
                                                    "application:show-config",
                                                    "node:list",
                                                    "node:get",
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
        CAPTURE(operation.name);
        const auto answer =
            desk.run(operation.name, desk.values_for(operation, desk.bravo), Scope::only(desk.company.id));
        CHECK(desk.dump() == before);
        if (answer) CHECK(to_text(*answer).find("bravo") == std::string::npos);
        if (answer) CHECK(to_text(*answer).find("BRAVO") == std::string::npos);
    }
}

TEST_CASE("whatever a company reads, it cannot tell whether there is another company") {
    WithoutBravo alone;
    WithBravo beside;
    const auto scope = Scope::only(alone.company.id);
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
            CHECK(told(beside.run(operation.name, input, scope)) == told(alone.run(operation.name, input, scope)));
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
    const auto answer = desk.run("job:status", {}, Scope::only(desk.company.id));
    REQUIRE(answer);
    const auto tasks = desk.run("task:status", {}, Scope::only(desk.company.id));
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

// SPDX-License-Identifier: MIT
#pragma once

#include "domain/credential.h"
#include "domain/event_change.h"
#include "domain/node.h"
#include "store/queries/job_output.h"
#include "store/queries/task_count.h"
#include "support/furnished_people.h"
#include "support/moment.h"

#include <cctype>

namespace mf::testing {

// What the tests of all operations with all roles work on: see service/tenancy_test.cpp.

/// A company with something of every kind.
struct Furnished {
    Company company;
    RunTemplate origin;
    Job ended, pending;
    Artifact artifact, report;
    Task task;
    std::int64_t credential_type = 0, credential = 0, spare_type = 0, spare_credential = 0;
    std::int64_t event_source = 0, event_rule = 0, event_change = 0;
    Id<User> member;
    std::int64_t erasure = 0;  ///< a request about the member, not decided yet
};

/// A change that its rule could not launch anything after.
inline std::int64_t furnish_event_change(Desk& desk, const Company& of, Id<EventSource> source, Id<EventRule> rule) {
    const auto evidence = fmt::format("{}-invoice", of.code);
    const auto change = desk.database.write([&](Session& session) {
        return integer_of(session.sql.query(
            R"(INSERT INTO "source_change" ("event_source_id", "inversion", "evidence", "operation", "record_id",
                                            "document_uri", "data", "at_source", "to_tell", "received_at")
               VALUES (?, 1, ?, 'create', '7', NULL, '{}', FALSE, FALSE, ?) RETURNING "id")",
            {source.value, evidence, ms(desk.moment)})[0][0]);
    });
    return desk
        .add(EventChange{.company_id = of.id,
                         .event_source_id = source,
                         .event_rule_id = rule,
                         .source_change_id = change,
                         .inversion = 1,
                         .evidence = evidence,
                         .operation = "create",
                         .record_id = "7",
                         .state = EventChangeState::failed,
                         .next_attempt_at = {},
                         .message = fmt::format("{} could not.", of.code),
                         .launched_job_id = {},
                         .received_at = desk.moment})
        .id.value;
}

/// An installation in which every text of a company holds its code.
struct TenantsDesk : Desk {
    const FurnishedAccount account{*this};
    CredentialPrototype prototype = [&] {
        must(run("credential-prototype:import", {{"document", R"({
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
            return must(run(operation, input)).at("id").as_int64();
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
        must(run("credential:update",
                 {{"id", out.spare_credential}, {"fields", {{"BANK_LOGIN", fmt::format("{} 2", code)}}}}));
        must(run("runtemplate:assign-credential", {{"id", out.origin.id.value}, {"credential_id", out.credential}}));
        must(run("company-app:assign", {{"company_id", of.id.value}, {"app_id", application.id.value}}));
        // A file that is not there: looking at it takes no time.
        out.event_source = id_of("event-source:create", {{"company_id", of.id.value},
                                                         {"name", fmt::format("{} changes", code)},
                                                         {"db_connection", "sqlite"},
                                                         {"db_database", fmt::format("/nonexistent/{}.db", code)}});
        out.event_rule = id_of("event-rule:create", {{"event_source_id", out.event_source},
                                                     {"evidence", fmt::format("{}-invoice", code)},
                                                     {"runtemplate_id", out.origin.id.value}});
        out.event_change = furnish_event_change(*this, of, {out.event_source}, {out.event_rule});
        must(run("runtemplate:assign-topic", {{"id", out.origin.id.value}, {"topic_id", topic}}));
        out.member = furnish_member(*this, of);
        out.erasure =
            id_of("user-erasure:create", {{"user_id", out.member.value}, {"reason", fmt::format("{} leaves", code)}});
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
        must(run("credential-prototype:create",
                 {{"code", "Spare"}, {"name", "Spare"}, {"uuid", "7c1f6f58-6c2b-4a55-9c4d-2f0f6f8f7a15"}}));
        return all<CredentialPrototype>({.equals = {{"code", "Spare"}}}).at(0);
    }();

    std::int64_t topic = must(run("topic:create", {{"name", "billing"}})).at("id").as_int64();

    /// What an operation has to be told to reach the things of a company.
    json::value value_for(const Operation& operation, std::string_view field, const Furnished& of) {
        const std::string_view name = operation.name;
        if (auto of_people = value_about_people(name, field, account.token, of.member); !of_people.is_null())
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
            if (name.starts_with("event-source:")) return of.event_source;
            if (name.starts_with("event-rule:")) return of.event_rule;
            if (name.starts_with("event-change:")) return of.event_change;
            if (name.starts_with("topic:")) return topic;
            return of.pending.id.value;
        }
        if (name == "search" && field == "text") return json::value(of.company.code);
        if (field == "request_id") return name == "user-erasure:process" ? account.approved_erasure : of.erasure;
        if (field == "company_id") return of.company.id.value;
        if (field == "runtemplate_id") return of.origin.id.value;
        if (field == "job_id") return of.ended.id.value;
        if (field == "task_id") return of.task.id.value;
        if (field == "app_id") return application.id.value;
        if (field == "credential_type_id") return of.credential_type;
        if (field == "credential_id") return of.credential;
        if (field == "event_source_id") return of.event_source;
        if (field == "event_rule_id") return of.event_rule;
        if (field == "topic_id") return topic;
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
        if (name == "event-source:get") input.erase("name");
        if (name == "company:get" || name == "runtemplate:get") input.erase("name");
        if (name == "company:pause") input["until"] = "2100-01-01 00:00";
        if (name == "artifact:delete") input["id"] = of.report.id.value;
        if (name == "job:cleanup") input["days"] = 30;
        if (name == "telemetry:test") input["endpoint"] = "http://localhost:4318";
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

}  // namespace mf::testing

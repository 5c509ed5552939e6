// SPDX-License-Identifier: MIT
#include "contract/openapi/exchanges.h"

#include <functional>

namespace mf::testing {
namespace {

/// Brings an installation into a state in which an operation is refused, and says with which input.
struct Refused {
    std::string_view operation, how;
    std::function<json::object(ContractDesk&, json::object)> prepare;
};

json::object definition(std::string_view uuid, std::string_view code, std::string_view name, std::string_view version) {
    return {{"document", to_text(json::value{{"uuid", uuid},
                                             {"code", code},
                                             {"name", name},
                                             {"description", name},
                                             {"version", version},
                                             {"fields", json::array()}})}};
}

json::object with(json::object input, std::string_view name, json::value value) {
    input[name] = std::move(value);
    return input;
}

json::object without(json::object input, std::string_view name) {
    input.erase(name);
    return input;
}

std::int64_t bravo(ContractDesk& desk) { return desk.add_company("bravo").id.value; }

json::object to_another_company(ContractDesk& desk, const json::object& input) {
    return {{"id", input.at("id")}, {"company_id", bravo(desk)}};
}

json::object last_super_admin(ContractDesk& desk, json::object more) {
    must(desk.run("user-role:set", {{"login", "boss"}, {"roles", {"user"}}, {"replace", true}}));
    more["id"] = desk.user.value;
    return more;
}

json::object inactive(ContractDesk& desk, json::object input) {
    must(desk.run("runtemplate:update", {{"id", desk.acme.origin.id.value}, {"active", false}}));
    return input;
}

json::object of_web_node(ContractDesk& desk) {
    desk.add(Node{.name = "web", .roles = "web", .started_at = desk.moment, .stopped_at = desk.moment});
    return {{"name", "web"}};
}

json::object two_with_one_address(ContractDesk& desk, json::object input) {
    for (const auto* login : {"first", "second"})
        desk.add(User{.login = login,
                      .email = "both@example.com",
                      .enabled = true,
                      .created_at = desk.moment,
                      .updated_at = desk.moment});
    for (const auto* name : {"user_id", "id", "login"}) input.erase(name);
    return with(std::move(input), "email", "both@example.com");
}

json::object link_of_the_first_day(ContractDesk& desk) {
    const std::string token = "mfl_made on the first day";
    desk.database.write([&](Session& session) {
        session.sql.execute(R"(INSERT INTO "one_time_link" ("purpose", "digest", "user_id", "created_at", "expires_at")
                               VALUES ('setup', ?, NULL, ?, ?))",
                            {token_digest(token), ms(desk.moment), ms(desk.moment + std::chrono::hours(1))});
    });
    return {{"token", token}, {"login", "late"}, {"password", good_password}};
}

json::object running_job(ContractDesk& desk) {
    const auto job = desk.launch(desk.add_run_template(), desk.moment);
    desk.claim();
    desk.start(job.id);
    return {{"id", job.id.value}};
}

json::object living_node(ContractDesk& desk) {
    desk.add(Node{.name = "alive",
                  .roles = "executor",
                  .started_at = desk.moment,
                  .seen_at = desk.moment,
                  .lease_until = at("2100-01-01 00:00")});
    return {{"name", "alive"}};
}

/// A rule of a source that belongs to every company, which is to launch something of another company now.
json::object rule_of_another_company(ContractDesk& desk) {
    const auto id_of = [&](std::string_view operation, const json::object& input) {
        return must(desk.run(operation, input)).at("id").as_int64();
    };
    const auto source = id_of("event-source:create",
                              {{"name", "all"}, {"db_connection", "sqlite"}, {"db_database", "/nonexistent/all.db"}});
    const auto rule =
        id_of("event-rule:create",
              {{"event_source_id", source}, {"evidence", "invoice"}, {"runtemplate_id", desk.acme.origin.id.value}});
    const auto company = desk.add_company("bravo").id;
    const auto elsewhere = desk.add_run_template([&](RunTemplate& origin) { origin.company_id = company; });
    return {{"id", rule}, {"runtemplate_id", elsewhere.id.value}};
}

const Refused refused[] = {
    {"account:export", "of nobody",
     [](ContractDesk&, json::object input) { return with(std::move(input), "user_id", 987654); }},
    {"user-erasure:create", "of nobody",
     [](ContractDesk&, json::object input) { return with(std::move(input), "user_login", "nobody-there"); }},
    {"account:setup", "with a link that nobody made",
     [](ContractDesk&, json::object input) { return with(std::move(input), "token", "mfl_nobody made this"); }},
    {"account:setup", "later than somebody else",
     [](ContractDesk& desk, const json::object&) { return link_of_the_first_day(desk); }},
    {"account:totp-begin", "twice",
     [](ContractDesk& desk, json::object input) {
         desk.change(desk.user, [](User& tester) { tester.totp_enabled = true; });
         return input;
     }},
    {"event-change:retry", "of one that is open",
     [](ContractDesk& desk, json::object input) {
         desk.change(Id<EventChange>{desk.acme.event_change},
                     [](EventChange& change) { change.state = EventChangeState::open; });
         return input;
     }},
    {"application:delete", "in use",
     [](ContractDesk&, json::object input) { return without(std::move(input), "cascade"); }},
    {"application:import", "with the name of another",
     [](ContractDesk& desk, const json::object&) {
         return json::object{{"document", fmt::format(R"({{"uuid":"5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a99","name":"{}",
             "description":"A","version":"1.0","executable":"/bin/true","environment":{{}}}})",
                                                      desk.application.name)}};
     }},
    {"artifact:delete", "the output of a job",
     [](ContractDesk& desk, const json::object&) {
         return json::object{{"id", desk.acme.artifact.id.value}};
     }},
    {"company:update", "with the name of another",
     [](ContractDesk& desk, const json::object& input) {
         (void)bravo(desk);
         return json::object{{"id", input.at("id")}, {"name", "bravo"}};
     }},
    {"credential-prototype:delete", "in use",
     [](ContractDesk& desk, const json::object&) {
         return json::object{{"id", desk.prototype.id.value}};
     }},
    {"credential-prototype:import", "with the code of another",
     [](ContractDesk& desk, const json::object&) { return definition(desk.prototype.uuid, "Spare", "Bank", "2.0"); }},
    {"credential-type:create", "with the uuid of another",
     [](ContractDesk& desk, json::object input) {
         return with(std::move(input), "uuid", json::value(desk.get<CredentialType>({desk.acme.credential_type}).uuid));
     }},
    {"credential-type:delete", "in use",
     [](ContractDesk& desk, const json::object&) {
         return json::object{{"id", desk.acme.credential_type}};
     }},
    {"credential-type:import", "older than it is",
     [](ContractDesk& desk, const json::object&) {
         const auto of_version = [&](std::string_view version) {
             return with(definition("5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a14", "Bank", "Bank", version), "company_id",
                         desk.company.id.value);
         };
         must(desk.run("credential-type:import", of_version("2.0")));
         return of_version("1.0");
     }},
    {"credential:remove", "in use",
     [](ContractDesk&, json::object input) { return without(std::move(input), "force"); }},
    {"event-rule:update", "to another company",
     [](ContractDesk& desk, const json::object&) { return rule_of_another_company(desk); }},
    {"event-source:update", "to another company", to_another_company},
    {"job:create", "of a run template that is switched off", inactive},
    {"job:delete", "that runs", [](ContractDesk& desk, const json::object&) { return running_job(desk); }},
    {"job:update", "that has ended",
     [](ContractDesk& desk, json::object input) { return with(std::move(input), "id", desk.acme.ended.id.value); }},
    {"credential-type:update", "to another company", to_another_company},
    {"credential:update", "to another company", to_another_company},
    {"node:drain", "without jobs", [](ContractDesk& desk, const json::object&) { return of_web_node(desk); }},
    {"node:resume", "without jobs", [](ContractDesk& desk, const json::object&) { return of_web_node(desk); }},
    {"node:remove", "whose server lives", [](ContractDesk& desk, const json::object&) { return living_node(desk); }},
    {"runtemplate:schedule", "switched off", inactive},
    {"runtemplate:update", "to another company",
     [](ContractDesk& desk, const json::object& input) {
         return json::object{{"id", input.at("id")}, {"company_id", bravo(desk)}};
     }},
    {"topic:update", "with the name of another",
     [](ContractDesk& desk, json::object input) {
         must(desk.run("topic:create", {{"name", "taken"}}));
         return with(std::move(input), "name", "taken");
     }},
    {"user-company:assign", "one of two with an address", two_with_one_address},
    {"user-role:set", "from the last super_admin",
     [](ContractDesk& desk, const json::object&) {
         auto input = last_super_admin(desk, {{"roles", {"user"}}, {"replace", true}});
         input["user_id"] = input.at("id");
         return input;
     }},
    {"user:delete", "the last super_admin",
     [](ContractDesk& desk, const json::object&) { return last_super_admin(desk, {}); }},
    {"user:setup-link", "one of two with an address", two_with_one_address},
    {"user:update", "the last super_admin",
     [](ContractDesk& desk, const json::object&) {
         return last_super_admin(desk, {{"enabled", false}});
     }},
};

}  // namespace

void try_conflicts(const json::object& document, Exchanges& exchanges) {
    for (const auto& [id, how, prepare] : refused) {
        ContractDesk desk;
        const auto& operation = *std::ranges::find(desk.operations, id, &Operation::name);
        const auto input = prepare(desk, desk.example(operation, desk.acme));
        const auto headers = operation.permission == Permission::anyone ? http::Headers{} : desk.as_tester();
        exchanges.note(id, how, send(desk, request_of(document, id, input), headers));
    }
}

}  // namespace mf::testing

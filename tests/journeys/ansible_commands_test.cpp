// SPDX-License-Identifier: MIT
#include "journeys/client.h"

using namespace mf;
using namespace mf::testing;

// The words of the modules of the Ansible collection.

TEST_CASE("the Ansible modules find what they look for, in the states that they tell apart") {
    Client it;
    it.refused("company:get --format json --verbose --slug acme", "not found");
    const auto company = it.id(
        "company:create --format json --verbose --slug acme --name Acme --enabled 1 --ic 123 --email a@example.com "
        "--DatCreate 2024-01-01 --DatUpdate 2024-01-01");
    for (const auto* by : {"--id 1", "--ic 123", "--name Acme", "--slug acme"})
        CHECK(it.id(fmt::format("company:get --format json --verbose {}", by)) == company);
    CHECK(it.id("company:update --format json --verbose --id 1 --name Acme --email b@example.com") == company);

    constexpr auto uuid = "7b1c2d3e-2222-4000-8000-000000000001";
    it.refused(fmt::format("application:get --format json --verbose --uuid {}", uuid), "not found");
    it.done(
        fmt::format("application:create --format json --verbose --name Tool --uuid {} --executable /bin/true --tags "
                    "a,b --appversion 1.2",
                    uuid));
    const auto application = it.id(fmt::format("application:get --format json --verbose --uuid {}", uuid));
    it.done(fmt::format("application:update --format json --verbose --id {} --description Useful", application));
    const auto definition = it.write("tool.json", R"({"uuid":"7b1c2d3e-2222-4000-8000-000000000002","name":"Other",
        "description":"Another","version":"1.0","executable":"/bin/true","environment":{}})");
    CHECK(it.object(fmt::format("application:import-json --format json --verbose --file {}", definition.string()))
              .at("imported")
              .is_object());

    const auto unknown = it.say("run-template:get --format json --verbose --name Nightly");
    CHECK(unknown.code == 1);
    CHECK(has(unknown.out + unknown.err, "not found"));
    const auto plan = it.id(fmt::format(
        "run-template:create --format json --verbose --name Nightly --app_id {} --company_id 1 --interv n --active 1 "
        "--executor native",
        application));
    const auto found = it.object(fmt::format("run-template:get --format json --verbose --id {}", plan));
    CHECK(found.at("executor") == "Native");
    CHECK(found.at("active") == 1);
    CHECK(found.at("company_id") == 1);
    CHECK(it.id("run-template:get --format json --verbose --name Nightly") == plan);
    it.list("run-template:list --format json --verbose", {{"id", as_integer}, {"app_uuid", as_text}});
    CHECK(it.id(fmt::format("run-template:update --format json --verbose --id {} --interv h --config A=b", plan)) ==
          plan);

    CHECK_FALSE(it.object("job:get --format json --verbose --id 999").contains("id"));
    const auto job = it.id(fmt::format(
        "job:create --format json --verbose --runtemplate_id {} --scheduled '2099-01-01 00:00:00' --executor Native "
        "--schedule_type adhoc",
        plan));
    it.list("job:list --format json --verbose",
            {{"id", as_integer}, {"runtemplate_id", as_integer}, {"scheduled", as_text}, {"app_id", as_integer}});
    it.done(fmt::format("job:update --format json --verbose --id {} --scheduled '2099-01-03 00:00:00'", job));
    CHECK(text_of(it.object(fmt::format("job:get --format json --verbose --id {}", job)), "scheduled") ==
          "2099-01-03 00:00:00");
    it.done(fmt::format("job:delete --format json --verbose --id {}", job));
    CHECK(it.document(fmt::format("artifact:list --format json --job_id {} --fields id,filename", job)).is_array());
    it.refused("artifact:get --format json --id 99", "Artifact not found: ID=99");

    it.done(fmt::format("run-template:delete --format json --verbose --id {}", plan));
    it.object(fmt::format("company-app:assign --format json --verbose --company_id 1 --app_id {}", application));
    it.list("company-app:list --format json --verbose --company_id 1",
            {{"id", as_integer}, {"company_id", as_integer}, {"app_id", as_integer}, {"app_uuid", as_text}});
    it.object(fmt::format("company-app:unassign --format json --verbose --company_id 1 --app_uuid {}", uuid));
    CHECK(it.object("queue:overview --format json").contains("comprehensive_queue_metrics"));
    CHECK(it.document("queue:list --format json").is_array());
    it.object("queue:fix --format json");
    it.object("queue:truncate --format json");
    it.done("prune --logs --jobs --keep 10");
    CHECK(it.object("encryption:status --format json").at("status") == "success");
    it.object("encryption:init --format json");
    it.object("status --format json");
    it.object("status --no-interaction --format=json");
    it.done(fmt::format("application:delete --format json --verbose --id {}", application));
    it.done("company:remove --format json --verbose --id 1");
}

TEST_CASE("the Ansible modules manage people, credentials and events") {
    Client it;
    const auto plan = it.run_template_of_script("true");
    it.refused("user:get --format json --verbose --login carol", "not found");
    const auto user = it.id(
        "user:create --format json --login carol --email c@example.com --plaintext 'Vd7!kqPz#w' --settings '{}' "
        "--enabled true",
        "user_id");
    CHECK(it.object("user:get --format json --verbose --login carol").at("enabled") == 1);
    it.done("user:update --format json --login carol --firstname Carol");
    CHECK(it.object(fmt::format("user-company:assign --format json --company_id 1 --user_id {} --role manager", user))
              .at("role") == "manager");
    const auto roles = it.object("user-role:set --format json --login carol --roles viewer,editor --replace true");
    CHECK(roles.at("roles") == json::value(json::array{"editor", "viewer"}));
    it.refused("user-role:set --format json --login carol --roles king", "Unknown role(s): king");
    it.object(fmt::format("user-company:unassign --format json --company_id 1 --user_id {}", user));
    const auto token = it.id(fmt::format("token:generate --format json --user {}", user), "token_id");
    CHECK(it.document("token:get --format json --id 999").is_null());
    it.object(fmt::format("token:get --format json --id {}", token));
    it.done(fmt::format("token:delete --format json --id {}", token));

    it.refused("credential-prototype:get --format json --code Bank", "not found");
    const auto prototype = it.id(
        "credential-prototype:create --format json --code Bank --name Bank --prototype-version "
        "1.0 --uuid 7b1c2d3e-3333-4000-8000-000000000001");
    CHECK(it.id("credential-prototype:get --format json --code Bank") == prototype);
    const auto type = it.id("credential-type:create --format json --company-id 1 --class Bank");
    it.list("credential-type:list --format json", {{"id", as_integer}, {"class", as_text}, {"company_id", as_integer}});
    const auto credential =
        it.id(fmt::format(
                  "credential:create --format json --verbose --name Main --company-id 1 --credential-type-id {}", type),
              "credential_id");
    CHECK(it.object(fmt::format("credential:get --format json --verbose --id {}", credential)).at("name") == "Main");
    it.done(fmt::format("credential:update --format json --verbose --id {} --name Head", credential));
    it.done(fmt::format("credential:remove --format json --verbose --id {}", credential));
    it.done(fmt::format("credential-type:delete --format json --id {}", type));
    it.done(fmt::format("credential-prototype:delete --format json --id {}", prototype));

    CHECK(it.document("event-source:get --format json --id 99") == json::value(json::array()));
    const auto source = it.id("event-source:create --format json --name erp --db_database webhook --enabled 1");
    const auto shown = it.object(fmt::format("event-source:get --format json --id {}", source));
    CHECK(shown.at("enabled") == 1);
    CHECK(shown.at("db_port") == "3306");
    CHECK(
        it.object(fmt::format("event-source:update --format json --id {} --poll_interval 30", source)).at("updated") ==
        true);
    CHECK(it.document("event-rule:get --format json --id 99") == json::value(json::array()));
    const auto rule = it.id(fmt::format(
        "event-rule:create --format json --eventsource_id {} --evidence invoice --runtemplate_id {} --condition x",
        source, plan));
    CHECK(it.object(fmt::format("event-rule:get --format json --id {}", rule)).at("event_source_id") == source);
    CHECK(
        it.object(fmt::format("event-rule:update --format json --id {} --eventsource_id {} --priority 3", rule, source))
            .at("updated") == true);
    CHECK(it.object(fmt::format("event-rule:remove --format json --id {}", rule)).at("removed") == true);
    CHECK(it.object(fmt::format("event-source:remove --format json --id {}", source)).at("removed") == true);
    it.done(fmt::format("user:delete --format json --id {}", user));

    CHECK(it.document("user-erasure:list --format json") == json::value(json::array()));
    it.done("user:create --format json --verbose --login leaver --email leaver@example.com");
    const auto leaver = it.id("user:get --format json --login leaver");
    const auto request = it.id(fmt::format(
        "user-erasure:create --format json --user-id {} --deletion-type anonymize --reason 'has asked' --force",
        leaver));
    it.list("user-erasure:list --format json --status pending",
            {{"id", as_integer}, {"user_id", as_integer}, {"status", as_text}, {"request_date", as_text}});
    it.done(fmt::format("user-erasure:approve --format json --request-id {} --notes checked --force", request));
    CHECK(it.object(fmt::format("user-erasure:process --format json --request-id {} --force", request)).at("status") ==
          "completed");
    CHECK(it.object(fmt::format("user-erasure:audit --format json --request-id {}", request))
              .at("actions")
              .as_array()
              .size() > 0);
    it.done("user:create --format json --verbose --login stayer --email stayer@example.com");
    const auto kept = it.id("user-erasure:create --format json --user-login stayer --force");
    it.done(fmt::format("user-erasure:reject --format json --request-id {} --reason 'still here' --force", kept));
    CHECK(it.list("user-erasure:list --format json", {{"status", as_text}}).size() == 2);
    it.done("user-erasure:cleanup --format json");
    it.refused("user:get --format json --login leaver", "not found");
    CHECK(it.object("audit:verify --format json").at("whole") == true);
}

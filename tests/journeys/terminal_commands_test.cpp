// SPDX-License-Identifier: MIT
#include "journeys/client.h"

using namespace mf;
using namespace mf::testing;

// The words of the terminal program.

TEST_CASE("the terminal program finds what it needs on its screens") {
    Client it;
    const auto script = it.script("echo hello");
    CHECK(it.object("status --format=json").at("companies").is_int64());
    const auto commands = it.object("describe");
    for (const auto* command : {"company:list", "event-source:test"})
        CHECK(commands.at(command).as_object().at("description").is_string());
    CHECK(has(it.say("company:create --help").out, "--slug"));
    it.done("help --help");

    const auto company =
        it.id("company:create --format=json --name Beta --email b@example.com --ic 87654321 --slug beta");
    it.done(fmt::format("company:update --format=json --id {} --name 'Beta Ltd' --email b@example.com --ic 1 --slug b",
                        company));
    it.list("company:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                          {"enabled", as_integer},
                                                                          {"name", as_text},
                                                                          {"ic", as_text},
                                                                          {"email", as_text},
                                                                          {"slug", as_text}});

    constexpr auto uuid = "7b1c2d3e-1111-4000-8000-000000000001";
    const auto application =
        it.id(fmt::format("application:create --format=json --name Hello --uuid {} --executable {} --description Says "
                          "--homepage https://example.com --topics a,b",
                          uuid, script.string()));
    it.done(
        fmt::format("application:update --format=json --id {} --name Hello --uuid {} --executable {} "
                    "--description 'Says more' --homepage https://example.com --topics a",
                    application, uuid, script.string()));
    it.list("application:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                              {"enabled", as_integer},
                                                                              {"name", as_text},
                                                                              {"version", as_text},
                                                                              {"topics", as_text},
                                                                              {"uuid", as_text}});
    CHECK(it.document(fmt::format("application showconfig --format=json --id {}", application)).is_array());

    CHECK(it.object(fmt::format("companyapp assign --format=json --company_id {} --app_id {}", company, application))
              .at("status") == "success");
    const auto plan = it.id(fmt::format(
        "runtemplate:create --format=json --name Daily --app_id {} --company_id {} --executor Native --interv n "
        "--cron '' --active 1",
        application, company));
    it.done(
        fmt::format("runtemplate:update --format=json --id {} --name Daily --app_id {} --company_id {} --executor "
                    "Native --interv c --cron '0 2 * * *' --active 1",
                    plan, application, company));
    it.list("runtemplate:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                              {"app_id", as_integer},
                                                                              {"company_id", as_integer},
                                                                              {"active", as_integer},
                                                                              {"prepared", as_integer},
                                                                              {"success", as_text},
                                                                              {"fail", as_text},
                                                                              {"interv", as_text},
                                                                              {"cron", as_text},
                                                                              {"executor", as_text},
                                                                              {"name", as_text}});

    it.start();
    const auto job =
        it.id(fmt::format("runtemplate schedule --format=json --id {} --schedule_time now --executor Native", plan),
              "job_id");
    it.ended(job);
    const auto jobs = it.list("job:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                                        {"exitcode", as_integer},
                                                                                        {"pid", as_integer},
                                                                                        {"schedule", as_text},
                                                                                        {"env", Kind::object},
                                                                                        {"command", as_text},
                                                                                        {"stdout", as_text},
                                                                                        {"stderr", as_text},
                                                                                        {"launched_by", as_integer},
                                                                                        {"runtemplate_id", as_integer},
                                                                                        {"executor", as_text}});
    CHECK(jobs.at(0).at("exitcode") == 0);
    CHECK(jobs.at(0).at("pid").is_null());
    CHECK(jobs.at(0).at("stdout") == "hello\n");
    const auto artifacts =
        it.list("artifact:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                               {"job_id", as_integer},
                                                                               {"filename", as_text},
                                                                               {"content_type", as_text},
                                                                               {"created_at", as_text}});
    const auto artifact = number_of(artifacts.back().as_object(), "id");
    const auto saved = it.directory() / "saved";
    it.done(fmt::format("artifact save --id {} --file {}", artifact, saved.string()));
    CHECK_FALSE(file_content(saved).empty());
    const auto with_file = it.job(it.run_template(
        {{"executable", it.script("echo 1 > \"$RESULT_FILE\"").string()},
         {"environment", json::object{{"RESULT_FILE", json::object{{"type", "string"}, {"defval", "result.json"}}}}}}));
    it.ended(with_file);
    for (const auto& row : it.rows({"artifact:list", "--job_id", std::to_string(with_file)}))
        if (text_of(row.as_object(), "filename") == "result.json")
            it.done(fmt::format("artifact:delete --format=json --id {}", number_of(row.as_object(), "id")));
    CHECK(it.rows({"artifact:list", "--job_id", std::to_string(with_file)}).size() == 2);
    const auto later = it.id(
        fmt::format("job:create --format=json --runtemplate_id {} --scheduled '2099-01-01 00:00:00' --executor Native "
                    "--schedule_type adhoc",
                    plan));
    it.done(
        fmt::format("job:update --format=json --id {} --runtemplate_id {} --scheduled '2099-01-02 00:00:00' "
                    "--executor Native --schedule_type adhoc",
                    later, plan));
    const auto queue =
        it.list("queue:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                            {"job", as_integer},
                                                                            {"runtemplate_id", as_integer},
                                                                            {"app_id", as_integer},
                                                                            {"company_id", as_integer},
                                                                            {"after", as_text},
                                                                            {"schedule_type", as_text}});
    CHECK(it.object("queue fix --format=json").at("status") == "success");
    it.done(fmt::format("queue:delete --format=json --id {}", number_of(queue.at(0).as_object(), "id")));
    CHECK(it.object("queue truncate --format=json").contains("waiting"));
    it.done(fmt::format("job:delete --format=json --id {}", later));
}

TEST_CASE("the terminal program manages people, keys, credentials and events") {
    Client it;
    const auto plan = it.run_template_of_script("true");
    const auto user = it.id(
        "user:create --format=json --login bob --email bob@example.com --plaintext 'Vd7!kqPz#w' --firstname Bob "
        "--lastname Builder --enabled 1");
    it.done(
        fmt::format("user:update --format=json --id {} --login bob --email bob@example.com --plaintext '' "
                    "--firstname Rob --lastname Builder --enabled 1",
                    user));
    it.list("user:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                       {"enabled", as_integer},
                                                                       {"login", as_text},
                                                                       {"email", as_text},
                                                                       {"firstname", as_text},
                                                                       {"lastname", as_text}});
    const auto token = it.id(fmt::format("token:create --format=json --user {} --token a1B2c3D4e5F6g7H8i9J0kLm", user));
    const auto tokens =
        it.list("token:list --format=json --order=D --limit=5 --offset=0",
                {{"id", as_integer}, {"user", as_text}, {"token", as_text}, {"start", as_text}, {"until", as_text}});
    CHECK(it.object(fmt::format("token generate --format=json --user {}", text_of(tokens.at(0).as_object(), "user")))
              .at("token")
              .is_string());
    it.done(fmt::format("token:delete --format=json --id {}", token));

    const auto prototype = it.id(
        "crprototype:create --format=json --code Bank --name Bank --description Accounts --prototype-version 1.0 --url "
        "https://example.com");
    it.done(
        fmt::format("crprototype:update --format=json --id {} --code Bank --name Banks --description Accounts "
                    "--prototype-version 1.1 --url https://example.com",
                    prototype));
    it.list("crprototype:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                              {"uuid", as_text},
                                                                              {"code", as_text},
                                                                              {"name", as_text},
                                                                              {"version", as_text},
                                                                              {"url", as_text}});
    const auto type = it.id("credtype:create --format=json --name Ours --company-id 1 --class Bank");
    it.done(fmt::format("credtype:update --format=json --id {} --name Ours --company-id 1 --class Bank", type));
    it.list("credtype:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                           {"company_id", as_integer},
                                                                           {"name", as_text},
                                                                           {"uuid", as_text},
                                                                           {"class", as_text},
                                                                           {"version", as_integer}});
    const auto credential =
        it.id(fmt::format("credential:create --format=json --name Main --company-id 1 --credential-type-id {}", type));
    it.done(fmt::format("credential:update --format=json --id {} --name Head --company-id 1 --credential-type-id {}",
                        credential, type));
    it.list("credential:list --format=json --order=D --limit=5 --offset=0",
            {{"id", as_integer}, {"company_id", as_integer}, {"credential_type_id", as_integer}, {"name", as_text}});
    it.done(fmt::format("credential:remove --format=json --id {}", credential));
    it.object("crprototype sync --format=json");

    const std::string source_options =
        "--name erp --adapter_type abraflexi-webhook --db_connection mysql --db_host 127.0.0.1 --db_port 1 "
        "--db_database webhook --db_username reader --db_password secret --poll_interval 60 --enabled 1";
    const auto source = it.id(fmt::format("eventsource:create --format=json {}", source_options));
    it.done(fmt::format("eventsource:update --format=json --id {} {}", source, source_options));
    const auto sources =
        it.list("eventsource:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                                  {"name", as_text},
                                                                                  {"adapter_type", as_text},
                                                                                  {"db_connection", as_text},
                                                                                  {"db_host", as_text},
                                                                                  {"db_port", as_text},
                                                                                  {"db_database", as_text},
                                                                                  {"db_username", as_text},
                                                                                  {"db_password", as_text},
                                                                                  {"enabled", as_integer},
                                                                                  {"last_processed_id", as_integer},
                                                                                  {"poll_interval", as_integer},
                                                                                  {"created", as_text},
                                                                                  {"modified", as_text}});
    CHECK_FALSE(has(text_of(sources.at(0).as_object(), "db_password"), "secret"));
    const auto unreachable = it.say(fmt::format("eventsource test --format=json --id {}", source));
    CHECK(unreachable.code == 1);
    CHECK(unreachable.json().at("reachable") == false);
    const auto rule_options = fmt::format(
        "--event_source_id {} --evidence invoice --runtemplate_id {} --operation create --priority 5 --enabled 1 "
        "--env_mapping '{{\"ID\":\"$.recordid\"}}'",
        source, plan);
    const auto rule = it.id(fmt::format("eventrule:create --format=json {}", rule_options));
    it.done(fmt::format("eventrule:update --format=json --id {} {}", rule, rule_options));
    it.list("eventrule:list --format=json --order=D --limit=5 --offset=0", {{"id", as_integer},
                                                                            {"event_source_id", as_integer},
                                                                            {"evidence", as_text},
                                                                            {"operation", as_text},
                                                                            {"runtemplate_id", as_integer},
                                                                            {"env_mapping", as_text},
                                                                            {"enabled", as_integer},
                                                                            {"priority", as_integer}});
    it.done(fmt::format("eventrule:remove --format=json --id {}", rule));
    it.done(fmt::format("eventsource:remove --format=json --id {}", source));
    it.done(fmt::format("companyapp unassign --format=json --company_id 1 --app_id 1"));
    it.done("application:delete --format=json --id 1");
    it.done(fmt::format("user:delete --format=json --id {}", user));
    it.done("company:remove --format=json --id 1");
    const auto spare = it.id("crprototype:create --format=json --code Spare --name Spare --prototype-version 1");
    it.done(fmt::format("crprototype:delete --format=json --id {}", spare));
}

TEST_CASE("the terminal program in C++ has further words") {
    Client it;
    const auto plan = it.run_template_of_script("echo hello");
    // The settings file that its user has chosen stands before the command.
    const auto settings = it.write("settings.env", "MULTIFLEXI_NODE=journey\n");
    CHECK(it.object(fmt::format("--envfile={} status --format=json", settings.string())).at("companies") == 1);
    it.refused("--envfile=/nowhere/settings.env status --format=json", "There is no settings file");

    const auto copy = it.object(fmt::format("run-template:clone --id={} --format=json", plan));
    CHECK(copy.at("active") == false);
    CHECK(copy.at("runtemplate_id") != plan);
    it.refused("run-template:clone --id=999 --format=json", "not found");
    CHECK(it.object(fmt::format("run-template:schedule --id={} --format=json", plan)).at("job_id").is_int64());
    CHECK(it.document("task:list --order=D --limit=20 --offset=0 --format=json").is_array());

    const auto user = it.id(
        "user:create --login=carol --email=c@example.com --firstname=C --lastname=C --password='Vd7!kqPz#w' "
        "--enabled=1 --format=json",
        "user_id");
    it.object(fmt::format("user-role:set --user_id={} --roles=admin --format=json", user));
    CHECK(it.object(fmt::format("user-role:list --user_id={} --format=json", user)).at("roles") ==
          json::value(json::array{"admin"}));
    it.object(fmt::format("token:generate --user_id={} --format=json", user));
    it.object(fmt::format("token:create --user_id={} --until=2099-01-01 --format=json", user));
    it.object(fmt::format("user-company:assign --user_id={} --company_id=1 --format=json", user));

    it.done("credential-prototype:sync --format=json");
    const auto type = it.id("credential-type:create --name=Books --company_id=1 --prototype=AbraFlexi --format=json");
    it.list("credential-type:list --company_id=1 --limit=200 --offset=0 --format=json", {{"id", as_integer}});
    it.id(fmt::format("credential:create --name=Main --company_id=1 --credential_type_id={} --format=json", type),
          "credential_id");
    it.done("credential:encrypt-existing --format=json");

    const auto request = it.id(fmt::format("user-erasure:create --user_id={} --format=json", user));
    it.done(fmt::format("user-erasure:approve --id={} --format=json", request));
    it.done(fmt::format("user-erasure:process --id={} --format=json", request));
    it.object(fmt::format("user-erasure:audit --id={} --format=json", request));
}

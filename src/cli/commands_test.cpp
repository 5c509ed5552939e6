// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/testing/fake_backend.h"

#include <doctest/doctest.h>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

json::object acme() {
    return {{"id", 3},
            {"name", "Acme"},
            {"code", "acme"},
            {"enabled", true},
            {"ic", nullptr},
            {"created_at", "2025-06-15T10:00:00Z"},
            {"updated_at", nullptr}};
}

}  // namespace

TEST_CASE("a company has the names, integers and local times that clients read") {
    FakeBackend fake;
    fake.offer("company:get", {"id", "name", "ic", "code"}, json::value(acme()));
    Shell shell{fake};
    CHECK(shell({"company:get", "--id", "3", "-f", "json"}).code == 0);
    CHECK(
        testing::compact(shell) ==
        R"({"id":3,"enabled":1,"settings":null,"logo":null,"server":null,"name":"Acme","ic":null,"setup":null,)"
        R"("DatCreate":"2025-06-15 12:00:00","DatUpdate":null,"customer":null,"email":null,"slug":"acme",)"
        R"("retention_until":null,"marked_for_deletion":0,"zabbix_host":null,"dic":null,"code":"acme","max_parallel":null,)"
        R"("max_queued":null,"paused_at":null,"paused_until":null,"pause_reason":null})");
    CHECK(shell.out.ends_with("}\n"));
    shell({"company:get", "--id", "3", "--fields", "slug,id"});
    CHECK(shell.out == "id: 3\nslug: acme\n");
    shell({"company:get", "-f", "json"});
    CHECK(shell.code == 1);
    CHECK(testing::compact(shell) == R"({"status":"error","message":"Missing --id, --ic, --name or --slug"})");
    CHECK(shell({"company:get"}).out == "Missing --id, --ic, --name or --slug\n");
    CHECK(shell.err.empty());
}

TEST_CASE("an unknown company is not found") {
    FakeBackend fake;
    fake.offer("company:get", {"id"}, Error{ErrorCode::not_found, "There is no company 9."});
    Shell shell{fake};
    CHECK(shell({"company:get", "--id", "9", "--format=JSON"}).code == 1);
    CHECK(testing::compact(shell) == R"({"status":"not found","message":"No company found with given identifier"})");
    CHECK(shell({"company:get", "--id", "9"}).out == "No company found with given identifier\n");
}

TEST_CASE("results of changes") {
    FakeBackend fake;
    fake.offer("company:create", {"name", "code"}, json::value(acme()));
    fake.offer("company:update", {"id", "name", "code"},
               json::value(json::object{{"updated", true}, {"record", acme()}}));
    fake.offer("company:remove", {"id"}, json::value(nullptr));
    Shell shell{fake};
    shell({"company:create", "--name", "Acme", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"company_id":3,"id":3})");
    CHECK(shell({"company:create", "--name", "Acme"}).out == "Company created with ID: 3\n");
    shell({"company:create", "--name", "Acme", "-f", "json", "-v"});
    CHECK(shell.document().as_object().at("slug") == "acme");
    shell({"company:update", "--id", "3", "--name", "B", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"updated":true,"company_id":"3"})");
    CHECK(shell({"company:update", "--id", "3"}).out == "No fields to update\n");
    CHECK(shell.code == 1);
    CHECK(shell({"company:update", "--id", "3", "--DatUpdate", "x"}).code == 0);
    shell({"company:remove", "--id", "3", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"company_id":"3","removed":true})");
    CHECK(shell({"company:remove", "--id", "3"}).out == "Company removed: ID=3\n");
}

TEST_CASE("an update that changes nothing says so") {
    FakeBackend fake;
    fake.offer("company:update", {"id", "name"}, json::value(json::object{{"updated", false}, {"record", acme()}}));
    Shell shell{fake};
    CHECK(shell({"company:update", "--id", "3", "--name", "Acme", "-f", "json"}).code == 0);
    CHECK(testing::compact(shell) == R"({"updated":false,"company_id":"3","message":"No changes detected"})");
}

TEST_CASE("conflicts keep the words that clients search for") {
    FakeBackend fake;
    fake.offer("company:create", {"name", "code"}, [](const json::object& input) -> Result<json::value> {
        const bool code = input.contains("code");
        return Error{ErrorCode::conflict, "Taken.", {{code ? "code" : "name", "is taken"}}};
    });
    fake.offer("application:create", {"name", "uuid", "executable", "version", "*tags"},
               Error{ErrorCode::conflict, "Taken.", {{"uuid", "is taken"}}});
    Shell shell{fake};
    CHECK(shell({"company:create", "--name", "A"}).out == "Company with this name already exists\n");
    CHECK(shell({"company:create", "--name", "A", "--slug", "a"}).out == "Taken.\n");
    CHECK(shell({"application:create", "--name", "A", "--uuid", "u", "-f", "json"})
              .out.find("Missing --name, --uuid or --executable") != std::string::npos);
    shell({"application:create", "--name", "A", "--uuid", "u", "--executable", "x", "--topics", "a, b", "--appversion",
           "1", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"status":"warning","message":"Application with this UUID already exists."})");
    CHECK(to_text(shell.last()) == R"({"name":"A","uuid":"u","executable":"x","tags":["a","b"],"version":"1"})");
}

TEST_CASE("an application shows tags and arguments under their old names") {
    FakeBackend fake;
    fake.offer(
        "application:get", {"id", "uuid", "name"},
        json::value(json::object{{"id", 1}, {"enabled", false}, {"tags", {"a", "b"}}, {"arguments", "--x {Y}"}}));
    Shell shell{fake};
    shell({"application:get", "--id", "1", "-f", "json", "--fields", "tags,topics,cmdparams,enabled"});
    CHECK(testing::compact(shell) == R"({"enabled":0,"cmdparams":"--x {Y}","tags":"a,b","topics":"a,b"})");
}

TEST_CASE("an application shows what it leaves behind and what its exit codes mean") {
    FakeBackend fake;
    json::object ledger{{"id", 1}, {"artifacts", {"\\.csv$", "^log"}}};
    fake.offer("application:list", {"limit", "offset", "order", "after"}, json::value(json::array{ledger}));
    ledger["exit_codes"] = {
        {"0", {{"severity", "success"}, {"retry", nullptr}, {"description", "Done."}}},
        {"5", {{"severity", "warning"}, {"retry", true}, {"description", {{"cs", "Plno."}, {"en", "Busy."}}}}},
        {"6", {{"severity", "error"}, {"retry", false}, {"description", {{"cs", "Konec."}}}}}};
    fake.offer("application:get", {"id", "uuid", "name"}, json::value(ledger));
    Shell shell{fake};
    shell({"application:get", "--id", "1", "-f", "json", "--fields", "artifacts,exitCodes"});
    CHECK(
        testing::compact(shell).starts_with(R"({"artifacts":"\\.csv$,^log","exitCodes":{"0":{"severity":"success",)"));
    CHECK(shell({"application:get", "--id", "1", "--fields", "artifacts,exitCodes"}).out ==
          "artifacts: \\.csv$,^log\nexitCodes: 0 success: Done.; 5 warning: Busy. (may be repeated); "
          "6 error: Konec. (not to be repeated)\n");
    shell({"application:list", "-f", "json"});
    CHECK(shell.document().at(0).at("artifacts") == "\\.csv$,^log");
    CHECK_FALSE(shell.document().at(0).as_object().contains("exitCodes"));
}

TEST_CASE("the variables of an application have integers for yes and no") {
    FakeBackend fake;
    fake.offer("application:show-config", {"id", "uuid"},
               json::value(json::array{json::object{
                   {"id", 3}, {"name", "TOKEN"}, {"type", "password"}, {"required", true}, {"secret", false}}}));
    Shell shell{fake};
    shell({"application:showconfig", "--id", "1", "-f", "json"});
    CHECK(shell.document().at(0).at("required") == 1);
    CHECK(shell.document().at(0).at("secret") == 0);
    CHECK(shell.document().at(0).at("name") == "TOKEN");
}

TEST_CASE("a complaint carries its code and value") {
    FakeBackend fake;
    fake.offer("application:delete", {"id", "uuid", "?cascade"},
               Error{ErrorCode::conflict, "It is used.", {{"id", "It is used.", "in_use", "7"}}});
    Shell shell{fake};
    CHECK(shell({"application:delete", "--id", "7", "-f", "json"}).code == 1);
    CHECK(testing::compact(shell) ==
          R"({"status":"error","message":"It is used.",)"
          R"("errors":[{"field":"id","message":"It is used.","code":"in_use","value":"7"}]})");
    CHECK(shell({"application:delete", "--id", "7"}).out == "It is used.\n");
}

TEST_CASE("assignments") {
    FakeBackend fake;
    bool fresh = true;
    fake.offer("company-app:assign", {"company_id", "app_id", "app_uuid"},
               [&](const json::object&) -> Result<json::value> {
                   return json::object{{"assigned", fresh}, {"company_id", 1}, {"app_id", 2}, {"runtemplate_id", 7}};
               });
    Shell shell{fake};
    shell({"company-app:assign", "--company_id", "1", "--app_id", "2", "-f", "json"});
    CHECK(
        testing::compact(shell) ==
        R"({"status":"success","message":"Application assigned to company","company_id":1,"app_id":2,"runtemplate_id":7,"id":7})");
    fresh = false;
    CHECK(shell({"companyapp", "assign", "--company_id", "1", "--app_id", "2"}).out == "Already assigned\n");
    CHECK(shell.code == 0);
}

TEST_CASE("a run template shows its configuration flat") {
    FakeBackend fake;
    fake.offer("runtemplate:get", {"id", "name"},
               json::value(json::object{{"id", 2},
                                        {"name", "R"},
                                        {"active", true},
                                        {"configuration", json::object{{"KEY", "v"}, {"name", "hidden"}}}}));
    Shell shell{fake};
    shell({"run-template:get", "--id", "2", "-f", "json"});
    const auto record = shell.document().as_object();
    CHECK(record.at("KEY") == "v");
    CHECK(record.at("name") == "R");
    CHECK(record.at("active") == 1);
    CHECK(record.at("prepared").is_null());
}

TEST_CASE("unknown run templates: by id an empty list, by name not found") {
    FakeBackend fake;
    fake.offer("runtemplate:get", {"id", "name"}, Error{ErrorCode::not_found, "No."});
    Shell shell{fake};
    CHECK(shell({"run-template:get", "--id", "9", "-f", "json"}).out == "[]\n");
    CHECK(shell.code == 0);
    CHECK(shell({"run-template:get", "--name", "X", "-f", "json"}).code == 1);
    CHECK(shell.out.find("not found") != std::string::npos);
}

TEST_CASE("what is wrong with a run template is said in the words of the contract") {
    FakeBackend fake;
    std::string field;
    ErrorCode code = ErrorCode::not_found;
    fake.offer("runtemplate:create", {"name", "app_id", "app_uuid", "company", "company_id", "cron"},
               [&](const json::object&) -> Result<json::value> {
                   return Error{code, "Bad.", {{field, "bad"}}};
               });
    Shell shell{fake};
    const auto create = [&](std::string format) {
        shell(
            {"runtemplate", "create", "--name", "R", "--app_uuid", "u", "--company", "c", "--cron", "x", "-f", format});
        return shell.out;
    };
    field = "app_uuid";
    CHECK(create("text") == "Application with given UUID not found\n");
    field = "company";
    CHECK(create("text") == "Company not found for slug: c\n");
    field = "cron";
    code = ErrorCode::invalid;
    create("json");
    CHECK(testing::compact(shell) ==
          R"({"status":"error","message":"Invalid crontab expression","cron":"x","detail":"Bad."})");
    // Nothing is wrong with the expression itself, or there is none.
    for (const auto& cron : {std::vector<std::string>{"--cron", "0 1 * * *"}, {}}) {
        std::vector<std::string> words{"run-template:create", "--name", "R", "--app_id", "1", "--company_id", "1"};
        words.insert(words.end(), cron.begin(), cron.end());
        CHECK(shell(words).out == "Bad.\n");
    }
    CHECK(shell({"run-template:create", "--name", "R"}).out == "Missing --name, --app_id or --company_id\n");
}

TEST_CASE("what a saved run template lacks is a remark to people and a member for programs") {
    FakeBackend fake;
    json::object record{{"id", 3}, {"name", "R"}, {"warnings", json::array{"Missing: A, B."}}};
    const auto answer = [&](const json::object&) -> Result<json::value> { return json::value(record); };
    fake.offer("runtemplate:create", {"name", "app_id", "company_id"}, answer);
    fake.offer("runtemplate:update", {"id", "active"}, answer);
    Shell shell{fake};
    const std::vector<std::string> create{"run-template:create", "--name", "R", "--app_id", "1", "--company_id", "1"};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.begin(), create.begin(), create.end());
        return more;
    };
    CHECK(shell(create).out == "RunTemplate created with ID: 3\n");
    CHECK(shell.err == "Warning: Missing: A, B.\n");
    CHECK(shell.code == 0);
    shell(with({"-f", "json"}));
    CHECK(testing::compact(shell) == R"({"runtemplate_id":3,"created":true,"id":3,"warnings":["Missing: A, B."]})");
    CHECK(shell.err.empty());
    shell(with({"-f", "json", "-v"}));
    CHECK(shell.document().at("warnings").as_array().size() == 1);
    CHECK(shell.document().at("id") == 3);
    shell({"run-template:update", "--id", "3", "--active", "1", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"runtemplate_id":"3","updated":true,"warnings":["Missing: A, B."]})");
    CHECK(shell({"run-template:update", "--id", "3", "--active", "1", "-v"}).out.find("warnings") == std::string::npos);
    CHECK(shell.err == "Warning: Missing: A, B.\n");
    record.erase("warnings");
    shell(with({"-f", "json"}));
    CHECK(testing::compact(shell) == R"({"runtemplate_id":3,"created":true,"id":3})");
    CHECK(shell(create).err.empty());
}

TEST_CASE("a run template is scheduled") {
    FakeBackend fake;
    fake.offer(
        "runtemplate:schedule", {"id", "schedule_time", "executor", "*env", "*config"},
        json::value(json::object{
            {"runtemplate_id", 2}, {"scheduled", "2025-01-01T11:00:00Z"}, {"executor", "Native"}, {"job_id", 9}}));
    Shell shell{fake};
    shell({"runtemplate", "schedule", "--id", "2", "--schedule_time", "+5 minutes", "--env", "A=1", "-f", "json"});
    CHECK(testing::compact(shell) ==
          R"({"runtemplate_id":"2","scheduled":"2025-01-01 12:00:00","executor":"Native","job_id":9,"id":9})");
    CHECK(to_text(shell.last()) == R"({"id":"2","schedule_time":"+5 minutes","env":{"A":"1"}})");
    shell({"runtemplate", "schedule", "--id", "2"});
    CHECK(std::ranges::count(shell.out, '\n') == 3);
    CHECK(shell({"runtemplate", "schedule"}).out == "Missing --id\n");
}

TEST_CASE("the queue shows how far every entry is") {
    FakeBackend fake;
    fake.offer(
        "queue:list", {"limit", "offset", "order", "direction"},
        json::value(json::array{json::object{{"id", 1}, {"job_id", 5}, {"after", "2025-06-15T10:00:30Z"}},
                                json::object{{"id", 2}, {"job_id", 6}, {"after", "2025-06-15T08:30:00Z"}},
                                json::object{{"id", 4}, {"job_id", 7}, {"after", "2025-06-15T09:59:30Z"}},
                                json::object{{"id", 3}, {"job_id", nullptr}, {"after", "2028-07-24T15:47:00Z"}}}));
    Shell shell{fake};
    shell({"queue:list", "--format=json", "--order=D", "--limit=5", "--fields", "job,after"});
    CHECK(testing::compact(shell) == R"x([{"job":5,"after":"2025-06-15 12:00:30 (1m)"},)x"
                                     R"x({"job":6,"after":"2025-06-15 10:30:00 (overdue 1h 30m)"},)x"
                                     R"x({"job":7,"after":"2025-06-15 11:59:30 (now)"},)x"
                                     R"x({"job":0,"after":"2028-07-24 17:47:00 (1135d 5h 47m)"}])x");
    CHECK(to_text(shell.last()) == R"({"limit":5,"order":"id","direction":"DESC"})");
    shell({"queue:list", "--order", "after", "--direction", "desc"});
    CHECK(to_text(shell.last()) == R"({"order":"after","direction":"DESC"})");
}

TEST_CASE("queue counters and repairs") {
    FakeBackend fake;
    fake.offer("queue:list", {}, json::array());
    fake.offer("queue:truncate", {}, json::value(json::object{{"waiting", 4}}));
    fake.offer("queue:fix", {}, json::value(json::object{{"messages", {"one thing"}}}));
    fake.offer("queue:overview", {}, json::value(json::object{{"total_jobs_in_queue", 2}, {"overdue_jobs", 1}}));
    Shell shell{fake};
    CHECK(shell({"queue:list"}).out == "No jobs in queue.\n\n");
    shell({"queue", "truncate", "--format=json"});
    CHECK(testing::compact(shell) == R"({"result":"Queue truncated. Previously waiting jobs: 4.","waiting":4})");
    shell({"queue", "fix", "--format=json"});
    CHECK(testing::compact(shell) == R"({"status":"success","message":"Queue diagnostics and fix completed",)"
                                     R"("messages":[{"type":"info","message":"one thing"}]})");
    shell({"queue:status", "-f", "json"});
    const auto metrics = shell.document().as_object().at("comprehensive_queue_metrics").as_object();
    CHECK(metrics.at("total_jobs_in_queue") == 2);
    CHECK(metrics.at("schedule_breakdown").as_object().at("overdue_jobs") == 1);
}

TEST_CASE("status has every key that clients turn into facts") {
    FakeBackend fake;
    fake.offer("status", {},
               json::value(json::object{{"companies", 2},
                                        {"db_migration", "7"},
                                        {"scheduler", "active"},
                                        {"jobs", json::object{{"total", 5}, {"minute_avg", 0}}},
                                        {"extra", 1}}));
    Shell shell{fake};
    shell({"status", "--format=json"});
    const auto status = shell.document().as_object();
    for (const auto key : {"version-cli",      "version-core", "db-migration", "user",         "php",    "os",
                           "memory",           "companies",    "apps",         "runtemplates", "topics", "credentials",
                           "credential_types", "jobs",         "database",     "encryption",   "zabbix", "telemetry",
                           "executor",         "scheduler",    "timestamp",    "extra"})
        CHECK_MESSAGE(status.contains(key), key);
    CHECK(status.at("db-migration") == "7");
    CHECK(status.at("user") == "alice");
    CHECK(status.at("jobs") == "total: 5, minute avg: 0");
    CHECK(status.at("memory").is_int64());
    CHECK(status.at("timestamp") == "2025-06-15 12:00:00");
}

TEST_CASE("an operation without a table line has a plain command") {
    FakeBackend fake;
    fake.offer("weather-rule:get", {"id"}, json::value(json::object{{"id", 4}, {"evidence", "invoice"}}));
    fake.offer("runtemplate:copy", {"id"}, Error{ErrorCode::invalid, "", {{"id", "must be a whole number"}}});
    Shell shell{fake};
    CHECK(shell({"weatherrule", "show", "4"}).out == "id: 4\nevidence: invoice\n");
    CHECK(shell({"run-template:copy", "--id", "x"}).out == "id: must be a whole number\n");
}

TEST_CASE("what cannot be repaired ends on standard error") {
    FakeBackend fake;
    fake.offer("status", {},
               [](const json::object&) -> Result<json::value> { throw std::runtime_error("disk I/O error"); });
    Shell shell{fake};
    CHECK(shell({"status"}).code == 1);
    CHECK(shell.err == "disk I/O error\n");
    CHECK(shell.out.empty());
    shell({"status", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"status":"error","message":"disk I/O error"})");
}

TEST_CASE("quiet hides results but not errors, silent hides all, a full disk is an error") {
    FakeBackend fake;
    fake.offer("company:get", {"id"}, json::value(acme()));
    fake.offer("company:remove", {"id"}, Error{ErrorCode::conflict, "In use."});
    Shell shell{fake};
    CHECK(shell({"company:get", "--id", "3", "-q"}).out.empty());
    CHECK(shell({"company:remove", "--id", "3", "-q"}).err == "In use.\n");
    CHECK(shell({"company:remove", "--id", "3", "--silent"}).err.empty());
    CHECK(shell.code == 1);
    shell.disk_full = true;
    CHECK(shell({"company:get", "--id", "3"}).code == 1);
    CHECK(shell.err == "The output could not be written completely.\n");
    shell.reader_gone = true;
    CHECK(shell({"company:get", "--id", "3"}).code == 1);
    CHECK(shell.err.empty());
}

TEST_CASE("the settings file is used before anything is asked") {
    FakeBackend fake;
    fake.offer("status", {}, json::value(json::object{}));
    Shell shell{fake};
    shell({"status", "-e", "a.env"});
    CHECK(fake.settings == "a.env");
    CHECK(shell({"status", "--environment=missing.env"}).out == "missing.env does not exist.\n");
    CHECK(shell({"--envfile=missing.env", "status"}).out == "missing.env does not exist.\n");
    CHECK(shell({"--envfile", "missing.env", "status"}).out == "missing.env does not exist.\n");
    CHECK(fake.asked.size() == 1);
}

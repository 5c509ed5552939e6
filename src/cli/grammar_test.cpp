// SPDX-License-Identifier: MIT
#include "cli/grammar.h"

#include "cli/testing/fake_backend.h"
#include "service/job_operations.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <fstream>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

json::value ok(std::int64_t id = 5) { return json::object{{"id", id}}; }

FakeBackend backend_with_options() {
    FakeBackend out;
    out.offer("company:list", {"limit", "offset", "order", "after"}, json::array());
    out.offer("company:get", {"id", "ic", "name", "code"}, ok());
    out.offer("company:create", {"name", "code", "?enabled", "email"}, ok());
    out.offer("company:update", {"id", "name", "code", "?enabled"}, ok());
    out.offer("company:remove", {"id"}, ok());
    out.offer("company-app:assign", {"company_id", "app_id", "app_uuid"}, ok());
    out.offer("application:import", {"document", "file", "?dry_run", "?force"}, ok());
    out.offer("runtemplate:update", {"id", "name", "*config", "*unset", "overlap"}, ok());
    out.offer("runtemplate:get", {"id", "name"}, ok());
    out.offer("runtemplate:schedule", {"id", "schedule_time", "executor", "*env"}, ok());
    out.offer("job:create", {"runtemplate_id", "scheduled", "executor", "schedule_type"}, ok());
    out.offer("job:get", {"id"}, ok());
    out.offer("queue:truncate", {}, json::object{{"waiting", 3}});
    out.offer("status", {}, json::object{});
    out.offer("credential-type:get", {"id", "uuid"}, ok());
    return out;
}

/// What an operation was asked, as "operation {input}".
std::string asked(std::vector<std::string> words) {
    auto fake = backend_with_options();
    Shell call{fake};
    call(words);
    if (fake.asked.empty()) return "nothing: " + call.out + call.err;
    return fake.asked.back().operation + " " + to_text(fake.asked.back().input);
}

}  // namespace

TEST_CASE("options have their value behind a blank or '='") {
    CHECK(asked({"company:get", "--id", "5"}) == R"(company:get {"id":"5"})");
    CHECK(asked({"company:get", "--id=5"}) == R"(company:get {"id":"5"})");
    CHECK(asked({"company:get", "--name=a=b"}) == R"(company:get {"name":"a=b"})");
    CHECK(asked({"company:get", "--name="}) == R"(company:get {"name":""})");
    CHECK(asked({"company:get", "-fjson", "--id", "5"}) == R"(company:get {"id":"5"})");
    CHECK(asked({"company:get", "-f", "json", "--id", "5"}) == R"(company:get {"id":"5"})");
}

TEST_CASE("options may stand anywhere, and the last one wins") {
    const std::string expected = R"(company:get {"id":"5"})";
    CHECK(asked({"--id", "5", "company:get"}) == expected);
    CHECK(asked({"-n", "--id=5", "company", "--format", "json", "get"}) == expected);
    CHECK(asked({"-v", "company", "-e", "x.env", "get", "--id", "5"}) == expected);
    CHECK(asked({"-nf", "json", "company:get", "--id", "5"}) == expected);
    CHECK(asked({"company:get", "--id", "4", "--id", "5"}) == expected);
    CHECK(asked({"--name", "status", "company:get"}) == R"(company:get {"name":"status"})");
    CHECK(asked({"--dry-run", "application", "import-json", "--file", "-"}) ==
          R"(application:import {"document":"","file":"-","dry_run":true})");
}

TEST_CASE("everything behind -- is a word") {
    CHECK(asked({"company:get", "--", "5"}) == R"(company:get {"id":"5"})");
    CHECK(asked({"company:get", "--", "--id"}) == R"(company:get {"id":"--id"})");
}

TEST_CASE("lists accumulate; KEY=VALUE becomes an object") {
    CHECK(asked({"run-template:update", "--id", "2", "--config", "A=1", "--config=B=x=y"}) ==
          R"(runtemplate:update {"id":"2","config":{"A":"1","B":"x=y"}})");
    CHECK(asked({"run-template:update", "--id", "2", "--unset", "A,B", "--unset", "C"}) ==
          R"(runtemplate:update {"id":"2","unset":["A","B","C"]})");
    CHECK(asked({"run-template:update", "--id", "2", "--config", "A"})
              .starts_with("nothing: Option --config takes KEY=VALUE"));
}

TEST_CASE("values come from a file, too; the command line wins") {
    const testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "values.env").string();
    std::ofstream(file) << "# a comment\nA=file\nB='from the file'\n";
    CHECK(asked({"run-template:update", "--id", "2", "--config", "A=1", "--config-file", file}) ==
          R"(runtemplate:update {"id":"2","config":{"A":"1","B":"from the file"}})");
    CHECK(asked({"run-template:update", "--id", "2", "--config-file", file, "--config", "A=1"}) ==
          R"(runtemplate:update {"id":"2","config":{"A":"1","B":"from the file"}})");
    const auto second = (directory.path() / "second.env").string();
    std::ofstream(second) << "B=once\nB=twice\n";
    CHECK(asked({"run-template:update", "--id", "2", "--config-file", file, "--config-file", second}) ==
          R"(runtemplate:update {"id":"2","config":{"A":"file","B":"twice"}})");
    const auto missing = asked({"run-template:update", "--id", "2", "--config-file", file + ".missing"});
    CHECK(missing.starts_with("nothing: "));
    CHECK(missing.find(".missing") != std::string::npos);
}

TEST_CASE("a value may be left out where the option says so") {
    CHECK(asked({"company:create", "--name", "A", "--enabled"}) == R"(company:create {"name":"A","enabled":true})");
    CHECK(asked({"company:create", "--enabled", "0", "--name", "A"}) == R"(company:create {"enabled":"0","name":"A"})");
    CHECK(asked({"company:create", "--ic", "--name", "A"}) == R"(company:create {"name":"A"})");
}

TEST_CASE("numbers and standard input are values although they start with a hyphen") {
    CHECK(asked({"run-template:schedule", "--id", "1", "--schedule_time", "-5 minutes"}) ==
          R"(runtemplate:schedule {"id":"1","schedule_time":"-5 minutes"})");
    CHECK(asked({"company:get", "--id", "--format", "json"}).find("requires a value") != std::string::npos);
}

TEST_CASE("every spelling of a command is the same command") {
    const std::string expected = R"(runtemplate:get {"id":"7"})";
    for (const auto name :
         {"run-template:get", "runtemplate:get", "run_template:get", "RunTemplate:get", "runtemplate:show"})
        CHECK_MESSAGE(asked({name, "--id", "7"}) == expected, name);
    CHECK(asked({"runtemplate", "get", "--id", "7"}) == expected);
    CHECK(asked({"run-template", "show", "7"}) == expected);
    CHECK(asked({"companyapp", "create", "--company_id", "1", "--app_id", "2"}) ==
          R"(company-app:assign {"company_id":"1","app_id":"2"})");
    CHECK(asked({"credtype", "show", "--id", "3"}) == R"(credential-type:get {"id":"3"})");
    CHECK(asked({"queue:clear"}) == "queue:truncate {}");
    CHECK(asked({"appstatus"}) == "status {}");
    CHECK(asked({"company:delete", "--id", "3"}) == R"(company:remove {"id":"3"})");
    CHECK(asked({"job", "show", "5"}) == R"(job:get {"id":"5"})");
    CHECK(asked({"job", "run", "--template-id", "4"}) == R"(runtemplate:schedule {"id":"4"})");
}

TEST_CASE("spellings that only manuals use are commands of this program") {
    const auto operations = all_operations();
    const Catalog catalog(operations);
    struct Spelling {
        std::vector<std::string> words;
        std::string_view command;
        std::string_view option = "id";
    };
    const Spelling spellings[] = {
        {{"runtemplate", "run", "--id", "1"}, "run-template:schedule"},
        {{"job:run", "--id", "1"}, "run-template:schedule"},
        {{"job", "run", "--template-id", "1"}, "run-template:schedule"},
        {{"runtemplate:show", "1"}, "run-template:get"},
        {{"job:show", "1"}, "job:get"},
        {{"artifact:show", "1"}, "artifact:get"},
        {{"runtemplate", "env", "--id", "1"}, "run-template:env"},
        {{"runtemplate", "env", "--id", "1", "--export"}, "run-template:env", "export"},
        {{"job", "artifacts", "--id", "1"}, "job:artifacts"},
        {{"job", "artifacts", "--id", "1", "--file", "x"}, "job:artifacts", "file"},
        {{"job", "cleanup", "--older-than", "9"}, "job:cleanup", "days"},
        {{"job:cleanup", "--days", "9"}, "job:cleanup", "days"},
        {{"job", "cancel", "--id", "1"}, "job:cancel"},
        {{"company", "assign-app", "--company_id", "1", "--app_id", "2"}, "company-app:assign", "app_id"},
        {{"schedule:list", "--format", "json"}, "queue:list", "format"},
        {{"queue:clear", "-f", "json"}, "queue:truncate", "format"},
        {{"queue", "status", "-f", "json"}, "queue:overview", "format"},
    };
    for (const Spelling& spelling : spellings) {
        CAPTURE(spelling.words.front());
        const auto read = read_arguments(spelling.words, catalog);
        const auto* request = std::get_if<Request>(&read);
        REQUIRE_MESSAGE(request, std::get<Misuse>(read).message);
        CHECK(request->entry->command->name == spelling.command);
        CHECK(request->arguments.has(spelling.option));
    }
}

TEST_CASE("legacy names of options are understood") {
    CHECK(asked({"job:create", "--template", "4"}) == R"(job:create {"runtemplate_id":"4","scheduled":"now"})");
    CHECK(asked({"job:create", "--template", "4", "--scheduled", "tomorrow"}) ==
          R"(job:create {"runtemplate_id":"4","scheduled":"tomorrow"})");
    CHECK(
        asked({"job:create", "--runtemplate-id", "4"}).starts_with("nothing: Missing --runtemplate_id or --scheduled"));
    CHECK(asked({"company:create", "--slug", "a", "--name", "A", "--DatCreate", "x"}) ==
          R"(company:create {"code":"a","name":"A"})");
}

TEST_CASE("fields of the operation that no table names are options, too") {
    CHECK(asked({"run-template:update", "--id", "2", "--overlap", "queue"}) ==
          R"(runtemplate:update {"id":"2","overlap":"queue"})");
}

TEST_CASE("misuse is told on standard error with what may have been meant") {
    auto fake = backend_with_options();
    Shell call{fake};
    CHECK(call({"company:gett"}).code == 1);
    CHECK(call.out.empty());
    CHECK(call.err.find("Command \"company:gett\" is not defined.") != std::string::npos);
    CHECK(call.err.find("Did you mean this?") != std::string::npos);
    CHECK(call.err.find("company:get ") != std::string::npos);
    call({"company"});
    CHECK(call.err.find("company:list") != std::string::npos);
    CHECK(call.code == 1);
    call({"company:get", "--nmae", "x"});
    CHECK(call.err.find("The \"--nmae\" option does not exist.") != std::string::npos);
    CHECK(call.err.find("--name") != std::string::npos);
    CHECK(call.err.find("multiflexi-cli company:get") != std::string::npos);
    call({"company:get", "--id"});
    CHECK(call.err.find("The \"--id\" option requires a value.") != std::string::npos);
    call({"company:get", "--id", "1", "2"});
    CHECK(call.code == 1);
    CHECK(call.err.find("\"2\"") != std::string::npos);
    call({"company:get", "--help=1", "--id", "1"});
    CHECK(call.err.find("does not accept a value") != std::string::npos);
    call({"company:get", "-x"});
    CHECK(call.err.find("\"-x\"") != std::string::npos);
    call({"company:get", std::string("-\0", 2)});  // no letter of an option that has none
    CHECK(call.code == 1);
    CHECK(call.err.find("does not exist") != std::string::npos);
    CHECK_FALSE(fake.opened);
    // Whoever reads JSON gets JSON.
    call({"company:gett", "-f", "json"});
    CHECK(call.document().as_object().at("status") == "error");
    call({"company:gett", "--silent"});
    CHECK(call.err.empty());
}

TEST_CASE("no list of words makes the program stumble") {
    auto fake = backend_with_options();
    const std::vector<std::string> vocabulary{"company",    "get",       "list",     "job",      "--id",
                                              "--",         "-",         "-f",       "json",     "--format=json",
                                              "--config",   "A=1",       "-vvv",     "--help",   "run",
                                              "=",          "--=",       "-=",       "",         ":",
                                              ":::",        "company:",  ":get",     "-e",       "status",
                                              "\xff",       "\n",        "--file",   "--fields", "help",
                                              "completion", "--limit",   "-5",       "--order",  "describe",
                                              "--",         "--no-ansi", "schedule", "preview",  "--cron"};
    rc::check("arguments", [&] {
        const auto words = *rc::gen::container<std::vector<std::string>>(
            rc::gen::oneOf(rc::gen::elementOf(vocabulary), rc::gen::arbitrary<std::string>()));
        Shell call{fake};
        // A file that the generator invents must not be read from this machine.
        if (std::ranges::any_of(words, [](const std::string& word) { return word.starts_with("--batch"); })) return;
        call(words);
        RC_ASSERT(call.code >= 0);
        RC_ASSERT(call.code <= 1);
    });
    Shell call{fake};
    CHECK(call(std::vector<std::string>(10000, "--id")).code == 1);
    CHECK(call(std::vector<std::string>(10000, "x")).code == 1);
    std::vector<std::string> many{"application:import-json", "--dry-run"};
    many.resize(10000, "/nowhere/file.json");
    CHECK(call(many).code == 1);
}

// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

TEST_CASE("job follow shows output while it comes and ends with the job") {
    Installation it;
    it.start();
    const auto go = it.directory() / "go";
    const auto id = it.run_template_of_script(
        fmt::format("echo first; while ! [ -e {} ]; do sleep 0.02; done; echo second; exit 5", go.string()));
    const auto job = fmt::to_string(it.job(id));
    const auto seen = it.directory() / "seen";
    auto follower = it.begin_cli({"job:follow", "--id", job, "--exit-code"}, seen);
    REQUIRE(comes_true([&] { return file_content(seen) == "first\n"; }));
    CHECK(it.job_state(1) == "running");
    CHECK(!follower.wait(0ms));
    // Who begins to look later is told when things happened, not when he looked.
    const auto printed = std::time(nullptr);
    REQUIRE(comes_true([&] { return std::time(nullptr) > printed; }));
    const auto later = it.directory() / "later";
    auto late = it.begin_cli({"job:follow", job, "-f", "json"}, later);
    REQUIRE(comes_true([&] { return file_content(later).find("first") != std::string::npos; }));
    it.write("go", "");
    CHECK(follower.wait() == 5);
    CHECK(late.wait() == 0);
    const auto told = parse_json(file_content(later));
    REQUIRE(told);
    std::string before;
    for (const auto& event : told->as_array()) {
        CHECK(text_of(event.as_object(), "time") >= before);
        before = text_of(event.as_object(), "time");
    }
    CHECK(file_content(seen) == "first\nsecond\n");
    // Of a job that has ended it shows all, and ends.
    CHECK(it.cli({"job", "follow", job}).out == "first\nsecond\n");
    const auto events = it.rows({"job:follow", job});
    CHECK(text_of(events.back().as_object(), "event") == "ended");
    CHECK(number_of(events.back().as_object(), "exitcode") == 5);
    CHECK(it.cli({"job:follow", "--id", "77", "-f", "json"}).code == 1);
}

TEST_CASE("job follow waits for a pending job until somebody interrupts it or the job is cancelled") {
    Installation it;
    const auto id = it.run_template_of_script("true");
    const auto job = fmt::to_string(it.job(id));
    const auto seen = it.directory() / "seen";
    auto follower = it.begin_cli({"job:follow", "--id", job, "-f", "json"}, seen);
    REQUIRE(comes_true([&] { return !file_content(seen).empty(); }));
    CHECK(!follower.wait(0ms));
    follower.signal(SIGINT);
    CHECK(follower.wait() == 130);
    const auto events = parse_json(file_content(seen));
    REQUIRE(events);
    CHECK(text_of(events->as_array().back().as_object(), "state") == "pending");
    const auto again = it.directory() / "again";
    auto second = it.begin_cli({"job:follow", "--id", job, "-f", "json"}, again);
    REQUIRE(comes_true([&] { return !file_content(again).empty(); }));
    REQUIRE(it.cli({"job:cancel", "--id", job}).code == 0);
    CHECK(second.wait() == 1);
    CHECK(file_content(again).find("was cancelled before it started: Cancelled by") != std::string::npos);
    const auto late = it.cli({"job:follow", "--id", job});
    CHECK(late.code == 1);
    CHECK(late.err.starts_with(fmt::format("Job {} was cancelled before it started: ", job)));
}

TEST_CASE("jobs are listed, changed, repeated and deleted") {
    Installation it;
    it.start();
    const auto id = it.run_template_of_script("exit $CODE", {});
    const auto good = it.job(id, {"--env", "CODE=0"}), bad = it.job(id, {"--env", "CODE=1"});
    it.ended(good);
    CHECK(text_of(it.ended(bad), "state") == "failed");
    const auto later =
        number_of(it.ask({"run-template:schedule", "--id", fmt::to_string(id), "--schedule_time", "2099-01-01 10:00"})
                      .as_object(),
                  "job_id");

    CHECK(it.rows({"job:list"}).size() == 3);
    CHECK(number_of(it.rows({"job:list", "--order", "D", "--limit", "1"})[0].as_object(), "id") == later);
    CHECK(number_of(it.rows({"job:list", "--offset", "1", "--limit", "1"})[0].as_object(), "id") == bad);
    CHECK(it.rows({"job:list", "--status", "failed"}).size() == 1);
    CHECK(it.rows({"job:list", "--status", "success"}).size() == 1);
    CHECK(it.rows({"job:list", "--fields", "id,state"})[0].as_object().size() == 2);

    const auto queue = it.rows({"queue:list"});
    REQUIRE(queue.size() == 1);
    CHECK(number_of(queue[0].as_object(), "job") == later);
    it.ask({"job:update", "--id", fmt::to_string(later), "--scheduled", "2099-02-02 11:00"});
    CHECK(text_of(it.job_record(later), "schedule") == "2099-02-02 11:00:00");
    CHECK(text_of(it.rows({"queue:list"})[0].as_object(), "after").starts_with("2099-02-02 11:00:00"));
    CHECK(it.cli({"job:update", "--id", fmt::to_string(good), "--scheduled", "2099-02-02 11:00"}).code == 1);

    // A repetition has what the launch said.
    const auto again = number_of(it.ask({"job:retry", "--id", fmt::to_string(bad)}).as_object(), "job_id");
    const auto repeated = it.ended(again);
    CHECK(number_of(repeated, "exitcode") == 1);
    CHECK(number_of(repeated, "attempt") == 2);

    CHECK(it.ask({"job:delete", "--id", fmt::to_string(bad)}).at("deleted") == json::value(true));
    CHECK(it.rows({"job:list"}).size() == 3);
    CHECK(it.rows({"artifact:list", "--job_id", fmt::to_string(bad)}).empty());
    const auto counts = it.ask({"job:status"}).as_object();
    CHECK(number_of(counts, "successful_jobs") == 1);
    CHECK(number_of(counts, "queue_length") == 1);

    it.ask({"queue:truncate"});
    CHECK(it.job_state(later) == "cancelled");
    CHECK(it.rows({"queue:list"}).empty());
}

TEST_CASE("the queue is counted and repaired") {
    Installation it;
    const auto id = it.run_template_of_script("true");
    const auto job = number_of(
        it.ask({"run-template:schedule", "--id", fmt::to_string(id), "--schedule_time", "+3 hours"}).as_object(),
        "job_id");
    const auto overview = it.ask({"queue:overview"}).at("comprehensive_queue_metrics").as_object();
    CHECK(number_of(overview, "total_jobs_in_queue") == 1);
    // A job whose entry somebody took away would never run.
    it.sql(fmt::format("DELETE FROM schedule WHERE job_id = {}", job));
    it.ask({"queue:fix"});
    CHECK(it.job_state(job) == "pending");
    const auto queue = it.rows({"queue:list"});
    REQUIRE(queue.size() == 1);
    CHECK(number_of(queue[0].as_object(), "job") == job);
}

TEST_CASE("what is not there is told as clients expect it") {
    Installation it;
    const auto told = [&](Words words) {
        words.insert(words.end(), {"-f", "json"});
        auto answer = it.cli(words);
        INFO(fmt::format("{}", fmt::join(words, " ")));
        CHECK(answer.err.empty());
        return std::pair(answer.code, answer.json());
    };
    CHECK(told({"job:get", "--id", "99"}) == std::pair(0, json::value{{"stdout", ""}, {"stderr", ""}}));
    CHECK(told({"run-template:get", "--id", "99"}) == std::pair(0, json::value(json::array())));
    for (const Words& words : {Words{"run-template:get", "--name", "X"}, Words{"company:get", "--id", "99"},
                               Words{"company:get", "--slug", "x"}, Words{"application:get", "--uuid", "x"},
                               Words{"application:get", "--name", "x"}}) {
        const auto [code, answer] = told(words);
        CHECK(code == 1);
        CHECK(text_of(answer.as_object(), "status") == "not found");
    }
    const auto [code, artifact] = told({"artifact:get", "--id", "99"});
    CHECK(code == 1);
    CHECK(artifact == json::value{{"status", "error"}, {"message", "Artifact not found: ID=99"}});
    CHECK(told({"artifact:save", "--id", "99", "--file", (it.directory() / "x").string()}).first == 1);
    CHECK(!std::filesystem::exists(it.directory() / "x"));
    // Errors are JSON, too.
    for (const Words& words :
         {Words{"job:create"}, Words{"run-template:create", "--name", "x"}, Words{"company:create"},
          Words{"job:cancel", "--id", "9"}, Words{"job:get", "--id", "zero"}, Words{"run-template:next", "--id", "9"},
          Words{"job:retry", "--id", "9"}}) {
        const auto [error, answer] = told(words);
        CHECK(error == 1);
        CHECK(answer.as_object().contains("message"));
    }
    const auto unknown = it.cli({"job:lst", "-f", "json"});
    CHECK(unknown.code == 1);
    CHECK(unknown.json().as_object().contains("message"));
    CHECK(unknown.err.find("job:list") != std::string::npos);
    const auto in_words = it.cli({"job:lst"});
    CHECK(in_words.code == 1);
    CHECK(in_words.out.empty());
    CHECK(in_words.err.find("job:list") != std::string::npos);
}

TEST_CASE("the program explains itself") {
    Installation it;
    const auto all = it.ask({"describe"}).as_object();
    for (const auto name : {"job:create", "application:import-json", "run-template:next", "schedule:preview"}) {
        REQUIRE(all.contains(name));
        const auto help = it.cli({"help", name});
        CHECK(help.code == 0);
        CHECK(help.out == it.cli({name, "--help"}).out);
        for (const auto& [option, about] : all.at(name).at("options").as_object())
            CHECK_MESSAGE(help.out.find(std::string(option)) != std::string::npos, name, " ", std::string(option));
    }
    CHECK(it.cli({"help", "--help"}).code == 0);
    CHECK(it.cli({}).out == it.cli({"list"}).out);
    for (const auto shell : {"bash", "zsh", "fish"}) {
        const auto script = it.cli({"completion", shell});
        CHECK(script.code == 0);
        CHECK(script.out.find("multiflexi-cli") != std::string::npos);
    }
    // What bash offers behind a line, in both spellings of a command and behind global options.
    const auto script = it.write("completion", it.cli({"completion", "bash"}).out).string();
    const auto offered = [&](const std::string& line) {
        constexpr auto lines = R"(. "$1"; COMP_LINE=$2 COMP_POINT=${#2}; _multiflexi_cli; printf %s "${COMPREPLY[*]}")";
        return it.bash(lines, {script, line}).out;
    };
    CHECK(offered("multiflexi-cli arti") == "artifact artifact:delete artifact:get artifact:list artifact:save");
    CHECK(offered("multiflexi-cli runt").starts_with("runtemplate runtemplate:"));
    CHECK(offered("multiflexi-cli application:li") == "list");
    CHECK(offered("multiflexi-cli run-template ne") == "next");
    CHECK(offered("multiflexi-cli -e /etc/x.env RunTemplate ne") == "next");
    CHECK(offered("multiflexi-cli job list --lim") == "--limit");
    CHECK(offered("multiflexi-cli job:list 5 --lim") == "--limit");
    CHECK(offered("multiflexi-cli -f ") == "text json");
    CHECK(offered("multiflexi-cli --ver") == "--verbose --version");
    const auto status = it.ask({"status"}).as_object();
    for (const auto name : {"memory", "companies", "apps", "runtemplates", "topics", "credentials", "credential_types"})
        number_of(status, name);
    CHECK(text_of(status, "executor") == "inactive");
    CHECK(text_of(status, "timestamp").size() == 19);
    CHECK(it.cli({"--version"}).out.find(MULTIFLEXI_VERSION) != std::string::npos);
}

TEST_CASE("coming runs are shown without a server") {
    Installation it;
    const auto id =
        fmt::to_string(it.run_template_of_script("true", {"--cron", "30 2 * * *", "--zone", "Europe/Prague"}));
    const auto next = it.ask({"run-template:next", "--id", id, "--count", "400"});
    CHECK(next.at("next").as_array().size() == 400);
    CHECK(!next.at("clock_changes").as_array().empty());

    const auto one = it.ask({"schedule:preview", "--cron", "0 12 * * 1", "--zone", "UTC", "--from",
                             "2026-01-01T00:00:00Z", "--count", "2"});
    CHECK(to_text(one.at("next")) == R"(["2026-01-05T12:00:00+00:00","2026-01-12T12:00:00+00:00"])");
    const auto batch = it.write("batch", R"({"cron":"0 0 1 1 *","zone":"UTC","from":"2026-06-01T00:00:00Z","count":1})"
                                         "\n{\"cron\":\"nonsense\"}\nnot json\n");
    const auto answers = it.cli({"schedule:preview", "--batch", batch, "-f", "json"});
    const auto lines = split(std::string_view(answers.out).substr(0, answers.out.size() - 1), '\n');
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].find("2027-01-01T00:00:00") != std::string::npos);
    for (const auto line : lines) CHECK(parse_json(line));
}

TEST_CASE("run templates that nobody runs are found stale") {
    Installation it;
    const auto id = it.run_template_of_script("true", {"--cron", "* * * * *"});
    CHECK(number_of(it.ask({"run-template:stale"}).as_object(), "count") == 0);
    it.sql("UPDATE runtemplate SET next_launch = next_launch - 86400000, next_slot = next_slot - 86400000");
    const auto stale = it.ask({"run-template:stale"}).as_object();
    REQUIRE(number_of(stale, "count") == 1);
    CHECK(number_of(stale.at("stale").as_array()[0].as_object(), "id") == id);
}

TEST_CASE("every list refuses a field that it has not, also when it is empty") {
    Installation it;
    it.ask({"company:create", "--name", "Acme Corp"});
    const auto described = it.ask({"describe"});
    int lists = 0;
    for (const auto& [name, command] : described.as_object()) {
        const auto& options = command.at("options").as_object();
        if (!std::string_view(name).ends_with("list") || !options.contains("fields")) continue;
        Words words{name, "--fields", "id,nosuch"};
        if (options.contains("company_id")) words.insert(words.end(), {"--company_id", "1"});
        const auto answer = it.cli(words);
        INFO(std::string(name), ": ", answer.out, answer.err);
        CHECK(answer.code == 1);
        CHECK(answer.out.starts_with("There is no field "));
        CHECK(answer.out.find("nosuch here. Name some of these, or leave --fields out: ") != std::string::npos);
        CHECK(answer.err.empty());
        ++lists;
    }
    CHECK(lists > 8);
}

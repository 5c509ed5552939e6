// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/testing/fake_backend.h"

#include <doctest/doctest.h>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

json::object job(std::int64_t id = 5) {
    return {{"id", id},         {"state", "succeeded"},
            {"exitcode", 0},    {"schedule", "2025-06-15T10:00:00Z"},
            {"task_id", 3},     {"env", json::object{{"A", "1"}}},
            {"stdout_size", 6}, {"stderr_size", 0}};
}

JobEvent printed(JobStream stream, std::string_view text) {
    return {.kind = JobEvent::Kind::output, .sequence = 1, .stream = stream, .bytes = text};
}

}  // namespace

TEST_CASE("a job is shown with its output, read in pieces") {
    FakeBackend fake;
    fake.offer("job:get", {"id", "?output"}, json::value(job()));
    fake.outputs[{5, JobStream::out}] = {"h\xc3", "\xa9/\n", "\xff"};
    fake.outputs[{5, JobStream::err}] = {};
    Shell shell{fake};
    CHECK(shell({"job:get", "--id", "5", "-f", "json"}).code == 0);
    const auto record = shell.document().as_object();
    CHECK(record.at("stdout") == "hé/\n\xEF\xBF\xBD");
    CHECK(record.at("stderr") == "");
    CHECK(record.at("env").as_object().at("A") == "1");
    CHECK(record.at("scheduled") == "2025-06-15 12:00:00");
    CHECK(record.at("task_id") == 3);
    CHECK(shell.last().at("output") == false);
    shell({"job:get", "--id", "5", "-f", "json", "--fields", "id,stderr"});
    CHECK(testing::compact(shell) == R"({"id":5,"stderr":""})");
    shell({"job:get", "--id", "5", "-f", "json", "--fields", "stderr"});
    CHECK(testing::compact(shell) == R"({"stderr":""})");
    shell({"job:get", "--id", "5", "-f", "json", "--fields", "id"});
    CHECK(testing::compact(shell) == R"({"id":5})");
    CHECK(shell({"job", "get", "5"}).out.find("state: succeeded\n") != std::string::npos);
}

TEST_CASE("a job tells how bad its exit code is") {
    FakeBackend fake;
    auto ended = job();
    ended["exit_severity"] = "warning";
    fake.offer("job:get", {"id", "?output"}, json::value(ended));
    fake.outputs[{5, JobStream::out}] = {};
    fake.outputs[{5, JobStream::err}] = {};
    Shell shell{fake};
    shell({"job:get", "--id", "5", "-f", "json"});
    CHECK(shell.document().at("exit_severity") == "warning");
    CHECK(shell({"job", "get", "5"}).out.find("exit_severity: warning\n") != std::string::npos);
}

TEST_CASE("an unknown job is no error, but has no id") {
    FakeBackend fake;
    fake.offer("job:get", {"id"}, Error{ErrorCode::not_found, "No."});
    Shell shell{fake};
    CHECK(shell({"job:get", "--id", "9", "-f", "json"}).code == 0);
    CHECK(testing::compact(shell) == R"({"stdout":"","stderr":""})");
    CHECK(shell({"job:get", "--id", "9"}).out == "Job not found: ID=9\n");
}

TEST_CASE("lists of jobs: environment for JSON, output for screens and on demand") {
    FakeBackend fake;
    fake.offer("job:list", {"limit", "after", "order", "?env", "status"},
               [](const json::object& input) -> Result<json::value> {
                   if (input.contains("after")) return json::array();
                   return json::array{job(5)};
               });
    fake.outputs[{5, JobStream::out}] = {"hello\n"};
    fake.outputs[{5, JobStream::err}] = {};
    Shell shell{fake};
    auto row = [&] { return shell.document().as_array().front().as_object(); };
    shell({"job:list", "-f", "json", "--status", "failed"});
    CHECK_FALSE(row().contains("stdout"));
    CHECK(to_text(shell.last()) == R"({"status":"failed","env":true,"order":"A","limit":1000})");
    shell({"job:list", "--format=json", "--order=D", "--limit=20", "--offset=0"});
    CHECK(row().at("stdout") == "hello\n");
    shell({"job:list", "-f", "json", "--fields", "id,stdout"});
    CHECK(to_text(shell.document()) == R"([{"id":5,"stdout":"hello\n"}])");
    CHECK_FALSE(shell.last().contains("env"));
    CHECK(shell({"job:list", "--fields", "id,exitcode,state"}).out == "5 | 0 | succeeded\n\n");
    CHECK(shell({"job:list"}).out.find("{}") == std::string::npos);
    shell.terminal = true;
    CHECK(shell({"job:list", "--fields", "nosuch"}).code == 1);
    CHECK(shell({"job:get", "5", "--fields", "nosuch"}).code == 1);
    CHECK(shell({"job:list", "--fields", "state"}).out.find("\x1b[32msucceeded\x1b[0m") != std::string::npos);
    CHECK(shell({"job:list", "--fields", "state", "--no-ansi"}).out.find("\x1b") == std::string::npos);
}

TEST_CASE("jobs are pruned until none is left to prune, and nothing is said before the options are right") {
    FakeBackend fake;
    int left = 3;
    fake.offer("prune", {"jobs", "logs", "keep"}, [&](const json::object&) -> Result<json::value> {
        return json::value{{"deleted_jobs", 500}, {"deleted_tasks", 7}, {"more", --left > 0}};
    });
    Shell shell{fake};
    CHECK(shell({"prune", "--jobs", "--logs", "--keep", "x"}).code == 1);
    CHECK(shell.out.find("keep") != std::string::npos);
    CHECK(shell.out.find("Prun") == std::string::npos);
    CHECK(left == 3);
    CHECK(shell({"prune", "--jobs", "-f", "json"}).code == 0);
    CHECK(to_text(shell.document().at("deleted")) == R"({"jobs":1500,"tasks":21})");
    CHECK(to_text(shell.last()) == R"({"jobs":true,"keep":1000})");
}

TEST_CASE("jobs are made, cancelled, retried, deleted") {
    FakeBackend fake;
    fake.offer("job:create", {"runtemplate_id", "scheduled", "executor"}, json::value(job(8)));
    fake.offer("job:cancel", {"id", "reason"}, json::value(json::object{{"id", 8}, {"state", "running"}}));
    fake.offer("job:retry", {"id", "?force"}, json::value(job(9)));
    fake.offer("job:delete", {"id"}, json::value(nullptr));
    fake.offer("job:update", {"id", "scheduled"}, json::value(job(8)));
    Shell shell{fake};
    shell({"job:create", "--template", "1", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"job_id":8,"id":8})");
    CHECK(shell({"job:create", "--runtemplate_id", "1", "--scheduled", "now"}).out == "Job created with ID: 8\n");
    shell({"job:create", "--runtemplate_id", "1", "--scheduled", "now", "--verbose", "-f", "json"});
    CHECK(shell.document().as_object().at("id") == 8);
    auto whole = job(8);
    whole["env"] = json::object{{"A", "later"}};
    fake.offer("job:get", {"id", "?output"}, json::value(whole));
    shell({"job:create", "--runtemplate_id", "1", "--scheduled", "now", "--verbose", "-f", "json"});
    CHECK(shell.document().at("env").at("A") == "later");
    CHECK(shell({"job:create", "--scheduled", "now"}).out == "Missing --runtemplate_id or --scheduled\n");
    CHECK(shell({"job", "cancel", "8"}).out == "Job asked to end: ID=8, it is still running\n");
    fake.offer("job:cancel", {"id", "reason"},
               json::value(json::object{{"id", 8},
                                        {"state", "running"},
                                        {"node", "p2"},
                                        {"node_state", "stopped"},
                                        {"hint", "its node p2 is stopped: it ends when that server starts again"}}));
    CHECK(shell({"job", "cancel", "8"}).out ==
          "Job asked to end: ID=8, it is still running; its node p2 is stopped: it ends when that server starts "
          "again\n");
    shell({"job", "cancel", "8", "-f", "json"});
    CHECK(shell.document().at("node_state") == "stopped");
    shell({"job:retry", "--id", "8", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"job_id":9,"id":9})");
    CHECK(shell({"job", "retry", "8", "--force"}).out == "Job created with ID: 9\n");
    for (const std::vector<std::string>& help : {std::vector<std::string>{"job:retry", "--help"}, {"help", "--man"}}) {
        shell(help);
        auto text = shell.out;
        std::erase(text, '\\');
        std::ranges::replace(text, '\n', ' ');
        for (std::size_t at = 0; (at = text.find("  ", at)) != text.npos;) text.erase(at, 1);
        CHECK(text.find("next attempt of the same task") != text.npos);
        CHECK(text.find("refused while another attempt waits or runs and, without --force, when") != text.npos);
    }
    CHECK(shell.last().at("force") == true);
    shell({"job:delete", "--id", "8", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"job_id":"8","deleted":true})");
    shell({"job:update", "--id", "8", "--scheduled", "+1 day", "-f", "json"});
    CHECK(testing::compact(shell) == R"({"updated":true,"job_id":"8"})");
}

TEST_CASE("a clean-up goes on until nothing is left to remove") {
    FakeBackend fake;
    int left = 3;
    fake.offer("job:cleanup", {"days"}, [&](const json::object&) -> Result<json::value> {
        --left;
        return json::value(json::object{{"deleted_jobs", 5}, {"deleted_tasks", 2}, {"days", 30}, {"more", left > 0}});
    });
    Shell shell{fake};
    CHECK(shell({"job", "cleanup", "--older-than", "30"}).out ==
          "Deleted 15 job(s) that ended more than 30 days ago, and 6 task(s).\n");
    CHECK(to_text(shell.last()) == R"({"days":"30"})");
    left = 1;
    shell({"job:cleanup", "--days", "30", "-f", "json"});
    CHECK(shell.document().at("deleted_jobs") == 5);
    CHECK(shell.document().at("deleted_tasks") == 2);
    CHECK(shell({"job:cleanup"}).out == "Missing --days\n");
    CHECK(shell.code == 1);
}

TEST_CASE("the output of a job is printed byte by byte") {
    FakeBackend fake;
    fake.offer("job:output", {"id"}, json::value(job()));
    fake.outputs[{5, JobStream::out}] = {"a\xff", "b"};
    fake.outputs[{5, JobStream::err}] = {"oops\n"};
    Shell shell{fake};
    CHECK(shell({"job", "output", "5"}).out ==
          "a\xff"
          "b");
    CHECK(shell.err == "oops\n");
    CHECK(shell({"job:output", "--id", "5", "--stream", "stderr"}).out == "oops\n");
    shell({"job:output", "--id", "5", "-f", "json"});
    CHECK(testing::compact(shell) ==
          "{\"job_id\":5,\"stdout\":\"a\xEF\xBF\xBD"
          "b\",\"stderr\":\"oops\\n\"}");
    CHECK(shell({"job:output", "--id", "7"}).out == "Job not found: ID=7\n");
    CHECK(shell({"job:output", "--id", "x"}).code == 1);
    CHECK(shell({"job:output", "--id", "5", "--stream", "x"}).code == 1);
}

TEST_CASE("a job is followed to its end") {
    FakeBackend fake;
    fake.offer("job:get", {"id"}, json::value(job()));
    fake.events = {{.kind = JobEvent::Kind::state, .state = JobState::running},
                   printed(JobStream::out, "hello\n"),
                   printed(JobStream::err, "oops\n"),
                   {.kind = JobEvent::Kind::ended, .state = JobState::failed, .exit_code = 3}};
    Shell shell{fake};
    CHECK(shell({"job", "follow", "--id", "5"}).code == 0);
    CHECK(shell.out == "hello\n");
    CHECK(shell.err == "oops\n");
    CHECK(shell({"job", "follow", "--id", "5", "--exit-code", "--from-seq", "7"}).code == 3);
    CHECK(fake.followed_from == 7);
    CHECK(shell({"job:follow", "--id", "5", "-f", "json"}).document().as_array().size() == 4);
    CHECK(shell.document().as_array().back().as_object().at("exitcode") == 3);
    shell.terminal = true;
    CHECK(shell({"job:follow", "5"}).err.find("failed, exit code 3") != std::string::npos);
    fake.events.pop_back();
    CHECK(shell({"job:follow", "5"}).code == 130);
    fake.events = {{.kind = JobEvent::Kind::ended, .state = JobState::cancelled}};
    CHECK(shell({"job:follow", "5", "--exit-code"}).code == 1);
    fake.events.clear();
    CHECK(shell({"job:follow", "5"}).out == "Job not found: ID=5\n");
}

TEST_CASE("following a job ends with a sentence when the job did not do its work, and with a code") {
    struct Case {
        JobState state;
        std::optional<std::int64_t> exit_code;
        std::string_view reason;
        std::string_view sentence;
        int code, code_of_job;
    };
    const Case cases[] = {
        {JobState::succeeded, 0, "", "", 0, 0},
        {JobState::failed, 3, "", "", 0, 3},
        {JobState::failed, 127, "No such program.", "Job 5 failed, exit code 127: No such program.\n", 0, 127},
        {JobState::blocked, 78, "Required variable without a value: A.",
         "Job 5 was blocked and did not run, exit code 78: Required variable without a value: A.\n", 1, 78},
        {JobState::cancelled,
         {},
         "Cancelled by alice.",
         "Job 5 was cancelled before it started: Cancelled by alice.\n",
         1,
         1},
        {JobState::cancelled, 143, "", "Job 5 was cancelled, exit code 143.\n", 1, 143},
        {JobState::timed_out, 124, "It had 5 seconds.",
         "Job 5 was ended at its time limit, exit code 124: It had 5 seconds.\n", 1, 124},
        {JobState::lost, 255, "The server ended.", "Job 5 was lost, exit code 255: The server ended.\n", 1, 255},
    };
    FakeBackend fake;
    fake.offer("job:get", {"id"}, json::value(job()));
    for (const Case& each : cases) {
        CAPTURE(each.sentence);
        fake.events = {
            {.kind = JobEvent::Kind::ended, .state = each.state, .exit_code = each.exit_code, .reason = each.reason}};
        Shell shell{fake};
        CHECK(shell({"job:follow", "5"}).code == each.code);
        CHECK(shell.err == each.sentence);
        CHECK(shell.out.empty());
        CHECK(shell({"job:follow", "5", "--exit-code"}).code == each.code_of_job);
        CHECK(shell({"job:follow", "5", "-q"}).err.empty());
        CHECK(shell({"job:follow", "5", "-f", "json"}).code == each.code);
        CHECK(shell.err.empty());
        const json::object last = shell.document().as_array().back().as_object();
        if (!each.sentence.empty()) CHECK(std::string(last.at("message").as_string()) + "\n" == each.sentence);
        shell.terminal = true;
        CHECK(shell({"job:follow", "5", "--no-ansi"}).err.find(each.sentence) != std::string::npos);
    }
}

TEST_CASE("following a job ends when nobody reads any more, or with a word when somebody interrupts it") {
    FakeBackend fake;
    fake.offer("job:get", {"id"}, json::value(job()));
    fake.events = {{.kind = JobEvent::Kind::state, .state = JobState::pending},
                   {.kind = JobEvent::Kind::idle},
                   printed(JobStream::out, "late\n")};
    Shell shell{fake};
    // The fake runs out of events, as the true one does after Ctrl-C.
    CHECK(shell({"job:follow", "5"}).code == 130);
    CHECK(shell.out == "late\n");
    CHECK(shell.err.starts_with("Job 5 goes on."));
    CHECK(shell({"job:follow", "5", "-f", "json"}).document().as_array().size() == 2);
    shell.reader_gone = true;
    CHECK(shell({"job:follow", "5"}).code == 1);
    CHECK(shell.out.empty());
    CHECK(shell.err.empty());
}

// SPDX-License-Identifier: MIT
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

namespace {

/// A child in a session of its own, one whose parent has ended, and the job itself: each writes down its number, none
/// of them minds SIGTERM.
std::string stubborn_family(const std::filesystem::path& pids) {
    return fmt::format(R"(trap '' TERM
setsid sh -c 'trap "" TERM; echo $$ >> {0}; while :; do sleep 1; done' &
( setsid sh -c 'trap "" TERM; echo $$ >> {0}; while :; do sleep 1; done' >/dev/null 2>&1 & ) &
echo $$ >> {0}
while :; do sleep 1; done)",
                       pids.string());
}

void check_that_none_lives(const std::filesystem::path& pids) {
    const auto listed = file_content(pids);
    CHECK(std::ranges::count(listed, '\n') == 3);
    for (std::size_t at = 0; at < listed.size(); at = listed.find('\n', at) + 1)
        CHECK(!lives(pid_in(listed.substr(at))));
}

}  // namespace

TEST_CASE("the time limit ends a job with everything that it started") {
    Installation it;
    it.start();
    const auto pids = it.directory() / "pids";
    const auto id = it.run_template_of_script(stubborn_family(pids), {"--time_limit", "1", "--grace", "1"});
    const auto record = it.ended(it.job(id));
    CHECK(text_of(record, "state") == "timed_out");
    CHECK(number_of(record, "exitcode") == 124);
    CHECK(text_of(record, "reason").find("time limit") != std::string::npos);
    check_that_none_lives(pids);
}

TEST_CASE("to cancel a job ends everything that it started") {
    Installation it;
    it.start();
    const auto pids = it.directory() / "pids";
    const auto id = it.run_template_of_script(stubborn_family(pids), {"--grace", "1"});
    const auto job = it.job(id);
    CHECK(comes_true([&] { return std::ranges::count(file_content(pids), '\n') == 3; }));
    it.ask({"job:cancel", "--id", fmt::to_string(job), "--reason", "It was the wrong one."});
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "cancelled");
    CHECK(number_of(record, "exitcode") == 137);
    CHECK(text_of(record, "reason") == "It was the wrong one.");
    check_that_none_lives(pids);
}

TEST_CASE("a job that minds SIGTERM has its grace to clean up") {
    Installation it;
    it.start();
    const auto begun = it.directory() / "begun", cleaned = it.directory() / "cleaned";
    const auto id = it.run_template_of_script(
        fmt::format("trap 'echo cleaned > {}; exit 9' TERM\necho $$ > {}\nwhile :; do sleep 0.05; done",
                    cleaned.string(), begun.string()),
        {"--grace", "20"});
    const auto job = it.job(id);
    const auto pid = pid_in(it.content_when_written(begun));
    CHECK(comes_true([&] { return it.job_record(job).at("pid") == json::value(pid); }));
    const auto told = it.ask({"job:cancel", "--id", fmt::to_string(job)});
    CHECK(told.as_object().contains("state"));
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "cancelled");
    CHECK(file_content(cleaned) == "cleaned\n");
    CHECK(!lives(pid));
    // Once is enough.
    CHECK(it.cli({"job:cancel", "--id", fmt::to_string(job), "-f", "json"}).code == 1);
    CHECK(text_of(it.job_record(job), "state") == "cancelled");
}

TEST_CASE("a job that waits is cancelled and stays on record") {
    Installation it;
    it.start();
    const auto id = it.run_template_of_script("echo ran");
    const auto made = it.ask({"run-template:schedule", "--id", fmt::to_string(id), "--schedule_time", "+2 hours"});
    const auto job = number_of(made.as_object(), "job_id");
    CHECK(it.rows({"queue:list"}).size() == 1);
    CHECK(it.ask({"job:cancel", "--id", fmt::to_string(job)}).at("cancelled") == json::value(true));
    CHECK(it.job_state(job) == "cancelled");
    CHECK(it.rows({"queue:list"}).empty());
}

TEST_CASE("output is cut at its limit, with a mark") {
    Installation it;
    it.start();
    const auto id =
        it.run_template_of_script("head -c 100000 /dev/zero | tr '\\000' x; echo >&2 end", {"--output_limit", "1000"});
    const auto job = it.job(id);
    const auto record = it.ended(job);
    CHECK(text_of(record, "state") == "succeeded");
    CHECK(it.cli({"job:output", fmt::to_string(job), "--stream", "stdout"}).out == std::string(1000, 'x'));
    const auto followed = it.cli({"job:follow", fmt::to_string(job), "-f", "json"});
    CHECK((followed.out + followed.err).find("output limit") != std::string::npos);
}

TEST_CASE("a line of 100 MB is kept whole") {
    Installation it;
    it.start();
    const auto id = it.run_template_of_script("head -c 100000000 /dev/zero | tr '\\000' y");
    const auto job = it.job(id);
    const auto record = it.ended(job, 60s);
    CHECK(text_of(record, "state") == "succeeded");
    CHECK(number_of(record, "stdout_size") == 100'000'000);
    const auto out = it.cli({"job:output", fmt::to_string(job), "--stream", "stdout"}).out;
    CHECK(out.size() == 100'000'000);
    CHECK(out.find_first_not_of('y') == std::string::npos);
}

TEST_CASE("arguments and environments, large and too large") {
    Installation it;
    it.start();
    const auto counting = it.script("echo $#");
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += fmt::format("a{} ", i);
    const auto all = it.run_template({{"executable", counting.string()}, {"cmdparamsTemplate", many}});
    const auto job = it.job(all);
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    CHECK(it.cli({"job:output", fmt::to_string(job)}).out == "10000\n");

    // One variable of 120 KiB is what the kernel takes; twenty of them are not.
    json::object big;
    for (int i = 0; i < 20; ++i)
        big[fmt::format("BIG_{}", i)] = json::object{{"type", "string"}, {"defval", std::string(120'000, 'b')}};
    const auto refused = it.ended(it.job(it.run_template({{"executable", counting.string()}, {"environment", big}})));
    CHECK(text_of(refused, "state") == "blocked");
    CHECK(number_of(refused, "exitcode") == 78);
    CHECK(text_of(refused, "reason").find("more than a process can be given; BIG_") != std::string::npos);
    CHECK(refused.at("pid").is_null());
}

TEST_CASE("programs that cannot be started") {
    Installation it;
    it.start();
    const auto plain = it.write("plain-file", "echo no\n");
    struct {
        std::string executable;
        int code;
    } const cases[] = {{"/nowhere/at/all", 127},
                       {"multiflexi-no-such-program", 127},
                       {plain.string(), 126},
                       {"/dev/null", 126},
                       {it.directory().string(), 126}};
    for (const auto& [executable, code] : cases) {
        INFO(executable);
        const auto record = it.ended(it.job(it.run_template({{"executable", executable}})));
        CHECK(text_of(record, "state") == "failed");
        CHECK(number_of(record, "exitcode") == code);
        CHECK(text_of(record, "reason").find(executable) != std::string::npos);
        CHECK(record.at("pid").is_null());
    }
}

TEST_CASE("a definition that names a device as its result file") {
    Installation it;
    it.start();
    const json::object environment{{"RESULT_FILE", json::object{{"type", "string"}, {"defval", "/dev/zero"}}}};
    const auto job = it.job(it.run_template({{"executable", "/bin/true"}, {"environment", environment}}));
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    const auto number = fmt::to_string(job);
    CHECK(it.rows({"artifact:list", "--job_id", number}).size() == 2);
    const auto followed = it.cli({"job:follow", number, "-f", "json"});
    CHECK((followed.out + followed.err).find("zero was not kept") != std::string::npos);
}

TEST_CASE("exit codes get their meaning, that of the definition first") {
    Installation it;
    it.start();
    struct {
        const char* script;
        int code;
        const char* meaning;
    } const cases[] = {
        {"exit 42", 42, "The application ended with exit code 42, which its definition does not explain."},
        {"exit 255", 255, "The application failed with exit code 255, or its exit code is not known."},
        {"exit 124", 124, "time limit"},
        {"exit 126", 126, "could not be executed"},
        {"exit 127", 127, "was not found"},
        {"exit 5", 5, "The bank is closed."},
        {"kill -SEGV $$", 139, "The application was ended by SIGSEGV. The application crashed."},
        {"kill -KILL $$", 137, "The application was ended by SIGKILL. It killed itself, "}};
    const json::object own{{"5", json::object{{"description", "The bank is closed."}, {"severity", "warning"}}}};
    for (const auto& [script, code, meaning] : cases) {
        INFO(script);
        const auto record =
            it.ended(it.job(it.run_template({{"executable", it.script(script).string()}, {"exitCodes", own}})));
        CHECK(text_of(record, "state") == "failed");
        CHECK(number_of(record, "exitcode") == code);
        CHECK(text_of(record, "reason").find(meaning) != std::string::npos);
    }
}

TEST_CASE("programs with odd manners") {
    Installation it;
    it.start();
    SUBCASE("one closes its output and lives on") {
        const auto go = it.directory() / "go";
        const auto id = it.run_template_of_script(
            fmt::format("echo last words; exec >&- 2>&-; while ! [ -e {} ]; do sleep 0.02; done; exit 4", go.string()));
        const auto job = it.job(id);
        CHECK(comes_true([&] { return it.cli({"job:output", fmt::to_string(job)}).out == "last words\n"; }));
        CHECK(it.job_state(job) == "running");
        it.write("go", "");
        CHECK(number_of(it.ended(job), "exitcode") == 4);
    }
    SUBCASE("one leaves a daemon that keeps the pipe") {
        const auto pid = it.directory() / "pid";
        const auto id = it.run_template_of_script(
            fmt::format("setsid sh -c 'echo $$ > {}; echo from the daemon; exec sleep 1000' &\necho from the job\n"
                        "while ! [ -s {} ]; do sleep 0.02; done",
                        pid.string(), pid.string()));
        const auto job = it.job(id);
        const auto record = it.ended(job);
        CHECK(text_of(record, "state") == "succeeded");
        CHECK(it.cli({"job:output", fmt::to_string(job)}).out.find("from the job\n") != std::string::npos);
        // Nobody told the job to end, so what it left behind is its own business. Here it is ours.
        const auto daemon = pid_in(file_content(pid));
        CHECK(lives(daemon));
        ::kill(daemon, SIGKILL);
    }
    SUBCASE("one ends by a signal") {
        const auto record = it.ended(it.job(it.run_template_of_script("kill -SEGV $$")));
        CHECK(text_of(record, "state") == "failed");
        CHECK(number_of(record, "exitcode") == 139);
    }
    SUBCASE("one prints what is not UTF-8") {
        const auto job = it.job(it.run_template_of_script("printf 'caf\\351 \\303\\n'"));
        it.ended(job);
        CHECK(it.cli({"job:output", fmt::to_string(job)}).out == "caf\351 \303\n");
        CHECK(text_of(it.ask({"job:get", "--id", fmt::to_string(job)}).as_object(), "stdout") == "caf\uFFFD \uFFFD\n");
    }
}

TEST_CASE("the server takes the descriptors it may have, and jobs keep the usual limit") {
    Installation it;
    rlimit ours{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &ours) == 0);
    const rlimit usual{200, ours.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);
    it.start();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &ours) == 0);
    rlimit of_server{};
    REQUIRE(::prlimit(it.server().pid(), RLIMIT_NOFILE, nullptr, &of_server) == 0);
    CHECK(of_server.rlim_cur == ours.rlim_max);
    const auto job = it.job(it.run_template_of_script("ulimit -Sn; ulimit -Hn"));
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    CHECK(it.cli({"job:output", fmt::to_string(job)}).out == fmt::format("200\n{}\n", ours.rlim_max));
}

TEST_CASE("with few descriptors there are fewer slots, and the log says so") {
    Installation it;
    rlimit ours{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &ours) == 0);
    it.environment["MULTIFLEXI_MAX_PARALLEL"] = "10000";
    it.start();
    const auto log = it.log();
    const bool is_enough = ours.rlim_max >= 7 * 10'000 + 200;
    CHECK((log.find("fewer slots than MULTIFLEXI_MAX_PARALLEL") == std::string::npos) == is_enough);
    CHECK((log.find("slots=10000") != std::string::npos) == is_enough);
}

TEST_CASE("a job for which there are no descriptors is not lost: it starts when there are some") {
    Installation it;
    it.start();
    const auto id = it.run_template_of_script("echo done");
    CHECK(text_of(it.ended(it.job(id)), "state") == "succeeded");
    rlimit before{};
    REQUIRE(::prlimit(it.server().pid(), RLIMIT_NOFILE, nullptr, &before) == 0);
    const rlimit low{3, before.rlim_max};
    REQUIRE(::prlimit(it.server().pid(), RLIMIT_NOFILE, &low, nullptr) == 0);
    const auto job = it.job(id);
    CHECK(comes_true([&] { return it.log().find("it goes back into the queue") != std::string::npos; }));
    CHECK(comes_true([&] { return it.job_state(job) == "pending"; }));
    REQUIRE(::prlimit(it.server().pid(), RLIMIT_NOFILE, &before, nullptr) == 0);
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    CHECK(comes_true([&] { return it.work_is_empty(); }));
}

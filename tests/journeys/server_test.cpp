// SPDX-License-Identifier: MIT
#include "base/descriptor.h"
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

namespace {

/// A script that writes its pid into a file, and ends when another file is there.
std::string waiting_script(const Installation& it, std::string_view name) {
    const auto file = (it.directory() / name).string();
    return fmt::format("echo $$ > {0}.pid; while ! [ -e {0}.go ]; do sleep 0.02; done; echo done", file);
}

}  // namespace

TEST_CASE("a server that is told to end waits for its jobs") {
    Installation it;
    it.start();
    const auto id = it.run_template_of_script(waiting_script(it, "job"));
    const auto job = it.job(id);
    it.content_when_written(it.directory() / "job.pid");
    it.server().signal(SIGTERM);
    CHECK(comes_true([&] { return it.log().find("server stopping") != std::string::npos; }));
    // Nothing new is started any more.
    const auto late = it.job(id);
    CHECK(it.job_state(job) == "running");
    it.write("job.go", "");
    CHECK(it.stop() == 0);
    CHECK(it.job_state(job) == "succeeded");
    CHECK(it.cli({"job:output", fmt::to_string(job)}).out == "done\n");
    CHECK(it.job_state(late) == "pending");
    it.start();
    CHECK(text_of(it.ended(late), "state") == "succeeded");
}

TEST_CASE("signals that mean nothing to the server end neither it nor its jobs") {
    Installation it;
    it.start();
    const auto job = it.job(it.run_template_of_script(waiting_script(it, "job")));
    it.content_when_written(it.directory() / "job.pid");
    for (const int number : {SIGUSR1, SIGUSR2, SIGPIPE, SIGHUP}) it.server().signal(number);
    CHECK(comes_true([&] { return it.log().find("hang-up: certificates are read anew") != std::string::npos; }));
    CHECK(!it.server().wait(0ms));
    CHECK(it.log().find("server stopping") == std::string::npos);
    it.write("job.go", "");
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    CHECK(it.stop(SIGINT) == 0);
}

TEST_CASE("a server waits no longer than it is allowed to") {
    Installation it;
    it.start({}, {{"MULTIFLEXI_DRAIN_TIMEOUT", "1"}});
    const auto job = it.job(it.run_template_of_script(waiting_script(it, "job"), {"--grace", "1"}));
    const auto pid = pid_in(it.content_when_written(it.directory() / "job.pid"));
    CHECK(it.stop() == 0);
    CHECK(!lives(pid));
    const auto record = it.job_record(job);
    CHECK(text_of(record, "state") == "cancelled");
    CHECK(text_of(record, "reason").find("shut down") != std::string::npos);
}

TEST_CASE("of many jobs none is lost and none runs twice, whenever the server is killed") {
    Installation it;
    it.start();
    const auto ran = it.directory() / "ran";
    const auto id = it.run_template_of_script(
        fmt::format("echo \"<$MULTIFLEXI_JOB_ID>\" >> {}; sleep 0.1", ran.string()), {"--overlap", "parallel"});
    std::vector<std::int64_t> jobs;
    for (int killed = 0; killed < 3; ++killed) {
        for (int i = 0; i < 5; ++i) jobs.push_back(it.job(id));
        it.ended(jobs.back());  // however fast the machine is, the server dies with jobs in every state
        for (int i = 0; i < 5; ++i) jobs.push_back(it.job(id));
        CHECK(it.stop(SIGKILL) == 128 + SIGKILL);
        it.start();
    }
    std::map<std::string, int> states;
    for (const auto job : jobs) ++states[text_of(it.ended(job), "state")];
    CHECK(states["succeeded"] == 30);
    const auto lines = file_content(ran);
    for (const auto job : jobs) {
        const auto mark = fmt::format("<{}>", job);
        const auto first = lines.find(mark);
        CHECK_MESSAGE(first != std::string::npos, mark);
        if (first != std::string::npos) CHECK_MESSAGE(lines.find(mark, first + 1) == std::string::npos, mark);
    }
    if (it.database().dialect == sql::Dialect::sqlite) CHECK(it.sql("PRAGMA integrity_check") == "ok\n");
    CHECK(it.rows({"queue:list"}).empty());
}

TEST_CASE("one executor for each node name") {
    Installation it;
    it.start();
    const auto refused = it.serve({});
    CHECK(refused.code == 1);
    CHECK(refused.err.find("MULTIFLEXI_NODE") != std::string::npos);
    CHECK(it.ask({"status"}).as_object().at("executor") == json::value("active"));
}

TEST_CASE("wrong settings are told all at once") {
    Installation it;
    const auto right = it.environment;
    for (const auto& [name, value] :
         {std::pair{"MULTIFLEXI_MAX_PARALLEL", "many"}, {"DB_PORT", "70000"}, {"MULTIFLEXI_LOG_FORMAT", "xml"}})
        it.environment[name] = value;
    // No start helps before somebody corrects them.
    CHECK(it.serve({}).code == EX_CONFIG);
    CHECK(it.serve({"--roles", "cook"}).code == EX_CONFIG);
    CHECK(it.serve({"--faster"}).code == EX_CONFIG);
    const auto answer = it.serve({"--check"});
    CHECK(answer.code == 1);
    for (const auto name : {"MULTIFLEXI_MAX_PARALLEL", "DB_PORT", "MULTIFLEXI_LOG_FORMAT"})
        CHECK(answer.err.find(name) != std::string::npos);
    it.environment = right;
    // A file needs no password, so any will do.
    if (it.database().dialect == sql::Dialect::sqlite) it.environment["DB_PASSWORD"] = "not-for-the-eye";
    const auto fine = it.serve({"--check"});
    CHECK(fine.code == 0);
    CHECK(fine.out.find(it.environment["DB_PASSWORD"]) == std::string::npos);
    CHECK(fine.out.find("Europe/Prague") != std::string::npos);
    CHECK(!std::filesystem::exists(it.data()));
}

TEST_CASE("a link that names no role is told, and starts nothing") {
    Installation it;
    const auto program = std::filesystem::path(MULTIFLEXI_PROGRAM_DIRECTORY) / "multiflexi";
    const auto link = it.directory() / "multiflexi-cook";
    std::filesystem::create_symlink(program, link);
    const auto refused = it.bash(R"("$1")", {link.string()});
    CHECK(refused.code == 1);
    CHECK(refused.out.empty());
    CHECK(refused.err.starts_with("There is no role 'cook'."));
    const auto version = it.bash(R"("$1" --version -f json)", {program.string()});
    CHECK(version.code == 0);
    CHECK(version.json().at("version") == MULTIFLEXI_VERSION);
}

TEST_CASE("scheduler and executor run as two processes") {
    Installation it;
    it.start({"--roles", "executor"});
    Installation other;
    other.environment = it.environment;
    other.start({"--roles=scheduler"});
    const auto id = it.run_template_of_script("echo planned", {"--cron", "* * * * *"});
    CHECK(text_of(it.ended(it.job(id)), "state") == "succeeded");
    const auto status = it.ask({"status"}).as_object();
    CHECK(text_of(status, "scheduler") == "active");
    CHECK(text_of(status, "executor") == "active");
    CHECK(other.stop() == 0);
    CHECK(text_of(it.ask({"status"}).as_object(), "scheduler") == "inactive");
}

TEST_CASE("the service manager is told when the server is ready and when it ends") {
    Installation it;
    const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    const auto path = (it.directory() / "notify").string();
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    std::string told;
    const auto hears = [&](std::string_view word) {
        return comes_true([&] {
            char buffer[512];
            for (ssize_t length; (length = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;)
                told.append(buffer, static_cast<std::size_t>(length)).append("\n");
            return told.find(word) != std::string::npos;
        });
    };
    it.start({}, {{"NOTIFY_SOCKET", path}});
    CHECK(hears("READY=1"));
    CHECK(it.stop() == 0);
    CHECK(hears("STOPPING=1"));
}

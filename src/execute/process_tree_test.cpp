// SPDX-License-Identifier: MIT
#include "execute/children.h"
#include "execute/listener_test.h"
#include "execute/process_table.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

using namespace mf;
using mf::testing::Record;
using mf::testing::the_clock;
using namespace std::chrono_literals;

namespace {

const std::string work_directory = "/nowhere/tree-test-" + std::to_string(::getpid());
const std::string mark = "MULTIFLEXI_TMP=" + work_directory;

ProcessCommand marked_shell(std::string script) {
    return {.argv = {"sh", "-c", std::move(script)},
            .environment = {{"PATH", "/usr/bin:/bin"}, {"MULTIFLEXI_TMP", work_directory}},
            .mark = mark};
}

/// Processes, zombies not counted, that carry the mark: what must not be left over.
std::size_t left_over() {
    std::size_t count = 0;
    for (const auto& entry : read_processes())
        if (!entry.is_dead() &&
            read_proc(std::to_string(entry.identity.pid) + "/environ").value_or("").find(mark) != std::string::npos)
            ++count;
    return count;
}

struct Running {
    Running(Supervisor& supervisor, const ProcessCommand& command) { key = supervisor.start(command, record).key; }
    std::shared_ptr<Record> record = std::make_shared<Record>();
    Supervisor::Key key = 0;
};

}  // namespace

TEST_CASE("stop: a tree that obeys SIGTERM") {
    Supervisor supervisor(the_clock);
    Running job(supervisor, marked_shell("sleep 1000 & sleep 1000 & echo ready; wait"));
    job.record->wait_for_output("ready");
    supervisor.stop(job.key, StopReason::cancelled);
    const auto& end = job.record->wait_end();
    CHECK(end.exit_code == 128 + SIGTERM);
    CHECK(end.stopped == StopReason::cancelled);
    CHECK(left_over() == 0);
    supervisor.stop(job.key, StopReason::cancelled);  // too late: nothing happens
    supervisor.resume(job.key);
}

TEST_CASE("stop: a process may clean up and choose its exit code") {
    Supervisor supervisor(the_clock);
    Running job(supervisor, marked_shell("trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.01; done"));
    job.record->wait_for_output("ready");
    supervisor.stop(job.key, StopReason::cancelled);
    CHECK(job.record->wait_end().exit_code == 9);
    CHECK(job.record->end->stopped == StopReason::cancelled);
    CHECK(job.record->out == "ready\nbye\n");
}

TEST_CASE("stop: a child may clean up although its parent has gone at once") {
    Supervisor supervisor(the_clock);
    Running job(
        supervisor,
        marked_shell("sh -c 'trap \"echo cleaned; exit\" TERM; echo ready; while :; do sleep 0.01; done' & wait"));
    job.record->wait_for_output("ready");
    supervisor.stop(job.key, StopReason::cancelled);
    CHECK(job.record->wait_end().exit_code == 128 + SIGTERM);
    CHECK(job.record->out == "ready\ncleaned\n");
    CHECK(left_over() == 0);
}

TEST_CASE("the limit: SIGTERM, and SIGKILL for who ignores it") {
    Supervisor supervisor(the_clock);
    SUBCASE("obeys") {
        auto command = marked_shell("sleep 1000");
        command.limit = 50ms;
        Running job(supervisor, command);
        CHECK(job.record->wait_end().signal == SIGTERM);
        CHECK(job.record->end->stopped == StopReason::time_limit);
    }
    SUBCASE("ignores") {
        auto command = marked_shell("trap '' TERM; echo ready; sleep 1000 & sleep 1000");
        command.limit = 200ms;
        command.grace = 100ms;
        Running job(supervisor, command);
        CHECK(job.record->wait_end().signal == SIGKILL);
        CHECK(job.record->end->stopped == StopReason::time_limit);
        CHECK(job.record->end->left_behind == 0);
    }
    CHECK(left_over() == 0);
}

TEST_CASE("stop reaches descendants that left session and parent") {
    Supervisor supervisor(the_clock);
    auto command = marked_shell(
        // In another session; daemonised twice; daemonised and deaf; without environment but with our output.
        "setsid sh -c 'echo a; sleep 1000' & "
        "(setsid sh -c '(echo b; exec sleep 1000) &' &) ; "
        "(setsid sh -c 'trap \"\" TERM; (echo c; exec >/dev/null 2>&1; while :; do sleep 1000; done) &' &) ; "
        "(setsid env -i /bin/sh -c '(echo d; exec /bin/sleep 1000) &' &) ; "
        "wait");
    command.grace = 100ms;
    Running job(supervisor, command);
    for (const char* each : {"a\n", "b\n", "c\n", "d\n"}) job.record->wait_for_output(each);
    SUBCASE("while the leader lives") {}
    SUBCASE("by the limit of time") {}
    supervisor.stop(job.key, StopReason::cancelled);
    job.record->wait_end();
    CHECK(left_over() == 0);
    CHECK(job.record->end->left_behind == 0);
}

TEST_CASE("stop reaches daemons that keep neither environment nor output") {
    const testing::TemporaryDirectory directory;
    // The path of a work directory may lead through links; what the kernel says of a process does not.
    std::filesystem::create_directory(directory.path() / "own");
    std::filesystem::create_directory_symlink("own", directory.path() / "link");
    Supervisor supervisor(the_clock);
    std::string script;
    SUBCASE("in the session of a known descendant") {
        script =
            "(exec env -i setsid /bin/sh -c 'exec 3>&1 >/dev/null 2>&1; cd /; "
            "(exec /bin/sh -c \"echo \\$\\$ >&3; exec /bin/sleep 1000 3>&-\" &) ; exec /bin/sleep 1000 3>&-') & "
            "sleep 1000";
    }
    SUBCASE("in the directory of the job") {
        script =
            "(exec env -i setsid /bin/sh -c 'exec 3>&1 >/dev/null 2>&1; mkdir sub; cd sub; "
            "/bin/sh -c \"echo \\$\\$ >&3; exec /bin/sleep 1000 3>&-\" & exit') ; sleep 1000";
    }
    auto command = marked_shell(script);
    command.directory = command.own_directory = directory.path() / "link";
    Running job(supervisor, command);
    job.record->wait_for_output("\n");
    const pid_t daemon = std::stoi(job.record->out);
    const auto identity = read_process(daemon).value().identity;
    supervisor.stop(job.key, StopReason::cancelled);
    job.record->wait_end();
    const auto left = read_process(daemon);
    CHECK((!left || left->is_dead()));
    send_signal(identity, SIGKILL);
}

TEST_CASE("stop ends a family of 50 that goes on multiplying") {
    Supervisor supervisor(the_clock);
    auto command = marked_shell(
        "trap '' TERM; n=0; while [ $n -lt 50 ]; do "
        "setsid sh -c 'trap \"\" TERM; while :; do sleep 0.05 & wait; done' & n=$((n+1)); done; echo ready; wait");
    command.grace = 50ms;
    Running job(supervisor, command);
    job.record->wait_for_output("ready");
    supervisor.stop(job.key, StopReason::cancelled);
    job.record->wait_end();
    CHECK(job.record->end->left_behind == 0);
    CHECK(left_over() == 0);
}

TEST_CASE("a stopped process is continued so that it can end") {
    Supervisor supervisor(the_clock);
    Running job(supervisor, marked_shell("echo ready; kill -STOP $$; sleep 1000"));
    job.record->wait_for_output("ready");
    supervisor.stop(job.key, StopReason::cancelled);
    CHECK(job.record->wait_end().signal == SIGTERM);
}

TEST_CASE("a daemon that keeps the pipe open is not waited for, and is collected when it ends") {
    Supervisor supervisor(the_clock);
    // The substitution ends when the daemon has moved its output from there to the job's.
    Running job(supervisor,
                marked_shell("exec 3>&1; x=$(setsid sh -c 'echo up; exec sleep 1000 >&3' &); echo parent $x"));
    CHECK(job.record->wait_end().exit_code == 0);
    CHECK(job.record->out == "parent up\n");
    std::vector<ProcessIdentity> daemons;
    for (const auto& entry : read_processes())
        if (read_proc(std::to_string(entry.identity.pid) + "/environ").value_or("").find(mark) != std::string::npos)
            daemons.push_back(entry.identity);
    REQUIRE(daemons.size() == 1);
    CHECK(read_process(daemons[0].pid)->parent == ::getpid());
    send_signal(daemons[0], SIGKILL);
    while (read_process(daemons[0].pid) && start_time_of(daemons[0].pid) == daemons[0].start_time) ::sched_yield();
}

TEST_CASE("children of other code are left alone") {
    Supervisor supervisor(the_clock);
    Running job(supervisor, marked_shell("true"));
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    const Descriptor read_end(fds[0]), write_end(fds[1]);
    pid_t pid = 0;
    const char* argv[] = {"/bin/sh", "-c", "exit 7", nullptr};
    REQUIRE(::posix_spawn(&pid, argv[0], nullptr, nullptr, const_cast<char**>(argv), nullptr) == 0);
    siginfo_t info{};
    REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
    for (const auto& orphan : children::orphans()) CHECK(orphan.pid != pid);
    int status = 0;
    CHECK(::waitpid(pid, &status, 0) == pid);
    CHECK(WEXITSTATUS(status) == 7);
    job.record->wait_end();
}

TEST_CASE("an application that closes its output and lives on is waited for") {
    Supervisor supervisor(the_clock);
    Running job(supervisor, marked_shell("echo first; exec >&- 2>&-; sleep 0.2; exit 5"));
    CHECK(job.record->wait_end().exit_code == 5);
    CHECK(job.record->out == "first\n");
}

TEST_CASE("the destructor ends what still runs, and says so") {
    auto record = std::make_shared<Record>(), deaf = std::make_shared<Record>();
    record->pause_after = 1;
    {
        Supervisor supervisor(the_clock, {.shutdown_grace = 100ms});
        supervisor.start(marked_shell("echo ready; sleep 1000"), record);
        supervisor.start(marked_shell("trap '' TERM; echo ready; while :; do sleep 1000; done"), deaf);
        record->wait_for_output("ready");
        deaf->wait_for_output("ready");
    }
    REQUIRE(record->end);
    CHECK(record->end->stopped == StopReason::shutdown);
    REQUIRE(deaf->end);
    CHECK(deaf->end->signal == SIGKILL);
    CHECK(left_over() == 0);
}

TEST_CASE("a process of an earlier run can be adopted") {
    auto first = std::make_shared<Record>(), second = std::make_shared<Record>();
    Supervisor supervisor(the_clock);
    // The daemon stands for the job whose server has died.
    supervisor.start(marked_shell("setsid sh -c 'echo $$; exec sleep 1000' & wait"), first);
    first->wait_for_output("\n");
    const pid_t pid = std::stoi(first->out);
    const ProcessIdentity identity{pid, start_time_of(pid).value()};
    CHECK(!supervisor.adopt({.process = {pid, identity.start_time + 1}}, second));
    const auto key = supervisor.adopt({.process = identity, .mark = mark}, second);
    REQUIRE(key);
    second->wait([&] { return second->identity.pid != 0; });
    supervisor.stop(*key, StopReason::cancelled);
    CHECK(second->wait_end().exit_code == 255);
    CHECK(second->end->stopped == StopReason::cancelled);
    CHECK(first->wait_end().exit_code != 255);
    CHECK(!supervisor.adopt({.process = identity}, second));
}

TEST_CASE("lines of /proc/PID/stat") {
    const auto entry = parse_stat("77 (a) b (c) S 5 6 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4711 1000 1 2 3");
    REQUIRE(entry);
    CHECK(entry->identity == ProcessIdentity{77, 4711});
    CHECK(entry->state == 'S');
    CHECK(entry->parent == 5);
    CHECK(entry->group == 6);
    CHECK(entry->session == 7);
    for (const char* bad : {"", "x", "1 (", "1 )(", "1 (a)", "1 (a) S", "1 (a) S 1 2 3",
                            "x (a) S 5 6 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4711"})
        CHECK(!parse_stat(bad));
}

TEST_CASE("who belongs to a job") {
    const auto entry = [](pid_t pid, std::uint64_t start, pid_t parent, pid_t session, char state = 'S') {
        return ProcessEntry{{pid, start}, parent, session, session, state};
    };
    ProcessTable table({entry(900'100, 50, 1, 900'100), entry(900'101, 51, 900'100, 900'100),
                        entry(900'102, 52, 900'101, 900'102), entry(900'103, 53, 900'102, 900'102, 'Z'),
                        entry(900'104, 54, 900'103, 900'104), entry(900'105, 40, 900'100, 900'100),
                        entry(900'200, 55, 7, 900'200)});
    std::vector<pid_t> pids;
    for (const auto& member : table.tree_of({.leader = {900'100, 50}})) pids.push_back(member.identity.pid);
    std::sort(pids.begin(), pids.end());
    // Not the zombie, not the older process that has an old number, not the stranger.
    CHECK(pids == std::vector<pid_t>{900'100, 900'101, 900'102, 900'104});
}

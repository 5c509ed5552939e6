// SPDX-License-Identifier: MIT
#include "base/fault_point.h"
#include "base/uptime.h"
#include "execute/shim/request.h"
#include "support/native_fixture.h"

#include <unistd.h>
#include <csignal>
#include <cstdlib>

using namespace mf;
using namespace std::chrono_literals;
using mf::testing::NativeFixture;
using mf::testing::Record;
using mf::testing::the_clock;

TEST_CASE_FIXTURE(NativeFixture, "a file is used again when its job is forgotten, and not before") {
    const auto first = executor->start(plan("echo first"), record);
    REQUIRE(first);
    record->wait_end();
    const auto second = std::make_shared<Record>(), third = std::make_shared<Record>();
    const auto beside = executor->start(plan("echo second"), second);
    REQUIRE(beside);
    second->wait_end();
    CHECK(first->handle == "0/1");
    CHECK(beside->handle == "1/1");
    executor->forget(first->handle);
    const auto again = executor->start(plan("echo third"), third);
    REQUIRE(again);
    third->wait_end();
    CHECK(third->out == "third\n");
    CHECK(again->handle == "0/2");
    executor->stop(first->handle, StopReason::cancelled);                                       // names nobody any more
    CHECK(std::distance(std::filesystem::directory_iterator(base.path() / "spool"), {}) == 3);  // and the pipe
}

TEST_CASE_FIXTURE(NativeFixture,
                  "a job goes on without the program that started it, and is taken up where its record ends") {
    const auto started = executor->start(plan("echo one; " + waits_for("go") + "echo two >&2; exit 7"), record);
    REQUIRE(started);
    record->wait_for_output("one\n");
    SUBCASE("while it runs") {
        restart();
        const auto survivors = executor->survivors();
        REQUIRE(survivors.size() == 1);
        CHECK(survivors[0].handle == started->handle);
        CHECK(survivors[0].job_id == 5);
        CHECK(survivors[0].pid == started->pid);
        CHECK(survivors[0].memo == "what there is to know");
        CHECK(survivors[0].work_directory == directory.path());
        const auto later = recover(4);
        touch("go");
        CHECK(later->wait_end().exit_code == 7);
        CHECK(later->out.empty());
        CHECK(later->err == "two\n");
    }
    SUBCASE("after it has ended") {
        const auto watcher = shim();
        executor.reset();
        touch("go");
        wait_until_gone(watcher);
        const auto before = the_clock.now();
        executor = open();
        const auto later = recover(2);
        CHECK(later->wait_end().exit_code == 7);
        CHECK(later->end->ended_at <= before);
        CHECK(later->out == "e\n");
        CHECK(later->err == "two\n");
    }
    SUBCASE("again and again") {
        for (int i = 0; i < 5; ++i) {
            restart();
            const auto later = recover(0);
            later->wait_for_output("one\n");
            CHECK(later->out == "one\n");
        }
        restart();
        const auto later = recover(0);
        touch("go");
        CHECK(later->wait_end().exit_code == 7);
    }
    SUBCASE("and can be stopped") {
        restart();
        const auto later = recover(4);
        executor->stop(started->handle, StopReason::cancelled);
        CHECK(later->wait_end().signal == SIGTERM);
        CHECK(later->end->stopped == StopReason::cancelled);
    }
    CHECK_FALSE(record->end);
    executor->forget(started->handle);
    restart();
    CHECK(executor->survivors().empty());
}

TEST_CASE_FIXTURE(NativeFixture, "a job whose shim is killed is lost, and nothing of it lives on") {
    REQUIRE(executor->start(plan("(setsid sleep 1000 &); (sleep 1000 &); echo ready; sleep 1000"), record));
    record->wait_for_output("ready");
    const auto watcher = shim();
    const auto process = record->identity;
    SUBCASE("while we are there") { send_signal(watcher, SIGKILL); }
    SUBCASE("while nobody is there") {
        executor.reset();
        send_signal(watcher, SIGKILL);
        wait_until_gone(watcher);
        executor = open();
        record = recover(6);
    }
    CHECK(record->wait_end().exit_code == 255);
    CHECK(record->end->lost.find("multiflexi-shim") != std::string::npos);
    CHECK(record->end->left_behind == 0);
    CHECK(ProcessTable().tree_of({process, {}, {}, {}, directory.path().string(), {}}).empty());
}

TEST_CASE_FIXTURE(NativeFixture, "a job from before a restart of the machine is lost") {
    const auto started = executor->start(plan("echo one; sleep 1000"), record);
    REQUIRE(started);
    record->wait_for_output("one\n");
    const auto watcher = shim();
    executor.reset();
    put_text(spool().header().boot, "another boot");
    executor = open();
    const auto later = recover(0);
    CHECK(later->wait_end().lost.find("started anew") != std::string::npos);
    CHECK(later->out == "one\n");
    // The numbers of that boot mean nothing now: nobody is touched.
    CHECK(read_process(watcher.pid)->identity == watcher);
    send_signal(watcher, SIGKILL);
    wait_until_gone(record->identity);
}

TEST_CASE_FIXTURE(NativeFixture,
                  "a request that nobody has taken is taken back, and starts nothing when it is read later") {
    executor.reset();
    const auto file = *Spool::open(base.path() / "spool" / "0");
    const auto ticket = file.prepare(5, boot_identity(), directory.path(), "memo");
    REQUIRE(ticket);
    executor = open();
    CHECK(executor->survivors().empty());
    CHECK(file.phase() == SpoolPhase::free);
    CHECK_FALSE(file.step(*ticket, SpoolPhase::requested, SpoolPhase::taken));
}

TEST_CASE_FIXTURE(NativeFixture, "a file of another version is told of, and its job ends as lost") {
    REQUIRE(executor->start(plan("echo one; sleep 1000"), record));
    record->wait_for_output("one\n");
    executor.reset();
    spool().header().version = 99;
    executor = open();
    const auto survivors = executor->survivors();
    REQUIRE(survivors.size() == 1);
    CHECK(survivors[0].job_id == 5);
    const auto later = recover(0);
    CHECK(later->wait_end().lost.find("another version") != std::string::npos);
    executor->forget(survivors[0].handle);
    CHECK_FALSE(std::filesystem::exists(base.path() / "spool" / "0"));
    wait_until_gone(record->identity);
}

TEST_CASE_FIXTURE(NativeFixture, "the process that makes shims is started again when it was killed") {
    REQUIRE(executor->start(plan("echo one"), record));
    record->wait_end();
    pid_t maker = 0;
    for (const auto& process : read_processes())
        if (process.parent == ::getpid() &&
            read_proc(std::to_string(process.identity.pid) + "/stat").value_or("").find("(multiflexi-shim)") !=
                std::string::npos)
            maker = process.identity.pid;
    REQUIRE(maker > 0);
    const auto identity = read_process(maker)->identity;
    ::kill(maker, SIGKILL);
    wait_until_gone(identity);
    const auto next = std::make_shared<Record>();
    // The first may be refused for the moment, as by any shortage.
    auto started = executor->start(plan("echo two"), next);
    if (!started) {
        CHECK(started.error().code == ErrorCode::unavailable);
        started = executor->start(plan("echo two"), next);
    }
    REQUIRE(started);
    next->wait_end();
    CHECK(next->out == "two\n");
}

// Sanitizers let a shim grow by megabytes with its first job, and one that has grown takes no other.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

TEST_CASE_FIXTURE(NativeFixture, "a shim runs one job after the other") {
    const auto run = [&](const std::string& script) {
        const auto each = std::make_shared<Record>();
        auto next = plan(script);
        next.secrets = {"of-" + script.substr(0, 6)};
        const auto started = executor->start(next, each);
        REQUIRE(started);
        each->wait_end();
        executor->forget(started->handle);
        return each;
    };
    const auto first = run("echo 1 of-echo 1 of-echo 2");
    const auto watcher = shim();
    CHECK(first->out == "1 •••••••• of-echo 2\n");
    const auto second = run("echo 2 of-echo 1 of-echo 2; exit 3");
    CHECK(shim() == watcher);
    CHECK(second->out == "2 of-echo 1 ••••••••\n");
    CHECK(second->end->exit_code == 3);
    SUBCASE("and ends with the program that it works for") {
        executor.reset();
        wait_until_gone(watcher);
    }
    SUBCASE("and is replaced when it was killed meanwhile") {
        send_signal(watcher, SIGKILL);
        wait_until_gone(watcher);
        CHECK(run("echo 3")->out == "3\n");
        CHECK(shim() != watcher);
    }
    SUBCASE("and ends when it is told to") {
        send_signal(watcher, SIGTERM);
        wait_until_gone(watcher);
        CHECK(run("echo 3")->out == "3\n");
    }
    SUBCASE("but not after one that left processes behind") {
        run("setsid sleep 1000 >/dev/null 2>&1 & echo $! > child");
        wait_until_gone(watcher);
        pid_t child = 0;
        std::ifstream(file("child")) >> child;
        const auto left = read_process(child);
        REQUIRE(left);
        const auto next = run("echo next; exec sleep 0");
        CHECK(next->end->left_behind == 0);
        CHECK(read_process(child)->identity == left->identity);
        send_signal(left->identity, SIGKILL);
    }
    SUBCASE("and an order for the job before is none for the next") {
        const auto last = std::make_shared<Record>();
        const auto started = executor->start(plan("echo ready; " + waits_for("go") + "exit 4"), last);
        REQUIRE(started);
        last->wait_for_output("ready");
        CHECK(shim() == watcher);
        // As one that was on its way while the shim went on to this job.
        const auto late = ShimWord{spool().ticket() - 1, StopReason::cancelled}.packed();
        REQUIRE(::sigqueue(watcher.pid, shim_signal(), sigval{.sival_int = late}) == 0);
        touch("go");
        CHECK(last->wait_end().exit_code == 4);
        CHECK(last->end->stopped == StopReason::none);
    }
}

TEST_CASE_FIXTURE(NativeFixture, "a shim that stands still while it waits for work keeps nobody from working") {
    const auto first = executor->start(plan("true"), record);
    REQUIRE(first);
    record->wait_end();
    executor->forget(first->handle);
    const auto watcher = shim();
    ::kill(watcher.pid, SIGSTOP);
    const auto run = [&](const char* handle) {
        const auto next = std::make_shared<Record>();
        const auto started = executor->start(plan("echo next"), next);
        REQUIRE(started);
        // Nothing else can have its file.
        CHECK(started->handle == handle);
        CHECK(next->wait_end().exit_code == 0);
        CHECK(next->out == "next\n");
    };
    run("1/1");
    run("2/1");
    ::kill(watcher.pid, SIGCONT);
    wait_until_gone(watcher);
    run("0/3");
}

#endif

TEST_CASE_FIXTURE(NativeFixture, "after the last moment for it nothing is started") {
    auto late = plan("touch started");
    late.start_until = uptime();
    const auto refused = executor->start(late, record);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK_FALSE(std::filesystem::exists(file("started")));
    late.start_until = uptime() + 1h;
    REQUIRE(executor->start(late, record));
    CHECK(record->wait_end().exit_code == 0);
}

TEST_CASE_FIXTURE(NativeFixture, "a shim that stands still while it starts a job keeps nobody waiting for it") {
    executor.reset();
    ::setenv(fault_variable, "shim-before-spawn:stop", 1);
    executor = open(1s);
    ::unsetenv(fault_variable);
    auto job = plan("echo one");
    const auto begin = [&] {
        const auto started = executor->start(job, record);
        REQUIRE(started);
        CHECK_FALSE(started->pid);
        CHECK_FALSE(record->end);
        // It may just have said that it is about to start.
        for (char state = 0; state != 'T';) {
            const auto stat = read_proc(std::to_string(shim().pid) + "/stat").value_or("");
            state = stat.substr(stat.rfind(')')).at(2);
        }
    };
    SUBCASE("it starts it later") {
        begin();
        ::kill(shim().pid, SIGCONT);
        CHECK(record->wait_end().exit_code == 0);
        CHECK(record->out == "one\n");
    }
    SUBCASE("it does not start it after all") {
        job.start_until = uptime() + 1s;
        begin();
        while (uptime() < *job.start_until) std::this_thread::yield();
        ::kill(shim().pid, SIGCONT);
        CHECK(record->wait_end().start_error.find("is over") != std::string::npos);
        CHECK(record->out.empty());
    }
    SUBCASE("it is killed") {
        begin();
        ::kill(shim().pid, SIGKILL);
        CHECK_FALSE(record->wait_end().lost.empty());
    }
}

TEST_CASE_FIXTURE(NativeFixture, "the next server does not wait for a shim of the last one that stands still") {
    const auto started = executor->start(plan("true"), record);
    REQUIRE(started);
    record->wait_end();
    executor->forget(started->handle);
    const auto watcher = shim();
    ::kill(watcher.pid, SIGSTOP);
    restart();
    const auto next = std::make_shared<Record>();
    const auto restarted = executor->start(plan("echo next"), next);
    ::kill(watcher.pid, SIGCONT);
    REQUIRE(restarted);
    CHECK(restarted->handle == "1/1");
    next->wait_end();
    CHECK(next->out == "next\n");
    wait_until_gone(watcher);
}

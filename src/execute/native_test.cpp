// SPDX-License-Identifier: MIT
#include "execute/native.h"

#include "execute/listener_test.h"
#include "execute/process_table.h"
#include "execute/shim/spool.h"
#include "execute/work_directory.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <csignal>
#include <fstream>
#include <thread>

using namespace mf;
using namespace std::chrono_literals;
using mf::testing::Record;
using mf::testing::TemporaryDirectory;

namespace {

SystemClock the_clock;

struct Fixture {
    TemporaryDirectory base;
    WorkDirectory directory = *WorkDirectory::create(base.path(), 5);
    std::unique_ptr<NativeExecutor> executor = open();
    std::shared_ptr<Record> record = std::make_shared<Record>();

    std::unique_ptr<NativeExecutor> open() const {
        auto opened = NativeExecutor::open(the_clock, {.program = shim_program(), .spool = base.path() / "spool"});
        if (!opened) throw std::runtime_error(opened.error().message);
        return *std::move(opened);
    }
    /// As a server that was killed and started again.
    void restart() {
        executor.reset();
        executor = open();
    }
    JobPlan plan(std::string script) const {
        JobPlan plan{.job_id = 5,
                     .argv = {"sh", "-c", std::move(script)},
                     .environment = directory.variables(),
                     .work_directory = directory.path(),
                     .memo = "what there is to know"};
        plan.environment["PATH"] = "/usr/bin:/bin";
        return plan;
    }
    std::filesystem::path file(const char* name) const { return directory.path() / name; }
    /// Lets a job go on that waits for the file.
    void touch(const char* name) const { std::ofstream(file(name)) << "yes"; }
    static std::string waits_for(const char* name) {
        return std::string("while ! [ -e ") + name + " ]; do sleep 0.01; done; ";
    }
    Spool spool(int number = 0) const { return *Spool::attach(base.path() / "spool" / std::to_string(number)); }
    ProcessIdentity shim() const {
        const auto file = spool();
        return {static_cast<pid_t>(file.header().shim_pid), file.header().shim_start_time};
    }
    std::shared_ptr<Record> recover(std::uint64_t from_byte) {
        const auto survivors = executor->survivors();
        REQUIRE(survivors.size() == 1);
        auto later = std::make_shared<Record>();
        REQUIRE(executor->recover(survivors[0].handle, from_byte, later));
        return later;
    }
    static void wait_until_gone(const ProcessIdentity& process) {
        while (true) {
            const auto entry = read_process(process.pid);
            if (!entry || entry->is_dead() || entry->identity != process) return;
            std::this_thread::yield();
        }
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a native job runs in its work directory") {
    const auto started = executor->start(plan("pwd; echo $TMPDIR; echo no >&2; exit 4"), record);
    REQUIRE(started);
    CHECK(started->pid == record->identity.pid);
    CHECK(record->wait_end().exit_code == 4);
    CHECK(record->out == directory.path().string() + "\n" + directory.path().string() + "\n");
    CHECK(record->err == "no\n");
    CHECK(record->end->lost.empty());
    executor->stop(started->handle, StopReason::cancelled);  // too late
}

TEST_CASE_FIXTURE(Fixture, "a native job that cannot be started has ended") {
    auto broken = plan("");
    broken.argv = {"/no/such/program"};
    const auto started = executor->start(broken, record);
    REQUIRE(started);
    CHECK(!started->pid);
    CHECK(record->wait_end().exit_code == 127);
    CHECK(record->end->start_error.find("/no/such/program") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "megabytes of arguments and environment arrive") {
    auto large = plan("echo $# ${#LONG}");
    for (int i = 0; i < 10'000; ++i) large.argv.push_back("argument " + std::to_string(i));
    large.environment["LONG"] = std::string(100'000, 'x');
    large.secrets = {std::string(100'000, 'y')};
    REQUIRE(executor->start(large, record));
    record->wait_end();
    CHECK(record->out == "9999 100000\n");
}

TEST_CASE_FIXTURE(Fixture, "stop and resume by handle") {
    record->pause_after = 1;
    const auto started = executor->start(plan("echo one; sleep 1000"), record);
    REQUIRE(started);
    record->wait([&] { return record->paused; });
    executor->resume_output(started->handle);
    for (const char* foreign : {"", "x", "0/", "/1", "0/99", "99/1"}) executor->stop(foreign, StopReason::cancelled);
    executor->stop(started->handle, StopReason::cancelled);
    CHECK(record->wait_end().signal == SIGTERM);
    CHECK(record->end->stopped == StopReason::cancelled);
}

TEST_CASE_FIXTURE(Fixture, "a stop reaches descendants that have left the session") {
    const auto started = executor->start(plan("(setsid sleep 1000 &); echo ready; sleep 1000"), record);
    REQUIRE(started);
    record->wait_for_output("ready");
    executor->stop(started->handle, StopReason::shutdown);
    CHECK(record->wait_end().left_behind == 0);
    CHECK(ProcessTable().tree_of({record->identity, {}, {}, {}, directory.path().string(), {}}).empty());
}

TEST_CASE_FIXTURE(Fixture, "the time limit is kept by the shim") {
    auto limited = plan("sleep 1000");
    limited.limit = 1ms;
    REQUIRE(executor->start(limited, record));
    CHECK(record->wait_end().stopped == StopReason::time_limit);
}

TEST_CASE_FIXTURE(Fixture, "output waits in order while nobody takes it, and all of it comes") {
    record->pause_after = 1;
    const auto started = executor->start(plan("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done"), record);
    REQUIRE(started);
    record->wait([&] { return record->paused; });
    record->pause_after.reset();
    wait_until_gone(shim());
    executor->resume_output(started->handle);
    record->wait_end();
    std::string expected;
    for (int i = 0; i < 3000; ++i) expected += "line " + std::to_string(i) + "\n";
    CHECK(record->out == expected);
}

TEST_CASE_FIXTURE(Fixture, "a file is used again when its job is forgotten, and not before") {
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

TEST_CASE_FIXTURE(Fixture, "a job goes on without the program that started it, and is taken up where its record ends") {
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

TEST_CASE_FIXTURE(Fixture, "a job whose shim is killed is lost, and nothing of it lives on") {
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

TEST_CASE_FIXTURE(Fixture, "a job from before a restart of the machine is lost") {
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

TEST_CASE_FIXTURE(Fixture, "a request that nobody has taken is taken back, and starts nothing when it is read later") {
    executor.reset();
    const auto file = *Spool::open(base.path() / "spool" / "0");
    const auto ticket = file.prepare(5, boot_identity(), directory.path(), "memo");
    REQUIRE(ticket);
    executor = open();
    CHECK(executor->survivors().empty());
    CHECK(file.phase() == SpoolPhase::free);
    CHECK_FALSE(file.step(*ticket, SpoolPhase::requested, SpoolPhase::taken));
}

TEST_CASE_FIXTURE(Fixture, "a file of another version is told of, and its job ends as lost") {
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

TEST_CASE_FIXTURE(Fixture, "secrets are masked before anything is kept, and nobody can read them elsewhere") {
    constexpr std::string_view secret = "s3cr3t-of-the-bank";
    auto secretive =
        plan("printf '%s' s3cr3t; " + waits_for("go") + "printf '%s\\n' -of-the-bank; echo $PASSWORD >&2; " +
             waits_for("done") + "echo the word is s3cr3t");
    secretive.secrets = {std::string(secret)};
    secretive.environment["PASSWORD"] = secret;
    REQUIRE(executor->start(secretive, record));
    touch("go");
    record->wait([&] { return !record->err.empty() && !record->out.empty(); });
    std::ifstream stream(base.path() / "spool" / "0", std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(stream), {}};
    CHECK(content.size() > spool_page);
    CHECK(content.find(secret) == std::string::npos);
    const auto folder = std::to_string(shim().pid);
    for (const auto* place : {"/cmdline", "/environ"})
        CHECK(read_proc(folder + place).value_or("").find(secret) == std::string::npos);
    touch("done");
    record->wait_end();
    CHECK(record->out == "••••••••\nthe word is s3cr3t\n");
    CHECK(record->err == "••••••••\n");
}

TEST_CASE_FIXTURE(Fixture, "what nobody wants of the output is not kept, but that there was more is told") {
    auto talkative = plan("head -c 100000 /dev/zero");
    talkative.output_limit = 1000;
    REQUIRE(executor->start(talkative, record));
    CHECK(record->wait_end().exit_code == 0);
    CHECK(record->bytes == 1001);
}

TEST_CASE_FIXTURE(Fixture, "what is durable elsewhere is given back to the disk") {
    const auto started = executor->start(plan("head -c 8000000 /dev/zero; " + waits_for("go")), record);
    REQUIRE(started);
    record->keep = false;
    record->wait([&] { return record->bytes == 8'000'000; });
    struct stat before {
    }, after{};
    const auto name = base.path() / "spool" / "0";
    REQUIRE(::stat(name.c_str(), &before) == 0);
    executor->kept(started->handle, 8'000'000);
    REQUIRE(::stat(name.c_str(), &after) == 0);
    CHECK(after.st_blocks * 4 < before.st_blocks);
    CHECK(after.st_size == before.st_size);
    touch("go");
    record->wait_end();
}

TEST_CASE_FIXTURE(Fixture, "the process that makes shims is started again when it was killed") {
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

TEST_CASE("a program without its shim says what is missing") {
    const TemporaryDirectory base;
    const auto refused =
        NativeExecutor::open(the_clock, {.program = base.path() / "multiflexi-shim", .spool = base.path() / "spool"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("multiflexi-shim, and it is not there") != std::string::npos);
    const auto other = NativeExecutor::open(the_clock, {.program = "/bin/true", .spool = base.path() / "spool"});
    REQUIRE_FALSE(other);
    CHECK(other.error().message.find("does not work as it should") != std::string::npos);
}

// SPDX-License-Identifier: MIT
#include "support/native_fixture.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <csignal>

using namespace mf;
using namespace std::chrono_literals;
using mf::testing::NativeFixture;
using mf::testing::Record;
using mf::testing::TemporaryDirectory;
using mf::testing::the_clock;

TEST_CASE_FIXTURE(NativeFixture, "a native job runs in its work directory") {
    const auto started = executor->start(plan("pwd; echo $TMPDIR; echo no >&2; exit 4"), record);
    REQUIRE(started);
    CHECK(started->pid == record->identity.pid);
    CHECK(record->wait_end().exit_code == 4);
    CHECK(record->out == directory.path().string() + "\n" + directory.path().string() + "\n");
    CHECK(record->err == "no\n");
    CHECK(record->end->lost.empty());
    executor->stop(started->handle, StopReason::cancelled);  // too late
}

TEST_CASE_FIXTURE(NativeFixture, "a native job that cannot be started has ended") {
    auto broken = plan("");
    broken.argv = {"/no/such/program"};
    const auto started = executor->start(broken, record);
    REQUIRE(started);
    CHECK(!started->pid);
    CHECK(record->wait_end().exit_code == 127);
    CHECK(record->end->start_error.find("/no/such/program") != std::string::npos);
}

TEST_CASE_FIXTURE(NativeFixture, "megabytes of arguments and environment arrive") {
    auto large = plan("echo $# ${#LONG}");
    for (int i = 0; i < 10'000; ++i) large.argv.push_back("argument " + std::to_string(i));
    large.environment["LONG"] = std::string(100'000, 'x');
    large.secrets = {std::string(100'000, 'y')};
    REQUIRE(executor->start(large, record));
    record->wait_end();
    CHECK(record->out == "9999 100000\n");
}

TEST_CASE_FIXTURE(NativeFixture, "stop and resume by handle") {
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

TEST_CASE_FIXTURE(NativeFixture, "a stop reaches descendants that have left the session") {
    const auto started = executor->start(plan("(setsid sleep 1000 &); echo ready; sleep 1000"), record);
    REQUIRE(started);
    record->wait_for_output("ready");
    executor->stop(started->handle, StopReason::shutdown);
    CHECK(record->wait_end().left_behind == 0);
    CHECK(ProcessTable().tree_of({record->identity, {}, {}, {}, directory.path().string(), {}}).empty());
}

TEST_CASE_FIXTURE(NativeFixture, "the time limit is kept by the shim") {
    auto limited = plan("sleep 1000");
    limited.limit = 1ms;
    REQUIRE(executor->start(limited, record));
    CHECK(record->wait_end().stopped == StopReason::time_limit);
}

TEST_CASE_FIXTURE(NativeFixture, "output waits in order while nobody takes it, and all of it comes") {
    record->pause_after = 1;
    const auto started = executor->start(plan("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done"), record);
    REQUIRE(started);
    record->wait([&] { return record->paused; });
    record->pause_after.reset();
    wait_until_ended();
    executor->resume_output(started->handle);
    record->wait_end();
    std::string expected;
    for (int i = 0; i < 3000; ++i) expected += "line " + std::to_string(i) + "\n";
    CHECK(record->out == expected);
}

TEST_CASE_FIXTURE(NativeFixture, "secrets are masked before anything is kept, and nobody can read them elsewhere") {
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

TEST_CASE_FIXTURE(NativeFixture, "what nobody wants of the output is not kept, but that there was more is told") {
    auto talkative = plan("head -c 100000 /dev/zero");
    talkative.output_limit = 1000;
    REQUIRE(executor->start(talkative, record));
    CHECK(record->wait_end().exit_code == 0);
    CHECK(record->bytes == 1001);
}

TEST_CASE_FIXTURE(NativeFixture, "what is durable elsewhere is given back to the disk") {
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

TEST_CASE("on a full disk a job is held back, and nothing of it is lost") {
    const TemporaryDirectory base;
    const auto spool = base.path() / "spool";
    std::filesystem::create_directory(spool);
    if (::mount("none", spool.c_str(), "tmpfs", 0, "size=1m") != 0) {
        MESSAGE("Not tested: a file system of its own needs root.");
        return;
    }
    {
        auto executor = *NativeExecutor::open(the_clock, {.program = shim_program(), .spool = spool});
        const auto directory = *WorkDirectory::create(base.path(), 5);
        JobPlan plan{.job_id = 5,
                     .argv = {"/usr/bin/seq", "100000", "499999"},
                     .environment = directory.variables(),
                     .work_directory = directory.path()};
        const auto record = std::make_shared<Record>();
        const auto started = executor->start(plan, record);
        REQUIRE(started);
        std::size_t kept = 0;
        for (bool over = false; !over;) {
            record->wait([&] {
                over = record->end.has_value();
                return std::exchange(kept, record->bytes) < record->bytes || over;
            });
            executor->kept(started->handle, kept);
        }
        CHECK(record->end->exit_code == 0);
        std::string expected;
        for (int i = 100'000; i < 500'000; ++i) expected.append(std::to_string(i)).append("\n");
        CHECK(record->out.size() == expected.size());
        CHECK((record->out == expected));
    }
    ::umount2(spool.c_str(), MNT_DETACH);
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

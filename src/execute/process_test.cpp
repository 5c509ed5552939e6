// SPDX-License-Identifier: MIT
#include "execute/process.h"

#include "execute/listener_test.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <fstream>

using namespace mf;
using mf::testing::Record;
using mf::testing::TemporaryDirectory;
using mf::testing::the_clock;

namespace {

ProcessCommand shell(std::string script) {
    return {.argv = {"sh", "-c", std::move(script)}, .environment = {{"PATH", "/usr/bin:/bin"}}};
}

std::shared_ptr<Record> run(Supervisor& supervisor, const ProcessCommand& command) {
    auto record = std::make_shared<Record>();
    supervisor.start(command, record);
    record->wait_end();
    return record;
}

std::shared_ptr<Record> run(const ProcessCommand& command) {
    Supervisor supervisor(the_clock);
    return run(supervisor, command);
}

void write_file(const std::filesystem::path& path, std::string_view content, std::filesystem::perms mode) {
    std::ofstream(path, std::ios::binary) << content;
    std::filesystem::permissions(path, mode);
}

constexpr auto executable = std::filesystem::perms::owner_all;
constexpr auto plain = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;

}  // namespace

TEST_CASE("output and exit code of a program") {
    const auto record = run(shell("echo hello; echo oops >&2; exit 3"));
    CHECK(record->out == "hello\n");
    CHECK(record->err == "oops\n");
    CHECK(record->end->exit_code == 3);
    CHECK(record->end->signal == 0);
    CHECK(record->end->stopped == StopReason::none);
    CHECK(record->end->start_error.empty());
    CHECK(record->identity.pid > 0);
    CHECK(record->identity.start_time > 0);
}

TEST_CASE("arguments arrive exactly as given") {
    std::vector<std::string> argv{"printf", "%s\\n"};
    for (const char* hostile :
         {"", " ", "two words", "it's", "\"quoted\"", "$(touch /tmp/no)", "`id`", "a;b|c&d", "*", "~", "\\", "-n",
          "line\nend", "\ttab", "\xff\xfe invalid", "\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd"})
        argv.emplace_back(hostile);
    std::string expected;
    for (std::size_t i = 2; i < argv.size(); ++i) expected += argv[i] + "\n";
    CHECK(run({.argv = argv, .environment = {{"PATH", "/usr/bin:/bin"}}})->out == expected);
}

TEST_CASE("10 000 arguments") {
    std::vector<std::string> argv{"/bin/sh", "-c", "echo $#", "sh"};
    for (int i = 0; i < 10'000; ++i) argv.push_back("argument " + std::to_string(i));
    CHECK(run({.argv = argv})->out == "10000\n");
}

TEST_CASE("the environment is exactly the given one") {
    ::setenv("MF_TEST_SECRET", "of the server", 1);
    std::string expected;
    std::map<std::string, std::string> environment{{"A", ""}, {"B", "two\nlines"}, {"b.c-d", "=x="}, {"Z", "\xff"}};
    for (const auto& [name, value] : environment) expected += name + "=" + value + '\0';
    CHECK(run({.argv = {"/bin/cat", "/proc/self/environ"}, .environment = environment})->out == expected);
    CHECK(run({.argv = {"/bin/cat", "/proc/self/environ"}})->out.empty());
}

TEST_CASE("session, directory, descriptors, signals and limits of the child") {
    TemporaryDirectory directory;
    SUBCASE("directory and mask") {
        auto command = shell("pwd; umask; ls -l /proc/self/fd/0 | sed 's/.*-> //'; cat; echo end");
        command.directory = directory.path();
        command.file_mode_mask = 027;
        CHECK(run(command)->out == directory.path().string() + "\n0027\n/dev/null\nend\n");
    }
    SUBCASE("only three descriptors") {
        const Descriptor leak(::dup(0)), high(::fcntl(0, F_DUPFD, 500));
        CHECK(run({.argv = {"/bin/ls", "/proc/self/fd"}})->out ==
              "0\n1\n2\n3\n");  // the last is the directory that ls reads
    }
    SUBCASE("own session and group, no signal blocked or ignored") {
        struct sigaction ignore {
        }, before{};
        ignore.sa_handler = SIG_IGN;
        ::sigaction(SIGPIPE, &ignore, &before);
        // Asked by the program itself: a shell blocks signals while it starts another.
        const auto signals = run({.argv = {"/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"}});
        ::sigaction(SIGPIPE, &before, nullptr);
        CHECK(signals->out == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
        const auto record = run(shell("cut -d' ' -f5,6 /proc/$$/stat; ulimit -c"));
        const auto pid = std::to_string(record->identity.pid);
        CHECK(record->out == pid + " " + pid + "\n0\n");
    }
    SUBCASE("limits") {
        auto command = shell("ulimit -v; ulimit -t; ulimit -n; ulimit -f");
        command.resources = {.memory = 1 << 30, .cpu = 7, .open_files = 33, .file_size = 1 << 20};
        CHECK(run(command)->out == "1048576\n7\n33\n2048\n");
        command.resources = {.open_files = ~std::uint64_t{0}};  // more than we may have ourselves: as much as we may
        command.argv[2] = "ulimit -Hn";
        rlimit ours{};
        ::getrlimit(RLIMIT_NOFILE, &ours);
        CHECK(run(command)->out == std::to_string(ours.rlim_max) + "\n");
    }
    SUBCASE("too much processor time") {
        auto command = shell("while :; do :; done");
        command.resources = {.cpu = 1};
        const auto record = run(command);
        CHECK(record->end->signal == SIGXCPU);
        // The kernel enforces the limit by its ticks and reports exact times; under load they differ.
        CHECK(record->end->user_time + record->end->system_time >= std::chrono::milliseconds(500));
    }
}

TEST_CASE("how a process ended") {
    CHECK(run(shell("exit 255"))->end->exit_code == 255);
    const auto killed = run(shell("kill -SEGV $$"));
    CHECK(killed->end->exit_code == 128 + SIGSEGV);
    CHECK(killed->end->signal == SIGSEGV);
    CHECK(killed->end->stopped == StopReason::none);
}

TEST_CASE("the peak of memory is the job's, not ours") {
    const auto large =
        run(shell("head -c 300000000 /dev/zero | tail -c 300000000 >/dev/null & wait; exec tail -c 400000000 /dev/zero "
                  "<&- & wait; "
                  "dd if=/dev/zero of=/dev/null bs=600M count=1 2>/dev/null"));
    REQUIRE(large->end->peak_memory);
    CHECK(*large->end->peak_memory >= 600ULL << 20);
    const std::string ballast(700 << 20, 'x');  // now ours is larger
    CHECK(!run({.argv = {"/bin/true"}})->end->peak_memory);
    CHECK(ballast.back() == 'x');
}

TEST_CASE("a start for which there are no descriptors is refused for now, and nobody hears of it") {
    Supervisor supervisor(the_clock);
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const int next = ::dup(0);
    REQUIRE(next >= 0);
    ::close(next);
    const auto record = std::make_shared<Record>();
    // One for each step: the null device, the pipes, the process.
    for (const int free : {0, 2, 4}) {
        const rlimit low{static_cast<rlim_t>(next + free), limit.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
        const auto started = supervisor.start(shell("exit 0"), record);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
        CHECK(!started.process);
        CHECK(started.shortage.find("Too many open files") != std::string::npos);
    }
    CHECK(supervisor.running() == 0);
    CHECK(!record->end);
    supervisor.start(shell("exit 3"), record);
    CHECK(record->wait_end().exit_code == 3);
    // A limit of the job itself is no shortage: the next start would meet it as well.
    auto small = shell("exit 0");
    small.resources = {.open_files = 1};
    CHECK(supervisor.start(small, record).shortage.empty());
}

TEST_CASE("programs have the usual limit of descriptors, which they may raise") {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    Supervisor supervisor(the_clock, {.usual_open_files = 77});
    CHECK(run(supervisor, shell("ulimit -Sn; ulimit -Hn"))->out == "77\n" + std::to_string(limit.rlim_max) + "\n");
    auto command = shell("ulimit -Sn; ulimit -Hn");
    command.resources = {.open_files = 33};
    CHECK(run(supervisor, command)->out == "33\n33\n");
}

TEST_CASE("what cannot be started says why") {
    TemporaryDirectory directory;
    Supervisor supervisor(the_clock);
    const auto path = directory.path().string();
    const auto fails = [&](const ProcessCommand& command, int code, std::string_view why) {
        const auto record = run(supervisor, command);
        CHECK(record->end->exit_code == code);
        CHECK(record->identity.pid == 0);
        INFO(record->end->start_error);
        CHECK(record->end->start_error.find(why) != std::string::npos);
        CHECK(record->end->start_error.back() == '.');
    };
    fails({}, 127, "names no executable");
    fails({.argv = {"/no/such"}}, 127, "/no/such does not exist");
    fails({.argv = {"no-such-program"}}, 127, "/usr/bin:/bin");
    fails({.argv = {"sh"}, .environment = {{"PATH", path}}}, 127, "in the job's PATH (" + path + ")");
    fails({.argv = {path}}, 126, "is a directory");
    write_file(directory.path() / "data", "hello", plain);
    fails({.argv = {path + "/data"}}, 126, "may not be executed");
    fails({.argv = {path + "/data/x"}}, 127, "does not exist");
    write_file(directory.path() / "text", "hello", executable);
    fails({.argv = {path + "/text"}}, 126, "neither a program");
    write_file(directory.path() / "script", "#!/no/such/interpreter\n", executable);
    fails({.argv = {path + "/script"}}, 127, "interpreter");
    fails({.argv = {"/dev/null"}}, 126, "may not be executed");
    fails({.argv = {"/bin/true"}, .directory = "/no/such/place"}, 126, "/no/such/place cannot be entered");
    fails({.argv = {"/bin/true", std::string("a\0b", 3)}}, 126, "Argument 1 contains a NUL");
    fails({.argv = {"/bin/true"}, .environment = {{"A=B", ""}}}, 126, "not a name");
    fails({.argv = {"/bin/true"}, .environment = {{"A", std::string(1, '\0')}}}, 126, "variable A contains a NUL");
    fails({.argv = {"/bin/true"}, .environment = {{"BIG", std::string(140'000, 'x')}}}, 126,
          "variable BIG has 140005 bytes; the kernel allows 131072");
    std::map<std::string, std::string> huge;
    for (int i = 0; i < 100; ++i) huge["V" + std::to_string(i)] = std::string(100'000, 'x');
    fails({.argv = {"/bin/true"}, .environment = huge}, 126, "the kernel allows");
    CHECK(run(supervisor, {.argv = {"/bin/true"}})->end->exit_code == 0);
}

TEST_CASE("a bare name is looked up in the PATH of the job") {
    TemporaryDirectory first, second;
    write_file(first.path() / "tool", "#!/bin/sh\necho first\n", plain);
    write_file(second.path() / "tool", "#!/bin/sh\necho second\n", executable);
    const ProcessCommand command{.argv = {"tool"},
                                 .environment = {{"PATH", first.path().string() + ":" + second.path().string()}}};
    CHECK(run(command)->out == "second\n");
    std::filesystem::permissions(first.path() / "tool", executable);
    CHECK(run(command)->out == "first\n");
    CHECK(run({.argv = {"./tool"}, .directory = second.path()})->out == "second\n");
}

TEST_CASE("output is kept byte for byte") {
    SUBCASE("every byte value, NUL too") {
        TemporaryDirectory directory;
        std::string all;
        for (int i = 0; i < 100'000; ++i) all.push_back(static_cast<char>(i * 7));
        write_file(directory.path() / "in", all, plain);
        CHECK(run({.argv = {"/bin/cat", (directory.path() / "in").string()}})->out == all);
    }
    SUBCASE("one line of 100 MB") {
        Supervisor supervisor(the_clock);
        auto record = std::make_shared<Record>();
        record->keep = false;
        supervisor.start(shell("head -c 100000000 /dev/zero | tr '\\0' x"), record);
        record->wait_end();
        CHECK(record->bytes == 100'000'000);
    }
    SUBCASE("written just before the end") {
        CHECK(run(shell("head -c 60000 /dev/zero; echo last >&2"))->bytes == 60'005);
    }
    SUBCASE("time of reading") {
        struct Times final : ProcessListener {
            void started(const ProcessIdentity&) override {}
            Flow wrote(const OutputChunk& chunk) override {
                read_at = chunk.read_at;
                return Flow::more;
            }
            void ended(const ProcessEnd& end) override {
                ended_at = end.ended_at;
                finished = true;
                done.notify();
            }
            Timestamp read_at{}, ended_at{};
            std::atomic<bool> finished = false;
            Nudge done;
        };
        const auto times = std::make_shared<Times>();
        const auto before = the_clock.now();
        {
            Supervisor supervisor(the_clock);
            supervisor.start(shell("echo x"), times);
            while (!times->finished) the_clock.wait_until(std::nullopt, times->done, {});
        }
        CHECK(before <= times->read_at);
        CHECK(times->read_at <= times->ended_at);
    }
}

TEST_CASE("500 processes at once") {
    Supervisor supervisor(the_clock);
    TemporaryDirectory directory;
    const auto gate = (directory.path() / "gate").string();
    REQUIRE(::mkfifo(gate.c_str(), 0600) == 0);
    const Descriptor gate_keeper(::open(gate.c_str(), O_RDWR | O_CLOEXEC));
    std::vector<std::shared_ptr<Record>> records;
    for (int i = 0; i < 500; ++i) {
        records.push_back(std::make_shared<Record>());
        supervisor.start(shell("echo start; read x <'" + gate + "'; echo " + std::to_string(i)), records.back());
    }
    for (const auto& record : records) record->wait_for_output("start\n");
    CHECK(supervisor.running() == 500);
    const std::string lines(500, '\n');  // one for each of them
    REQUIRE(::write(gate_keeper.get(), lines.data(), lines.size()) == 500);
    for (int i = 0; i < 500; ++i) {
        const auto& record = records[static_cast<std::size_t>(i)];
        CHECK(record->wait_end().exit_code == 0);
        CHECK(record->out == "start\n" + std::to_string(i) + "\n");
    }
}

TEST_CASE("a paused job is slowed down by its pipe, and loses nothing") {
    Supervisor supervisor(the_clock);
    TemporaryDirectory directory;
    auto record = std::make_shared<Record>();
    record->pause_after = 1 << 20;
    // What the job has written so far can be seen in the position of its input.
    write_file(directory.path() / "in", std::string(20 << 20, 'x'), plain);
    const auto key = supervisor.start({.argv = {"/bin/cat", (directory.path() / "in").string()}}, record).key;
    record->wait([&] { return record->paused; });
    std::size_t at_pause = 0;
    {
        const std::lock_guard lock(record->mutex);
        at_pause = record->bytes;
    }
    // Others are served meanwhile; the paused one gets nothing.
    for (int i = 0; i < 20; ++i) CHECK(run(supervisor, shell("echo other"))->out == "other\n");
    {
        const std::lock_guard lock(record->mutex);
        CHECK(record->bytes == at_pause);
        CHECK(!record->end);
        record->pause_after.reset();
    }
    supervisor.resume(key);
    CHECK(record->wait_end().exit_code == 0);
    CHECK(record->bytes == 20 << 20);
}

TEST_CASE("a job that ends while paused keeps its last words") {
    Supervisor supervisor(the_clock);
    auto record = std::make_shared<Record>();
    record->pause_after = 6;
    const auto key = supervisor.start(shell("echo first; exec sh -c 'echo second; echo third >&2'"), record).key;
    record->wait([&] { return record->paused; });
    while (::kill(record->identity.pid, 0) == 0) {  // until a zombie: the supervisor has not waited for it
        std::ifstream stat("/proc/" + std::to_string(record->identity.pid) + "/stat");
        std::string line;
        std::getline(stat, line);
        if (line.find(") Z ") != std::string::npos) break;
    }
    run(supervisor, shell("true"));
    {
        const std::lock_guard lock(record->mutex);
        CHECK(!record->end);
        record->pause_after.reset();
    }
    supervisor.resume(key);
    record->wait_end();
    CHECK(record->out == "first\nsecond\n");
    CHECK(record->err == "third\n");
}

TEST_CASE("one chatty job does not hold up the others") {
    Supervisor supervisor(the_clock);
    auto chatty = std::make_shared<Record>();
    chatty->keep = false;
    const auto key = supervisor.start({.argv = {"/usr/bin/yes"}}, chatty).key;
    chatty->wait([&] { return chatty->bytes > 1 << 20; });
    for (int i = 0; i < 50; ++i) CHECK(run(supervisor, shell("echo x"))->out == "x\n");
    supervisor.stop(key, StopReason::output_limit);
    CHECK(chatty->wait_end().stopped == StopReason::output_limit);
}

// SPDX-License-Identifier: MIT
#include "probe/disk.h"
#include "probe/load.h"
#include "probe/memory.h"
#include "probe/mounts.h"
#include "probe/threshold.h"
#include "probe/uptime.h"
#include "settings_of.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <fstream>

using namespace mf;
using namespace mf::probe;
using namespace mf::probe::testing;

namespace {

void write(const std::filesystem::path& file, std::string_view text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

/// A machine made of files.
struct MadeUp {
    mf::testing::TemporaryDirectory directory;
    Machine machine{.proc = directory.path() / "proc", .run = directory.path() / "run"};

    void process(std::string_view id, std::string_view comm, std::string_view cmdline, char state = 'S') {
        const auto at = machine.proc / id;
        write(at / "comm", std::string(comm) + "\n");
        write(at / "cmdline", cmdline);
        write(at / "stat", std::string(id) + " (" + std::string(comm) + ") " + state + " 1 1");
    }
    void systemctl(const std::string& script) {
        write(directory.path() / "bin/systemctl", "#!/bin/sh\n" + script);
        ::chmod((directory.path() / "bin/systemctl").c_str(), 0755);
        std::filesystem::create_directories(machine.run / "systemd/system");
        machine.search_path = "/nowhere:" + (directory.path() / "bin").string();
    }
};

}  // namespace

TEST_CASE("low values are bad below a limit, not on it") {
    const Limits limits{.warning = 15, .critical = 5};
    CHECK(judge_low(15, limits) == State::ok);
    CHECK(judge_low(14.99, limits) == State::warning);
    CHECK(judge_low(5, limits) == State::warning);
    CHECK(judge_low(4.99, limits) == State::critical);
}

TEST_CASE("high values are bad above a limit, not on it") {
    const Limits limits{.warning = 2, .critical = 4};
    CHECK(judge_high(2, limits) == State::ok);
    CHECK(judge_high(2.01, limits) == State::warning);
    CHECK(judge_high(4, limits) == State::warning);
    CHECK(judge_high(4.01, limits) == State::critical);
}

TEST_CASE("sizes are written for people") {
    CHECK(size_text(0) == "0 B");
    CHECK(size_text(1023) == "1023 B");
    CHECK(size_text(1536) == "1.5 KiB");
    CHECK(size_text(77.6 * 1024 * 1024 * 1024) == "77.6 GiB");
}

TEST_CASE("free space is what ordinary users may still fill") {
    struct statvfs numbers {};
    numbers.f_frsize = 4096;
    numbers.f_blocks = 1000;
    numbers.f_bfree = 150;   // 850 used
    numbers.f_bavail = 100;  // 50 are reserved for root
    const auto finding = judge_space(numbers, {15, 5});
    CHECK(finding.state == State::warning);
    CHECK(finding.metrics.at(0).second == doctest::Approx(10.53));  // 100 of 950
    numbers.f_bavail = 0;
    CHECK(judge_space(numbers, {15, 5}).state == State::critical);
    CHECK(judge_space({}, {15, 5}).state == State::unknown);
}

TEST_CASE("inodes count, where there are any") {
    struct statvfs numbers {};
    CHECK(judge_inodes(numbers, {10, 5}).state == State::ok);
    numbers.f_files = 1000;
    numbers.f_favail = 60;
    CHECK(judge_inodes(numbers, {10, 5}).state == State::warning);
    numbers.f_favail = 0;
    CHECK(judge_inodes(numbers, {10, 5}).state == State::critical);
}

TEST_CASE("local file systems are found among what is mounted") {
    const auto mounts = parse_mounts(
        "proc /proc proc rw 0 0\n"
        "/dev/sda1 / ext4 rw 0 0\n"
        "/dev/sdb1 /srv/my\\040data xfs rw 0 0\n"
        "/dev/sda1 /var/bind/mount ext4 rw 0 0\n"
        "/dev/loop3 /snap/core squashfs ro 0 0\n"
        "tank/home /home zfs rw 0 0\n"
        "//nas/share /mnt/nas cifs rw 0 0\n"
        "nas:/export /mnt/nfs nfs4 rw 0 0\n"
        "tmpfs /run tmpfs rw 0 0\nhalf a line\n");
    std::vector<std::string> points;
    for (const auto& mount : local_file_systems(mounts)) points.push_back(mount.point);
    CHECK(points == std::vector<std::string>{"/", "/home", "/srv/my data"});
    CHECK(mount_of(mounts, "/srv/my data/x")->source == "/dev/sdb1");
    CHECK(mount_of(mounts, "/srv/my database")->source == "/dev/sda1");
    CHECK(mount_of({}, "/x") == nullptr);
    CHECK(local_file_systems(parse_mounts("overlay / overlay rw 0 0\n")).size() == 1);
}

TEST_CASE("a named mount point that is not there is unknown, the others are looked at") {
    const auto seen = observe(plan_disk, settings_of({{"PROBE_DISKS", "/,/no/such/place"}}));
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].finding.state != State::unknown);
    CHECK(seen[1].finding.state == State::unknown);
    CHECK(seen[1].target == "/no/such/place");
}

TEST_CASE("memory and swap are judged by what is available") {
    const auto meminfo = "MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 80 kB\nSwapTotal: 100 kB\nSwapFree: 4 kB\n";
    CHECK(judge_memory(meminfo, {10, 5}).state == State::warning);
    CHECK(judge_memory(meminfo, {8, 5}).state == State::ok);
    CHECK(judge_swap(meminfo, {20, 5}).state == State::critical);
    CHECK(judge_swap("SwapTotal: 0 kB\nSwapFree: 0 kB\n", {20, 5}).state == State::ok);
    CHECK(judge_memory("MemTotal: 1000 kB\nMemFree: 10 kB\n", {10, 5}).state == State::unknown);
    CHECK(judge_swap("", {20, 5}).state == State::unknown);
}

TEST_CASE("load is divided by the cores") {
    const auto stat = "cpu  1 2\ncpu0 1 2\ncpu1 1 2\nintr 5\n";
    CHECK(judge_load("9.0 4.0 1.0 1/2 3\n", stat, {2, 4}).state == State::ok);
    CHECK(judge_load("0.0 4.1 1.0 1/2 3\n", stat, {2, 4}).state == State::warning);
    CHECK(judge_load("0.0 8.1 1.0 1/2 3\n", stat, {2, 4}).state == State::critical);
    CHECK(judge_load("0.0 8.1 1.0 1/2 3\n", "", {2, 4}).state == State::unknown);
    CHECK(judge_load("nonsense", stat, {2, 4}).state == State::unknown);
}

TEST_CASE("uptime may be too short or too long") {
    CHECK(judge_uptime("300.5 1.0\n", 0, 0).state == State::ok);
    CHECK(judge_uptime("300.5 1.0\n", 6, 0).state == State::warning);
    CHECK(judge_uptime("300.5 1.0\n", 5, 0).state == State::ok);
    CHECK(judge_uptime("8640001 1.0\n", 0, 99).state == State::warning);
    CHECK(judge_uptime("8640001 1.0\n", 0, 101).state == State::ok);
    CHECK(judge_uptime("", 0, 0).state == State::unknown);
}

TEST_CASE("a process is found by its name, its long name, or not at all") {
    MadeUp made;
    made.process("1", "systemd", "/sbin/init");
    made.process("10", "cron", std::string("/usr/sbin/cron\0-f", 17));
    made.process("11", "a-very-long-nam", std::string("/opt/a-very-long-name-indeed\0x", 30));
    made.process("12", "dead", "", 'Z');
    made.process("13", "odd) R (name", "");
    const auto seen = observe(
        plan_process, settings_of({{"PROBE_PROCESSES", "cron,a-very-long-name-indeed,dead,ghost,odd) R (name"}}),
        made.machine);
    REQUIRE(seen.size() == 5);
    CHECK(seen[0].finding.state == State::ok);
    CHECK(seen[1].finding.state == State::ok);
    CHECK(seen[2].finding.state == State::critical);
    CHECK(seen[3].finding.state == State::critical);
    CHECK(seen[4].finding.state == State::ok);
}

TEST_CASE("a process that may be hidden is unknown") {
    MadeUp made;
    made.process("10", "cron", "");
    const auto seen = observe(plan_process, settings_of({{"PROBE_PROCESSES", "cron,ghost"}}), made.machine);
    CHECK(seen.at(0).finding.state == State::ok);
    CHECK(seen.at(1).finding.state == State::unknown);
}

TEST_CASE("failed units are reported, but for the ignored ones") {
    MadeUp made;
    CHECK(observe(plan_systemd, settings_of({}), made.machine).empty());
    made.systemctl("printf 'a.service loaded failed failed A\\nb.timer loaded failed failed B\\n'");
    auto seen = observe(plan_systemd, settings_of({}), made.machine);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].finding.state == State::warning);
    CHECK(seen[0].finding.message == "2 failed: a.service, b.timer");
    const Environment critical{{"PROBE_SYSTEMD_SEVERITY", "critical"}, {"PROBE_SYSTEMD_IGNORE", "b.timer"}};
    seen = observe(plan_systemd, settings_of(critical), made.machine);
    CHECK(seen.at(0).finding.state == State::critical);
    CHECK(seen.at(0).finding.message == "1 failed: a.service");
    seen = observe(plan_systemd, settings_of({{"PROBE_SYSTEMD_IGNORE", "b.timer,a.service"}}), made.machine);
    CHECK(seen.at(0).finding.state == State::ok);
}

TEST_CASE("a systemctl that fails or hangs is unknown") {
    MadeUp made;
    made.systemctl("exit 1");
    CHECK(observe(plan_systemd, settings_of({}), made.machine).at(0).finding.state == State::unknown);
    made.systemctl("exec sleep 60");
    const auto seen = observe(plan_systemd, settings_of({{"PROBE_TIMEOUT", "1"}}), made.machine);
    CHECK(seen.at(0).finding.message == "systemctl did not answer in time.");
    CHECK(seen.at(0).took < std::chrono::seconds(20));
}

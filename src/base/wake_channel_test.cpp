// SPDX-License-Identifier: MIT
#include "base/wake_channel.h"

#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utime.h>
#include <fstream>

using namespace mf;
using mf::testing::TemporaryDirectory;

namespace {

/// Woken within ten seconds? A correct answer comes at once, only a wrong program waits.
bool is_woken(Nudge& nudge) {
    pollfd watched{nudge.descriptor(), POLLIN, 0};
    ::poll(&watched, 1, 10'000);
    return nudge.consume();
}

std::vector<std::filesystem::path> entries_of(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) found.push_back(entry.path());
    return found;
}

/// A socket as a killed server leaves it.
void leave_socket(const std::filesystem::path& path) {
    const Descriptor bound(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(bound.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

mode_t mode_of(const std::filesystem::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("each kind of wake-up reaches its nudge and no other") {
    const TemporaryDirectory root;
    Nudge queue, plan, cancel;
    const WakeListener listener(root.path() / "wake", WakeTargets{queue, plan, cancel});
    REQUIRE(listener.is_listening());
    // One thread forwards in order: what arrives with the last one has arrived.
    wake_servers(root.path() / "wake", Wake::queue);
    CHECK(is_woken(queue));
    CHECK_FALSE(plan.consume());
    wake_servers(root.path() / "wake", Wake::plan);
    CHECK(is_woken(plan));
    CHECK_FALSE(cancel.consume());
    wake_servers(root.path() / "wake", Wake::cancel);
    CHECK(is_woken(cancel));
    CHECK_FALSE(queue.consume());
    CHECK_FALSE(plan.consume());
}

TEST_CASE("all servers on one database are woken, also those that come later and when others go") {
    const TemporaryDirectory root;
    const auto directory = root.path() / "wake";
    Nudge first, second;
    const WakeListener stays(directory, first);
    {
        const WakeListener goes(directory, second);
        CHECK(entries_of(directory).size() == 2);
        wake_servers(directory, Wake::queue);
        CHECK(is_woken(first));
        CHECK(is_woken(second));
    }
    CHECK(entries_of(directory).size() == 1);
    wake_servers(directory, Wake::queue);
    CHECK(is_woken(first));
    CHECK_FALSE(second.consume());
}

TEST_CASE("sockets of killed servers are removed by the next client and by the next server") {
    const TemporaryDirectory root;
    const auto directory = root.path() / "wake";
    std::filesystem::create_directory(directory);
    leave_socket(directory / "1.dead");
    wake_servers(directory, Wake::queue);
    CHECK(entries_of(directory).empty());

    leave_socket(directory / "2.dead");
    Nudge first, second;
    const WakeListener listener(directory, first);
    CHECK(entries_of(directory).size() == 1);
    const WakeListener another(directory, second);
    CHECK(entries_of(directory).size() == 2);
    leave_socket(directory / "3.dead");
    wake_servers(directory, Wake::queue);
    CHECK(is_woken(first));
    CHECK(is_woken(second));
    CHECK(entries_of(directory).size() == 2);
}

TEST_CASE("a socket that is just being made is not taken for a dead one, an old one is") {
    const TemporaryDirectory root;
    const auto directory = root.path() / "wake";
    std::filesystem::create_directory(directory);
    leave_socket(directory / ".4.unfinished");
    leave_socket(directory / ".5.forgotten");
    const utimbuf long_ago{1'000'000'000, 1'000'000'000};
    REQUIRE(::utime((directory / ".5.forgotten").c_str(), &long_ago) == 0);
    wake_servers(directory, Wake::queue);
    CHECK(entries_of(directory).size() == 2);
    Nudge nudge;
    { const WakeListener listener(directory, nudge); }
    CHECK(entries_of(directory) == std::vector{directory / ".4.unfinished"});
}

TEST_CASE("a directory of any length works") {
    const TemporaryDirectory root;
    auto directory = root.path();
    for (int i = 0; i < 4; ++i) directory /= std::string(60, 'd');
    std::filesystem::create_directories(directory);
    directory /= "database.wake";
    Nudge nudge;
    const WakeListener listener(directory, nudge);
    REQUIRE(listener.is_listening());
    wake_servers(directory, Wake::plan);
    CHECK(is_woken(nudge));
}

TEST_CASE("owner and group may wake, others may not, whatever the umask") {
    const TemporaryDirectory root;
    const auto directory = root.path() / "wake";
    Nudge nudge;
    const auto former_mask = ::umask(0077);
    const WakeListener listener(directory, nudge);
    ::umask(former_mask);
    CHECK(mode_of(directory) == 0770);
    CHECK(mode_of(entries_of(directory).at(0)) == 0660);
}

TEST_CASE("what root makes belongs to the owner of the directory around it") {
    if (::geteuid() != 0) return;
    const TemporaryDirectory root;
    REQUIRE(::chown(root.path().c_str(), 65534, 65534) == 0);
    Nudge nudge;
    const WakeListener listener(root.path() / "wake", nudge);
    for (const auto& path : {root.path() / "wake", entries_of(root.path() / "wake").at(0)}) {
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        CHECK(status.st_uid == 65534);
        CHECK(status.st_gid == 65534);
    }
}

TEST_CASE("nobody to wake is in order") {
    const TemporaryDirectory root;
    wake_servers(root.path() / "missing", Wake::queue);
    CHECK_FALSE(std::filesystem::exists(root.path() / "missing"));
    wake_servers(root.path(), Wake::queue);
    std::ofstream(root.path() / "file") << "text";
    wake_servers(root.path() / "file", Wake::queue);
    wake_servers("", Wake::queue);
    CHECK(std::filesystem::exists(root.path() / "file"));
}

TEST_CASE("a user without permission wakes nobody and hears nothing of it") {
    if (::geteuid() != 0) return;
    const TemporaryDirectory root;
    REQUIRE(::chmod(root.path().c_str(), 0755) == 0);
    Nudge nudge;
    const WakeListener listener(root.path() / "wake", nudge);
    const auto as_nobody = [&] {
        // Concerns this thread only (man 2 setfsuid).
        std::jthread([&] {
            ::setfsgid(65534);
            ::setfsuid(65534);
            wake_servers(root.path() / "wake", Wake::queue);
        }).join();
    };
    as_nobody();
    // He may look into the directory, but not write to the socket; and a live socket stays.
    REQUIRE(::chmod((root.path() / "wake").c_str(), 0755) == 0);
    as_nobody();
    CHECK(entries_of(root.path() / "wake").size() == 1);
    CHECK_FALSE(nudge.consume());
    wake_servers(root.path() / "wake", Wake::queue);
    CHECK(is_woken(nudge));
}

TEST_CASE("symbolic links lead nowhere") {
    const TemporaryDirectory root;
    const auto real = root.path() / "real";
    const auto link = root.path() / "link";
    Nudge nudge, other;
    const WakeListener listener(real, nudge);
    std::filesystem::create_symlink(real, link);
    for (const auto& path : {link, link / ""}) {
        const WakeListener refused(path, other);
        CHECK_FALSE(refused.is_listening());
        wake_servers(path, Wake::queue);
    }
    std::filesystem::create_directory(root.path() / "wake");
    std::filesystem::create_symlink(entries_of(real).at(0), root.path() / "wake" / "1.link");
    wake_servers(root.path() / "wake", Wake::plan);
    CHECK(std::filesystem::is_symlink(root.path() / "wake" / "1.link"));
    CHECK_FALSE(nudge.consume());
}

TEST_CASE("a directory that cannot be made is no reason to fail") {
    const TemporaryDirectory root;
    Nudge nudge;
    const WakeListener listener(root.path() / "missing" / "wake", nudge);
    CHECK_FALSE(listener.is_listening());
}

TEST_CASE("a storm of wake-ups loses no kind") {
    const TemporaryDirectory root;
    const auto directory = root.path() / "wake";
    for (int round = 0; round < 20; ++round) {
        Nudge queue, plan, cancel;
        const WakeListener listener(directory, WakeTargets{queue, plan, cancel});
        {
            std::vector<std::jthread> senders;
            for (int s = 0; s < 4; ++s)
                senders.emplace_back([&] {
                    for (int i = 0; i < 50; ++i) wake_servers(directory, Wake::queue);
                    wake_servers(directory, Wake::plan);
                    wake_servers(directory, Wake::cancel);
                });
        }
        CHECK(is_woken(queue));
        CHECK(is_woken(plan));
        CHECK(is_woken(cancel));
    }
    CHECK(entries_of(directory).empty());
}

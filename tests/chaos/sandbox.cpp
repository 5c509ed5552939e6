// SPDX-License-Identifier: MIT
#include "chaos/sandbox.h"

#include "chaos/processes.h"
#include "journeys/installation.h"

#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <system_error>

namespace mf::chaos {
namespace {

void arrange_namespaces() {
    must(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
    must(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0, "/proc");
    // Faked clocks and database servers leave shared memory there when they are killed.
    must(::mount("none", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, nullptr) == 0, "/dev/shm");
    const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    must(::ioctl(any, SIOCGIFFLAGS, &loopback) == 0, "lo");
    loopback.ifr_flags |= IFF_UP;
    must(::ioctl(any, SIOCSIFFLAGS, &loopback) == 0, "lo");
    ::close(any);
}

/// The body of a process that does nothing but to take orphans in.
int look_after(const std::function<int(const Sandbox&)>& harness, Sandbox sandbox) {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    sandbox.ancestor = ::getpid();
    const pid_t child = ::fork();
    must(child >= 0, "fork");
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        int code = 70;
        try {
            code = harness(sandbox);
        } catch (const std::exception& error) {
            std::fputs(fmt::format("The fault harness itself failed: {}\n", error.what()).c_str(), stderr);
        }
        std::exit(code);
    }
    for (;;) {
        int status = 0;
        const pid_t ended = ::waitpid(-1, &status, 0);
        if (ended < 0 && errno == EINTR) continue;
        if (ended != child) continue;
        // With a process namespace the kernel does this.
        for (bool again = !sandbox.missing.empty(); again;) {
            again = false;
            for (const auto& left : descendants_of(sandbox.ancestor)) again = send(left.process, SIGKILL) || again;
        }
        return testing::code_of(status);
    }
}

}  // namespace

int in_sandbox(const std::function<int(const Sandbox&)>& harness) {
    Sandbox sandbox;
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC) != 0)
        sandbox.missing = fmt::format("namespaces need root ({})", std::strerror(errno));
    const pid_t child = ::fork();
    must(child >= 0, "fork");
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            if (sandbox.missing.empty()) arrange_namespaces();
            std::exit(look_after(harness, sandbox));
        } catch (const std::exception& error) {
            std::fputs(fmt::format("The sandbox of the fault harness failed: {}\n", error.what()).c_str(), stderr);
            std::exit(70);
        }
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return testing::code_of(status);
}

}  // namespace mf::chaos

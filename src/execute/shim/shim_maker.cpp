// SPDX-License-Identifier: MIT
#include "execute/shim/shim.h"
#include "execute/shim/spool.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace mf {
namespace {

bool read_all(int socket, char* to, std::size_t size) {
    while (size > 0) {
        const auto got = ::read(socket, to, size);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        to += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

void refuse(const ShimSurroundings& surroundings, const RequestHead& head, int error) {
    const auto spool = Spool::attach(surroundings.spool / std::to_string(head.spool));
    if (!spool) return;  // the server takes the request back when nobody does
    put_text(spool->header().complaint, fmt::format("No process can be made at the moment: {}.", std::strerror(error)));
    spool->step(head.ticket, SpoolPhase::requested, SpoolPhase::refused);
}

}  // namespace

int run_shim_maker(int socket, const ShimSurroundings& given) {
    // It was started by a descriptor, whose number would be its name.
    ::prctl(PR_SET_NAME, "multiflexi-shim");
    // Requests contain secrets.
    ::prctl(PR_SET_DUMPABLE, 0);
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    // Orders wait until somebody reads them; a closed pipe is told by write(2).
    sigset_t all, orders;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    sigemptyset(&orders);
    for (const int number : {shim_signal(), SIGTERM, SIGINT}) sigaddset(&orders, number);
    ShimSurroundings surroundings = given;
    surroundings.signals = ::signalfd(-1, &orders, SFD_CLOEXEC | SFD_NONBLOCK);
    if (surroundings.signals < 0) return 1;
    struct sigaction forget {};
    forget.sa_handler = SIG_DFL;
    forget.sa_flags = SA_NOCLDWAIT;
    ::sigaction(SIGCHLD, &forget, nullptr);

    RequestHead head{};
    std::string request;
    while (read_all(socket, reinterpret_cast<char*>(&head), sizeof head)) {
        if (head.size == 0) {
            // Are you there, and are you the program that I know?
            constexpr std::string_view version = MULTIFLEXI_VERSION;
            if (::write(socket, version.data(), version.size()) < 0) return 1;
            continue;
        }
        request.resize(head.size);
        if (!read_all(socket, request.data(), request.size())) break;
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::close(socket);
            const int code = run_shim(head, request, surroundings);
            ::_exit(code);
        }
        if (pid < 0) refuse(surroundings, head, errno);
        wipe(request);
        if (request.capacity() > 256 * 1024) request.shrink_to_fit();
    }
    return 0;
}

}  // namespace mf

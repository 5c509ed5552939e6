// SPDX-License-Identifier: MIT
#include "execute/shim/shim.h"
#include "execute/shim/spool.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace mf {
namespace {

struct Received {
    ShimOrder order{};
    Descriptor socket;  ///< none: a question
};
/// None: the server has closed its end, or said what nobody understands.
std::optional<Received> receive(int socket) {
    Received out;
    iovec part{&out.order, sizeof out.order};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.data(), .msg_controllen = control.size()};
    ssize_t size = 0;
    do {
        size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
    } while (size < 0 && errno == EINTR);
    if (size != sizeof out.order) return std::nullopt;
    if (const auto* header = CMSG_FIRSTHDR(&message);
        header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
        out.socket = Descriptor(descriptor);
    }
    return out;
}

void refuse(const ShimSurroundings& surroundings, const ShimOrder& order, int error) {
    const auto spool = Spool::attach(surroundings.spool / std::to_string(order.spool));
    if (!spool) return;  // the server takes the request back when nobody does
    put_text(spool->header().complaint, fmt::format("No process can be made at the moment: {}.", std::strerror(error)));
    spool->step(order.ticket, SpoolPhase::requested, SpoolPhase::refused);
}

}  // namespace

int run_shim_maker(int socket, const ShimSurroundings& given) {
    // It was started by a descriptor, whose number would be its name.
    ::prctl(PR_SET_NAME, "multiflexi-shim");
    // Shims, which are made of this process, are told secrets.
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

    while (auto received = receive(socket)) {
        if (!received->socket) {
            // Are you there, and are you the program that I know?
            constexpr std::string_view version = MULTIFLEXI_VERSION;
            if (::write(socket, version.data(), version.size()) < 0) return 1;
            continue;
        }
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::close(socket);
            run_shim(received->order.spool, std::move(received->socket), surroundings);
            ::_exit(0);
        }
        if (pid < 0) refuse(surroundings, received->order, errno);
    }
    return 0;
}

}  // namespace mf

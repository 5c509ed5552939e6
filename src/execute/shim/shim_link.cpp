// SPDX-License-Identifier: MIT
#include "execute/shim/shim_link.h"

#include "base/fault_point.h"
#include "base/log.h"
#include "base/text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace mf {
namespace {

/// How long a shim may let a request wait in its socket.
constexpr timeval patience_of_reading{.tv_sec = 5, .tv_usec = 0};

/// Above those that a new process has at fixed numbers.
Descriptor above_fixed(int descriptor) { return Descriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, 10)); }

Error refusal(const std::filesystem::path& program, std::string_view why) {
    return {ErrorCode::unavailable,
            fmt::format("Jobs need the program {}, and {}. Install MultiFlexi again; its programs belong into one "
                        "directory.",
                        program.string(), why)};
}

}  // namespace

Result<std::unique_ptr<ShimLink>> ShimLink::open(Options options) {
    auto link = std::unique_ptr<ShimLink>(new ShimLink(std::move(options)));
    link->program_ = Descriptor(::open(link->options_.program.c_str(), O_PATH | O_CLOEXEC));
    if (!link->program_)
        return refusal(link->options_.program, errno == ENOENT ? "it is not there" : std::strerror(errno));
    if (auto started = link->start(); !started) return started.error();
    return link;
}

ShimLink::~ShimLink() { end(); }

Result<void> ShimLink::start() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return Error{ErrorCode::unavailable, fmt::format("No socket can be made: {}.", std::strerror(errno))};
    socket_ = Descriptor(ends[0]);
    Descriptor theirs(ends[1]);
    auto socket = above_fixed(theirs.get()), wake = above_fixed(options_.wake), program = above_fixed(program_.get());
    if (!socket || !wake || !program)
        return Error{ErrorCode::unavailable, fmt::format("No descriptor can be had: {}.", std::strerror(errno))};
    const auto path = fmt::format("/proc/self/fd/{}", program.get());
    std::string name = "multiflexi-shim", spool = options_.spool.string(), open_files, fault;
    if (options_.usual_open_files) open_files = std::to_string(*options_.usual_open_files);
    std::array<char*, 4> argv{name.data(), spool.data(), open_files.empty() ? nullptr : open_files.data(), nullptr};
    // Nothing of the server's environment, which may contain secrets.
    if (const char* armed = std::getenv(fault_variable)) fault = fmt::format("{}={}", fault_variable, armed);
    std::array<char*, 2> environment{fault.empty() ? nullptr : fault.data(), nullptr};

    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&attributes);
    for (const int standard : {0, 1, 2}) ::posix_spawn_file_actions_addopen(&files, standard, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&files, socket.get(), 3);
    ::posix_spawn_file_actions_adddup2(&files, wake.get(), 4);
    sigset_t none, every;
    sigemptyset(&none);
    sigfillset(&every);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &every);
    // A terminal's interrupt is for the server.
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    const int error = ::posix_spawn(&pid_, path.c_str(), &files, &attributes, argv.data(), environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) {
        pid_ = 0;
        socket_.reset();
        return refusal(options_.program, fmt::format("it cannot be run: {}", std::strerror(error)));
    }
    // When it ends, nobody else holds its end.
    theirs.reset();
    socket.reset();
    return greet();
}

Result<void> ShimLink::greet() const {
    char answer[64] = "";
    // It ends, and the socket with it, when it does not understand.
    const ssize_t size = send({}, -1) ? ::read(socket_.get(), answer, sizeof answer) : -1;
    const std::string_view version(answer, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (version == MULTIFLEXI_VERSION) return {};
    return refusal(options_.program,
                   version.empty() ? "it does not work as it should"
                                   : fmt::format("it is of version {}, not {}", to_utf8(version), MULTIFLEXI_VERSION));
}

void ShimLink::end() {
    socket_.reset();
    if (pid_ <= 0) return;
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
}

Result<Descriptor> ShimLink::make(const ShimOrder& order) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return Error{ErrorCode::unavailable, fmt::format("No socket can be made: {}.", std::strerror(errno))};
    Descriptor ours(ends[0]), theirs(ends[1]);
    ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDTIMEO, &patience_of_reading, sizeof patience_of_reading);
    const std::lock_guard lock(mutex_);
    if (!socket_)
        if (auto started = start(); !started) return Error{ErrorCode::unavailable, started.error().message};
    if (send(order, theirs.get())) return ours;
    log::warning("multiflexi-shim has ended, it is started again", {{"error", std::strerror(errno)}});
    end();
    return Error{ErrorCode::unavailable, "The program that starts jobs has ended; it is started again."};
}

/// With no descriptor if that is -1. False: errno says why not.
bool ShimLink::send(const ShimOrder& order, int descriptor) const {
    iovec part{const_cast<ShimOrder*>(&order), sizeof order};
    msghdr message{.msg_iov = &part, .msg_iovlen = 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptor)> control{};
    if (descriptor >= 0) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        auto* header = CMSG_FIRSTHDR(&message);
        *header = {.cmsg_len = CMSG_LEN(sizeof descriptor), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    ssize_t size = 0;
    do {
        size = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
    } while (size < 0 && errno == EINTR);
    return size == sizeof order;
}

Result<void> hand_over(int socket, std::uint32_t ticket, std::string_view request) {
    RequestHead head{static_cast<std::uint32_t>(request.size()), ticket};
    std::array<iovec, 2> parts{iovec{&head, sizeof head}, iovec{const_cast<char*>(request.data()), request.size()}};
    std::size_t left = sizeof head + request.size();
    while (left > 0) {
        const msghdr message{.msg_iov = parts.data(), .msg_iovlen = parts.size()};
        const auto size = ::sendmsg(socket, &message, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return Error{ErrorCode::unavailable, "The process that was to start the job has ended."};
        auto sent = static_cast<std::size_t>(size);
        left -= sent;
        for (auto& part : parts) {
            const auto now = std::min(sent, part.iov_len);
            part.iov_base = static_cast<char*>(part.iov_base) + now;
            part.iov_len -= now;
            sent -= now;
        }
    }
    return {};
}

bool is_closed(int socket) {
    pollfd watched{socket, 0, 0};
    return ::poll(&watched, 1, 0) == 1 && (watched.revents & POLLHUP) != 0;
}

}  // namespace mf

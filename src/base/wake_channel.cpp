// SPDX-License-Identifier: MIT
#include "base/wake_channel.h"

#include "base/digest.h"
#include "base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

namespace mf {
namespace {

// A socket has this prefix until it can receive: nobody must take it for one that was left behind.
constexpr char unfinished_mark = '.';
constexpr int most_sockets = 1000;
// From here on some datagrams may have been dropped (the smallest queue in use holds 11, net.unix.max_dgram_qlen).
constexpr int burst = 8;

/// O_NOFOLLOW does not look at a link whose name ends in a slash.
std::filesystem::path without_slash(const std::filesystem::path& directory) {
    return directory.has_filename() ? directory : directory.parent_path();
}

Descriptor open_directory(const std::filesystem::path& directory) {
    return Descriptor(::open(without_slash(directory).c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// A socket address has room for 107 characters; the way through an open directory is always short enough.
bool set_address(sockaddr_un& address, const Descriptor& directory, std::string_view name) {
    address = {};
    address.sun_family = AF_UNIX;
    const auto path = fmt::format("/proc/self/fd/{}/{}", directory.get(), name);
    if (path.size() >= sizeof address.sun_path) return false;
    path.copy(address.sun_path, path.size());
    return true;
}

const sockaddr* generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

/// 0, or why the datagram did not arrive (errno).
int send_to(const Descriptor& sender, const Descriptor& directory, const char* name, char content, std::size_t size) {
    sockaddr_un address;
    if (!set_address(address, directory, name)) return ENAMETOOLONG;
    const auto sent =
        ::sendto(sender.get(), &content, size, MSG_DONTWAIT | MSG_NOSIGNAL, generic(address), sizeof address);
    return sent < 0 ? errno : 0;
}

struct CloseStream {
    void operator()(DIR* stream) const { ::closedir(stream); }
};

/// Calls visit(name, status) for every socket of the directory, and for nothing else: a link would lead elsewhere.
template <class Visit>
void for_each_socket(const Descriptor& directory, Visit visit) {
    // The stream closes its descriptor and has a position of its own.
    const int own = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0) return;
    const std::unique_ptr<DIR, CloseStream> stream(::fdopendir(own));
    if (!stream) {
        ::close(own);
        return;
    }
    int seen = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
        struct stat status {};
        if (::fstatat(directory.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(status.st_mode))
            continue;
        visit(entry->d_name, status);
        if (++seen == most_sockets) return;
    }
}

Descriptor datagram_socket() { return Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

/// Removes what killed servers left behind. An empty datagram asks whether somebody lives there.
void remove_stale(const Descriptor& directory) {
    const auto sender = datagram_socket();
    for_each_socket(directory, [&](const char* name, const struct stat& status) {
        if (send_to(sender, directory, name, 0, 0) != ECONNREFUSED) return;
        // A server may be about to finish this one; it takes microseconds, not a minute.
        if (name[0] == unfinished_mark && status.st_mtime + 60 > ::time(nullptr)) return;
        ::unlinkat(directory.get(), name, 0);
    });
}

struct Failure {
    const char* step;
    int reason;
};

/// Root may start a server once by hand; the service, which runs as the owner of the database, must still get in.
void give_to_owner_around(const Descriptor& inner, const char* name, const Descriptor& around) {
    struct stat status {};
    if (::geteuid() != 0 || ::fstat(around.get(), &status) != 0) return;
    if (::fchownat(inner.get(), name, status.st_uid, status.st_gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) != 0)
        log::warning("wake channel keeps its owner", {{"reason", std::string(std::strerror(errno))}});
}

Descriptor make_directory(const std::filesystem::path& path) {
    const auto directory = without_slash(path);
    if (::mkdir(directory.c_str(), 0770) != 0) {
        if (errno != EEXIST) throw Failure{"make directory", errno};
        auto opened = open_directory(directory);
        if (!opened) throw Failure{"open directory", errno};
        return opened;
    }
    auto opened = open_directory(directory);
    if (!opened) throw Failure{"open directory", errno};
    // The umask of a service often hides what the group may do.
    if (::fchmod(opened.get(), 0770) != 0) throw Failure{"set mode of directory", errno};
    const Descriptor around(::openat(opened.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    give_to_owner_around(opened, "", around);
    return opened;
}

Descriptor bind_socket(const Descriptor& directory, const std::string& name) {
    auto bound = datagram_socket();
    if (!bound) throw Failure{"make socket", errno};
    const auto unfinished = unfinished_mark + name;
    sockaddr_un address;
    if (!set_address(address, directory, unfinished)) throw Failure{"name socket", ENAMETOOLONG};
    if (::bind(bound.get(), generic(address), sizeof address) != 0) throw Failure{"bind socket", errno};
    give_to_owner_around(directory, unfinished.c_str(), directory);
    const char* step = "set mode of socket";
    if (::fchmodat(directory.get(), unfinished.c_str(), 0660, 0) == 0) {
        step = "name socket";
        if (::renameat(directory.get(), unfinished.c_str(), directory.get(), name.c_str()) == 0) return bound;
    }
    const Failure failure{step, errno};
    ::unlinkat(directory.get(), unfinished.c_str(), 0);
    throw failure;
}

}  // namespace

WakeListener::WakeListener(const std::filesystem::path& directory, Nudge& nudge)
    : WakeListener(directory, WakeTargets{nudge, nudge, nudge}) {}

WakeListener::WakeListener(const std::filesystem::path& directory, const WakeTargets& targets) : targets_(targets) {
    try {
        directory_ = make_directory(directory);
        remove_stale(directory_);
        name_ = fmt::format("{}.{}", ::getpid(), random_uuid());
        socket_ = bind_socket(directory_, name_);
    } catch (const Failure& failure) {
        log::warning("wake channel not available", {{"directory", directory.string()},
                                                    {"step", failure.step},
                                                    {"reason", std::string(std::strerror(failure.reason))}});
        return;
    }
    thread_ = std::jthread([this](std::stop_token stop) { listen(std::move(stop)); });
}

WakeListener::~WakeListener() {
    if (!is_listening()) return;
    // First the name: whoever sends afterwards finds nobody, instead of somebody who does not hear.
    ::unlinkat(directory_.get(), name_.c_str(), 0);
    thread_.request_stop();
    stopped_.notify();
    thread_.join();
}

void WakeListener::listen(std::stop_token stop) {
    pollfd watched[] = {{socket_.get(), POLLIN, 0}, {stopped_.descriptor(), POLLIN, 0}};
    while (!stop.stop_requested()) {
        if (::poll(watched, 2, -1) < 0) continue;
        int received = 0;
        for (;;) {
            char content = 0;
            const auto size = ::recv(socket_.get(), &content, 1, 0);
            if (size < 0 && errno == EINTR) continue;
            if (size < 0) break;
            ++received;
            if (size == 0) continue;
            // Bytes of a newer version, or of somebody's experiment, mean nothing here.
            if (content == static_cast<char>(Wake::queue)) targets_.queue.notify();
            if (content == static_cast<char>(Wake::plan)) targets_.plan.notify();
            if (content == static_cast<char>(Wake::cancel)) targets_.cancel.notify();
        }
        if (received < burst) continue;
        targets_.queue.notify();
        targets_.plan.notify();
        targets_.cancel.notify();
    }
}

void wake_servers(const std::filesystem::path& directory, Wake kind) noexcept {
    try {
        const auto opened = open_directory(directory);
        if (!opened) return;
        const auto sender = datagram_socket();
        if (!sender) return;
        for_each_socket(opened, [&](const char* name, const struct stat&) {
            if (name[0] == unfinished_mark) return;
            if (send_to(sender, opened, name, static_cast<char>(kind), 1) == ECONNREFUSED)
                ::unlinkat(opened.get(), name, 0);
        });
    } catch (const std::exception&) {
        // Out of memory: the caller's work is done and stored; the server finds it a moment later by itself.
    }
}

}  // namespace mf

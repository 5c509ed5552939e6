// SPDX-License-Identifier: MIT
#include "net/server/listener.h"

#include "base/log.h"
#include "base/text.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

namespace mf::http {
namespace {

constexpr int most_at_once = 64;
constexpr std::string_view unix_prefix = "unix:";
constexpr auto pause_when_short = std::chrono::milliseconds(200);

/// An address of any family.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;

    sockaddr* raw() { return reinterpret_cast<sockaddr*>(&storage); }
    const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&storage); }
    int port() const {
        if (storage.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
        if (storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
        return 0;
    }
};

Result<SocketAddress> address_of(const Endpoint& endpoint) {
    SocketAddress address;
    if (endpoint.host.starts_with(unix_prefix)) {
        const auto path = endpoint.host.substr(unix_prefix.size());
        auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
        if (path.empty() || path.size() >= sizeof local.sun_path)
            return invalid(fmt::format("The path of the Unix socket \"{}\" must have 1 to {} bytes.", path,
                                       sizeof local.sun_path - 1));
        local.sun_family = AF_UNIX;
        std::memcpy(local.sun_path, path.c_str(), path.size() + 1);
        address.size = sizeof local;
        return address;
    }
    const auto ip = IpAddress::read(endpoint.host);
    if (!ip || endpoint.port < 0 || endpoint.port > 65535)
        return invalid(
            fmt::format("\"{}\" with port {} is nothing to listen on; give a numeric address (127.0.0.1, ::) "
                        "and a port up to 65535, or unix:/path.",
                        to_utf8(endpoint.host), endpoint.port));
    if (ip->is_four()) {
        auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
        four.sin_family = AF_INET;
        four.sin_port = htons(static_cast<std::uint16_t>(endpoint.port));
        std::memcpy(&four.sin_addr, ip->bytes().data() + 12, 4);
        address.size = sizeof four;
    } else {
        auto& six = reinterpret_cast<sockaddr_in6&>(address.storage);
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(static_cast<std::uint16_t>(endpoint.port));
        std::memcpy(&six.sin6_addr, ip->bytes().data(), 16);
        address.size = sizeof six;
    }
    return address;
}

std::optional<unsigned> user_of(const Descriptor& socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    return peer.uid;
}

/// Removes the file of a Unix socket on which nobody listens.
void remove_leftover(const SocketAddress& address, const std::string& path) {
    struct stat file {};
    if (::lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return;
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(probe.get(), address.raw(), address.size) != 0 && errno == ECONNREFUSED) ::unlink(path.c_str());
}

std::string name_of(const Endpoint& endpoint) {
    if (endpoint.host.starts_with(unix_prefix)) return endpoint.host;
    const bool has_colon = endpoint.host.find(':') != std::string::npos;
    return fmt::format("{}{}{} port {}", has_colon ? "[" : "", endpoint.host, has_colon ? "]" : "", endpoint.port);
}

Result<Descriptor> bound_socket(const Endpoint& endpoint, SocketAddress& address) {
    const int family = address.storage.ss_family;
    Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int yes = 1;
    const auto set = [&](int level, int option) {
        return ::setsockopt(socket.get(), level, option, &yes, sizeof yes) == 0;
    };
    const std::string path = family == AF_UNIX ? endpoint.host.substr(unix_prefix.size()) : std::string();
    if (family == AF_UNIX) remove_leftover(address, path);
    const bool works = socket && (family == AF_UNIX || set(SOL_SOCKET, SO_REUSEADDR)) &&
                       (family != AF_INET6 || set(IPPROTO_IPV6, IPV6_V6ONLY)) &&
                       ::bind(socket.get(), address.raw(), address.size) == 0 &&
                       (family != AF_UNIX || ::chmod(path.c_str(), 0660) == 0) &&
                       ::listen(socket.get(), SOMAXCONN) == 0;
    if (works) return socket;
    const int error = errno;
    const std::string_view advice = error == EADDRINUSE
                                        ? " Another program listens there; stop it or choose another port."
                                    : error == EACCES ? " Ports below 1024 and foreign directories need more rights."
                                    : error == EADDRNOTAVAIL ? " This machine does not have the address."
                                                             : "";
    return Error{ErrorCode::unavailable,
                 fmt::format("The server cannot listen on {}: {}.{}", name_of(endpoint), error_text(error), advice)};
}

}  // namespace

Result<std::shared_ptr<Listener>> Listener::open(Loop& loop, const Endpoint& endpoint, Taken taken) {
    auto address = address_of(endpoint);
    if (!address) return address.error();
    auto socket = bound_socket(endpoint, *address);
    if (!socket) return socket.error();
    return std::shared_ptr<Listener>(new Listener(loop, std::move(*socket), endpoint, std::move(taken)));
}

Listener::Listener(Loop& loop, Descriptor socket, const Endpoint& endpoint, Taken taken)
    : loop_(loop),
      socket_(loop, std::move(socket)),
      tls_(endpoint.tls),
      path_(endpoint.host.starts_with(unix_prefix) ? endpoint.host.substr(unix_prefix.size()) : std::string()),
      taken_(std::move(taken)) {
    SocketAddress own;
    if (::getsockname(socket_.descriptor(), own.raw(), &own.size) == 0) port_ = own.port();
}

Listener::~Listener() { close(); }

void Listener::close() {
    if (std::exchange(closed_, true)) return;
    accept_all();  // who was let in by the kernel shall hear something
    socket_.close();
    if (!path_.empty()) ::unlink(path_.c_str());
}

void Listener::accept_on() {
    if (closed_) return;
    if (accept_all()) {
        socket_.when_readable(shared_from_this());
        return;
    }
    loop_.repeat(pause_when_short, [self = shared_from_this()] {
        self->accept_on();
        return false;
    });
}

/// False: the system is short of something, and it makes no sense to try at once.
bool Listener::accept_all() {
    for (int taken = 0; taken < most_at_once; ++taken) {
        SocketAddress from;
        Descriptor socket(::accept4(socket_.descriptor(), from.raw(), &from.size, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) {
            const int error = errno;
            if (error == EAGAIN || error == EWOULDBLOCK) return true;
            // Others (ECONNABORTED, network errors) are those of one connection.
            const bool was_short = std::exchange(is_short_, is_shortage(error));
            if (is_short_ && !was_short)
                log::error("no more connections can be taken at the moment", {{"reason", error_text(error)}});
            if (is_short_) return false;
            continue;
        }
        is_short_ = false;
        const int yes = 1;
        if (from.storage.ss_family != AF_UNIX) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        const auto user = from.storage.ss_family == AF_UNIX ? user_of(socket) : std::nullopt;
        taken_(std::move(socket), {.address = IpAddress::of(*from.raw()), .secure = tls_, .user = user});
    }
    return true;
}

}  // namespace mf::http

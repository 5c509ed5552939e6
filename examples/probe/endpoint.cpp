// SPDX-License-Identifier: MIT
#include "probe/endpoint.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace mf::probe {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// 0, or the errno of the failure.
int try_connect(int socket, const addrinfo& address, Deadline deadline) {
    if (::connect(socket, address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(socket, POLLOUT, deadline)) return ETIMEDOUT;
    int problem = 0;
    socklen_t size = sizeof problem;
    return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size) == 0 ? problem : errno;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
    const Error error{ErrorCode::invalid, "This is not host, host:port or [address]:port."};
    text = trim(text);
    if (const auto scheme = text.find("://"); scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
    text = text.substr(0, text.find('/'));
    if (text.find_first_of("@?# \t") != std::string_view::npos) return error;
    Endpoint endpoint{"", "443"};
    std::string_view port;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return error;
        endpoint.host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!is_address(endpoint.host)) return error;
    } else if (std::ranges::count(text, ':') > 1) {
        endpoint.host = text;
        if (!is_address(endpoint.host)) return error;
    } else {
        const auto colon = std::min(text.find(':'), text.size());
        endpoint.host = text.substr(0, colon);
        port = text.substr(colon);
    }
    if (endpoint.host.empty()) return error;
    if (!port.empty()) {
        const auto number = port[0] == ':' ? to_integer(port.substr(1)) : std::nullopt;
        if (!number || *number < 1 || *number > 65535) return error;
        endpoint.port = std::to_string(*number);
    }
    return endpoint;
}

bool is_address(const std::string& host) {
    in6_addr ignored;  // large enough for both
    return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 || ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

bool wait_for(int descriptor, short events, Deadline deadline) {
    for (;;) {
        const auto left = deadline - std::chrono::steady_clock::now();
        pollfd watched{descriptor, events, 0};
        const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
        if (milliseconds <= 0) return false;
        const int ready = ::poll(&watched, 1, static_cast<int>(milliseconds));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

Result<Descriptor> connect_to(const Endpoint& endpoint, Deadline deadline) {
    addrinfo wish{};
    wish.ai_socktype = SOCK_STREAM;
    wish.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    // AI_ADDRCONFIG ignores loopback and so would hide "localhost" on a machine that is offline.
    int problem = ::getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &wish, &found);
    if (problem != 0) {
        wish.ai_flags = 0;
        problem = ::getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &wish, &found);
    }
    if (problem != 0)
        return Error{ErrorCode::unavailable, fmt::format("The host is not known: {}.", ::gai_strerror(problem))};
    const Addresses addresses(found, &::freeaddrinfo);
    int failure = 0;
    for (const addrinfo* address = found; address; address = address->ai_next) {
        Descriptor socket(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        failure = socket ? try_connect(socket.get(), *address, deadline) : errno;
        if (failure == 0) return socket;
    }
    return Error{ErrorCode::unavailable, fmt::format("No connection: {}.", std::strerror(failure))};
}

}  // namespace mf::probe

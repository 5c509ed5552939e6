// SPDX-License-Identifier: MIT
#include "server.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mf::probe::testing {
namespace {

std::string port_of(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return std::to_string(ntohs(address.sin_port));
}

Descriptor bound_socket() {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("no port is free");
    return socket;
}

/// False when the server is to end.
bool readable(int socket, int stop) {
    pollfd watched[2] = {{socket, POLLIN, 0}, {stop, POLLIN, 0}};
    ::poll(watched, 2, -1);
    return watched[1].revents == 0;
}

bool send_all(int socket, std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void answer(int socket, std::string_view status, std::string_view headers, std::string_view body) {
    send_all(socket, fmt::format("HTTP/1.1 {}\r\nConnection: close\r\n{}Content-Length: {}\r\n\r\n{}", status, headers,
                                 body.size(), body));
}

}  // namespace

Server::Server(Serve serve) : serve_(std::move(serve)), listener_(bound_socket()) {
    ::listen(listener_.get(), 16);
    port_ = port_of(listener_.get());
    accepting_ = std::jthread([this] { accept_all(); });
}

Server::~Server() {
    stop_.notify();
    accepting_.join();
}

void Server::accept_all() {
    while (readable(listener_.get(), stop_.descriptor())) {
        const int accepted = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted < 0) continue;
        ++accepted_;
        serving_.emplace_back([this, accepted] {
            const Descriptor socket(accepted);
            serve_(socket.get(), stop_.descriptor());
        });
    }
}

void serve_http(int socket, int stop) {
    std::string request;
    while (request.find("\r\n\r\n") == std::string::npos) {
        char block[4096];
        if (!readable(socket, stop)) return;
        const auto got = ::recv(socket, block, sizeof block, 0);
        if (got <= 0) return;
        request.append(block, static_cast<std::size_t>(got));
    }
    const auto line = split(request, ' ');
    const std::string_view path = line.at(1);
    if (path.starts_with("/ok")) return answer(socket, "200 OK", "", "all is well\n");
    if (path == "/missing") return answer(socket, "404 Not Found", "", "nothing here\n");
    if (path == "/loop") return answer(socket, "302 Found", "Location: /loop\r\n", "");
    if (path == "/moved") return answer(socket, "301 Moved", "Location: /ok?token=s3cr3t\r\n", "all is well too");
    if (path == "/elsewhere") return answer(socket, "302 Found", "Location: file:///etc/passwd\r\n", "");
    if (path == "/silent") {
        while (readable(socket, stop)) {  // until the client hangs up
            char ignored;
            if (::recv(socket, &ignored, 1, 0) <= 0) return;
        }
        return;
    }
    if (path == "/private")
        return request.find("Authorization: Basic dXNlcjpwYXNzd29yZA==") == std::string::npos
                   ? answer(socket, "401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", "")
                   : answer(socket, "200 OK", "", "welcome");
    if (path == "/huge") {
        if (!send_all(socket, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbegin ")) return;
        const std::string block(65536, 'x');
        while (send_all(socket, block)) {  // endless, until the client hangs up
        }
        return;
    }
    answer(socket, "500 Internal Server Error", "", "");
}

std::string dead_port() {
    // Bound but not listening: connections are refused, and nobody else gets the port.
    static const Descriptor socket = bound_socket();
    return port_of(socket.get());
}

}  // namespace mf::probe::testing

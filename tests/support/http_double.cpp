// SPDX-License-Identifier: MIT
#include "support/http_double.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <system_error>

namespace mf::testing {
namespace {

int bind_to_loopback(int socket) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket, raw, size) != 0 || getsockname(socket, raw, &size) != 0)
        throw std::system_error(errno, std::generic_category(), "no free port");
    return ntohs(address.sin_port);
}

/// Reads from a socket until the text has what is asked for; false at its end.
bool read_more(int socket, std::string& text) {
    char buffer[16 * 1024];
    const auto count = recv(socket, buffer, sizeof buffer, 0);
    if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
}

DoubleRequest request_from_head(std::string_view head) {
    DoubleRequest request;
    for (const std::string_view line : split(head, '\n')) {
        if (request.method.empty()) {
            const auto words = split(trim(line), ' ');
            request.method = words.at(0);
            request.target = words.at(1);
        } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
            request.headers[lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
        }
    }
    return request;
}

/// Of the next request on a connection; what follows it stays in `rest`. False: the connection has ended.
bool read_request(int socket, std::string& rest, DoubleRequest& request) {
    std::size_t end = 0;
    while ((end = rest.find("\r\n\r\n")) == std::string::npos)
        if (!read_more(socket, rest)) return false;
    request = request_from_head(rest.substr(0, end));
    rest.erase(0, end + 4);
    const auto length = static_cast<std::size_t>(to_integer(request.header("content-length")).value_or(0));
    while (rest.size() < length)
        if (!read_more(socket, rest)) return false;
    request.body = rest.substr(0, length);
    rest.erase(0, length);
    return true;
}

bool send_all(int socket, std::string_view text) {
    while (!text.empty()) {
        const auto count = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::string text_of(const DoubleReply& reply, const DoubleRequest& request) {
    if (!reply.raw.empty()) return reply.raw;
    std::string text = fmt::format("HTTP/1.1 {} Said\r\nContent-Length: {}\r\n", reply.status, reply.body.size());
    for (const auto& [name, value] : reply.headers) text += fmt::format("{}: {}\r\n", name, value);
    return text + "\r\n" + (request.method == "HEAD" ? "" : reply.body);
}

}  // namespace

std::string DoubleRequest::header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

HttpDouble::HttpDouble(Handler handler)
    : handler_(std::move(handler)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    port_ = bind_to_loopback(listener_.get());
    if (listen(listener_.get(), 64) != 0) throw std::system_error(errno, std::generic_category(), "listen");
    acceptor_ = std::thread([this] { accept_all(); });
}

HttpDouble::~HttpDouble() {
    shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        for (const auto& each : sockets_) shutdown(each.get(), SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
}

std::string HttpDouble::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

std::vector<DoubleRequest> HttpDouble::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::size_t HttpDouble::connections() const {
    const std::lock_guard lock(mutex_);
    return sockets_.size();
}

void HttpDouble::accept_all() {
    for (;;) {
        Descriptor taken(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!taken) return;
        const int number = taken.get();
        const std::lock_guard lock(mutex_);
        sockets_.push_back(std::move(taken));
        threads_.emplace_back([this, number] { serve(number); });
    }
}

void HttpDouble::serve(int socket) {
    std::string rest;
    DoubleRequest request;
    while (read_request(socket, rest, request)) {
        {
            const std::lock_guard lock(mutex_);
            if (ending_) break;
            requests_.push_back(request);
        }
        const auto reply = handler_(request);
        if (!send_all(socket, text_of(reply, request)) || !reply.raw.empty()) break;
    }
    shutdown(socket, SHUT_RDWR);
}

DeafPort::DeafPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    port_ = bind_to_loopback(socket_.get());
}

}  // namespace mf::testing

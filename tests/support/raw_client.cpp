// SPDX-License-Identifier: MIT
#include "support/raw_client.h"

#include "base/text.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace mf::testing {
namespace {

constexpr int patience_ms = 60'000;

void connect_raw(int socket, const sockaddr* address, socklen_t size) {
    if (::connect(socket, address, size) != 0) throw std::system_error(errno, std::generic_category(), "connect");
}

}  // namespace

std::string RawAnswer::header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

RawClient::RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect_raw(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

RawClient::RawClient(const std::string& unix_path) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, unix_path.c_str(), sizeof address.sun_path - 1);
    connect_raw(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

bool RawClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

void RawClient::end_writing() { ::shutdown(socket_.get(), SHUT_WR); }

bool RawClient::read_more() {
    pollfd wait{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wait, 1, patience_ms) <= 0) throw std::runtime_error("the server said nothing for a minute");
    char buffer[64 * 1024];
    const auto count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (count > 0) input_.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
}

std::string RawClient::until(std::string_view text) {
    std::size_t at = 0;
    while ((at = input_.find(text)) == std::string::npos)
        if (!read_more()) return std::exchange(input_, {});
    std::string found = input_.substr(0, at + text.size());
    input_.erase(0, at + text.size());
    return found;
}

std::string RawClient::rest() {
    while (read_more()) {
    }
    return std::exchange(input_, {});
}

RawAnswer RawClient::answer(bool is_of_head) {
    RawAnswer answer;
    answer.head = until("\r\n\r\n");
    if (!answer.head.ends_with("\r\n\r\n")) return answer;
    for (const auto line : split(answer.head, '\n')) {
        if (answer.status == 0)
            answer.status =
                static_cast<int>(to_integer(line.substr(std::min<std::size_t>(line.size(), 9), 3)).value_or(0));
        else if (const auto colon = line.find(':'); colon != std::string_view::npos)
            answer.headers[lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
    }
    answer.is_complete = true;
    if (is_of_head || answer.status / 100 == 1 || answer.status == 204 || answer.status == 304) return answer;
    if (answer.header("transfer-encoding") == "chunked") {
        for (;;) {
            const std::string line = until("\r\n");
            const auto size = line.empty() ? 0 : std::stoul(line, nullptr, 16);
            while (input_.size() < size + 2)
                if (!read_more()) break;
            answer.is_complete = !line.empty() && input_.size() >= size + 2;
            if (!answer.is_complete) return answer;
            answer.body += input_.substr(0, size);
            input_.erase(0, size + 2);
            if (size == 0) return answer;
        }
    }
    const auto length = to_integer(answer.header("content-length"));
    while (!length || input_.size() < static_cast<std::size_t>(*length))
        if (!read_more()) break;
    const auto size = length ? static_cast<std::size_t>(*length) : input_.size();
    answer.is_complete = input_.size() >= size;
    answer.body = input_.substr(0, size);
    input_.erase(0, size);
    return answer;
}

RawAnswer RawClient::ask(std::string_view bytes) {
    send(bytes);
    return answer();
}

void wait_for(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("waited for a minute in vain");
        ::poll(nullptr, 0, 1);
    }
}

}  // namespace mf::testing

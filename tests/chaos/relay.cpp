// SPDX-License-Identifier: MIT
#include "chaos/relay.h"

#include "chaos/processes.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace mf::chaos {
namespace {

/// How much waits in between; who writes more has to wait, as with a real network.
constexpr std::size_t most_on_the_way = 256 * 1024;

}  // namespace

/// Bytes of one direction.
struct RelayFlow {
    std::string waiting;
    bool ended = false;  // the writer has closed

    bool wants_more() const { return !ended && waiting.size() < most_on_the_way; }
    bool is_over() const { return ended && waiting.empty(); }
    /// False: the connection is broken.
    bool take_from(int source) {
        std::array<char, 64 * 1024> bytes;
        const auto size = ::recv(source, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (size > 0) waiting.append(bytes.data(), static_cast<std::size_t>(size));
        if (size == 0) ended = true;
        return size >= 0 || errno == EAGAIN || errno == EINTR;
    }
    bool give_to(int target) {
        const auto size = ::send(target, waiting.data(), waiting.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size > 0) waiting.erase(0, static_cast<std::size_t>(size));
        return size >= 0 || errno == EAGAIN || errno == EINTR;
    }
};

namespace {

short wanted_of(const RelayFlow& reads, const RelayFlow& writes) {
    return static_cast<short>((reads.wants_more() ? POLLIN : 0) | (writes.waiting.empty() ? 0 : POLLOUT));
}

}  // namespace

struct Relay::Line {
    Descriptor client;
    Descriptor server;
    RelayFlow asked;
    RelayFlow answered;

    bool move(short client_events, short server_events) {
        constexpr short readable = POLLIN | POLLHUP | POLLERR;
        if ((client_events & readable) && asked.wants_more() && !asked.take_from(client.get())) return false;
        if ((server_events & readable) && answered.wants_more() && !answered.take_from(server.get())) return false;
        if (!asked.waiting.empty() && !asked.give_to(server.get())) return false;
        if (!answered.waiting.empty() && !answered.give_to(client.get())) return false;
        return !asked.is_over() && !answered.is_over();
    }
};

Relay::Relay(const std::string& address, std::filesystem::path server)
    : server_(std::move(server)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in place{};
    place.sin_family = AF_INET;
    must(::inet_pton(AF_INET, address.c_str(), &place.sin_addr) == 1, "address of the relay");
    socklen_t size = sizeof place;
    auto* raw = reinterpret_cast<sockaddr*>(&place);
    must(::bind(listener_.get(), raw, size) == 0 && ::listen(listener_.get(), 64) == 0 &&
             ::getsockname(listener_.get(), raw, &size) == 0,
         "relay");
    port_ = ntohs(place.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Relay::~Relay() {
    thread_.request_stop();
    nudge_.notify();
}

void Relay::reset() {
    orders_.lock()->reset = true;
    nudge_.notify();
}

void Relay::stall() {
    orders_.lock()->stalled = true;
    nudge_.notify();
}

void Relay::go_on() {
    orders_.lock()->stalled = false;
    nudge_.notify();
}

void Relay::accept_one(std::vector<Line>& lines) {
    Line line{.client = Descriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)),
              .server = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
              .asked = {},
              .answered = {}};
    if (!line.client) return;
    const int on = 1;
    ::setsockopt(line.client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // Once closed, a connection answers with RST, and says nothing of what was still on its way.
    const linger at_once{1, 0};
    ::setsockopt(line.client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    sockaddr_un place{};
    place.sun_family = AF_UNIX;
    if (server_.native().size() >= sizeof place.sun_path) throw std::runtime_error("the socket's path is too long");
    std::strcpy(place.sun_path, server_.c_str());
    // No server: the client finds its connection closed.
    if (::connect(line.server.get(), reinterpret_cast<sockaddr*>(&place), sizeof place) == 0)
        lines.push_back(std::move(line));
}

void Relay::run(const std::stop_token& stop) {
    std::vector<Line> lines;
    while (!stop.stop_requested()) {
        bool stalled = false;
        {
            auto orders = orders_.lock();
            stalled = orders->stalled;
            if (std::exchange(orders->reset, false)) lines.clear();
        }
        std::vector<pollfd> watched{{nudge_.descriptor(), POLLIN, 0}};
        if (!stalled) {
            watched.push_back({listener_.get(), POLLIN, 0});
            for (const Line& line : lines) {
                watched.push_back({line.client.get(), wanted_of(line.asked, line.answered), 0});
                watched.push_back({line.server.get(), wanted_of(line.answered, line.asked), 0});
            }
        }
        if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) must(false, "poll");
        nudge_.consume();
        if (stalled) continue;
        std::vector<Line> living;
        for (std::size_t i = 0; i < lines.size(); ++i)
            if (lines[i].move(watched[2 + 2 * i].revents, watched[3 + 2 * i].revents))
                living.push_back(std::move(lines[i]));
        lines = std::move(living);
        if (watched[1].revents & POLLIN) accept_one(lines);
    }
}

}  // namespace mf::chaos

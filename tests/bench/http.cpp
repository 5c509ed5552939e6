// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "bench/http_load.h"
#include "bench/stand.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace mf::bench {
namespace {

constexpr int viewers = 5'000;
constexpr int events_to_all = 20;
constexpr int events_to_one = 500;
constexpr auto idle_time = std::chrono::seconds(22);  // one heartbeat for each viewer

/// Connections that wait for events of a topic.
class Viewers {
public:
    Viewers(int port, int number, const std::string& topic) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        for (int i = 0; i < number; ++i) {
            sockets_.push_back(connected(port));
            say(sockets_.back(), "GET /events?topic=" + topic + " HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        for (const auto& socket : sockets_) {
            std::string head;
            char buffer[1024];
            while (head.find("\r\n\r\n") == std::string::npos) {
                const auto count = ::recv(socket.get(), buffer, sizeof buffer, 0);
                if (count <= 0) throw std::runtime_error("a viewer was turned away");
                head.append(buffer, static_cast<std::size_t>(count));
            }
            epoll_event event{.events = EPOLLIN, .data = {.fd = socket.get()}};
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.get(), &event);
        }
    }

    static Descriptor connected(int port) {
        Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            throw std::runtime_error("no connection for a viewer");
        return socket;
    }
    static void say(const Descriptor& socket, std::string_view text) {
        if (::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("no viewer");
    }

    /// Reads one event by each; how long each was under way, in ms.
    std::vector<double> delays() {
        std::vector<double> all;
        epoll_event ready[256];
        while (all.size() < sockets_.size()) {
            const int count = ::epoll_wait(epoll_.get(), ready, 256, 10'000);
            if (count <= 0) throw std::runtime_error("viewers got no event");
            for (int i = 0; i < count; ++i) {
                char buffer[256];
                const auto size = ::recv(ready[i].data.fd, buffer, sizeof buffer - 1, 0);
                const std::string_view text(buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
                const auto data = text.find("data: ");
                if (data == std::string_view::npos) continue;  // a heartbeat
                const auto sent = to_integer(trim(text.substr(data + 6))).value_or(0);
                const auto now = std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch());
                all.push_back(static_cast<double>(now.count() - sent) / 1e6);
            }
        }
        return all;
    }

private:
    std::vector<Descriptor> sockets_;
    Descriptor epoll_;
};

/// Of so many events, one after the other.
std::vector<double> delays_of(const HttpProgram& program, Viewers& to, const std::string& topic, int events) {
    const auto publisher = Viewers::connected(program.port());
    std::vector<double> delays;
    for (int i = 0; i < events; ++i) {
        Viewers::say(publisher, "GET /publish?topic=" + topic + " HTTP/1.1\r\nHost: x\r\n\r\n");
        const auto of_event = to.delays();
        delays.insert(delays.end(), of_event.begin(), of_event.end());
    }
    return delays;
}

void measure_viewers(const Places& places, Figures& figures) {
    if (raise_descriptor_limit().now < viewers + 500) return;
    const HttpProgram program(places, {"server"});
    Viewers all(program.port(), viewers, "all");
    const auto cpu = cpu_of(program.process());
    ::poll(nullptr, 0, static_cast<int>(std::chrono::milliseconds(idle_time).count()));
    const auto used = cpu_of(program.process()) - cpu;
    figures.push_back(at_most("5 000 idle viewers of events: RSS of the server", 60,
                              static_cast<double>(memory_of(program.process(), "VmRSS")) / 1024, "MiB"));
    figures.push_back(at_most("... processor time, of one core", 2, 100 * used / Milliseconds(idle_time), "%"));
    Viewers one(program.port(), 1, "one");
    const auto to_one = delays_of(program, one, "one", events_to_one);
    figures.push_back(
        told("from an event to its viewer, while 5 000 others are idle, p50", quantile(to_one, 0.5), "ms"));
    figures.push_back(at_most("... p99", 50, quantile(to_one, 0.99), "ms"));
    const auto to_all = delays_of(program, all, "all", events_to_all);
    figures.push_back(told("from one event to 5 000 viewers, p50", quantile(to_all, 0.5), "ms"));
    figures.push_back(told("... p99", quantile(to_all, 0.99), "ms"));
}

}  // namespace

Figures measure_http(const Places& places) {
    Figures figures;
    if (has_load()) {
        std::vector<double> bare, ours, bare_cpu, our_cpu;
        {
            const HttpProgram beast(places, {"beast"}), server(places, {"server"});
            for (int round = 0; round < load_rounds; ++round) {
                const auto of_beast = load_of(places, beast.process(), beast.url()),
                           of_server = load_of(places, server.process(), server.url());
                bare.push_back(of_beast.per_second);
                bare_cpu.push_back(of_beast.cpu_us);
                ours.push_back(of_server.per_second);
                our_cpu.push_back(of_server.cpu_us);
            }
        }
        figures.push_back(told("bare Beast, one job record", quantile(bare, 1), "/s"));
        figures.push_back(told("... processor time for each request", quantile(bare_cpu, 0), "us"));
        figures.push_back(told("the same from a handler of the HTTP server", quantile(ours, 1), "/s"));
        figures.push_back(told("... processor time for each request", quantile(our_cpu, 0), "us"));
        figures.push_back(at_least("... against bare Beast", 0.35, quantile(ours, 1) / quantile(bare, 1), ""));
    }
    measure_viewers(places, figures);
    return figures;
}

}  // namespace mf::bench

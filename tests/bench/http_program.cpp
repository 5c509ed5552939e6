// SPDX-License-Identifier: MIT
// bench-http beast|server [FILE]: answers every request with a job record, or with what is in the file, on a port of
// the loopback that is printed; with "server" that of this project, which also has viewers (/events?topic=…) and tells
// them the time (/publish?topic=…). Ends by SIGTERM.
#include "net/server/server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <thread>

namespace mf::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;

std::string job_record =
    R"({"id":4711,"company_id":7,"runtemplate_id":42,"status":"success","exitcode":0,"begin":"2026-01-31T02:00:00Z",)"
    R"("end":"2026-01-31T02:00:07Z","executor":"native","command":"/usr/bin/true"})";

/// Nothing but Beast: what it can do at most. One context for each thread, which the kernel deals connections to.
class BareConnection : public std::enable_shared_from_this<BareConnection> {
public:
    explicit BareConnection(tcp::socket socket) : stream_(std::move(socket)) {}

    void read() {
        request_ = {};
        beast::http::async_read(stream_, buffer_, request_,
                                [self = shared_from_this()](beast::error_code error, std::size_t) {
                                    if (!error) self->write();
                                });
    }

private:
    void write() {
        response_ = {beast::http::status::ok, request_.version()};
        response_.set(beast::http::field::content_type, "application/json");
        response_.body() = job_record;
        response_.prepare_payload();
        response_.keep_alive(request_.keep_alive());
        beast::http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
            if (!error && self->response_.keep_alive()) self->read();
        });
    }

    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    beast::http::request<beast::http::string_body> request_;
    beast::http::response<beast::http::string_body> response_;
};

class BareServer {
public:
    explicit BareServer(int port) : acceptor_(context_) {
        acceptor_.open(tcp::v4());
        const int yes = 1;
        ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
        acceptor_.bind({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
        acceptor_.listen();
        accept();
        thread_ = std::thread([this] { context_.run(); });
    }
    ~BareServer() {
        context_.stop();
        thread_.join();
    }
    int port() { return acceptor_.local_endpoint().port(); }

private:
    void accept() {
        acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
            if (error) return;
            socket.set_option(tcp::no_delay(true));
            std::make_shared<BareConnection>(std::move(socket))->read();
            accept();
        });
    }

    asio::io_context context_{1};
    tcp::acceptor acceptor_;
    std::thread thread_;
};

sigset_t end_signals;

/// Tells the port and waits for the end.
void tell(int port) {
    std::printf("%d\n", port);
    std::fflush(stdout);
    int signal = 0;
    ::sigwait(&end_signals, &signal);
}

int serve_beast() {
    BareServer first(0);
    BareServer second(first.port());
    tell(first.port());
    return 0;
}

std::string time_event() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return http::format_event("", "", std::to_string(std::chrono::nanoseconds(now).count()));
}

int serve_ours() {
    raise_descriptor_limit();
    http::EventHub hub;
    http::ServerOptions options;
    options.listen = {{.host = "127.0.0.1"}};
    options.limits.connections_per_address = 10'000;
    options.limits.requests_per_connection = 100'000'000;
    http::Server server(std::move(options), [&](const http::Request& request) {
        const std::string topic(request.query_value("topic").value_or("all"));
        if (request.path == "/events") {
            http::Response answer;
            answer.events = std::make_shared<http::EventStream>();
            hub.join(topic, answer.events);
            return answer;
        }
        if (request.path == "/publish") hub.publish(topic, time_event());
        return http::response(200, "application/json", std::string(job_record));
    });
    if (const auto started = server.start(); !started) {
        std::fprintf(stderr, "%s\n", started.error().message.c_str());
        return 1;
    }
    tell(server.ports().front());
    return 0;
}

}  // namespace
}  // namespace mf::bench

int main(int argc, char** argv) {
    // Before there are threads, so that none of them gets it.
    ::sigemptyset(&mf::bench::end_signals);
    ::sigaddset(&mf::bench::end_signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &mf::bench::end_signals, nullptr);
    const std::string_view what = argc == 2 || argc == 3 ? argv[1] : "";
    if (argc == 3) {
        std::ifstream file(argv[2]);
        mf::bench::job_record.assign(std::istreambuf_iterator<char>(file), {});
    }
    if (what == "beast") return mf::bench::serve_beast();
    if (what == "server") return mf::bench::serve_ours();
    std::fputs("usage: bench-http beast|server [FILE]\n", stderr);
    return 2;
}

// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/address.h"
#include "net/server/event_stream.h"
#include "net/server/message.h"
#include "net/server/tls.h"

#include <chrono>
#include <functional>

/// The HTTP/1.1 server of the REST API, the web pages and the streams of events.
///
///     http::Server server({.listen = {{.host = "127.0.0.1", .port = 8080}}}, [](const http::Request& request) {
///         return http::response(200, "text/plain", "You asked for " + request.path + ".\n");
///     });
///     if (auto started = server.start(); !started) …
///     server.drain(std::chrono::seconds(10));
namespace mf::http {

/// Where connections are taken.
struct Endpoint {
    /// A numeric IPv4 or IPv6 address ("127.0.0.1", "::", "0.0.0.0"; "::" takes IPv6 only), or "unix:/path". The file
    /// of a Unix socket has mode 0660; one that is left over from a server that is gone is replaced.
    std::string host;
    int port = 0;  ///< 0: the system chooses (Server::ports())
    bool tls = false;
};

/// What clients may take. What goes beyond gets the status and the connection ends.
struct Limits {
    std::size_t head_bytes = 32 * 1024;            ///< request line and headers; 431
    std::size_t target_bytes = 8 * 1024;           ///< 414
    std::size_t headers = 100;                     ///< 431
    std::size_t body_bytes = 8 * 1024 * 1024;      ///< unless ServerOptions::body_limit says otherwise; 413
    std::size_t bodies_bytes = 256 * 1024 * 1024;  ///< of all bodies that are in memory at a time; 503

    /// For a whole head, from its first byte (of the first request from the connection on, with the TLS handshake);
    /// 408.
    std::chrono::milliseconds head_time = std::chrono::seconds(10);
    /// In each such time `least_progress` bytes of a body must come (408), and of an answer be taken (the connection is
    /// cut), so that nobody holds a request for ever with a byte now and then.
    std::chrono::milliseconds progress_time = std::chrono::seconds(20);
    std::size_t least_progress = 4096;
    /// Without a request; the connection ends without a word.
    std::chrono::milliseconds idle_time = std::chrono::seconds(60);
    /// For the client to end its side after an answer that ends the connection.
    std::chrono::milliseconds linger_time = std::chrono::seconds(2);

    std::size_t connections = 10'000;  ///< together; 503
    /// Of one IPv4 address or one IPv6 /64 network; 429. Trusted proxies and Unix sockets are not counted.
    std::size_t connections_per_address = 256;
    std::size_t requests_per_connection = 10'000;  ///< then the connection ends after the answer
    std::size_t waiting_requests = 1024;           ///< for a worker; 503 with Retry-After
};

/// One answered request, for the access log. Never the query, which may contain secrets.
struct AccessRecord {
    std::string client;  ///< address; empty on a Unix socket
    std::string method;  ///< empty: the request could not be read
    std::string path;    ///< percent-encoded
    int status = 0;
    int minor_version = 1;
    std::uint64_t request_bytes = 0;       ///< of the body
    std::uint64_t response_bytes = 0;      ///< with head, as far as they were sent
    std::chrono::microseconds duration{};  ///< from the complete head until the last byte was handed to the kernel
    bool was_cut = false;                  ///< the answer did not get out completely
    std::string user_agent;
};
/// Writes a record to the log of the program: one line, at level info.
void log_access(const AccessRecord& record);

/// Called by several worker threads at a time; may block. What it throws is logged and becomes status 500.
using Handler = std::function<Response(const Request& request)>;

struct ServerOptions {
    std::vector<Endpoint> listen;
    TlsFiles tls_files = {};  ///< for endpoints with tls
    Limits limits = {};
    AddressRanges trusted_proxies = {};  ///< whose Forwarded and X-Forwarded-* headers count (net/server/forwarded.h)
    std::size_t io_threads = 2;
    std::size_t worker_threads = 0;  ///< 0: as many as the machine has cores, at least four
    /// So often a viewer of events who was sent nothing gets a comment, by which proxies and browsers see that the
    /// connection lives.
    std::chrono::milliseconds heartbeat = std::chrono::seconds(20);
    /// Sent to viewers of events when the server drains, before the stream ends.
    std::string events_goodbye = "event: goodbye\ndata: The server stops.\n\n";
    /// May a request with this head have a longer body, or only a shorter one? Its body is empty still. On an I/O
    /// thread: must return at once. Not set: limits.body_bytes for all.
    std::function<std::size_t(const Request&)> body_limit = {};
    /// How the server's own refusals and failures look (limits, malformed requests, 500, 503). On any thread, must
    /// return at once. Not set: the sentence as text/plain.
    std::function<Response(int status, std::string_view sentence)> refusal = {};
    /// Called on a thread of its own, which holds up nobody; records that it cannot keep up with are dropped and
    /// counted in the log. Not set: none.
    std::function<void(const AccessRecord&)> access_log = {};
};

/// How many requests are worked on at a time.
std::size_t number_of_workers(const ServerOptions& options);

/// Takes connections from start() on. I/O threads read, write and hold all connections; worker threads run the handler.
/// Answers come in the order of the requests of a connection, and while one is made the next is not read further than
/// what came in with it (64 KiB). TRACE and CONNECT are refused; every other method reaches the handler, so do HEAD
/// (the body of whose answer is not sent) and OPTIONS. "Expect: 100-continue" is answered when the body may come.
/// Answers are compressed with gzip where that helps (net/server/content_coding.h). The program must allow enough
/// descriptors (raise_descriptor_limit()).
class Server {
public:
    /// Nothing happens yet.
    Server(ServerOptions options, Handler handler);
    /// Cuts all connections; waits for handlers that run.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Once. The error says what cannot be listened on or loaded, and why.
    Result<void> start();
    /// Of the endpoints, in their order; 0 for Unix sockets.
    std::vector<int> ports() const;

    /// Reads certificate and key anew, for connections from now on. When they cannot be used, the old ones stay, and
    /// the error is logged as well. Any thread.
    Result<void> reload_tls();

    /// Takes no connections any more, ends idle ones and those of viewers of events (after a good-bye), lets requests
    /// that have begun be answered, and ends the others when the time is over. Returns when no connection is left.
    /// Handlers that still run then go on; ~Server waits for them.
    void drain(std::chrono::milliseconds patience);

    std::size_t connections() const;  ///< that are open
    std::size_t viewers() const;      ///< of events

private:
    class Impl;
    const std::unique_ptr<Impl> impl_;
};

}  // namespace mf::http

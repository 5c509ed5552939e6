// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"

#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mf::testing {

/// What an HttpDouble was asked.
struct DoubleRequest {
    std::string method;
    std::string target;                                       ///< as sent: path with query
    std::map<std::string, std::string, std::less<>> headers;  ///< names in small letters
    std::string body;

    std::string header(std::string_view name) const;  ///< empty: it was not sent
};

struct DoubleReply {
    int status = 200;
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    /// Sent exactly like this instead of a reply, and the connection is closed after it.
    std::string raw = {};
};

/// An HTTP/1.1 server in the test program, on a port of the loopback that the system chooses. It keeps connections,
/// reads bodies with a Content-Length, and answers with what the handler returns. The handler runs in threads of the
/// double, several at a time, and may wait; end its wait before the double goes.
class HttpDouble {
public:
    using Handler = std::function<DoubleReply(const DoubleRequest&)>;
    explicit HttpDouble(Handler handler);
    ~HttpDouble();
    HttpDouble(const HttpDouble&) = delete;
    HttpDouble& operator=(const HttpDouble&) = delete;

    int port() const { return port_; }
    std::string url() const;  ///< http://127.0.0.1:port
    std::vector<DoubleRequest> requests() const;
    /// How many connections were taken.
    std::size_t connections() const;

private:
    void accept_all();
    void serve(int socket);

    const Handler handler_;
    Descriptor listener_;
    int port_ = 0;
    mutable std::mutex mutex_;
    bool ending_ = false;
    std::vector<DoubleRequest> requests_;
    std::list<Descriptor> sockets_;  // of all connections that were taken
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

/// A port of the loopback on which nobody listens: that of a socket which is bound and does not listen.
class DeafPort {
public:
    DeafPort();
    int port() const { return port_; }

private:
    Descriptor socket_;
    int port_ = 0;
};

}  // namespace mf::testing

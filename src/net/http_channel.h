// SPDX-License-Identifier: MIT
#pragma once

#include "net/http_client.h"

#include <functional>

namespace mf {

class CurlLine;

/// One server that is asked again and again over the same connection. For one thread.
class HttpChannel {
public:
    virtual ~HttpChannel() = default;

    /// Takes a piece of a body; false: that is enough.
    using Sink = std::function<bool(std::string_view)>;
    enum class Send {
        once,          ///< never sends the request a second time, over a new connection
        again_if_dead  ///< once more when the connection that was kept turns out to be dead
    };
    /// As HttpClient::send(), but the time limit of the request is that for the connection. The body of a reply whose
    /// status is a success (2xx) goes into the sink, if there is one, and is not bounded; every other into the reply.
    virtual Result<HttpReply> send(const HttpRequest& request, Send how, const Sink& sink = {}) = 0;
    /// Has the last request failed because its connection broke after it was made? Nobody knows then whether the server
    /// has got it.
    virtual bool was_lost() const = 0;
};

/// With the rules of CurlClient for proxies and addresses; a server that sends nothing for five minutes is given up.
class CurlChannel final : public HttpChannel {
public:
    /// Every connection is made to the socket, if there is one (man 7 unix). `server` is its name in sentences.
    explicit CurlChannel(std::string server, std::string unix_socket = {});
    ~CurlChannel() override;
    CurlChannel(const CurlChannel&) = delete;
    CurlChannel& operator=(const CurlChannel&) = delete;

    Result<HttpReply> send(const HttpRequest& request, Send how, const Sink& sink = {}) override;
    bool was_lost() const override { return was_lost_; }

private:
    const std::string server_, unix_socket_;
    std::unique_ptr<CurlLine> line_;
    bool was_lost_ = false;
};

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/forwarded.h"
#include "net/server/loop.h"
#include "net/server/server.h"

namespace mf::http {

/// A socket that connections come from.
class Listener final : public Loop::Waiter, public std::enable_shared_from_this<Listener> {
public:
    using Taken = std::function<void(Descriptor socket, Peer peer)>;

    /// Binds and listens. The error names the address and says what to do.
    static Result<std::shared_ptr<Listener>> open(Loop& loop, const Endpoint& endpoint, Taken taken);
    ~Listener() override;

    int port() const { return port_; }
    /// On the thread of the loop: hands on connections until close().
    void accept_on();
    /// On the thread of the loop, or when that has ended.
    void close();

    void is_readable() override { accept_on(); }

private:
    Listener(Loop& loop, Descriptor socket, const Endpoint& endpoint, Taken taken);
    bool accept_all();

    Loop& loop_;
    Loop::Socket socket_;
    const bool tls_;
    const std::string path_;  // of a Unix socket
    const Taken taken_;
    int port_ = 0;
    bool is_short_ = false;  // of descriptors or memory
    bool closed_ = false;
};

}  // namespace mf::http

// SPDX-License-Identifier: MIT
#pragma once

#include "base/attachment.h"
#include "base/descriptor.h"
#include "net/server/access_log.h"
#include "net/server/loop.h"
#include "net/server/session.h"
#include "net/server/worker_pool.h"

#include <condition_variable>
#include <map>
#include <variant>

namespace mf::http {

/// Counts the connections that are open, and may refuse more. Thread-safe.
class Doorkeeper {
public:
    Doorkeeper(const Limits& limits, const AddressRanges& exempt) : limits_(limits), exempt_(exempt) {}

    enum class Verdict { enter, too_many, too_many_of_address, overrun };
    /// With overrun the connection is not counted and must be closed without an answer; with the others it is counted.
    Verdict enter(const Peer& peer);
    void leave(const Peer& peer);
    std::size_t inside() const;
    /// Until nobody is inside; false: the time is over first.
    bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

private:
    bool counts_address(const Peer& peer) const { return peer.address && !exempt_.contains(*peer.address); }

    const Limits& limits_;
    const AddressRanges& exempt_;
    mutable std::mutex mutex_;
    std::condition_variable empty_;
    std::size_t inside_ = 0;
    std::map<IpAddress, std::size_t> of_address_;
};

/// What all stations of a server use. Outlives them, but for the workers, which end before.
struct StationParts {
    const ServerOptions& options;
    const Handler& handler;
    SessionShared& shared;
    Doorkeeper& doorkeeper;
    WorkerPool& workers;
    AccessLog* access_log;
};

/// An I/O thread with its connections.
class Station {
public:
    explicit Station(StationParts parts);
    /// The thread must have ended.
    ~Station();
    Station(const Station&) = delete;
    Station& operator=(const Station&) = delete;

    Loop& loop() { return loop_; }

    class Link;
    using News = std::variant<std::monostate, Wire, Piece>;  // monostate: the viewer's stream has something
    /// From every thread.
    void deliver(std::shared_ptr<Link> link, News news);

    // The rest on the thread of the loop.

    /// `tls`: null for connections without.
    void add(Descriptor socket, Peer peer, const Tls* tls, Doorkeeper::Verdict verdict);
    void drain();
    void cut_all();

private:
    friend Link;
    void remove(Link& link);
    void read_mail();
    bool tick();

    const StationParts parts_;
    const std::shared_ptr<Attachment<Station>> door_ = std::make_shared<Attachment<Station>>(*this);
    const std::chrono::milliseconds tick_pause_;
    std::vector<std::shared_ptr<Link>> links_;
    bool ticks_ = false;
    bool draining_ = false;

    struct Mail {
        std::shared_ptr<Link> link;
        News news;
    };
    std::mutex mutex_;
    std::vector<Mail> mail_;
    std::vector<Mail> opened_mail_;  // only to keep its memory
    Loop loop_;                      // goes first: what waits in it refers to the others
};

}  // namespace mf::http

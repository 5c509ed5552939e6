// SPDX-License-Identifier: MIT
#include "net/server/station.h"

#include "base/log.h"
#include "net/server/refusal.h"

#include <algorithm>
#include <utility>

namespace mf::http {
namespace {

/// Connections beyond the limit that still hear why they are turned away.
constexpr std::size_t most_turned_away = 64;
constexpr std::size_t piece_bytes = 64 * 1024;

std::chrono::steady_clock::time_point steady_now() { return std::chrono::steady_clock::now(); }

}  // namespace

Doorkeeper::Verdict Doorkeeper::enter(const Peer& peer) {
    const std::lock_guard lock(mutex_);
    if (inside_ >= limits_.connections + most_turned_away) return Verdict::overrun;
    const bool is_full = inside_++ >= limits_.connections;
    if (!counts_address(peer)) return is_full ? Verdict::too_many : Verdict::enter;
    const bool is_many = of_address_[peer.address->network()]++ >= limits_.connections_per_address;
    return is_many ? Verdict::too_many_of_address : is_full ? Verdict::too_many : Verdict::enter;
}

void Doorkeeper::leave(const Peer& peer) {
    const std::lock_guard lock(mutex_);
    if (counts_address(peer)) {
        const auto found = of_address_.find(peer.address->network());
        if (--found->second == 0) of_address_.erase(found);
    }
    if (--inside_ == 0) empty_.notify_all();
}

std::size_t Doorkeeper::inside() const {
    const std::lock_guard lock(mutex_);
    return inside_;
}

bool Doorkeeper::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return empty_.wait_until(lock, deadline, [&] { return inside_ == 0; });
}

/// A connection with its socket.
class Station::Link final : public SessionHost, public Loop::Waiter, public std::enable_shared_from_this<Link> {
public:
    Link(Station& station, Descriptor socket, Peer peer, const Tls* tls)
        : station_(station),
          peer_(peer),
          socket_(station.loop_, std::move(socket)),
          session_(station.parts_.shared, *this,
                   tls ? tls->stream(socket_.descriptor()) : plain_stream(socket_.descriptor()), peer, steady_now()) {}

    const Peer& peer() const { return peer_; }
    std::size_t place = 0;  // among the links of the station

    /// Calls f(session), and then waits for what that wants.
    template <class F>
    void with_session(F&& f) {
        const auto self = shared_from_this();
        try {
            f(session_);
        } catch (const std::exception& error) {
            log::error("a connection met an error and is closed", {{"reason", error.what()}});
            session_.cut(steady_now());
        }
        if (session_.is_done()) return station_.remove(*this);
        if (session_.wants_read() && !std::exchange(awaits_read_, true)) socket_.when_readable(self);
        if (session_.wants_write() && !std::exchange(awaits_write_, true)) socket_.when_writable(self);
    }

    void is_readable() override {
        awaits_read_ = false;
        advance();
    }
    void is_writable() override {
        awaits_write_ = false;
        advance();
    }

    void advance() {
        if (!session_.is_done()) with_session([](Session& session) { session.advance(steady_now()); });
    }

    void take(News news) {
        if (session_.is_done()) return;
        with_session([&](Session& session) {
            if (auto* wire = std::get_if<Wire>(&news))
                session.answer(std::move(*wire), steady_now());
            else if (auto* piece = std::get_if<Piece>(&news))
                session.take(std::move(*piece), steady_now());
            else
                session.advance(steady_now());
        });
    }

    void close() { socket_.close(); }

    void handle(std::unique_ptr<Request> request, AnswerFacts facts) override;
    void fill_piece(Piece piece) override;
    std::function<void()> waker() override {
        return [weak = weak_from_this(), door = station_.door_] {
            door->reach([&](Station& station) {
                if (auto link = weak.lock()) station.deliver(std::move(link), {});
            });
        };
    }
    void note(AccessRecord record) override {
        if (station_.parts_.access_log) station_.parts_.access_log->add(std::move(record));
    }

    Station& station() { return station_; }

private:
    Station& station_;
    const Peer peer_;
    Loop::Socket socket_;
    Session session_;
    bool awaits_read_ = false;
    bool awaits_write_ = false;
};

namespace {

class HandleWork final : public Work {
public:
    HandleWork(std::shared_ptr<Station::Link> link, const StationParts& parts, std::unique_ptr<Request> request,
               AnswerFacts facts)
        : link_(std::move(link)), parts_(parts), request_(std::move(request)), facts_(std::move(facts)) {}

    void run() override {
        auto& station = link_->station();
        station.deliver(std::move(link_), answer());
    }

private:
    Wire answer() {
        try {
            return to_wire(parts_.handler(*request_), facts_);
        } catch (const std::exception& error) {
            log::error("a request could not be answered",
                       {{"method", request_->method}, {"path", request_->path}, {"reason", error.what()}});
        } catch (...) {
            log::error("a request could not be answered", {{"method", request_->method}, {"path", request_->path}});
        }
        return refusal(parts_.options, 500, "The server failed. Its log says why.", facts_);
    }

    std::shared_ptr<Station::Link> link_;
    const StationParts& parts_;
    const std::unique_ptr<Request> request_;
    const AnswerFacts facts_;
};

class FillWork final : public Work {
public:
    FillWork(std::shared_ptr<Station::Link> link, Piece piece) : link_(std::move(link)), piece_(std::move(piece)) {}

    void run() override {
        fill(piece_, piece_bytes);
        auto& station = link_->station();
        station.deliver(std::move(link_), std::move(piece_));
    }

private:
    std::shared_ptr<Station::Link> link_;
    Piece piece_;
};

}  // namespace

void Station::Link::handle(std::unique_ptr<Request> request, AnswerFacts facts) {
    AnswerFacts facts_of_refusal = facts;
    if (station_.parts_.workers.try_add(
            std::make_unique<HandleWork>(shared_from_this(), station_.parts_, std::move(request), std::move(facts))))
        return;
    station_.deliver(shared_from_this(), refusal(station_.parts_.options, 503,
                                                 "The server is busy; try again in a second.", facts_of_refusal));
}

void Station::Link::fill_piece(Piece piece) {
    station_.parts_.workers.add(std::make_unique<FillWork>(shared_from_this(), std::move(piece)));
}

Station::Station(StationParts parts)
    : parts_(parts), tick_pause_([&] {
          const Limits& limits = parts.options.limits;
          const auto shortest = std::min(
              {limits.head_time, limits.progress_time, limits.idle_time, limits.linger_time, parts.options.heartbeat});
          return std::clamp(shortest / 4, std::chrono::milliseconds(2), std::chrono::milliseconds(1000));
      }()) {}

Station::~Station() {
    door_->detach();
    // Their sockets belong to the loop, which goes before the other members.
    links_.clear();
    mail_.clear();
    opened_mail_.clear();
}

void Station::deliver(std::shared_ptr<Link> link, News news) {
    bool is_first = false;
    {
        const std::lock_guard lock(mutex_);
        is_first = mail_.empty();
        mail_.push_back({std::move(link), std::move(news)});
    }
    if (is_first) loop_.post([this] { read_mail(); });
}

void Station::read_mail() {
    {
        const std::lock_guard lock(mutex_);
        opened_mail_.swap(mail_);
    }
    for (auto& [link, news] : opened_mail_) link->take(std::move(news));
    opened_mail_.clear();
}

void Station::add(Descriptor socket, Peer peer, const Tls* tls, Doorkeeper::Verdict verdict) {
    std::shared_ptr<Link> link;
    try {
        link = std::make_shared<Link>(*this, std::move(socket), peer, tls);
    } catch (const std::exception& error) {
        log::error("a connection cannot be taken", {{"reason", error.what()}});
        return parts_.doorkeeper.leave(peer);
    }
    link->place = links_.size();
    links_.push_back(link);
    if (!ticks_) {
        ticks_ = true;
        loop_.repeat(tick_pause_, [this] { return tick(); });
    }
    link->with_session([&](Session& session) {
        if (verdict == Doorkeeper::Verdict::too_many_of_address)
            session.turn_away(429, "There are too many connections from this address.", steady_now());
        else if (verdict == Doorkeeper::Verdict::too_many)
            session.turn_away(503, "There are too many connections at the moment.", steady_now());
        else if (draining_)
            session.drain(steady_now());
        else
            session.advance(steady_now());
    });
}

void Station::remove(Link& link) {
    if (link.place >= links_.size() || links_[link.place].get() != &link) return;
    link.close();
    std::swap(links_[link.place], links_.back());
    links_[link.place]->place = link.place;
    links_.pop_back();
    parts_.doorkeeper.leave(link.peer());
}

bool Station::tick() {
    const auto now = steady_now();
    // From the end: a link that goes is replaced by the last one, which has had its turn.
    for (std::size_t i = links_.size(); i-- > 0;) links_[i]->with_session([&](Session& session) { session.tick(now); });
    ticks_ = !links_.empty();
    return ticks_;
}

void Station::drain() {
    draining_ = true;
    for (std::size_t i = links_.size(); i-- > 0;)
        links_[i]->with_session([](Session& session) { session.drain(steady_now()); });
}

void Station::cut_all() {
    draining_ = true;
    for (std::size_t i = links_.size(); i-- > 0;)
        links_[i]->with_session([](Session& session) { session.cut(steady_now()); });
}

}  // namespace mf::http

// SPDX-License-Identifier: MIT
#include "net/server/server.h"

#include "base/log.h"
#include "net/server/listener.h"
#include "net/server/station.h"

#include <algorithm>
#include <future>

namespace mf::http {

std::size_t number_of_workers(const ServerOptions& options) {
    if (options.worker_threads > 0) return options.worker_threads;
    return std::max<std::size_t>(4, std::thread::hardware_concurrency());
}

class Server::Impl {
public:
    Impl(ServerOptions options, Handler handler) : options_(std::move(options)), handler_(std::move(handler)) {
        for (std::size_t i = 0; i < std::max<std::size_t>(1, options_.io_threads); ++i)
            stations_.push_back(std::make_unique<Station>(
                StationParts{options_, handler_, shared_, doorkeeper_, workers(), access_log()}));
    }

    ~Impl() {
        if (!threads_.empty()) {
            close_listeners();
            cut_all();
        }
        workers_.reset();
        for (const auto& station : stations_) station->loop().stop();
        for (auto& thread : threads_) thread.join();
        listeners_.clear();
        stations_.clear();
    }

    Result<void> start() {
        const bool wants_tls = std::ranges::any_of(options_.listen, &Endpoint::tls);
        if (wants_tls)
            if (auto loaded = tls_.load(options_.tls_files); !loaded) return loaded;
        for (const Endpoint& endpoint : options_.listen) {
            auto listener = Listener::open(stations_.front()->loop(), endpoint,
                                           [this, tls = endpoint.tls ? &tls_ : nullptr](Descriptor socket, Peer peer) {
                                               take(std::move(socket), peer, tls);
                                           });
            if (!listener) {
                listeners_.clear();
                return listener.error();
            }
            listeners_.push_back(std::move(*listener));
        }
        for (const auto& station : stations_) threads_.emplace_back([&loop = station->loop()] { loop.run(); });
        stations_.front()->loop().post([this] {
            for (const auto& listener : listeners_) listener->accept_on();
        });
        return {};
    }

    std::vector<int> ports() const {
        std::vector<int> ports;
        for (const auto& listener : listeners_) ports.push_back(listener->port());
        return ports;
    }

    Result<void> reload_tls() {
        auto loaded = tls_.load(options_.tls_files);
        if (loaded)
            log::info("certificate loaded", {{"file", options_.tls_files.certificate.string()}});
        else
            log::error("the certificate stays as it was", {{"reason", loaded.error().message}});
        return loaded;
    }

    void drain(std::chrono::milliseconds patience) {
        if (threads_.empty()) return;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        close_listeners();
        for (const auto& station : stations_) station->loop().post([&each = *station] { each.drain(); });
        if (!doorkeeper_.wait_until_empty(deadline)) {
            log::warning("connections are cut that did not end in time", {{"connections", doorkeeper_.inside()}});
            cut_all();
        }
    }

    std::size_t connections() const { return doorkeeper_.inside(); }
    std::size_t viewers() const { return shared_.viewers; }

private:
    WorkerPool& workers() {
        if (!workers_)
            workers_ = std::make_unique<WorkerPool>(number_of_workers(options_), options_.limits.waiting_requests);
        return *workers_;
    }
    AccessLog* access_log() {
        if (options_.access_log && !access_log_) access_log_ = std::make_unique<AccessLog>(options_.access_log);
        return access_log_.get();
    }

    void take(Descriptor socket, Peer peer, const Tls* tls) {
        const auto verdict = doorkeeper_.enter(peer);
        if (verdict == Doorkeeper::Verdict::overrun) return;
        Station& station = *stations_[next_station_++ % stations_.size()];
        // A function that is posted must be copyable, which a descriptor is not.
        const auto held = std::make_shared<Descriptor>(std::move(socket));
        station.loop().post(
            [&station, held, peer, tls, verdict] { station.add(std::move(*held), peer, tls, verdict); });
    }

    /// Has something done on the thread of a loop, and waits until it is.
    static void do_on(Loop& loop, const std::function<void()>& what) {
        std::promise<void> done;
        loop.post([&] {
            what();
            done.set_value();
        });
        done.get_future().wait();
    }

    void close_listeners() {
        do_on(stations_.front()->loop(), [this] {
            for (const auto& listener : listeners_) listener->close();
        });
    }
    void cut_all() {
        for (const auto& station : stations_) do_on(station->loop(), [&each = *station] { each.cut_all(); });
    }

    const ServerOptions options_;
    const Handler handler_;
    Tls tls_;
    SessionShared shared_{options_};
    Doorkeeper doorkeeper_{options_.limits, options_.trusted_proxies};
    std::unique_ptr<AccessLog> access_log_;
    std::unique_ptr<WorkerPool> workers_;
    std::vector<std::unique_ptr<Station>> stations_;
    std::vector<std::shared_ptr<Listener>> listeners_;
    std::size_t next_station_ = 0;
    std::vector<std::thread> threads_;
};

Server::Server(ServerOptions options, Handler handler)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler))) {}
Server::~Server() = default;
Result<void> Server::start() { return impl_->start(); }
std::vector<int> Server::ports() const { return impl_->ports(); }
Result<void> Server::reload_tls() { return impl_->reload_tls(); }
void Server::drain(std::chrono::milliseconds patience) { impl_->drain(patience); }
std::size_t Server::connections() const { return impl_->connections(); }
std::size_t Server::viewers() const { return impl_->viewers(); }

}  // namespace mf::http

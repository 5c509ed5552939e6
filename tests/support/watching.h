// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/event_stream.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

namespace mf::testing {

/// One event as a browser reads it (HTML Standard, section 9.2.6).
struct WatchedEvent {
    std::string id, type, data;
};

/// Takes the events of a text out of it, as far as they are complete. Blocks without data only move the id on.
inline std::vector<WatchedEvent> take_events(std::string& text, std::string& last_id) {
    std::vector<WatchedEvent> out;
    for (auto end = text.find("\n\n"); end != std::string::npos; end = text.find("\n\n")) {
        WatchedEvent event;
        std::string block = text.substr(0, end + 1);
        text.erase(0, end + 2);
        for (auto line_end = block.find('\n'); line_end != std::string::npos; line_end = block.find('\n')) {
            const auto line = block.substr(0, line_end);
            block.erase(0, line_end + 1);
            const auto value = [&](std::string_view name) {
                return line.starts_with(name) ? line.substr(name.size()) : std::string();
            };
            if (line.starts_with("id: ")) last_id = value("id: ");
            if (line.starts_with("event: ")) event.type = value("event: ");
            if (line.starts_with("data: ")) event.data += (event.data.empty() ? "" : "\n") + value("data: ");
        }
        event.id = last_id;
        if (!event.data.empty()) out.push_back(std::move(event));
    }
    return out;
}

/// A viewer without a socket. Waits with an exception after a long while.
class Watching {
public:
    explicit Watching(std::shared_ptr<http::EventStream> stream) : stream_(std::move(stream)) {
        if (!stream_) throw std::runtime_error("this is no stream of events");
        stream_->attach([this] { note(); });
    }
    ~Watching() { leave(); }
    Watching(const Watching&) = delete;
    Watching& operator=(const Watching&) = delete;

    /// As a browser does that is closed.
    void leave() {
        stream_->attach(nullptr);
        stream_->detach();
    }
    WatchedEvent next() {
        while (events_.empty()) {
            take();
            if (!events_.empty()) break;
            if (has_ended_) throw std::runtime_error("the stream has ended");
            wait();
        }
        auto out = std::move(events_.front());
        events_.erase(events_.begin());
        return out;
    }
    /// Waits for the end of the stream; what came before.
    std::vector<WatchedEvent> rest() {
        for (take(); !has_ended_; take()) wait();
        return std::exchange(events_, {});
    }
    const std::string& last_id() const { return last_id_; }
    /// Nothing has come that next() has not given. (Whether something will come nobody knows.)
    bool is_quiet() {
        take();
        return events_.empty();
    }

private:
    void note() {
        const std::lock_guard lock(mutex_);
        is_woken_ = true;
        changed_.notify_all();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, std::chrono::minutes(1), [this] { return is_woken_; }))
            throw std::runtime_error("nothing comes");
        is_woken_ = false;
    }
    void take() {
        has_ended_ |= stream_->take(text_, 1 << 20) != http::EventStream::Rest::open;
        for (auto& event : take_events(text_, last_id_)) events_.push_back(std::move(event));
    }

    const std::shared_ptr<http::EventStream> stream_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_woken_ = false;
    bool has_ended_ = false;
    std::string text_, last_id_;
    std::vector<WatchedEvent> events_;
};

}  // namespace mf::testing

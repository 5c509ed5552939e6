// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mf::http {

/// One event as a stream carries it (HTML Standard, section 9.2): "id: …", "event: …", "data: …" for each line of the
/// data, and an empty line. An empty id or type is left out. Line ends and NULs in id and type, which nobody could read
/// back, are left out as well.
std::string format_event(std::string_view id, std::string_view type, std::string_view data);

/// One viewer of events. A handler makes one, remembers it where events come from, and answers with it; from then on
/// the server sends the viewer what is put in here, and a comment when nothing was sent for a while. A viewer costs a
/// socket and about a kilobyte. Every function may be called from every thread, before and after the answer.
///
/// Nothing is lost silently: a viewer who does not take what is queued is disconnected, and asks for what it has
/// missed with Last-Event-ID when it comes back.
class EventStream {
public:
    /// `most_queued`: bytes that may wait for the viewer, not counting what the kernel has taken.
    explicit EventStream(std::size_t most_queued = 256 * 1024) : most_queued_(most_queued) {}
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    using Text = std::shared_ptr<const std::string>;
    /// Queues whole events, as format_event() makes them; one text may be shared by thousands of viewers. False: the
    /// viewer has gone, or is gone now because the queue is full; put nothing in any more.
    bool send(Text events);
    bool send(std::string events) { return send(std::make_shared<const std::string>(std::move(events))); }
    /// Ends the stream when what is queued has been sent.
    void end();
    /// How many bytes wait for the viewer. Whoever has much to send can hold it back while that is a lot.
    std::size_t queued() const;
    /// False: ended, or the viewer has gone.
    bool is_open() const;
    /// `gone` is called once, when the viewer has gone or the stream has ended, on a thread of the server, and must
    /// return at once; at once and here when that has happened. A later call replaces the one before.
    void when_gone(std::function<void()> gone);

    // The side of the server.

    /// `wake` is called when there is something to take; never while a lock of the stream is held.
    void attach(std::function<void()> wake);
    enum class Rest { open, ended, overrun };
    /// Moves queued events behind `into` until that has `enough` bytes or nothing is queued.
    Rest take(std::string& into, std::size_t enough);
    bool is_overrun() const;
    /// The viewer has gone. Idempotent.
    void detach();

private:
    bool is_open_now() const { return !ended_ && !overrun_ && !gone_; }

    const std::size_t most_queued_;
    mutable std::mutex mutex_;
    std::deque<Text> queue_;
    std::size_t queued_ = 0;
    bool ended_ = false;
    bool overrun_ = false;
    bool gone_ = false;
    bool awake_ = false;  // the server has been told and has not looked yet
    std::function<void()> wake_;
    std::function<void()> when_gone_;
};

/// Viewers by topic, a word of the caller's choice. Every function may be called from every thread.
class EventHub {
public:
    void join(const std::string& topic, std::shared_ptr<EventStream> viewer);
    /// Sends to all viewers of the topic; how many took it. Those who have gone are forgotten.
    std::size_t publish(const std::string& topic, std::string events);
    /// Viewers of the topic who are there.
    std::size_t viewers(const std::string& topic) const;
    /// Ends the streams of all viewers.
    void end_all();

private:
    struct Topic {
        std::vector<std::shared_ptr<EventStream>> viewers;
        std::size_t tidy_at = 64;  // the number at which those who have gone are looked for
    };
    mutable std::mutex mutex_;
    std::map<std::string, Topic> topics_;
};

}  // namespace mf::http

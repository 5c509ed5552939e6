// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/forwarded.h"
#include "net/server/request_reader.h"
#include "net/server/server.h"
#include "net/server/stream.h"
#include "net/server/wire.h"

#include <atomic>
#include <chrono>

namespace mf::http {

/// What the sessions of a server share. Outlives them.
struct SessionShared {
    const ServerOptions& options;
    std::atomic<std::size_t> body_bytes = 0;  // of requests in memory
    std::atomic<std::size_t> viewers = 0;
};

/// What a session asks for. All calls come from within its own functions and must not call back at once.
class SessionHost {
public:
    virtual ~SessionHost() = default;
    /// Let the handler answer; the answer comes to Session::answer().
    virtual void handle(std::unique_ptr<Request> request, AnswerFacts facts) = 0;
    /// fill() the piece; it comes to Session::take().
    virtual void fill_piece(Piece piece) = 0;
    /// To be called when a viewer's stream has something to send: leads to Session::advance().
    virtual std::function<void()> waker() = 0;
    virtual void note(AccessRecord record) = 0;
};

/// One connection: reads requests, has them answered, writes the answers. It owns no socket, thread or clock. After
/// each call wants_read() and wants_write() tell for what of the stream advance() is to be called again.
class Session {
public:
    using Time = std::chrono::steady_clock::time_point;
    Session(SessionShared& shared, SessionHost& host, std::unique_ptr<Stream> stream, Peer peer, Time now);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// The stream may have become readable or writable, or a viewer's stream has something to send.
    void advance(Time now);
    /// What the host was asked for.
    void answer(Wire wire, Time now);
    void take(Piece piece, Time now);
    /// Looks at the time limits; to be called now and then.
    void tick(Time now);
    /// Ends when what is under way is done; at once when that is nothing.
    void drain(Time now);
    /// Answers with this status, whatever the request would be.
    void turn_away(int status, std::string_view sentence, Time now);
    /// Ends without a word.
    void cut(Time now);

    bool is_done() const { return phase_ == Phase::done; }
    bool wants_read() const { return wants_read_ && !is_done(); }
    bool wants_write() const { return wants_write_ && !is_done(); }

private:
    enum class Phase {
        reading,    // a request, or nothing as long as none has begun
        handling,   // the handler has the request
        sending,    // the last bytes of an answer
        pumping,    // the source has the word
        viewing,    // events
        lingering,  // after the last answer, until the client ends its side
        done
    };
    enum class Flush { all, rest, failed };
    enum class End { complete, cut };

    void run();
    bool step();
    // session_reading.cpp
    bool read_on();
    void feed(std::string_view bytes);
    bool read_request(std::string_view& rest);
    void take_head();
    void dispatch();
    void refuse(int status, std::string_view sentence);
    void count_body();
    void release_body();
    // session_writing.cpp
    void start(Wire wire);
    Flush flush();
    void send_piece();
    bool send_events();
    bool watch_viewer();
    bool linger();
    bool go_on_after_answer();
    void end_answer(End end);
    void end_writing();
    // session.cpp
    void note_wait(Stream::Wait wait);
    bool has_unsent() const { return out_at_ < out_.size() || body_at_ < body_.size(); }
    bool has_begun() const { return reader_ && reader_->has_begun(); }
    void begin_window() { window_begin_ = now_, window_bytes_ = 0; }
    bool is_too_slow();
    void check_reading_time();

    SessionShared& shared_;
    const Limits& limits_;
    SessionHost& host_;
    const std::unique_ptr<Stream> stream_;
    const Peer peer_;

    Phase phase_ = Phase::reading;
    bool wants_read_ = false;
    bool wants_write_ = false;
    bool input_ended_ = false;
    bool draining_ = false;
    bool keeps_alive_ = false;  // after the answer that is sent
    bool is_first_ = true;      // no request was answered yet
    bool may_read_ = true;      // the stream has not said that it is empty
    bool has_said_continue_ = false;
    std::size_t requests_ = 0;
    std::size_t body_counted_ = 0;  // of SessionShared::body_bytes

    Time now_;
    Time since_;         // when the phase, or the head that is read, began; of viewers, when something was sent
    Time head_at_;       // when the head of the request had come
    Time window_begin_;  // of the time in which there must be progress
    std::size_t window_bytes_ = 0;

    std::string input_;  // what came and is not used yet
    std::unique_ptr<RequestReader> reader_;

    std::string out_;
    std::size_t out_at_ = 0;
    std::string body_;
    std::size_t body_at_ = 0;
    Piece piece_;  // while it is not with a worker
    Viewer viewer_;
    bool viewer_ends_ = false;
    std::size_t lingered_ = 0;

    AccessRecord record_;
    bool has_record_ = false;
};

}  // namespace mf::http

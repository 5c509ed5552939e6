// SPDX-License-Identifier: MIT
#include "net/server/session.h"

#include <utility>

namespace mf::http {
namespace {

constexpr std::size_t enough_events = 32 * 1024;
/// A client that goes on sending after its last answer does not want to hear that answer.
constexpr std::size_t most_lingered = 1024 * 1024;

/// For an answer that was written before the server began to drain.
void say_close(std::string& head) {
    const auto end = head.find("\r\n\r\n");
    if (end != std::string::npos) head.insert(end, "\r\nConnection: close");
}

}  // namespace

void Session::start(Wire wire) {
    release_body();
    reader_.reset();
    record_.status = wire.status;
    keeps_alive_ = wire.keeps_alive && !draining_;
    if (wire.keeps_alive && draining_) say_close(wire.head);
    // Something may be there still: "100 Continue".
    if (has_unsent())
        out_ += wire.head;
    else
        out_ = std::move(wire.head), out_at_ = 0;
    body_ = std::move(wire.body);
    body_at_ = 0;
    begin_window();
    if (wire.source) {
        piece_ = {.source = std::move(wire.source), .is_chunked = wire.is_chunked, .left = wire.length};
        phase_ = Phase::pumping;
    } else if (wire.viewer) {
        viewer_ = std::move(wire.viewer);
        ++shared_.viewers;
        viewer_->attach(host_.waker());
        if (draining_) out_ += shared_.options.events_goodbye;
        viewer_ends_ = draining_;
        since_ = now_;
        may_read_ = true;
        input_ = {};
        phase_ = Phase::viewing;
    } else {
        phase_ = Phase::sending;
    }
}

Session::Flush Session::flush() {
    while (has_unsent()) {
        const bool in_out = out_at_ < out_.size();
        const std::string& bytes = in_out ? out_ : body_;
        std::size_t& at = in_out ? out_at_ : body_at_;
        const auto outcome = stream_->write(std::string_view(bytes).substr(at));
        if (outcome.wait == Stream::Wait::failed || outcome.wait == Stream::Wait::ended) return Flush::failed;
        if (outcome.wait != Stream::Wait::none) {
            note_wait(outcome.wait);
            return Flush::rest;
        }
        at += outcome.count;
        window_bytes_ += outcome.count;
        record_.response_bytes += outcome.count;
    }
    if (!out_.empty() || !body_.empty()) out_ = {}, body_ = {}, out_at_ = body_at_ = 0;
    return Flush::all;
}

void Session::send_piece() {
    Piece piece = std::move(piece_);
    piece_ = {};
    host_.fill_piece(std::move(piece));
}

/// Takes events from the queue; true: there is something to flush, or the phase has changed.
bool Session::send_events() {
    if (!viewer_ends_) {
        const auto rest = viewer_->take(out_, enough_events);
        if (rest == EventStream::Rest::overrun) {
            end_answer(End::cut);
            return false;
        }
        if (!out_.empty()) {
            since_ = now_;
            begin_window();
            return true;
        }
        viewer_ends_ = rest == EventStream::Rest::ended;
    }
    if (!viewer_ends_) return false;
    end_answer(End::complete);
    end_writing();
    return true;
}

/// Has the viewer gone? Viewers have nothing to say: what they send is thrown away, within bounds.
bool Session::watch_viewer() {
    if (phase_ != Phase::viewing) return false;
    char buffer[512];
    while (may_read_ || stream_->has_buffered()) {
        const auto outcome = stream_->read(buffer);
        if (outcome.wait == Stream::Wait::none) {
            may_read_ = !outcome.is_empty;
            lingered_ += outcome.count;
            if (lingered_ <= most_lingered) continue;
        } else if (outcome.wait == Stream::Wait::until_read || outcome.wait == Stream::Wait::until_write) {
            may_read_ = false;
            note_wait(outcome.wait);
            return false;
        }
        end_answer(End::cut);
        return false;
    }
    wants_read_ = true;
    return false;
}

bool Session::go_on_after_answer() {
    end_answer(End::complete);
    if (!keeps_alive_ || draining_) {
        // What came in with the last request may be a further one, which was promised an answer by nobody.
        input_ = {};
        end_writing();
        return true;
    }
    is_first_ = false;
    since_ = now_;
    phase_ = Phase::reading;
    return true;
}

/// Cut also ends the session; complete leaves the next step to the caller.
void Session::end_answer(End end) {
    if (viewer_) {
        viewer_ = {};
        --shared_.viewers;
    }
    if (has_record_) {
        record_.duration = std::chrono::duration_cast<std::chrono::microseconds>(now_ - head_at_);
        record_.was_cut = end == End::cut;
        host_.note(std::move(record_));
        record_ = {};
        has_record_ = false;
    }
    if (end == End::complete) return;
    phase_ = Phase::done;
    release_body();
    reader_.reset();
    piece_ = {};
    input_ = out_ = body_ = {};
    out_at_ = body_at_ = 0;
}

/// The client hears that nothing more comes, and has time to end its side: a socket that is closed with unread input
/// would take back the answer.
void Session::end_writing() {
    stream_->end_writing();
    phase_ = Phase::lingering;
    since_ = now_;
    lingered_ = 0;
    may_read_ = true;
    reader_.reset();
    input_ = {};
    if (input_ended_) phase_ = Phase::done;
}

bool Session::linger() {
    char buffer[4096];
    const auto outcome = stream_->read(buffer);
    switch (outcome.wait) {
        case Stream::Wait::none:
            lingered_ += outcome.count;
            if (lingered_ <= most_lingered) return true;
            break;
        case Stream::Wait::until_read:
        case Stream::Wait::until_write: note_wait(outcome.wait); return false;
        default: break;
    }
    phase_ = Phase::done;
    return false;
}

}  // namespace mf::http

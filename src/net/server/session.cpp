// SPDX-License-Identifier: MIT
#include "net/server/session.h"

namespace mf::http {

Session::Session(SessionShared& shared, SessionHost& host, std::unique_ptr<Stream> stream, Peer peer, Time now)
    : shared_(shared),
      limits_(shared.options.limits),
      host_(host),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      now_(now),
      since_(now),
      head_at_(now),
      window_begin_(now) {}

Session::~Session() {
    release_body();
    if (viewer_) --shared_.viewers;
}

void Session::advance(Time now) {
    now_ = now;
    may_read_ = true;
    run();
}

void Session::answer(Wire wire, Time now) {
    if (phase_ != Phase::handling) return;
    now_ = now;
    start(std::move(wire));
    run();
}

void Session::take(Piece piece, Time now) {
    if (phase_ != Phase::pumping) return;
    now_ = now;
    if (piece.is_broken) {
        end_answer(End::cut);
        return;
    }
    out_ = std::move(piece.bytes);
    out_at_ = 0;
    begin_window();
    if (piece.is_last)
        phase_ = Phase::sending;
    else
        piece_ = std::move(piece);
    run();
}

void Session::cut(Time now) {
    now_ = now;
    if (phase_ != Phase::done) end_answer(End::cut);
}

void Session::turn_away(int status, std::string_view sentence, Time now) {
    now_ = now;
    refuse(status, sentence);
    run();
}

void Session::drain(Time now) {
    now_ = now;
    draining_ = true;
    if (phase_ == Phase::reading && !has_begun() && !has_unsent()) {
        end_answer(End::cut);
    } else if (phase_ == Phase::viewing && !viewer_ends_) {
        out_ += shared_.options.events_goodbye;
        viewer_ends_ = true;
    }
    run();
}

void Session::run() {
    wants_read_ = wants_write_ = false;
    while (phase_ != Phase::done && step()) {
    }
}

/// One thing after the other; false: there is something to wait for.
bool Session::step() {
    switch (flush()) {
        case Flush::failed: end_answer(End::cut); return false;
        case Flush::rest:
            if (phase_ == Phase::viewing && viewer_->is_overrun()) end_answer(End::cut);
            return false;
        case Flush::all: break;
    }
    switch (phase_) {
        case Phase::reading: return read_on();
        case Phase::sending: return go_on_after_answer();
        case Phase::pumping:
            if (piece_.source) send_piece();
            return false;
        case Phase::viewing: return send_events() || watch_viewer();
        case Phase::lingering: return linger();
        case Phase::handling:
        case Phase::done: break;
    }
    return false;
}

void Session::note_wait(Stream::Wait wait) {
    if (wait == Stream::Wait::until_read) wants_read_ = true;
    if (wait == Stream::Wait::until_write) wants_write_ = true;
}

bool Session::is_too_slow() {
    if (now_ - window_begin_ < limits_.progress_time) return false;
    const bool is_slow = window_bytes_ < limits_.least_progress;
    begin_window();
    return is_slow;
}

void Session::check_reading_time() {
    if (reader_ && reader_->state() == RequestReader::State::body) {
        if (is_too_slow()) refuse(408, "The body of the request came too slowly.");
        return;
    }
    const auto limit = is_first_ || has_begun() ? limits_.head_time : limits_.idle_time;
    if (now_ - since_ < limit) return;
    if (has_begun())
        refuse(408, "The head of the request came too slowly.");
    else
        end_answer(End::cut);
}

void Session::tick(Time now) {
    now_ = now;
    if (has_unsent()) {
        if (is_too_slow()) end_answer(End::cut);
        return;
    }
    switch (phase_) {
        case Phase::reading: check_reading_time(); break;
        case Phase::viewing:
            if (now_ - since_ < shared_.options.heartbeat) return;
            out_ = ":\n\n";
            out_at_ = 0;
            since_ = now_;
            break;
        case Phase::lingering:
            if (now_ - since_ >= limits_.linger_time) end_answer(End::cut);
            return;
        default: return;
    }
    if (has_unsent()) {
        begin_window();
        run();
    }
}

}  // namespace mf::http

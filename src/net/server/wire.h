// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/body_source.h"
#include "net/server/event_stream.h"
#include "net/server/message.h"

namespace mf::http {

/// What the answer to a request depends on, besides the handler.
struct AnswerFacts {
    bool is_head = false;
    int minor_version = 1;
    bool keeps_alive = true;
    std::string accept_encoding = {};
};

/// The stream of a viewer that is on the way to its connection. Wherever it gets lost, the viewer is gone.
class Viewer {
public:
    Viewer() = default;
    explicit Viewer(std::shared_ptr<EventStream> stream) : stream_(std::move(stream)) {}
    Viewer(Viewer&& other) noexcept : stream_(std::move(other.stream_)) {}
    Viewer& operator=(Viewer&& other) noexcept {
        std::swap(stream_, other.stream_);
        return *this;
    }
    ~Viewer() {
        if (stream_) stream_->detach();
    }
    explicit operator bool() const { return stream_ != nullptr; }
    EventStream* operator->() const { return stream_.get(); }

private:
    std::shared_ptr<EventStream> stream_;
};

/// An answer as it goes over the connection.
struct Wire {
    int status = 0;
    std::string head = {};  ///< status line and headers; a short body is behind them
    std::string body = {};
    std::unique_ptr<BodySource> source = nullptr;
    bool is_chunked = false;                             ///< of the source
    std::optional<std::uint64_t> length = std::nullopt;  ///< that was promised for the source
    Viewer viewer = {};
    bool keeps_alive = false;  ///< may another request follow?
};

/// Compresses (see coding_for(); bodies from 1 KiB on) and writes the head. Throws std::logic_error when the answer is
/// one that HTTP cannot carry.
Wire to_wire(Response answer, const AnswerFacts& facts);

/// A piece of the body of a source, framed for the connection. Runs on a worker thread.
struct Piece {
    std::unique_ptr<BodySource> source;
    bool is_chunked = false;
    std::optional<std::uint64_t> left;  ///< of what was promised
    std::string bytes = {};
    bool is_last = false;
    bool is_broken = false;  ///< the source failed, or did not keep its word
};
/// Reads the next piece; at most `most` bytes of the source. Logs why one is broken.
void fill(Piece& piece, std::size_t most);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7), now.
std::string_view date_now();

}  // namespace mf::http

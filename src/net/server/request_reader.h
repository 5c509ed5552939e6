// SPDX-License-Identifier: MIT
#pragma once

#include "net/server/chunk_decoder.h"
#include "net/server/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mf::http {

/// What a head may have.
struct HeadLimits {
    std::size_t head_bytes = 32 * 1024;   ///< request line and header fields together
    std::size_t target_bytes = 8 * 1024;  ///< about, of the request line
    std::size_t fields = 100;
};

/// Why a request is not served: what to answer before the connection ends.
struct Refusal {
    int status = 400;
    std::string message;  ///< a sentence for people; repeats nothing of the request
};

/// Reads one request from bytes as they come; knows neither sockets nor time. Stricter than RFC 9112 allows where
/// servers that read leniently have been tricked into seeing another request than the proxy before them: line ends are
/// CR LF, there are no folded lines, one Content-Length or one "Transfer-Encoding: chunked" but never both, one Host.
class RequestReader {
public:
    explicit RequestReader(const HeadLimits& limits) : limits_(limits) {}
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    enum class State {
        head,      ///< more bytes are needed
        has_head,  ///< only once: the head is there and the body may be limited; read() goes on
        body,      ///< more bytes are needed
        complete,  ///< take the request
        refused    ///< the connection cannot be used any more
    };
    /// Reads on; how many bytes were used. What was not used must come again, at the front of the next input.
    std::size_t read(std::string_view input);
    State state() const { return state_; }
    /// Has a byte of the request come (an empty line before it does not count)?
    bool has_begun() const { return has_begun_; }
    const Refusal& refusal() const { return refusal_; }

    /// From has_head on.
    Request& request() { return request_; }
    /// May another request follow on the connection (RFC 9112, section 9.3)?
    bool keeps_alive() const { return keeps_alive_; }
    bool expects_continue() const { return expects_continue_; }
    /// A longer body is refused with 413; call it in has_head.
    void limit_body(std::size_t bytes);

private:
    class HeadParser;
    std::size_t read_head(std::string_view input);
    std::optional<std::size_t> find_end_of_head(std::string_view input);
    std::optional<Refusal> check_line(std::string_view line) const;
    void parse_head(std::string_view head);
    std::size_t read_body(std::string_view input);
    std::optional<Refusal> check_head();
    std::optional<Refusal> check_length() const;
    void refuse(int status, std::string message);

    const HeadLimits limits_;
    State state_ = State::head;
    Refusal refusal_;
    Request request_;
    std::string target_;
    bool has_begun_ = false;
    bool expects_continue_ = false;
    std::size_t empty_lines_ = 0;  // before the request
    std::size_t lines_ = 0;        // of the head, complete ones
    std::size_t line_begin_ = 0;
    std::size_t scanned_ = 0;
    std::size_t body_limit_ = 0;
    std::uint64_t left_ = 0;  // of a body with Content-Length
    bool is_chunked_ = false;
    bool keeps_alive_ = false;
    ChunkDecoder chunks_;
};

}  // namespace mf::http

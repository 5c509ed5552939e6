// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <string_view>

namespace mf::http {

/// The bytes of one connection, in both directions; never waits. What a session reads and writes, so that it can be
/// tested without sockets. Used by one thread at a time.
class Stream {
public:
    virtual ~Stream() = default;

    enum class Wait {
        none,         ///< something was read or written
        until_read,   ///< call again when the socket is readable; with TLS also after write()
        until_write,  ///< … when it is writable; with TLS also after read()
        ended,        ///< the other side sends nothing any more
        failed        ///< the connection is unusable
    };
    struct Outcome {
        Wait wait = Wait::none;
        std::size_t count = 0;  ///< bytes read or written, with none
        bool is_empty = false;  ///< after read(): a further one would find nothing now
    };
    virtual Outcome read(std::span<char> into) = 0;
    virtual Outcome write(std::string_view bytes) = 0;
    /// Has more been read from the socket than read() has handed out?
    virtual bool has_buffered() const { return false; }
    /// Tells the other side that nothing more comes. The connection can still be read.
    virtual void end_writing() = 0;
};

/// Over a connected socket, which stays the caller's and does not block.
std::unique_ptr<Stream> plain_stream(int socket);

}  // namespace mf::http

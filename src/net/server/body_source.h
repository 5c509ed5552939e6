// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace mf::http {

/// Where the body of an answer comes from when it is too long to be held in memory, or not there yet. The server calls
/// it on a worker thread, never twice at a time, and only when the client has taken what came before: it may block, and
/// there is one piece of at most 64 KiB in memory. It is destroyed when the answer is complete or the client has gone.
class BodySource {
public:
    virtual ~BodySource() = default;

    /// How many bytes are still to come; nothing: it is not known (HTTP/1.1 gets chunks, HTTP/1.0 the end of the
    /// connection). A source must keep its word: when it has less, the connection is broken off.
    virtual std::optional<std::uint64_t> size() const { return std::nullopt; }
    /// Fills the beginning of `into`, which is never empty; 0: that was all. After an error, which is logged, the
    /// connection is broken off, because the status has been sent.
    virtual Result<std::size_t> read(std::span<char> into) = 0;
    /// Leaves out bytes that nobody asked for; by default it reads them. invalid: there are not so many.
    virtual Result<void> skip(std::uint64_t bytes);
};

/// A file from a place on, of this length (the file must not become shorter).
std::unique_ptr<BodySource> file_source(Descriptor file, std::uint64_t offset, std::uint64_t length);

/// The first bytes of another source: with skip() before it, a byte range.
std::unique_ptr<BodySource> first_bytes(std::unique_ptr<BodySource> source, std::uint64_t bytes);

}  // namespace mf::http

// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mf::http {

/// Takes a chunked body apart (RFC 9112, section 7.1). Strict: lines end with CR LF, sizes are hexadecimal digits and
/// nothing else. Extensions and trailers are checked and thrown away: nobody asked for them, and a trailer that became
/// a header would come in behind all checks.
///
/// Not that of Beast 1.81, which fails an assertion when the last chunk comes in pieces ("0\r\n", "\r", "\n").
class ChunkDecoder {
public:
    enum class State { more, complete, malformed, too_long };
    /// Reads on; appends to the body, which must not become longer than most_bytes. How many bytes were used; what was
    /// not must come again.
    std::size_t read(std::string_view input, std::string& body, std::size_t most_bytes);
    State state() const { return state_; }

private:
    enum class Part { size, data, data_end, trailers };
    bool read_part(std::string_view& input, std::string& body, std::size_t most_bytes);
    bool take_line(std::string_view& input, std::string_view& line);
    bool read_size(std::string_view line);

    State state_ = State::more;
    Part part_ = Part::size;
    std::uint64_t left_ = 0;    // of the chunk
    std::size_t overhead_ = 0;  // bytes of extensions and trailers so far
};

}  // namespace mf::http

// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mf::mcp {

/// Takes messages out of a stream of bytes: each is a line (the transport "stdio" of the protocol). Holds no more than
/// one line and what was added last; what follows the first `most` bytes and one more of a line is dropped, so that
/// whoever gets it sees that it was too long.
class Lines {
public:
    explicit Lines(std::size_t most) : most_(most) {}

    void add(std::string_view bytes);
    /// The next line that has something in it, without its end.
    std::optional<std::string> next();
    /// No more will be added: what follows the last line end counts as a line.
    void end() { add("\n"); }

private:
    const std::size_t most_;
    std::string line_;    ///< begun, its end was not seen
    std::string added_;   ///< not looked at yet
    std::size_t at_ = 0;  ///< up to where of that
};

}  // namespace mf::mcp

// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "mcp/session.h"

namespace mf {

/// The transport "stdio" of the Model Context Protocol: a session whose messages are lines of two descriptors, which
/// stay the caller's. SIGPIPE must be ignored.
class McpPipe {
public:
    McpPipe(int in, int out, std::stop_token stop);

    enum class End {
        input,   ///< the client has said all
        output,  ///< nobody reads the answers any more
        stop     ///< a stop was requested; a message that was read is not answered then
    };
    End serve(mcp::Session& session, mcp::Host& host, std::size_t most_message);

private:
    bool wait_for(int descriptor, short event);
    std::optional<End> write(std::string_view text);

    const int in_, out_;
    const std::stop_token stop_;
    Nudge stopped_;
    std::stop_callback<std::function<void()>> on_stop_;
};

}  // namespace mf

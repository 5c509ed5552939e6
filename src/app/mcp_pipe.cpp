// SPDX-License-Identifier: MIT
#include "app/mcp_pipe.h"

#include "mcp/lines.h"

#include <poll.h>
#include <unistd.h>
#include <cerrno>
#include <climits>

namespace mf {

McpPipe::McpPipe(int in, int out, std::stop_token stop)
    : in_(in), out_(out), stop_(stop), on_stop_(stop, [this] { stopped_.notify(); }) {}

McpPipe::End McpPipe::serve(mcp::Session& session, mcp::Host& host, std::size_t most_message) {
    mcp::Lines lines(most_message);
    std::string buffer(64 << 10, '\0');
    for (bool is_open = true; is_open;) {
        if (!wait_for(in_, POLLIN)) return End::stop;
        const auto count = ::read(in_, buffer.data(), buffer.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        is_open = count > 0;
        if (is_open)
            lines.add({buffer.data(), static_cast<std::size_t>(count)});
        else
            lines.end();
        while (const auto line = lines.next()) {
            if (stop_.stop_requested()) return End::stop;
            const auto answer = session.answer_to(*line, host);
            if (!answer) continue;
            if (const auto end = write(*answer + "\n")) return *end;
        }
    }
    return End::input;
}

/// False: a stop is requested.
bool McpPipe::wait_for(int descriptor, short event) {
    pollfd watched[] = {{.fd = descriptor, .events = event, .revents = 0},
                        {.fd = stopped_.descriptor(), .events = POLLIN, .revents = 0}};
    while (!stop_.stop_requested())
        if (::poll(watched, std::size(watched), -1) > 0 && watched[0].revents) return !stop_.stop_requested();
    return false;
}

/// None: all of it was written.
std::optional<McpPipe::End> McpPipe::write(std::string_view text) {
    while (!text.empty()) {
        if (!wait_for(out_, POLLOUT)) return End::stop;
        // So much never blocks when poll() has said that there is room (pipe(7)).
        const auto count = ::write(out_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) return End::output;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return std::nullopt;
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mf {

/// `multiflexi mcp`: the Model Context Protocol over standard input and output, one message on a line, until the input
/// ends or SIGTERM comes; with --listen over HTTP, until SIGTERM. Whatever else there is to say goes to standard error.
/// The words are those behind "mcp"; the exit code of the process: 0 the client or a signal has ended it, 1 it was
/// refused, failed, or nobody reads the answers any more.
int run_mcp(std::span<const std::string> words);

/// An option of it, as help and manual show it.
struct McpOption {
    std::string_view words;
    std::string_view help;
};
std::span<const McpOption> mcp_options();

}  // namespace mf

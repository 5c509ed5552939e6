// SPDX-License-Identifier: MIT
#include "cli/terminal.h"

#include "base/text.h"

#include <poll.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <termios.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>

namespace mf {
namespace {

constexpr std::size_t buffer_size = 65536;

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::string read_some(int descriptor, std::size_t limit) {
    std::string piece(limit, '\0');
    for (;;) {
        const auto got = ::read(descriptor, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        piece.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return piece;
    }
}

bool reader_gone() {
    pollfd out{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    return ::poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

std::string_view setting(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : std::string_view();
}

std::size_t terminal_width() {
    if (const auto columns = to_integer(setting("COLUMNS")); columns && *columns > 0 && *columns < 10000)
        return static_cast<std::size_t>(*columns);
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return 80;
}

std::string login_name() {
    const auto* entry = ::getpwuid(::geteuid());
    return entry ? entry->pw_name : std::to_string(::geteuid());
}

std::string system_name() {
    utsname name{};
    return ::uname(&name) == 0 ? std::string(name.sysname) + ' ' + name.release : std::string();
}

/// Reads a line of the terminal that is not shown. Control-C gives up, as at other programs; the terminal is as it was
/// before in any case.
std::optional<std::string> ask_at_terminal(std::string_view prompt) {
    constexpr char interrupt = 0x03, end_of_input = 0x04, erase_line = 0x15, backspace = 0x08, erase = 0x7f;
    termios before{};
    if (::tcgetattr(STDIN_FILENO, &before) != 0) return std::nullopt;
    termios quiet = before;
    // Without signals: nobody would turn the echo on again.
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    if (::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0) return std::nullopt;
    write_all(STDERR_FILENO, prompt);
    std::optional<std::string> line(std::in_place);
    for (;;) {
        const auto piece = read_some(STDIN_FILENO, 1);
        if (piece.empty() || piece[0] == interrupt || (piece[0] == end_of_input && line->empty())) {
            line.reset();
            break;
        }
        if (piece[0] == '\n' || piece[0] == '\r' || piece[0] == end_of_input) break;
        if (piece[0] == erase_line) {
            line->clear();
        } else if (piece[0] == erase || piece[0] == backspace) {
            while (!line->empty() && (static_cast<unsigned char>(line->back()) & 0xC0U) == 0x80U) line->pop_back();
            if (!line->empty()) line->pop_back();
        } else if (line->size() < 4096) {
            *line += piece[0];
        }
    }
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    write_all(STDERR_FILENO, "\n");
    return line;
}

}  // namespace

Terminal process_terminal() {
    return {
        .out = [](std::string_view text) { return write_all(STDOUT_FILENO, text); },
        .err = [](std::string_view text) { return write_all(STDERR_FILENO, text); },
        .in = [](std::size_t limit) { return read_some(STDIN_FILENO, limit); },
        .reader_gone = reader_gone,
        .ask_secret = ::isatty(STDIN_FILENO) == 1 ? std::function(ask_at_terminal) : nullptr,
        .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
        .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
        .width = terminal_width(),
        .colours_unwanted = !setting("NO_COLOR").empty() || setting("TERM") == "dumb",
        .user = login_name,
        .operating_system = system_name,
    };
}

void Output::write(std::string_view text) {
    if (discarded_ || text.empty()) return;
    used_ = true;
    buffer_ += text;
    if (buffer_.size() >= buffer_size) flush();
}

void Output::line(std::string_view text) {
    write(text);
    write("\n");
}

void Output::flush() {
    if (!buffer_.empty() && !failed_ && !terminal_.out(buffer_)) failed_ = true;
    buffer_.clear();
}

}  // namespace mf

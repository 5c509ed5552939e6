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

/// What is typed is read byte by byte and not shown, until this ends.
class HiddenInput {
public:
    HiddenInput() : changed_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
        termios hidden = before_;
        // Signals come as bytes too, so that Ctrl-C cannot leave a terminal behind that shows nothing.
        hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
        hidden.c_cc[VMIN] = 1;
        hidden.c_cc[VTIME] = 0;
        changed_ = changed_ && ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
    }
    ~HiddenInput() {
        if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    HiddenInput(const HiddenInput&) = delete;
    HiddenInput& operator=(const HiddenInput&) = delete;
    bool is_hidden() const { return changed_; }

private:
    termios before_{};
    bool changed_;
};

std::optional<std::string> typed_line() {
    constexpr char interrupt = 3, end = 4, backspace = 8, clear = 21, erase = 127;
    std::string line;
    for (;;) {
        const auto byte = read_some(STDIN_FILENO, 1);
        if (byte.empty() || byte[0] == interrupt || (byte[0] == end && line.empty())) return std::nullopt;
        if (byte[0] == '\n' || byte[0] == '\r' || byte[0] == end) return line;
        if (byte[0] == clear) {
            line.clear();
        } else if (byte[0] == backspace || byte[0] == erase) {
            // A character may have several bytes; the ones behind its first are 10xxxxxx.
            while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0) == 0x80) line.pop_back();
            if (!line.empty()) line.pop_back();
        } else {
            line += byte[0];
        }
    }
}

std::optional<std::string> hidden_line(std::string_view question) {
    const HiddenInput input;
    if (!input.is_hidden()) return std::nullopt;
    write_all(STDERR_FILENO, question);  // only now: people answer at once
    auto line = typed_line();
    write_all(STDERR_FILENO, "\n");
    return line;
}

bool reader_gone() {
    pollfd out{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
    return ::poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

std::optional<std::string> variable_of_process(const char* name) {
    const char* value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
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

}  // namespace

Terminal process_terminal() {
    return {
        .out = [](std::string_view text) { return write_all(STDOUT_FILENO, text); },
        .err = [](std::string_view text) { return write_all(STDERR_FILENO, text); },
        .in = [](std::size_t limit) { return read_some(STDIN_FILENO, limit); },
        .reader_gone = reader_gone,
        .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
        .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
        .width = terminal_width(),
        .colours_unwanted = !setting("NO_COLOR").empty() || setting("TERM") == "dumb",
        .user = login_name,
        .operating_system = system_name,
        .variable = variable_of_process,
        .in_is_terminal = ::isatty(STDIN_FILENO) == 1,
        .hidden_line = hidden_line,
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

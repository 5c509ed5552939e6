// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// The world around one call of the command line: where text goes and comes from, and what can be shown there.
/// Tests hand in strings, main() the standard streams.
struct Terminal {
    /// Writes all of it; false when nobody can take it any more (disk full, reader gone).
    std::function<bool(std::string_view)> out = {};
    std::function<bool(std::string_view)> err = {};
    /// The next piece of standard input, at most so many bytes; empty at its end.
    std::function<std::string(std::size_t)> in = {};
    /// Whether nobody can read any more what is written (the other end of a pipe is closed). May be missing.
    std::function<bool()> reader_gone = {};
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    std::size_t width = 80;         ///< columns; counts only where out is a terminal
    bool colours_unwanted = false;  ///< NO_COLOR (no-color.org), TERM=dumb
    /// Login name of the one who runs the program, and name of the operating system; asked for by `status` only.
    std::function<std::string()> user = {};
    std::function<std::string()> operating_system = {};
    /// A variable of the environment; none: it is not set. May be missing: none is.
    std::function<std::optional<std::string>(const char* name)> variable = {};
    bool in_is_terminal = false;  ///< somebody types what `in` reads
    /// Asks on standard error, and returns a line that is typed without being shown; none: they gave up. May be
    /// missing; counts only where in is a terminal.
    std::function<std::optional<std::string>(std::string_view question)> hidden_line = {};
};

/// The standard streams of the process, descriptors 0 to 2, unbuffered.
Terminal process_terminal();

/// Buffered standard output of one call. Knows whether anything was written and whether writing failed.
class Output {
public:
    explicit Output(Terminal& terminal) : terminal_(terminal) {}

    void write(std::string_view text);
    void line(std::string_view text = {});
    /// Everything so far becomes visible.
    void flush();
    /// From now on nothing is shown (--quiet).
    void discard() { discarded_ = true; }

    bool is_discarded() const { return discarded_; }
    bool used() const { return used_; }
    bool failed() const { return failed_; }

private:
    Terminal& terminal_;
    std::string buffer_;
    bool discarded_ = false;
    bool used_ = false;
    bool failed_ = false;
};

}  // namespace mf

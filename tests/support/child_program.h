// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"

#include <sys/types.h>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mf::testing {

/// A program that a test needs beside it. Its standard input is open until the end, with what the test writes, its
/// standard output is read by the test, its standard error goes to a file. It is killed at the end of this object, and
/// with the test program.
class ChildProgram {
public:
    struct Start {
        std::vector<std::string> command;           ///< the first is a path
        std::vector<std::string> environment = {};  ///< NAME=value; PATH and HOME are those of the test
        std::filesystem::path log;                  ///< standard error is added to this file
    };
    explicit ChildProgram(const Start& start);
    ~ChildProgram();
    ChildProgram(const ChildProgram&) = delete;
    ChildProgram& operator=(const ChildProgram&) = delete;

    pid_t pid() const { return process_; }
    /// Writes all of it to its standard input; false: nobody reads that any more. The test program ignores SIGPIPE
    /// then.
    bool write(std::string_view text);
    void end_input() { input_.reset(); }
    /// The next line it writes, without the line end; what is there when it ends.
    std::string read_line();
    /// Reads what it still writes and waits for its end; the exit code, or 128 and the signal.
    int wait(std::string& output);
    bool is_running();
    void kill();

private:
    Descriptor input_;
    Descriptor output_;
    pid_t process_ = -1;
};

/// The file of a program, from the directories of PATH; empty: there is none.
std::filesystem::path program_in_path(std::string_view name);

}  // namespace mf::testing

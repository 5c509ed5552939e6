// SPDX-License-Identifier: MIT
#include "execute/start_failure.h"

#include "base/text.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace mf {

namespace {

constexpr int not_executable = 126;
constexpr int not_found = 127;

/// For people: printable, and not longer than a line.
std::string shown(std::string_view text) {
    constexpr std::size_t longest = 200;
    std::string out = to_utf8(text.substr(0, longest));
    for (char& c : out)
        if (static_cast<unsigned char>(c) < ' ') c = '?';
    if (text.size() > longest) out += "…";
    return out;
}

/// man 2 execve, "Limits on size of arguments and environment".
StartFailure explain_size(const ProcessCommand& command) {
    constexpr std::size_t longest_allowed = 32 * 4096;
    std::size_t total = 0, longest = 0;
    std::string longest_name;
    const auto count = [&](std::size_t size, auto name) {
        total += size + 1 + sizeof(char*);
        if (size + 1 <= longest) return;
        longest = size + 1;
        longest_name = name();
    };
    for (std::size_t i = 0; i < command.argv.size(); ++i)
        count(command.argv[i].size(), [&] { return fmt::format("Argument {}", i); });
    for (const auto& [name, value] : command.environment)
        count(name.size() + 1 + value.size(), [&] { return fmt::format("Environment variable {}", shown(name)); });
    if (longest > longest_allowed)
        return {not_executable,
                fmt::format("{} has {} bytes; the kernel allows {} for one argument or variable. Put the value "
                            "into a file and pass its name.",
                            longest_name, longest, longest_allowed)};
    rlimit stack{};
    ::getrlimit(RLIMIT_STACK, &stack);
    const auto allowed = std::clamp<std::uint64_t>(stack.rlim_cur / 4, longest_allowed, 6 * 1024 * 1024);
    return {not_executable,
            fmt::format("Arguments and environment together have {} bytes; the kernel allows {}. Make them "
                        "shorter, or put values into a file and pass its name.",
                        total, allowed)};
}

bool is_directory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// As the child saw it: relative to the directory of the job.
std::string seen_from(const ProcessCommand& command, const std::string& path) {
    return (command.directory / path).string();
}

StartFailure explain_exec(const ProcessCommand& command, int error) {
    const std::string& name = command.argv.front();
    const bool searched = name.find('/') == std::string::npos;
    if (error == E2BIG) return explain_size(command);
    if (error == ENOENT || error == ENOTDIR) {
        for (const auto& path : executable_candidates(command))
            if (::access(seen_from(command, path).c_str(), F_OK) == 0)
                return {
                    not_found,
                    fmt::format("{} exists, but the interpreter or loader that it names does not. Look at its first "
                                "line, or install what is missing.",
                                shown(path))};
        if (!searched)
            return {not_found,
                    fmt::format("The executable {} does not exist. Correct the application's executable or install it.",
                                shown(name))};
        const auto path = command.environment.find("PATH");
        return {not_found,
                fmt::format("The executable {} was not found in the job's PATH ({}). Install it, or name it with its "
                            "whole path.",
                            shown(name),
                            path == command.environment.end() ? "not set, so /usr/bin:/bin" : shown(path->second))};
    }
    if (error == EACCES) {
        for (const auto& path : executable_candidates(command)) {
            if (!is_directory(seen_from(command, path))) continue;
            if (!searched || executable_candidates(command).size() == 1)
                return {not_executable,
                        fmt::format("{} is a directory, not a program. Correct the application's executable.",
                                    shown(path))};
        }
        return {not_executable,
                fmt::format("The executable {} may not be executed by this user. Check the permissions of the file and "
                            "of its directories.",
                            shown(name))};
    }
    if (error == ENOEXEC)
        return {not_executable,
                fmt::format("{} is neither a program for this machine nor a script with a #! line.", shown(name))};
    return {not_executable, fmt::format("The executable {} could not be started: {}.", shown(name), error_text(error))};
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

}  // namespace

std::optional<StartFailure> refuse(const ProcessCommand& command) {
    if (command.argv.empty() || command.argv.front().empty())
        return StartFailure{not_found, "The application names no executable."};
    for (std::size_t i = 0; i < command.argv.size(); ++i)
        if (has_nul(command.argv[i]))
            return StartFailure{not_executable,
                                fmt::format("Argument {} contains a NUL byte, which no program can receive.", i)};
    if (has_nul(command.directory.native()))
        return StartFailure{not_executable, "The work directory contains a NUL byte."};
    for (const auto& [name, value] : command.environment) {
        if (name.empty() || name.find('=') != std::string::npos || has_nul(name))
            return StartFailure{not_executable,
                                fmt::format("\"{}\" is not a name for an environment variable.", shown(name))};
        if (has_nul(value))
            return StartFailure{
                not_executable,
                fmt::format("Environment variable {} contains a NUL byte, which no program can receive.", shown(name))};
    }
    return std::nullopt;
}

std::vector<std::string> executable_candidates(const ProcessCommand& command) {
    const std::string& name = command.argv.front();
    if (name.find('/') != std::string::npos) return {name};
    const auto path = command.environment.find("PATH");
    std::vector<std::string> candidates;
    for (const auto directory :
         split(path == command.environment.end() ? std::string_view("/usr/bin:/bin") : path->second, ':'))
        candidates.push_back(directory.empty() ? "./" + name : std::string(directory) + "/" + name);
    return candidates;
}

namespace {

StartFailure sentence_for(const ProcessCommand& command, SpawnStep step, int error) {
    switch (step) {
        case SpawnStep::exec: return explain_exec(command, error);
        case SpawnStep::directory:
            return {not_executable, fmt::format("The work directory {} cannot be entered: {}.",
                                                shown(command.directory.native()), error_text(error))};
        case SpawnStep::limits:
            return {not_executable, fmt::format("A resource limit could not be set: {}.", error_text(error))};
        case SpawnStep::descriptors:
        case SpawnStep::prepare: break;
    }
    return {not_executable,
            fmt::format("The system could not make a process: {}. It is probably overloaded; try again later.",
                        error_text(error))};
}

/// What a limit of the job itself has brought about stays as it is.
bool passes(const ProcessCommand& command, SpawnStep step, int error) {
    if (!is_shortage(error)) return false;
    if (step == SpawnStep::prepare) return true;
    return error != EMFILE && !(error == ENOMEM && command.resources.memory);
}

}  // namespace

StartFailure explain(const ProcessCommand& command, SpawnStep step, int error) {
    auto failure = sentence_for(command, step, error);
    failure.is_shortage = passes(command, step, error);
    return failure;
}

}  // namespace mf

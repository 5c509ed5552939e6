// SPDX-License-Identifier: MIT
#include "support/child_program.h"

#include "base/text.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace mf::testing {
namespace {

std::pair<Descriptor, Descriptor> make_pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

ChildProgram::ChildProgram(const Start& start) {
    // It must not outlive a test program that crashes.
    std::vector<std::string> words{"/usr/bin/setpriv", "--pdeathsig", "KILL", "--"};
    words.insert(words.end(), start.command.begin(), start.command.end());
    auto variables = start.environment;
    for (const char* name : {"PATH", "HOME"})
        if (const char* value = std::getenv(name)) variables.push_back(std::string(name) + "=" + value);
    auto [input, our_input] = make_pipe();
    auto [our_output, output] = make_pipe();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), 0);
    posix_spawn_file_actions_adddup2(&actions, output.get(), 1);
    posix_spawn_file_actions_addopen(&actions, 2, start.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int error = posix_spawn(&process_, words.front().c_str(), &actions, nullptr, pointers_to(words).data(),
                                  pointers_to(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::system_error(error, std::generic_category(), words.front());
    input_ = std::move(our_input);
    output_ = std::move(our_output);
}

ChildProgram::~ChildProgram() { kill(); }

bool ChildProgram::write(std::string_view text) {
    std::signal(SIGPIPE, SIG_IGN);
    while (!text.empty()) {
        const auto count = ::write(input_.get(), text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::string ChildProgram::read_line() {
    std::string line;
    char c = 0;
    while (read(output_.get(), &c, 1) == 1 && c != '\n') line += c;
    return line;
}

int ChildProgram::wait(std::string& output) {
    input_.reset();
    std::array<char, 4096> buffer;
    for (ssize_t count = 0; (count = read(output_.get(), buffer.data(), buffer.size())) > 0;)
        output.append(buffer.data(), static_cast<std::size_t>(count));
    int status = 0;
    waitpid(std::exchange(process_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool ChildProgram::is_running() {
    if (process_ > 0 && waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
    return process_ > 0;
}

void ChildProgram::kill() {
    if (!is_running()) return;
    ::kill(process_, SIGKILL);
    waitpid(std::exchange(process_, -1), nullptr, 0);
}

std::filesystem::path program_in_path(std::string_view name) {
    const char* path = std::getenv("PATH");
    for (const std::string_view directory : split(path ? path : "", ':'))
        if (const auto file = std::filesystem::path(directory) / name; access(file.c_str(), X_OK) == 0) return file;
    return {};
}

}  // namespace mf::testing

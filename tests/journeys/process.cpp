// SPDX-License-Identifier: MIT
#include "journeys/installation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace mf::testing {

using namespace std::chrono_literals;

Process::Process(const Words& argv, const Variables& environment, const Streams& streams) {
    std::vector<std::string> assignments;
    for (const auto& [name, value] : environment) assignments.push_back(name + "=" + value);
    std::vector<char*> words, variables;
    for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    for (const auto& assignment : assignments) variables.push_back(const_cast<char*>(assignment.c_str()));
    words.push_back(nullptr);
    variables.push_back(nullptr);

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, streams.in.c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, streams.out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_addopen(&files, 2, streams.err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int problem = ::posix_spawnp(&pid_, words[0], &files, nullptr, words.data(), variables.data());
    posix_spawn_file_actions_destroy(&files);
    if (problem != 0) throw std::runtime_error(fmt::format("{}: {}", argv[0], std::strerror(problem)));
}

Process::Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)), code_(other.code_) {}

Process::~Process() {
    if (pid_ <= 0 || wait(0ms)) return;
    signal(SIGKILL);
    wait();
}

void Process::signal(int number) const {
    if (pid_ > 0 && !code_) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds within) {
    comes_true(
        [&] {
            int status = 0;
            if (!code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) code_ = code_of(status);
            return code_.has_value();
        },
        within);
    return code_;
}

}  // namespace mf::testing

// SPDX-License-Identifier: MIT
#include "bench/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace mf::bench {

pid_t start(const std::vector<std::string>& words, const std::filesystem::path& out) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));  // exec does not write
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    const std::string target = out.empty() ? "/dev/null" : out.string();
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, 1, target.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&files, 1, 2);
    pid_t pid = 0;
    const int error = ::posix_spawn(&pid, argv[0], &files, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw std::runtime_error(words[0] + " cannot be started.");
    return pid;
}

Run run(const std::vector<std::string>& words, const std::filesystem::path& out) {
    const auto begin = std::chrono::steady_clock::now();
    const pid_t pid = start(words, out);
    int status = 0;
    rusage usage{};
    ::wait4(pid, &status, 0, &usage);
    const auto milliseconds = [](const timeval& time) {
        return Milliseconds(static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3);
    };
    return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128,
            .wall = std::chrono::steady_clock::now() - begin,
            .cpu = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime)};
}

void stop(pid_t process) {
    ::kill(process, SIGTERM);
    for (int look = 0; look < 1000; ++look) {
        if (::waitpid(process, nullptr, WNOHANG) == process) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
}

Milliseconds cpu_of(pid_t process) {
    double nanoseconds = 0;
    std::error_code gone;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
        double of_thread = 0;
        if (std::ifstream(thread.path() / "schedstat") >> of_thread) nanoseconds += of_thread;
    }
    return Milliseconds(nanoseconds / 1e6);
}

std::vector<pid_t> children_of(pid_t process) {
    std::vector<pid_t> out;
    const auto number = std::to_string(process);
    std::ifstream list("/proc/" + number + "/task/" + number + "/children");
    for (pid_t child = 0; list >> child;) out.push_back(child);
    return out;
}

long memory_of(pid_t process, const std::string& name) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
    return 0;
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) return std::nan("");
    std::ranges::sort(values);
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

}  // namespace mf::bench

// SPDX-License-Identifier: MIT
#include "base/descriptor.h"
#include "base/text.h"
#include "probe/checks.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>

namespace mf::probe {
namespace {

using Steady = std::chrono::steady_clock;

std::filesystem::path find_program(std::string_view name, std::string_view search_path) {
    for (const auto directory : split(search_path, ':')) {
        const auto file = std::filesystem::path(directory) / name;
        if (!directory.empty() && ::access(file.c_str(), X_OK) == 0) return file;
    }
    return {};
}

/// A child that is killed and reaped, whatever happens.
class Child {
public:
    Child(const std::filesystem::path& program, std::vector<std::string> arguments, int output) {
        std::vector<char*> argv{const_cast<char*>(program.c_str())};
        for (auto& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        char locale[] = "LC_ALL=C";
        char* environment[] = {locale, nullptr};
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        const int problem = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environment);
        ::posix_spawn_file_actions_destroy(&actions);
        if (problem != 0)
            throw std::system_error(problem, std::generic_category(), program.string() + " cannot be started");
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (!reaped_) finish();
    }
    /// Ends it if it still runs; its wait status.
    int finish() {
        ::kill(pid_, SIGKILL);
        return wait();
    }
    int wait() {
        int status = -1;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        reaped_ = true;
        return status;
    }

private:
    pid_t pid_ = -1;
    bool reaped_ = false;
};

/// Reads to the end; false when the deadline came first.
bool read_until(int in, Steady::time_point deadline, std::string& out) {
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
        pollfd watched{in, POLLIN, 0};
        if (left <= 0) return false;
        const int ready = ::poll(&watched, 1, static_cast<int>(left));
        if (ready <= 0) continue;
        char block[4096];
        const auto got = ::read(in, block, sizeof block);
        if (got == 0) return true;
        if (got > 0) out.append(block, static_cast<std::size_t>(got));
        if (got < 0 && errno != EINTR) return false;
    }
}

Finding judge_units(std::string_view listed, const std::vector<std::string>& ignored, State severity) {
    json::array units;
    std::string names;
    for (const auto line : split(listed, '\n')) {
        const auto text = trim(line);
        const std::string unit(text.substr(0, text.find(' ')));
        if (unit.empty() || std::ranges::find(ignored, unit) != ignored.end()) continue;
        names += (names.empty() ? "" : ", ") + unit;
        units.emplace_back(unit);
    }
    const auto failed = static_cast<double>(units.size());
    if (units.empty()) return {.message = "no failed units", .metrics = {{"failed", 0}}};
    return {severity, fmt::format("{:.0f} failed: {}", failed, names), {{"failed", failed}}, {{"units", units}}};
}

Finding ask(const std::filesystem::path& systemctl, std::chrono::milliseconds limit,
            const std::vector<std::string>& ignored, State severity) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    const Descriptor in(ends[0]);
    Descriptor out(ends[1]);
    Child child(systemctl, {"list-units", "--failed", "--plain", "--no-legend", "--no-pager", "--full"}, out.get());
    out.reset();
    std::string listed;
    if (!read_until(in.get(), Steady::now() + limit, listed)) return unknown("systemctl did not answer in time.");
    const int status = child.wait();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return unknown("systemctl cannot tell which units have failed.");
    return judge_units(listed, ignored, severity);
}

}  // namespace

std::vector<Task> plan_systemd(const Settings& settings, const Machine& machine) {
    const auto systemctl = find_program("systemctl", machine.search_path);
    // The test of sd_booted(3): the program is also installed where something else runs the machine.
    if (systemctl.empty() || !std::filesystem::is_directory(machine.run / "systemd/system")) return {};
    const auto severity = settings.systemd_severity == "critical" ? State::critical : State::warning;
    return {{"systemd", "", settings.timeout + std::chrono::seconds(1),
             [=, limit = settings.timeout, ignored = settings.systemd_ignore] {
                 return ask(systemctl, limit, ignored, severity);
             }}};
}

}  // namespace mf::probe

// SPDX-License-Identifier: MIT
#include "execute/supervisor_loop.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

// How processes end: by themselves, by their limit, by order.

namespace mf {

namespace {

constexpr std::uint64_t survivor_tag(std::uint64_t key) { return key << 3 | 3; }
constexpr std::uint64_t orphan_tag(pid_t pid) { return static_cast<std::uint64_t>(pid) << 3 | 4; }

constexpr auto kill_patience = std::chrono::seconds(5);
constexpr auto sweep_delay = std::chrono::seconds(1);

std::string pipe_name(const Descriptor& fd) {
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) return {};
    return fmt::format("pipe:[{}]", status.st_ino);
}

/// As /proc/PID/cwd says it.
std::string without_links(const std::filesystem::path& directory) {
    std::error_code has_gone;
    auto path = directory.empty() ? std::filesystem::path() : std::filesystem::canonical(directory, has_gone);
    return has_gone ? std::string() : path.string();
}

Descriptor open_pidfd(pid_t pid) { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

std::chrono::microseconds duration(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

}  // namespace

void Supervisor::Loop::set_deadline(Process& process, std::optional<Steady::time_point> moment) {
    if (process.deadline) deadlines_.erase({*process.deadline, process.key});
    process.deadline = moment;
    if (moment) deadlines_.insert({*moment, process.key});
}

void Supervisor::Loop::expire() {
    const auto now = Steady::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        Process& process = processes_.at(deadlines_.begin()->second);
        set_deadline(process, std::nullopt);
        switch (process.phase) {
            case Phase::running: terminate(process, StopReason::time_limit); break;
            case Phase::terminating:
                process.phase = Phase::killing;
                set_deadline(process, now + kill_patience);
                tree_work_.push_back(process.key);
                break;
            case Phase::killing:
                process.left_behind = process.alive;
                // The leader's end cannot be made up. It is waited for; in a shutdown abandon_all() decides.
                if (process.exited) drain(process);
                break;
            case Phase::draining: break;
        }
    }
    if (sweep_at_ && *sweep_at_ <= now) sweep_orphans();
}

void Supervisor::Loop::terminate(Process& process, StopReason reason) {
    const auto grace =
        reason == StopReason::shutdown ? std::min(process.grace, options_.shutdown_grace) : process.grace;
    if (process.phase == Phase::running) {
        process.phase = Phase::terminating;
        process.stopped = reason;
        set_deadline(process, Steady::now() + grace);
        tree_work_.push_back(process.key);
    } else if (process.phase == Phase::terminating && reason == StopReason::shutdown) {
        set_deadline(process, std::min(process.deadline.value_or(Steady::time_point::max()), Steady::now() + grace));
    }
}

void Supervisor::Loop::work_trees() {
    if (tree_work_.empty()) return;
    std::vector<Key> keys;
    keys.swap(tree_work_);
    ProcessTable table;
    for (const Key key : keys)
        if (const auto found = processes_.find(key); found != processes_.end()) work_tree(found->second, table);
}

void Supervisor::Loop::work_tree(Process& process, ProcessTable& table) {
    if (process.phase != Phase::terminating && process.phase != Phase::killing) return;
    const std::string out = pipe_name(process.streams[0].fd), err = pipe_name(process.streams[1].fd);
    const std::string directory = without_links(process.own_directory);
    auto members = table.tree_of({process.identity, process.mark, out, err, directory, process.known});
    std::erase_if(members, [&](const auto& member) { return member.identity == process.identity; });
    if (process.exited && members.empty()) return drain(process);
    if (process.phase == Phase::killing) {
        signal_tree(process, members, SIGKILL);
    } else if (!process.told) {
        process.told = true;
        signal_tree(process, members, SIGTERM);
        signal_tree(process, members, SIGCONT);  // a stopped process would not notice
    }
    watch_survivors(process, members);
}

void Supervisor::Loop::signal_tree(const Process& process, const std::vector<ProcessEntry>& members, int signal) {
    // As long as we have not waited for the leader, its number stays the number of its group and of nothing else.
    const bool whole_group = process.is_child;
    if (whole_group)
        ::kill(-process.identity.pid, signal);
    else if (!process.exited)
        send_signal(process.identity, signal);
    for (const auto& member : members)
        if (!whole_group || member.group != process.identity.pid) send_signal(member.identity, signal);
}

void Supervisor::Loop::watch_survivors(Process& process, const std::vector<ProcessEntry>& members) {
    process.survivors.clear();
    process.alive = 0;
    process.known.clear();
    for (const auto& member : members) {
        process.known.push_back(member.identity);
        Descriptor pidfd = open_pidfd(member.identity.pid);
        epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = survivor_tag(process.key)}};
        if (!pidfd || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, pidfd.get(), &event) != 0) continue;
        process.survivors.push_back(std::move(pidfd));
        ++process.alive;
    }
    // All of them have gone meanwhile: look again whether they left children.
    if (process.alive == 0 && process.exited) tree_work_.push_back(process.key);
}

void Supervisor::Loop::leader_exited(Process& process) {
    process.exited = true;
    // Closing alone would not end the watch while a child that is being started holds a copy.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, process.pidfd.get(), nullptr);
    process.pidfd.reset();  // the zombie stays until finish()
    if (process.phase == Phase::killing && !process.deadline) set_deadline(process, Steady::now() + kill_patience);
    if (process.phase == Phase::running)
        drain(process);
    else
        tree_work_.push_back(process.key);
}

void Supervisor::Loop::drain(Process& process) {
    if (!process.paused) unwatch_output(process);
    process.phase = Phase::draining;
    process.survivors.clear();
    set_deadline(process, std::nullopt);
    // What the process wrote is in the pipes now; what comes later is by descendants, perhaps without end.
    for (auto& stream : process.streams) {
        int waiting = 0;
        if (stream.fd && ::ioctl(stream.fd.get(), FIONREAD, &waiting) == 0)
            stream.left = static_cast<std::size_t>(std::max(waiting, 0));
    }
    continue_drain(process);
}

void Supervisor::Loop::continue_drain(Process& process) {
    for (const auto which : {OutputStream::out, OutputStream::err}) {
        const Stream& stream = process.streams[static_cast<std::size_t>(which)];
        while (stream.left > 0 && !process.paused) read_output(process, which);
    }
    if (!process.paused) finish(process);
}

void Supervisor::Loop::finish(Process& process) {
    const auto owned = processes_.extract(process.key);
    for (auto& stream : process.streams) close_stream(stream);
    ProcessEnd end{
        .exit_code = 255, .stopped = process.stopped, .left_behind = process.left_behind, .ended_at = clock_.now()};
    if (process.is_child) {
        const auto [status, usage] = children::reap(process.identity.pid);
        end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        end.exit_code = end.signal ? 128 + end.signal : WEXITSTATUS(status);
        end.user_time = duration(usage.ru_utime);
        end.system_time = duration(usage.ru_stime);
        // exec hands the peak of the memory it leaves behind, ours, to the new program. The kernel's counters are
        // kept for each processor, so a little more than ours may still be ours.
        constexpr std::uint64_t blur = 1024 * 1024;
        const auto peak = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
        if (peak > process.our_peak_memory + blur) end.peak_memory = peak;
    }
    if (!sweep_at_) sweep_at_ = Steady::now() + sweep_delay;
    process.listener->ended(end);
    --running_;
}

void Supervisor::Loop::abandon_all() {
    while (!processes_.empty()) {
        Process& process = processes_.begin()->second;
        if (process.deadline) deadlines_.erase({*process.deadline, process.key});
        const auto owned = processes_.extract(process.key);
        process.listener->ended({.exit_code = 128 + SIGKILL,
                                 .signal = SIGKILL,
                                 .stopped = process.stopped,
                                 .left_behind = process.alive + 1,
                                 .ended_at = clock_.now()});
        --running_;
    }
}

void Supervisor::Loop::sweep_orphans() {
    sweep_at_.reset();
    for (const auto& orphan : children::orphans()) {
        if (orphans_.contains(orphan.pid)) continue;
        Descriptor pidfd = open_pidfd(orphan.pid);
        epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = orphan_tag(orphan.pid)}};
        if (!pidfd || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, pidfd.get(), &event) != 0) continue;
        orphans_.emplace(orphan.pid, std::pair{orphan, std::move(pidfd)});
    }
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/clock.h"
#include "base/descriptor.h"

#include <filesystem>
#include <string>
#include <thread>

namespace mf {

/// What a server should look at.
enum class Wake : char {
    queue = 'q',   ///< a job may be due
    plan = 'p',    ///< a schedule has changed
    cancel = 'c',  ///< somebody wants a running job to end
};

/// Who is notified of what; the same nudge may stand at several places.
struct WakeTargets {
    Nudge& queue;
    Nudge& plan;
    Nudge& cancel;
};

/// Lets other programs on this machine wake a running server at once. Each listener has a Unix datagram socket (man 7
/// unix) of its own in a directory that all servers on one database share, so that several of them are all woken.
/// A wake-up is a courtesy that saves waiting, not a promise: servers look at the database by themselves as well.
///
/// The directory is made when it is missing, for owner and group; it may be as deep as the file system permits. When
/// root makes it, it belongs to the owner of the directory around it. One thread forwards to the nudges, which must
/// outlive the listener. Where no socket can be made (a read-only disk, a symbolic link in place of the directory), the
/// reason is logged as a warning and the listener hears nothing.
class WakeListener {
public:
    WakeListener(const std::filesystem::path& directory, Nudge& nudge);
    WakeListener(const std::filesystem::path& directory, const WakeTargets& targets);
    WakeListener(const WakeListener&) = delete;
    WakeListener& operator=(const WakeListener&) = delete;
    /// Removes the socket. The directory stays, others may use it.
    ~WakeListener();

    bool is_listening() const { return thread_.joinable(); }

private:
    void listen(std::stop_token stop);

    WakeTargets targets_;
    Descriptor directory_;
    std::string name_;
    Descriptor socket_;
    Nudge stopped_;
    std::jthread thread_;
};

/// Wakes every server that listens in the directory; when this returns, the wake-up is in the hands of each of them.
/// Never waits and never fails: no server, no directory, and no permission are all in order. Removes sockets that
/// servers left behind when they were killed.
void wake_servers(const std::filesystem::path& directory, Wake kind) noexcept;

}  // namespace mf

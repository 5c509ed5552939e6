// SPDX-License-Identifier: MIT
#pragma once

#include "execute/process.h"

#include <sys/resource.h>
#include <sys/types.h>
#include <atomic>
#include <vector>

namespace mf {

/// Which children of this program were started on purpose, over all supervisors. Every other child in a session of
/// its own is an orphan: a descendant of a job that lost its parent and was given to us, the subreaper. Thread-safe.
namespace children {

/// Stands for a child from before it is made until it is registered, so that nobody takes it for an orphan.
class Birth {
public:
    Birth();
    ~Birth();
    Birth(const Birth&) = delete;
    Birth& operator=(const Birth&) = delete;

    /// To be filled by the new child itself, before it leaves our session.
    std::atomic<pid_t>& slot() { return pid_; }
    void register_child(pid_t pid);

private:
    std::atomic<pid_t> pid_{0};
};

bool is_registered(pid_t pid);

struct Reaped {
    int status = 0;  ///< man 2 wait
    rusage usage{};
};
/// Waits for a registered child that is known to have ended, and forgets it.
Reaped reap(pid_t pid);

std::vector<ProcessIdentity> orphans();  ///< dead or alive
/// Collects an orphan if it has ended.
void reap_orphan(const ProcessIdentity& orphan);

/// As long as one exists, orphans of jobs are given to this program (man 2 prctl, PR_SET_CHILD_SUBREAPER).
class Subreaper {
public:
    Subreaper();
    ~Subreaper();
    Subreaper(const Subreaper&) = delete;
    Subreaper& operator=(const Subreaper&) = delete;
};

}  // namespace children

}  // namespace mf

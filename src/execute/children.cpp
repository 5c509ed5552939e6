// SPDX-License-Identifier: MIT
#include "execute/children.h"

#include "base/locked.h"
#include "base/text.h"
#include "execute/process_table.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <unordered_set>

namespace mf::children {

namespace {

struct KnownChildren {
    std::unordered_set<pid_t> registered;
    std::unordered_set<const std::atomic<pid_t>*> births;

    bool contains(pid_t pid) const {
        if (registered.contains(pid)) return true;
        return std::any_of(births.begin(), births.end(), [pid](const auto* birth) { return birth->load() == pid; });
    }
};

// Never destroyed: a supervisor may live as long as the program.
Locked<KnownChildren>& known_children() {
    static auto& instance = *new Locked<KnownChildren>;
    return instance;
}
Locked<int>& subreapers() {
    static auto& instance = *new Locked<int>{0};
    return instance;
}

}  // namespace

Birth::Birth() { known_children().lock()->births.insert(&pid_); }
Birth::~Birth() { known_children().lock()->births.erase(&pid_); }
void Birth::register_child(pid_t pid) { known_children().lock()->registered.insert(pid); }

bool is_registered(pid_t pid) { return known_children().lock()->contains(pid); }

Reaped reap(pid_t pid) {
    Reaped reaped;
    // Both steps under one lock: in between it would look like an orphan, afterwards its number may be a new child's.
    auto guard = known_children().lock();
    while (::wait4(pid, &reaped.status, 0, &reaped.usage) < 0 && errno == EINTR) {
    }
    guard->registered.erase(pid);
    return reaped;
}

std::vector<ProcessIdentity> orphans() {
    const pid_t us = ::getpid(), our_session = ::getsid(0);
    std::vector<ProcessIdentity> found;
    // The order matters: a new child announces itself before it leaves our session.
    const auto consider = [&](const ProcessEntry& entry) {
        if (entry.parent == us && entry.session != our_session && !is_registered(entry.identity.pid))
            found.push_back(entry.identity);
    };
    // Orphans are given to the main thread. Its list is short; without it (a kernel option) all processes are read.
    if (const auto list = read_proc("self/task/" + std::to_string(us) + "/children")) {
        for (const auto word : split(*list, ' '))
            if (const auto pid = to_integer(word))
                if (const auto entry = read_process(static_cast<pid_t>(*pid))) consider(*entry);
    } else {
        for (const auto& entry : read_processes()) consider(entry);
    }
    return found;
}

void reap_orphan(const ProcessIdentity& orphan) {
    auto guard = known_children().lock();
    if (guard->contains(orphan.pid) || start_time_of(orphan.pid) != orphan.start_time) return;
    ::waitpid(orphan.pid, nullptr, WNOHANG);
}

Subreaper::Subreaper() {
    auto count = subreapers().lock();
    if (++*count == 1) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

Subreaper::~Subreaper() {
    auto count = subreapers().lock();
    if (--*count == 0) ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace mf::children

// SPDX-License-Identifier: MIT
#pragma once

#include "app/server.h"
#include "base/descriptor.h"
#include "schedule/held_lease.h"

#include <stop_token>

namespace mf {

/// Names one process among all that work on one database, also of other machines.
struct ServerProcess {
    std::int64_t pid = 0;
    std::int64_t start = 0;  ///< clock ticks since boot, as ProcessIdentity has it
    std::string boot;        ///< what the number is valid in: one boot of one machine, one PID namespace of it
    std::string host;        ///< name of the machine, for people
    bool operator==(const ServerProcess&) const = default;

    static ServerProcess ours();
    /// Does it live? None: it belongs to another machine or container, nobody here knows.
    std::optional<bool> lives() const;
};

/// The name of a node, held by this process: as long as it lives, no other server works under that name on the
/// database. It is the row of the table node, whose lease the heart-beat renews. Times are those of the database.
///
/// A row of a process that has ended is taken over at once when this machine knows that it has; else when its lease is
/// over.
class NodeClaim {
public:
    /// What a process counts as of which this machine cannot know whether it lives.
    enum class Unknown { perhaps_alive, dead };
    struct Request {
        std::string name;         ///< of the node, see Node
        std::string roles;        ///< for people
        std::string labels = {};  ///< in the form of Node
        std::int64_t slots = 0;
        std::string environment = {};  ///< what its jobs inherit, see service/server_environment.h
        std::chrono::milliseconds lease = std::chrono::seconds(120);
        Unknown unknown = Unknown::perhaps_alive;
    };
    /// conflict: a server of that name lives. Waits, up to its lease, where that cannot be known at once; a stop
    /// request ends the waiting (unavailable). `held` hears of every renewal. Both must outlive the claim.
    static Result<NodeClaim> take(Database& database, Request request, HeldLease& held, Clock& clock,
                                  std::stop_token stop);

    /// What became of the server that had the name before.
    enum class Before {
        ended,    ///< that is certain, and what it began is found on this machine
        unknown,  ///< it was elsewhere, or there is no row of it, as after a restore: it, or its jobs, may live there
    };
    Before before() const { return before_; }

    /// What the server before has left is taken care of. Until this is said of an unknown one it stays unknown, also to
    /// the next server of this name when this one dies.
    void settle();

    enum class Beat {
        renewed,
        regained,  ///< the lease had been over: others may have declared jobs of this node lost
    };
    /// The heart-beat. conflict: another server has taken the name, because this one was silent for too long.
    Result<Beat> beat(const Clock& clock);
    /// How long after one heart-beat the next is due.
    static std::chrono::milliseconds between_heartbeats(std::chrono::milliseconds lease);

    /// How much the clock of this machine is ahead of that of the database, when that was last looked at.
    std::chrono::milliseconds clock_offset() const { return clock_offset_; }

    /// The orderly end.
    void release();

private:
    NodeClaim(Database& database, Request request, HeldLease& held);
    bool is_ours(const Node& node) const;
    bool replace(const std::optional<Node>& found, const Clock& clock);
    Timestamp look_at_clocks(Session& session, const Clock& clock);

    Database* database_;
    HeldLease* held_;
    Request request_;
    ServerProcess us_ = ServerProcess::ours();
    NodeIdentity identity_;
    Before before_ = Before::unknown;
    bool is_settled_ = false;
    std::chrono::milliseconds clock_offset_{};
};

/// One process for each name on this machine: locked is a file beside that of SQLite, which may be reached with several
/// data directories, else one in the data directory. Since nobody uses a file of SQLite from another machine, who holds
/// its lock knows that no other server of the name lives.
Result<Descriptor> lock_node(const Settings& settings, const Roles& roles);

}  // namespace mf

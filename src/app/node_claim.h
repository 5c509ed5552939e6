// SPDX-License-Identifier: MIT
#pragma once

#include "app/server.h"
#include "base/descriptor.h"

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
/// database. It is the row of the table node, which the heart-beat renews.
///
/// A row of a process that has ended is taken over at once when this machine knows that it has; else after it has been
/// silent for three heart-beats. Clocks of machines that share a database must agree within half a minute.
class NodeClaim {
public:
    static constexpr auto between_heartbeats = std::chrono::seconds(30);
    static constexpr auto longest_silence = 3 * between_heartbeats;

    /// What a process counts as of which this machine cannot know whether it lives.
    enum class Unknown { perhaps_alive, dead };
    struct Request {
        std::string row;          ///< of the table node
        std::string roles;        ///< for people
        std::string environment;  ///< what its jobs inherit, see service/server_environment.h
        Unknown unknown = Unknown::perhaps_alive;
    };
    /// conflict: a server of that name lives. Waits, up to the longest silence, where that cannot be known at once;
    /// a stop request ends the waiting (unavailable). The database must outlive the claim.
    static Result<NodeClaim> take(Database& database, Request request, Clock& clock, std::stop_token stop);

    /// The heart-beat. conflict: another server has taken the name, because this one was silent for too long.
    Result<void> beat(Timestamp now);
    /// The orderly end.
    void release();

private:
    NodeClaim(Database& database, Request request) : database_(&database), request_(std::move(request)) {}
    struct Holder;
    std::optional<Holder> holder(Session& session) const;
    bool replace(Session& session, const std::optional<Holder>& before, Timestamp now) const;

    Database* database_;
    Request request_;
    ServerProcess us_ = ServerProcess::ours();
};

/// One process for each name on this machine: locked is a file beside that of SQLite, which may be reached with several
/// data directories, else one in the data directory. Since nobody uses a file of SQLite from another machine, who holds
/// its lock knows that no other server of the name lives.
Result<Descriptor> lock_node(const Settings& settings, const Roles& roles);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/zone.h"
#include "domain/node.h"
#include "store/records.h"

namespace mf {

/// The lease by which a node has its jobs. `now` is always the time of the database (sql::current_time), so that clocks
/// of machines that differ matter nothing. Called inside a writing transaction unless it says otherwise.
///
/// A lease decides when jobs of a node may be declared lost. What keeps its server from writing about them afterwards
/// is the fence of each job (job_claim.h), not the lease.

/// Which of the servers that had a name one after the other.
struct NodeIdentity {
    std::string name;
    std::int64_t incarnation = 0;
    bool operator==(const NodeIdentity&) const = default;
};

/// None: there is no node of that name. Reads only.
std::optional<Node> find_node(Session& session, std::string_view name);

/// Gives the name of `self`, with the lease, to its server. `before` is the row that the caller has seen and judged
/// (none: there was none); no identity when it has changed meanwhile. Whether the node drains stays as it is.
std::optional<NodeIdentity> take_node(Session& session, const Node& self, const std::optional<Node>& before,
                                      Timestamp now, std::chrono::milliseconds lease);

/// Says in which boot of which machine the server of this name is, of one that has taken it without (Node::boot).
void settle_node(Session& session, const NodeIdentity& us, const std::string& boot);

enum class Renewal {
    renewed,
    missed,  ///< the lease was over; others may have declared jobs of this node lost
    taken,   ///< another incarnation has the name
    gone     ///< there is no row any more
};
/// The heart-beat. `clock_offset`: see Node.
Renewal renew_lease(Session& session, const NodeIdentity& us, Timestamp now, std::chrono::milliseconds lease,
                    std::chrono::milliseconds clock_offset);

/// The orderly end. Jobs may go on; they stay those of the node until `absence` is over.
void stop_node(Session& session, const NodeIdentity& us, Timestamp now, std::chrono::milliseconds absence);

/// Is the name this server's? Nobody else gets it before this transaction ends; so it is asked in each transaction that
/// changes jobs of the node by its name and not by their fences.
bool holds_name(Session& session, const NodeIdentity& us);

/// May this server take jobs now? False: it drains, or its name is somebody else's. Whoever wants to change that waits
/// until this transaction ends; so it is asked in the transaction that claims.
bool may_claim(Session& session, const NodeIdentity& us);

/// A name under which jobs are unfinished, as it was found.
struct JobHolder {
    std::string node;
    bool known = true;  ///< false: there is no such node; nothing below means anything
    std::int64_t incarnation = 0;
    Timestamp seen_at{};
    Timestamp lease_until{};
    std::optional<Timestamp> stopped_at = {};
    std::string host = {};
    bool operator==(const JobHolder&) const = default;
};
/// Everybody who has unfinished jobs, by name. Reads only.
std::vector<JobHolder> job_holders(Session& session);

/// Ends at most so many jobs of a node as lost, if its lease is over and it has not changed since it was found so;
/// returns how many. The retry policies of their run templates decide what follows (see record_end).
std::size_t declare_lost(Session& session, const JobHolder& holder, Timestamp now, std::size_t most);

}  // namespace mf

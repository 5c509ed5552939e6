// SPDX-License-Identifier: MIT
#pragma once

#include "domain/entity.h"

namespace mf {

/// A server that works, or has worked, on the database under a name of its own. All times are those of the clock of the
/// database, which is the same for all nodes.
///
/// A server that lives renews its lease now and then. When the lease is over, whoever it may be, its jobs may be
/// declared lost. The row stays when the server stops.
struct Node {
    Id<Node> id;
    std::string name;              ///< of a scheduler alone: "NAME/scheduler"
    std::int64_t incarnation = 0;  ///< grows whenever a server takes the name, and when one has missed its lease
    std::string roles;             ///< "scheduler,executor"
    std::string labels;            ///< what run templates may ask for, with commas between them
    std::int64_t slots = 0;        ///< how many jobs it runs at once; 0: none
    bool draining = false;         ///< takes no more jobs until somebody resumes it, over restarts too
    std::int64_t pid = 0;          ///< which process it is, see ServerProcess in app/node_claim.h; 0: restored, none
    std::int64_t process_start = 0;
    std::string boot;  ///< empty: it may still have to take care of what an unknown one has left, see NodeClaim::settle
    std::string host;  ///< name of the machine, for people
    std::string version;
    std::string environment;  ///< what its jobs inherit, see service/server_environment.h
    Timestamp started_at{};
    Timestamp seen_at{};                  ///< when it last renewed its lease
    Timestamp lease_until{};              ///< until when its jobs are its own, whether anybody hears of it or not
    std::int64_t clock_offset = 0;        ///< milliseconds by which its clock is ahead of that of the database
    std::optional<Timestamp> stopped_at;  ///< an orderly end
};
template <>
const Entity& entity_of<Node>();

/// Are its jobs its own? Not, too, when the clock of the database has been put back before the last renewal: then
/// nobody knows how long ago that was.
constexpr bool holds_lease(Timestamp seen_at, Timestamp lease_until, Timestamp now) {
    return seen_at <= now && now < lease_until;
}

enum class NodeState {
    running,
    draining,  ///< takes no more jobs, but has some that go on
    drained,   ///< takes no more jobs, and has none
    stopped,   ///< its server has ended in an orderly way
    expired    ///< it has not renewed its lease; nobody knows what became of it
};
constexpr auto names_of(NodeState) {
    return std::to_array<std::string_view>({"running", "draining", "drained", "stopped", "expired"});
}
/// `jobs`: how many of it have not ended.
NodeState state_of(const Node& node, std::int64_t jobs, Timestamp now);

}  // namespace mf

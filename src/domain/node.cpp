// SPDX-License-Identifier: MIT
#include "domain/node.h"

namespace mf {

template <>
const Entity& entity_of<Node>() {
    using N = Node;
    static constexpr auto fields = fields_of<N>(
        field<&N::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&N::name>("name", {.label = "Name", .max_length = 128, .listed = true}),
        field<&N::incarnation>("incarnation", {.read_only = true}),
        field<&N::roles>("roles", {.label = "Roles", .listed = true}),
        field<&N::labels>("labels", {.label = "Labels", .max_length = 1024, .listed = true}),
        field<&N::slots>("slots", {.label = "Slots", .listed = true}), field<&N::draining>("draining"),
        field<&N::pid>("pid", {.read_only = true}), field<&N::process_start>("process_start", {.read_only = true}),
        field<&N::boot>("boot", {.max_length = 128, .read_only = true}),
        field<&N::host>("host", {.label = "Machine", .listed = true}),
        field<&N::version>("version", {.max_length = 64, .listed = true}),
        field<&N::environment>("environment", {.max_length = 65535}),
        field<&N::started_at>("started_at", {.read_only = true}),
        field<&N::seen_at>("seen_at", {.read_only = true, .listed = true}),
        field<&N::lease_until>("lease_until", {.read_only = true, .listed = true}),
        field<&N::clock_offset>("clock_offset", {.read_only = true, .listed = true}),
        field<&N::stopped_at>("stopped_at", {.read_only = true}));
    static constexpr Entity entity{"node", "Node", fields};
    return entity;
}

NodeState state_of(const Node& node, std::int64_t jobs, Timestamp now) {
    if (node.stopped_at) return NodeState::stopped;
    if (!holds_lease(node.seen_at, node.lease_until, now)) return NodeState::expired;
    if (!node.draining) return NodeState::running;
    return jobs > 0 ? NodeState::draining : NodeState::drained;
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "service/node_operations.h"
#include "domain/node.h"
#include "service/audit.h"
#include "service/list_filter.h"
#include "store/queries/node_lease.h"
#include "store/sql/clock.h"

#include <fmt/format.h>

namespace mf {

struct NodeName {
    std::string name;
};
template <>
const Entity& entity_of<NodeName>() {
    static constexpr auto fields =
        fields_of<NodeName>(field<&NodeName::name>("name", {.help = "Name of the node", .required = true}));
    static constexpr Entity entity{"node_name", "Node", fields};
    return entity;
}

namespace {

using JobNumbers = std::map<std::string, std::int64_t, std::less<>>;

/// How many jobs of each node have not ended; of one company alone for somebody who belongs to it.
JobNumbers unfinished_by_node(Call& call) {
    JobNumbers out;
    for (const auto& row : call.sql().query(
             R"(SELECT "claimed_by", COUNT(*) FROM "job" WHERE "state" IN ('claimed', 'running')
                AND "claimed_by" IS NOT NULL AND {scope} GROUP BY "claimed_by")"))
        out.emplace(std::get<std::string>(row[0]), std::get<std::int64_t>(row[1]));
    return out;
}

json::value shown_node(const Node& node, const JobNumbers& jobs, Timestamp now) {
    const auto found = jobs.find(node.name);
    const auto number = found == jobs.end() ? 0 : found->second;
    const auto stored = to_json(node);
    json::object out{{"id", node.id.value}, {"name", node.name}, {"state", name_of(state_of(node, number, now))}};
    for (const auto* field : {"roles", "labels", "host", "pid", "version", "slots"}) out[field] = stored.at(field);
    out["jobs"] = number;
    for (const auto* field : {"draining", "started_at", "seen_at", "lease_until", "stopped_at"})
        out[field] = stored.at(field);
    out["clock_offset_ms"] = node.clock_offset;
    return json::value(std::move(out));
}

Error unknown(std::string_view name) {
    return Error{ErrorCode::not_found, fmt::format("There is no node '{}'; node list shows all.", name)};
}

Result<json::value> list_nodes(Call& call, const ListInput& input) {
    const auto jobs = unfinished_by_node(call);
    const auto now = sql::current_time(call.session.sql);
    json::array out;
    for (const Node& node : call.repository<Node>().list(query_of(input))) out.push_back(shown_node(node, jobs, now));
    return json::value(std::move(out));
}

Result<json::value> get_node(Call& call, const NodeName& input) {
    const auto node = find_node(call.session, input.name);
    if (!node) return unknown(input.name);
    return shown_node(*node, unfinished_by_node(call), sql::current_time(call.session.sql));
}

/// Nodes belong to the installation, not to a company.
Result<Node> node_to_change(Call& call, const NodeName& input) {
    auto node = find_node(call.session, input.name);
    if (!node) return unknown(input.name);
    return *std::move(node);
}

Result<json::value> set_draining(Call& call, const NodeName& input, bool draining) {
    const auto node = node_to_change(call, input);
    if (!node) return node.error();
    if (node->roles.find("executor") == std::string::npos)
        return Error{ErrorCode::conflict, fmt::format("The node '{}' runs no jobs.", input.name)};
    call.sql().execute(R"(UPDATE "node" SET "draining" = ? WHERE "name" = ?)", {draining, input.name});
    call.wake_server = true;
    audit(call, {.entity = "node",
                 .id = node->id.value,
                 .action = draining ? "drain" : "resume",
                 .details = {{"name", input.name}}});
    return get_node(call, input);
}

Result<json::value> drain_node(Call& call, const NodeName& input) { return set_draining(call, input, true); }
Result<json::value> resume_node(Call& call, const NodeName& input) { return set_draining(call, input, false); }

Result<json::value> remove_node(Call& call, const NodeName& input) {
    const auto node = node_to_change(call, input);
    if (!node) return node.error();
    const auto jobs = unfinished_by_node(call);
    const auto found = jobs.find(node->name);
    const auto number = found == jobs.end() ? 0 : found->second;
    const auto state = state_of(*node, number, sql::current_time(call.session.sql));
    if (state != NodeState::stopped && state != NodeState::expired)
        return Error{ErrorCode::conflict, fmt::format("The server of the node '{}' lives: process {} on {}. Stop it "
                                                      "first.",
                                                      node->name, node->pid, node->host)};
    if (number > 0)
        return Error{
            ErrorCode::conflict,
            fmt::format("The node '{}' has {} unfinished job(s). They are declared lost when its lease is over "
                        "and another server runs; start its server again to have them taken up.",
                        node->name, number)};
    // Guarded: its server may be starting at this moment.
    if (call.sql().execute(R"(DELETE FROM "node" WHERE "name" = ? AND "incarnation" = ?)",
                           {node->name, node->incarnation}) == 0)
        return Error{ErrorCode::conflict, fmt::format("The server of the node '{}' has just started.", node->name)};
    audit(call, {.entity = "node", .id = node->id.value, .action = "remove", .details = {{"name", node->name}}});
    return json::value{{"removed", true}, {"name", node->name}};
}

}  // namespace

void add_node_operations(Operations& operations) {
    using enum Permission;
    using enum Access;
    add(operations, {"node:list", "GET /nodes", "List the servers of this installation.", view_catalog}, list_nodes);
    add(operations, {"node:get", "GET /nodes/{name}", "Show a server.", view_catalog}, get_node);
    add(operations,
        {"node:drain", "POST /nodes/{name}/drain", "Let a node take no more jobs; those that run go on.", administer,
         changes},
        drain_node);
    add(operations, {"node:resume", "POST /nodes/{name}/resume", "Let a node take jobs again.", administer, changes},
        resume_node);
    add(operations,
        {"node:remove", "DELETE /nodes/{name}", "Forget a node whose server has stopped or is gone.", administer,
         changes},
        remove_node);
}

}  // namespace mf

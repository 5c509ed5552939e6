// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"

#include <condition_variable>
#include <mutex>

namespace mf {
namespace {

using namespace std::chrono_literals;

constexpr auto between_looks_at_node = 500ms;

constexpr Column node_columns[] = {
    {.name = "id", .as = As::number},
    {.name = "name", .on_terminal = true},
    {.name = "state", .on_terminal = true},
    {.name = "roles", .on_terminal = true},
    {.name = "labels", .on_terminal = true},
    {.name = "host", .on_terminal = true},
    {.name = "pid", .as = As::number},
    {.name = "version"},
    {.name = "slots", .as = As::number, .on_terminal = true},
    {.name = "jobs", .as = As::number, .on_terminal = true},
    {.name = "started", .source = "started_at", .as = As::time},
    {.name = "last_heartbeat", .source = "seen_at", .as = As::time, .on_terminal = true},
    {.name = "lease_until", .as = As::time},
    {.name = "stopped", .source = "stopped_at", .as = As::time},
    {.name = "clock_offset_ms", .as = As::number},
};

constexpr Option node_name_options[] = {{.name = "name", .help = "Name of the node, as node list shows it"}};

constexpr Option node_drain_options[] = {
    {.name = "name", .help = "Name of the node, as node list shows it"},
    {.name = "wait",
     .takes = Takes::flag,
     .help = "Return when none of its jobs runs any more",
     .becomes = Becomes::local},
    {.name = "time-limit", .help = "Wait for at most so many seconds", .becomes = Becomes::local},
};

int answer_node(Invocation& in, const json::value& node, std::string_view sentence) {
    const auto record = record_of(node);
    return in.answer(shaped(node_columns, record, in.zone()),
                     fmt::format(fmt::runtime(sentence), one_line(text_member(record, "name")),
                                 integer_member(record, "jobs").value_or(0)));
}

/// Asks again and again until the node has no jobs; the last answer, or nothing when time was up or somebody
/// interrupted.
Result<std::optional<json::value>> when_empty(Invocation& in, json::value node, std::optional<std::int64_t> seconds) {
    const std::string name(text_member(record_of(node), "name"));
    const json::object question{{"name", name}};
    const auto begin = in.backend().now();
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any pause;
    while (integer_member(record_of(node), "jobs").value_or(0) > 0) {
        if (in.stop().stop_requested() || (seconds && in.backend().now() - begin >= std::chrono::seconds(*seconds)))
            return std::optional<json::value>{};
        pause.wait_for(lock, in.stop(), between_looks_at_node, [] { return false; });
        auto again = in.call("node:get", question);
        if (!again) return again.error();
        node = *std::move(again);
    }
    return std::optional(std::move(node));
}

int node_drain(Invocation& in) {
    const auto seconds = in.integer("time-limit");
    if (!seconds) return in.refuse(seconds.error());
    if (*seconds && **seconds < 0)
        return in.refuse(Refusal{.message = "Option --time-limit must be a number of seconds, at least 0."});
    auto node = in.call();
    if (!node) return in.refuse(node.error());
    if (!in.arguments().has("wait"))
        return answer_node(in, *node, "Node {} takes no more jobs; {} of its jobs have not ended.");
    auto empty = when_empty(in, *node, *seconds);
    if (!empty) return in.refuse(empty.error());
    if (!*empty)
        return in.refuse(
            Refusal{.message = fmt::format("Node {} takes no more jobs, but not all of its jobs have ended.",
                                           one_line(text_member(record_of(*node), "name")))});
    return answer_node(in, **empty, "Node {} takes no more jobs, and none of its jobs runs any more.");
}

int node_resume(Invocation& in) {
    auto node = in.call();
    if (!node) return in.refuse(node.error());
    return answer_node(in, *node, "Node {} takes jobs again.");
}

int node_get(Invocation& in) {
    auto node = in.call();
    if (!node) return in.refuse(node.error());
    return in.answer_record(shaped(node_columns, record_of(*node), in.zone()));
}

int node_remove(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto name = in.arguments().value("name").value_or("");
    return in.answer(json::object{{"name", name}, {"removed", true}}, fmt::format("Node removed: {}", one_line(name)));
}

constexpr Command node_table[] = {
    {.name = "node:list",
     .operation = "node:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = node_columns, .nothing = "No nodes."}); },
     .summary = "Lists the servers that work with the database",
     .lists = true},
    {.name = "node:get",
     .operation = "node:get",
     .run = node_get,
     .summary = "Shows a node",
     .options = node_name_options,
     .needs = {"name"},
     .positional = "name",
     .shows_record = true},
    {.name = "node:drain",
     .operation = "node:drain",
     .run = node_drain,
     .summary = "Lets a node take no more jobs; those that run go on",
     .options = node_drain_options,
     .needs = {"name"},
     .positional = "name"},
    {.name = "node:resume",
     .operation = "node:resume",
     .run = node_resume,
     .summary = "Lets a node take jobs again",
     .options = node_name_options,
     .needs = {"name"},
     .positional = "name"},
    {.name = "node:remove",
     .operation = "node:remove",
     .run = node_remove,
     .summary = "Forgets a node whose server has stopped or is gone",
     .options = node_name_options,
     .needs = {"name"},
     .positional = "name"},
};

}  // namespace

std::span<const Command> node_commands() { return node_table; }

}  // namespace mf

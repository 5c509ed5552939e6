// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"

namespace mf {
namespace {

constexpr Column topic_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "name", .on_terminal = true},
    {.name = "color", .on_terminal = true},
    {.name = "description", .on_terminal = true},
};
constexpr Subject topic_subject{"Topic", "topic_id", topic_columns};

constexpr Option topic_id_options[] = {{.name = "id", .help = "Id of the topic"}};

constexpr Command topic_table[] = {
    {.name = "topic:list",
     .operation = "topic:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = topic_columns}); },
     .summary = "Lists the topics, labels with a colour",
     .lists = true},
    {.name = "topic:get",
     .operation = "topic:get",
     .run = [](Invocation& in) { return answer_found(in, topic_subject, "No topic found with given identifier"); },
     .summary = "Shows a topic",
     .options = topic_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id",
     .shows_record = true},
    {.name = "topic:create",
     .operation = "topic:create",
     .run = [](Invocation& in) { return answer_created(in, topic_subject); },
     .summary = "Makes a topic",
     .needs = {"name"},
     .missing = "Missing --name",
     .without = {"id"}},
    {.name = "topic:update",
     .operation = "topic:update",
     .run = [](Invocation& in) { return answer_updated(in, topic_subject, "id"); },
     .summary = "Changes a topic",
     .options = topic_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
    {.name = "topic:delete",
     .operation = "topic:delete",
     .run = [](Invocation& in) { return answer_gone(in, topic_subject, "deleted"); },
     .summary = "Removes a topic",
     .options = topic_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
};

}  // namespace

std::span<const Command> topic_commands() { return topic_table; }

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"

namespace mf {
namespace {

constexpr Column assigned_topic_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "name", .on_terminal = true},
    {.name = "color", .on_terminal = true},
    {.name = "description", .on_terminal = true},
};
constexpr Column labelled_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "name", .on_terminal = true},
    {.name = "company_id", .on_terminal = true},
    {.name = "app_id", .on_terminal = true},
    {.name = "active", .as = As::flag, .on_terminal = true},
};

constexpr Option topic_assignment_options[] = {
    {.name = "id", .help = "Id of the run template", .aliases = {"runtemplate_id", "runtemplate", "template"}},
    {.name = "topic_id", .help = "Id of the topic", .aliases = {"topic"}},
};
constexpr Option labelled_id_options[] = {
    {.name = "id", .help = "Id of the run template", .aliases = {"runtemplate_id", "runtemplate", "template"}},
};
constexpr Option label_id_options[] = {{.name = "id", .help = "Id of the topic"}};

int answer_topic_assignment(Invocation& in, std::string_view done, std::string_view in_vain) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    return in.answer(record, one_line(fmt::format("Topic {} ({}) {} run template {}",
                                                  plain_text(member(record, "topic_id")), text_member(record, "name"),
                                                  text_member(record, "status") == "ok" ? done : in_vain,
                                                  plain_text(member(record, "runtemplate_id")))));
}

int answer_topic_list(Invocation& in, std::span<const Column> columns) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    json::array rows;
    if (answer->is_array())
        for (const json::value& row : answer->get_array()) rows.push_back(shaped(columns, record_of(row), in.zone()));
    if (in.json()) return in.answer(rows);
    return in.answer_rows(rows, {.columns = columns});
}

constexpr Command topic_assignment_table[] = {
    {.name = "run-template:assign-topic",
     .operation = "runtemplate:assign-topic",
     .run = [](Invocation& in) { return answer_topic_assignment(in, "given to", "not given to"); },
     .summary = "Gives a run template a topic",
     .options = topic_assignment_options,
     .needs = {"id", "topic_id"},
     .missing = "Missing --id or --topic_id",
     .positional = "id"},
    {.name = "run-template:unassign-topic",
     .operation = "runtemplate:unassign-topic",
     .run = [](Invocation& in) { return answer_topic_assignment(in, "taken from", "is none of"); },
     .summary = "Takes a topic from a run template",
     .options = topic_assignment_options,
     .needs = {"id", "topic_id"},
     .missing = "Missing --id or --topic_id",
     .positional = "id"},
    {.name = "run-template:list-topics",
     .operation = "runtemplate:list-topics",
     .run = [](Invocation& in) { return answer_topic_list(in, assigned_topic_columns); },
     .summary = "Lists the topics of a run template",
     .options = labelled_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
    {.name = "topic:list-run-templates",
     .operation = "topic:list-runtemplates",
     .run = [](Invocation& in) { return answer_topic_list(in, labelled_columns); },
     .summary = "Lists the run templates that have a topic",
     .options = label_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
};

}  // namespace

std::span<const Command> topic_assignment_commands() { return topic_assignment_table; }

}  // namespace mf

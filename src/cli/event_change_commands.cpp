// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"

namespace mf {
namespace {

constexpr Column event_change_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "company_id"},
    {.name = "event_source_id", .on_terminal = true},
    {.name = "event_rule_id", .on_terminal = true},
    {.name = "inversion", .on_terminal = true},
    {.name = "evidence", .on_terminal = true},
    {.name = "operation", .on_terminal = true},
    {.name = "record_id", .on_terminal = true},
    {.name = "state", .on_terminal = true},
    {.name = "attempts", .on_terminal = true},
    {.name = "next_attempt_at", .as = As::time},
    {.name = "message", .on_terminal = true},
    {.name = "launched_job_id", .on_terminal = true},
    {.name = "received_at", .as = As::time},
};
constexpr Subject event_change_subject{"Event change", "event_change_id", event_change_columns};

constexpr Option event_change_list_options[] = {
    {.name = "company_id", .help = "Only of rules of this company", .aliases = {"company"}},
    {.name = "event_source_id", .help = "Only of this event source", .aliases = {"eventsource_id"}},
    {.name = "state", .help = "Only these: open, launched, or failed (put aside)"},
};
constexpr Option event_change_id_options[] = {{.name = "id", .help = "Id of the event change"}};

int event_change_retry(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    return in.answer_record(shaped(event_change_columns, record_of(*answer), in.zone()));
}

constexpr Command event_change_table[] = {
    {.name = "event-change:list",
     .operation = "event-change:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = event_change_columns}); },
     .summary = "Lists what event rules made of changes in event sources",
     .options = event_change_list_options,
     .lists = true},
    {.name = "event-change:get",
     .operation = "event-change:get",
     .run =
         [](Invocation& in) {
             return answer_found(in, event_change_subject, "No event change found with given identifier");
         },
     .summary = "Shows what an event rule made of a change",
     .options = event_change_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id",
     .shows_record = true},
    {.name = "event-change:retry",
     .operation = "event-change:retry",
     .run = event_change_retry,
     .summary = "Launches once more what was put aside, because it could not be launched",
     .options = event_change_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id",
     .shows_record = true},
};

}  // namespace

std::span<const Command> event_change_commands() { return event_change_table; }

}  // namespace mf

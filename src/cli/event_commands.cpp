// SPDX-License-Identifier: MIT
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/password_input.h"

namespace mf {
namespace {

constexpr Column event_source_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "company_id", .on_terminal = true},
    {.name = "name", .on_terminal = true},
    {.name = "adapter_type"},
    {.name = "db_connection", .on_terminal = true},
    {.name = "db_host", .on_terminal = true},
    {.name = "db_port"},
    {.name = "db_database", .on_terminal = true},
    {.name = "db_username"},
    {.name = "db_password"},
    {.name = "enabled", .as = As::flag, .on_terminal = true},
    {.name = "last_processed_id"},
    {.name = "poll_interval"},
    {.name = "created", .source = "created_at", .as = As::time},
    {.name = "modified", .source = "updated_at", .as = As::time},
};
constexpr Subject event_source_subject{"Event source", "event_source_id", event_source_columns};

constexpr Column event_rule_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "company_id"},
    {.name = "event_source_id", .on_terminal = true},
    {.name = "runtemplate_source_id", .on_terminal = true},
    {.name = "evidence", .on_terminal = true},
    {.name = "operation", .on_terminal = true},
    {.name = "runtemplate_id", .on_terminal = true},
    {.name = "env_mapping"},
    {.name = "enabled", .as = As::flag, .on_terminal = true},
    {.name = "priority"},
    {.name = "created", .source = "created_at", .as = As::time},
    {.name = "modified", .source = "updated_at", .as = As::time},
};
constexpr Subject event_rule_subject{"Event rule", "event_rule_id", event_rule_columns};

constexpr Option source_company_option{.name = "company_id",
                                       .help = "Id or code of the company; without it every company may use it",
                                       .aliases = {"company"}};
constexpr Option source_list_options[] = {
    {.name = "company_id", .help = "Only what this company may use", .aliases = {"company"}},
};
constexpr Option source_lookup_options[] = {
    {.name = "id", .help = "Id of the event source"},
    {.name = "name", .help = "Its name"},
};
constexpr Option source_password_option{.name = "db_password",
                                        .takes = Takes::optional_value,
                                        .help =
                                            "'-' or @FILE to read the password of the user from; or itself, which "
                                            "is unsafe; empty for none"};
constexpr Option source_password_file_option{.name = "db_password-file",
                                             .help =
                                                 "Read the password of the user from this file, '-' is standard "
                                                 "input",
                                             .becomes = Becomes::local,
                                             .file_name = true};
constexpr Option source_host_option{
    .name = "db_host", .takes = Takes::optional_value, .help = "Host of the database; a path is its Unix socket"};
constexpr Option source_port_option{
    .name = "db_port", .takes = Takes::optional_value, .help = "Port; empty for the usual one"};
constexpr Option source_enabled_option{
    .name = "enabled", .takes = Takes::optional_value, .help = "Whether changes are looked for"};
constexpr Option source_create_options[] = {
    source_company_option,  source_host_option,          source_port_option,
    source_password_option, source_password_file_option, source_enabled_option,
};
constexpr Option source_update_options[] = {
    {.name = "id", .help = "Id of the event source"},
    source_host_option,
    source_port_option,
    source_password_option,
    source_password_file_option,
    source_enabled_option,
};
constexpr Option source_id_options[] = {{.name = "id", .help = "Id of the event source"}};

constexpr Option rule_source_option{
    .name = "event_source_id", .help = "Event source whose changes fire it", .aliases = {"eventsource_id"}};
constexpr Option rule_follows_option{.name = "runtemplate_source_id",
                                     .help = "Instead: run template whose successful jobs fire it",
                                     .aliases = {"source_runtemplate_id"}};
constexpr Option rule_target_option{
    .name = "runtemplate_id", .help = "Run template that is launched", .aliases = {"target_runtemplate_id"}};
constexpr Option rule_condition_option{
    .name = "condition", .help = "Accepted for older clients, means nothing", .becomes = Becomes::nothing};
constexpr Option rule_evidence_option{
    .name = "evidence", .takes = Takes::optional_value, .help = "Only changes of this kind of thing; empty for any"};
constexpr Option rule_mapping_option{.name = "env_mapping",
                                     .takes = Takes::optional_value,
                                     .help = R"(Variables of the job as JSON, such as {"ID": "$.invoice.id"})"};
constexpr Option rule_enabled_option{.name = "enabled", .takes = Takes::optional_value, .help = "Whether it fires"};
constexpr Option rule_list_options[] = {
    {.name = "company_id", .help = "Only of this company", .aliases = {"company"}},
    {.name = "event_source_id", .help = "Only those of this event source", .aliases = {"eventsource_id"}},
};
constexpr Option rule_create_options[] = {
    rule_source_option,  rule_follows_option, rule_target_option,    rule_evidence_option,
    rule_mapping_option, rule_enabled_option, rule_condition_option,
};
constexpr Option rule_update_options[] = {
    {.name = "id", .help = "Id of the event rule"},
    rule_source_option,
    rule_follows_option,
    rule_target_option,
    rule_evidence_option,
    rule_mapping_option,
    rule_enabled_option,
    rule_condition_option,
};
constexpr Option rule_id_options[] = {{.name = "id", .help = "Id of the event rule"}};

/// Clients take an empty list for "there is none", and an error for a failure.
int answer_found_or_nothing(Invocation& in, const Subject& subject) {
    auto found = in.call();
    if (!found && found.error().code == ErrorCode::not_found) return in.answer(json::array(), found.error().message);
    if (!found) return in.refuse(found.error());
    return in.answer_record(shaped(subject.columns, record_of(*found), in.zone()));
}

/// Calls with the password that the options stand for.
Result<json::value> call_with_source_password(Invocation& in) {
    auto input = in.input();
    if (!input) return input.error();
    if (const auto file = in.arguments().value("db_password-file")) {
        if (in.arguments().value("db_password")) return invalid("Say --db_password or --db_password-file, not both.");
        auto password = secret_from_file(*file, in.terminal());
        if (!password) return password.error();
        warn_of_open_file(in, *file, "the password");
        (*input)["db_password"] = *std::move(password);
        return in.call(*input);
    }
    // What lists show for it comes back from clients, and is no secret.
    if (const auto given = in.arguments().value("db_password");
        given && !given->empty() && given != secret_mask_text && given != secret_unset_text) {
        auto password = secret_argument(in, "db_password", std::string(*given), "a password");
        if (!password) return password.error();
        (*input)["db_password"] = *std::move(password);
    }
    return in.call(*input);
}

int event_source_update(Invocation& in) {
    if (!changes_anything(in, "id") && !in.arguments().value("db_password-file"))
        return in.refuse(Refusal{.message = "No fields to update"});
    return answer_changed(in, event_source_subject, call_with_source_password(in));
}

int event_source_test(Invocation& in) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    const bool reachable = member(record, "reachable") == json::value(true);
    in.answer(
        json::object{
            {"reachable", reachable}, {"readable", member(record, "readable")}, {"message", member(record, "message")}},
        std::string(text_member(record, "message")));
    return reachable ? 0 : 1;
}

int event_rule_remove(Invocation& in) {
    auto answer = in.call();
    if (!answer && answer.error().code == ErrorCode::not_found)
        return in.refuse(answer.error(), "Failed to remove event rule");
    if (!answer) return in.refuse(answer.error());
    const auto id = id_text(in, record_of(*answer));
    return in.answer(json::object{{"event_rule_id", id}, {"removed", true}},
                     fmt::format("Event rule removed: ID={}", id));
}

constexpr Command event_table[] = {
    {.name = "event-source:list",
     .operation = "event-source:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = event_source_columns}); },
     .summary = "Lists the databases whose changes start run templates",
     .options = source_list_options,
     .lists = true},
    {.name = "event-source:get",
     .operation = "event-source:get",
     .run = [](Invocation& in) { return answer_found_or_nothing(in, event_source_subject); },
     .summary = "Shows an event source",
     .options = source_lookup_options,
     .needs = {"id|name"},
     .missing = "Missing --id or --name",
     .positional = "id",
     .shows_record = true},
    {.name = "event-source:create",
     .operation = "event-source:create",
     .run =
         [](Invocation& in) {
             return answer_made(in, event_source_subject, call_with_source_password(in), {{"created", true}});
         },
     .summary = "Makes an event source",
     .options = source_create_options,
     .needs = {"name"},
     .missing = "Missing --name",
     .without = {"id"}},
    {.name = "event-source:update",
     .operation = "event-source:update",
     .run = event_source_update,
     .summary = "Changes an event source",
     .options = source_update_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
    {.name = "event-source:remove",
     .operation = "event-source:remove",
     .run = [](Invocation& in) { return answer_gone(in, event_source_subject, "removed"); },
     .summary = "Removes an event source and its rules",
     .options = source_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
    {.name = "event-source:test",
     .operation = "event-source:test",
     .run = event_source_test,
     .summary = "Tries whether the database of an event source can be reached and read",
     .details = "The exit code is 0 when the database lets the program in, and 1 when it does not.",
     .options = source_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
    {.name = "event-rule:list",
     .operation = "event-rule:list",
     .run = [](Invocation& in) { return in.answer_list({.columns = event_rule_columns}); },
     .summary = "Lists what launches run templates after events",
     .options = rule_list_options,
     .lists = true},
    {.name = "event-rule:get",
     .operation = "event-rule:get",
     .run = [](Invocation& in) { return answer_found_or_nothing(in, event_rule_subject); },
     .summary = "Shows an event rule",
     .options = rule_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id",
     .shows_record = true},
    {.name = "event-rule:create",
     .operation = "event-rule:create",
     .run =
         [](Invocation& in) {
             return answer_created(in, event_rule_subject, {{"created", true}});
         },
     .summary = "Has a run template launched after changes in an event source or jobs of another run template",
     .options = rule_create_options,
     .needs = {"runtemplate_id"},
     .missing = "Missing --runtemplate_id",
     .without = {"id"}},
    {.name = "event-rule:update",
     .operation = "event-rule:update",
     .run = [](Invocation& in) { return answer_updated(in, event_rule_subject, "id"); },
     .summary = "Changes an event rule",
     .options = rule_update_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
    {.name = "event-rule:remove",
     .operation = "event-rule:remove",
     .run = event_rule_remove,
     .summary = "Removes an event rule",
     .options = rule_id_options,
     .needs = {"id"},
     .missing = "Missing --id",
     .positional = "id"},
};

}  // namespace

std::span<const Command> event_commands() { return event_table; }

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "domain/run_template.h"
#include "domain/variable_name.h"

// What starts run templates besides schedules and people: changes in databases of other programs, and jobs that have
// succeeded.

namespace mf {

/// The kind of a database that changes are read from.
enum class SourceDatabase { mysql, pgsql, sqlite };
constexpr auto names_of(SourceDatabase) { return std::to_array<std::string_view>({"mysql", "pgsql", "sqlite"}); }

/// A database of another program, whose table "changes_cache" has a row for each change: "inversion" (a rising number),
/// "evidence" (what kind of thing), "operation" and "recordid".
struct EventSource {
    Id<EventSource> id;
    std::optional<Id<Company>> company_id;  ///< none: every company may use it
    std::string name;
    std::string adapter_type = "abraflexi-webhook";  ///< which program writes the changes; for people and clients
    SourceDatabase db_connection = SourceDatabase::mysql;
    std::string db_host = "localhost";  ///< begins with '/': directory of the Unix socket (MySQL: the socket)
    std::string db_port = "3306";       ///< empty: the usual one
    std::string db_database;            ///< SQLite: the file, an absolute path
    std::string db_username;
    std::optional<std::string> db_password;  ///< sealed
    bool enabled = true;
    std::int64_t last_processed_id = 0;  ///< "inversion" of the last change that was looked at
    std::int64_t poll_interval = 60;     ///< seconds
    Timestamp created_at{};
    Timestamp updated_at{};
};
template <>
const Entity& entity_of<EventSource>();

/// Every flaw of one by its field.
Result<void> check(const EventSource& source);

/// Does reaching it mean to open a file or a socket of this machine, with the permissions of the server?
bool is_of_this_machine(const EventSource& source);

enum class ChangeOperation { any, create, update, delete_ };
constexpr auto names_of(ChangeOperation) {
    return std::to_array<std::string_view>({"any", "create", "update", "delete"});
}

/// When a run template is launched without schedule and without people: after a change in an event source, or when a
/// job of another run template of the company has succeeded. It has exactly one of the two.
struct EventRule {
    Id<EventRule> id;
    Id<Company> company_id;  ///< that of the run template
    std::optional<Id<EventSource>> event_source_id;
    std::optional<Id<RunTemplate>> runtemplate_source_id;
    std::optional<std::string> evidence;  ///< of changes; none: any
    ChangeOperation operation = ChangeOperation::any;
    Id<RunTemplate> runtemplate_id;          ///< what is launched
    std::optional<std::string> env_mapping;  ///< JSON object: variable to selector, see read_env_mapping()
    bool enabled = true;
    std::int64_t priority = 0;  ///< higher ones first
    Timestamp created_at{};
    Timestamp updated_at{};
};
template <>
const Entity& entity_of<EventRule>();

/// Reads an env_mapping: names of variables, and for each the selector of its value. A selector is a path of member
/// names, "a.b" or "$.a.b", or "@file:NAME": a file with what was produced under that name. invalid: with a sentence
/// about the field "env_mapping" that names the variable.
Result<TextMap> read_env_mapping(std::string_view json, const AllowedNames& allowed);

/// What a selector that is a path finds in data: a text, or a number or boolean as text. None: nothing is there, or it
/// is no single value.
std::optional<std::string> select_value(const json::object& data, std::string_view selector);

/// The NAME of a selector "@file:NAME"; none for other selectors.
std::optional<std::string_view> file_selector(std::string_view selector);

/// A label with a colour.
struct Topic {
    Id<Topic> id;
    std::string name;
    std::string color;  ///< "#rrggbb" or empty
    std::string description;
};
template <>
const Entity& entity_of<Topic>();

/// A label that a run template has.
struct RunTemplateTopic {
    Id<RunTemplateTopic> id;
    Id<RunTemplate> runtemplate_id;
    Id<Company> company_id;
    Id<Topic> topic_id;
};
template <>
const Entity& entity_of<RunTemplateTopic>();

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/definition_files.h"

#include <filesystem>

namespace mf {
namespace {

constexpr DefinitionKind application_kind{.noun = "application",
                                          .schema = "application",
                                          .validate = "application:validate",
                                          .files = DefinitionFiles::applications};

/// Absolute and behind all links, so that the record still says something in another directory. Empty for standard
/// input, which is no place.
std::string real_path(const std::string& file) {
    if (file == "-") return {};
    std::error_code failed;
    auto path = std::filesystem::canonical(file, failed);
    if (failed) path = std::filesystem::absolute(file, failed);
    return to_utf8(path.string());
}

/// What an import means for run templates, for people.
void add_consequences(FileOutcome& outcome, const json::object& record) {
    const auto list_of = [&](std::string_view key) {
        const json::value& list = member(record, key);
        return list.is_array() ? list.get_array() : json::array();
    };
    for (const json::value& each : list_of("incomplete_templates")) {
        const auto origin = record_of(each);
        std::string missing;
        if (const json::value& names = member(origin, "missing"); names.is_array())
            for (const json::value& name : names.get_array())
                missing += (missing.empty() ? "" : ", ") + plain_text(name);
        outcome.lines.push_back(fmt::format("Run template {} ({}) lacks a value now, it will be blocked: {}",
                                            plain_text(member(origin, "id")), text_member(origin, "name"), missing));
    }
    for (const json::value& each : list_of("orphaned_values")) {
        const auto value = record_of(each);
        outcome.lines.push_back(fmt::format("Run template {} keeps a value that the application does not declare: {}",
                                            plain_text(member(value, "runtemplate_id")), text_member(value, "name")));
    }
    for (const json::value& each : list_of("unfit_values")) {
        const auto value = record_of(each);
        outcome.lines.push_back(fmt::format("Run template {} keeps a value that does not fit any more: {}: {}",
                                            plain_text(member(value, "runtemplate_id")), text_member(value, "name"),
                                            text_member(value, "problem")));
    }
}

FileOutcome import_file(Invocation& in, const std::string& file, const std::string& content) {
    json::object input{{"document", content}, {"file", file}};
    const Entity* known = in.entry().operation->input;
    if (const auto source = real_path(file); !source.empty() && known && known->find("source"))
        input["source"] = source;
    for (const auto option : {"dry_run", "force", "enable", "adopt"})
        if (in.arguments().has(option)) input[option] = true;
    auto answer = in.call(input);
    if (!answer) return rejected_definition(in, application_kind, input, file, answer.error());
    FileOutcome outcome;
    const auto record = record_of(*answer);
    const json::value& stored = member(record, "application");
    const auto application = stored.is_object() ? stored.get_object() : record;
    json::object imported;
    for (const auto key : {"name", "description", "executable"}) imported[key] = member(application, key);
    imported["cmdparams"] = member(application, "arguments");
    constexpr Column lists[] = {
        {.name = "homepage"}, {.name = "requirements", .as = As::words}, {.name = "version"}, {.name = "code"},
        {.name = "uuid"},     {.name = "tags", .as = As::words},         {.name = "deploy"}};
    for (const auto& [key, value] : shaped(lists, application, Zone::utc())) imported[key] = value;
    const auto action = text_member(record, "action");
    const auto findings = findings_of(member(record, "findings"));
    outcome.good = true;
    outcome.document = {{"imported", std::move(imported)}, {"status", "success"}, {"file", file}};
    for (const auto key :
         {"action", "id", "uuid", "version", "changes", "incomplete_templates", "orphaned_values", "unfit_values"})
        if (record.contains(key)) outcome.document[key] = member(record, key);
    const json::value& restored = member(record, "restored");
    const bool is_restored = restored.is_bool() && restored.get_bool();
    if (is_restored) outcome.document["restored"] = true;
    outcome.document["findings"] = findings;
    const auto name =
        text_member(record, "name").empty() ? text_member(application, "name") : text_member(record, "name");
    if (in.arguments().has("dry_run")) {
        outcome.document["dry_run"] = true;
        outcome.lines.push_back(
            fmt::format("Nothing was changed. MultiFlexi Application would be {}: {}", action, name));
    } else {
        outcome.lines.push_back(fmt::format("MultiFlexi Application imported successfully: {}", name));
        if (!action.empty()) outcome.lines.push_back(fmt::format("{}: {}", file, action));
    }
    if (is_restored)
        outcome.lines.emplace_back(in.arguments().has("dry_run")
                                       ? "It was removed and would be restored, with its history."
                                       : "It was removed before and is restored, with its history.");
    const json::value& changes = member(record, "changes");
    if (in.arguments().has("dry_run") && changes.is_object())
        for (const auto& [field, change] : changes.get_object())
            outcome.lines.push_back(fmt::format("  {}: {}", std::string_view(field), change_text(record_of(change))));
    add_lines(outcome, findings, file);
    add_consequences(outcome, record);
    return outcome;
}

FileOutcome remove_file(Invocation& in, const std::string& file, const std::string& content) {
    json::object input{{"document", content}, {"file", file}};
    if (in.arguments().has("cascade")) input["cascade"] = true;
    // An operation that does not care where the document came from need not know the name.
    if (!in.entry().operation->input || !in.entry().operation->input->find("file")) input.erase("file");
    auto answer = in.call(input);
    FileOutcome outcome{.file = file};
    if (!answer) {
        const auto findings = findings_of(answer.error(), file);
        outcome.document = {{"removed", false},
                            {"status", "error"},
                            {"message", answer.error().message},
                            {"file", file},
                            {"findings", findings}};
        outcome.lines.emplace_back("Failed to remove application");
        if (findings.empty())
            outcome.lines.push_back(fmt::format("{}: {}", file, answer.error().message));
        else
            add_lines(outcome, findings, file);
        return outcome;
    }
    const json::value removed = member(record_of(*answer), "removed");
    const bool gone = removed.is_bool() && removed.get_bool();
    outcome.good = true;
    outcome.document = {{"removed", gone}, {"file", file}};
    outcome.lines.push_back(gone ? "Application removed" : "Application was not installed");
    return outcome;
}

constexpr Option definition_import_options[] = {
    definition_file_option,
    {.name = "dry-run", .takes = Takes::flag, .help = "Show what would happen", .key = "dry_run"},
    {.name = "force", .takes = Takes::flag, .help = "Also when the installed version is newer"},
    {.name = "enable", .takes = Takes::flag, .help = "Enable the application"},
    {.name = "adopt", .takes = Takes::flag, .help = "Take over an application of the same name with another UUID"},
};
constexpr Option definition_file_options[] = {definition_file_option};
constexpr Option definition_remove_options[] = {
    definition_file_option,
    {.name = "cascade", .takes = Takes::flag, .help = "Retire its run templates, too"},
};

constexpr Command definition_table[] = {
    {.name = "application:import-json",
     .operation = "application:import",
     .run = [](Invocation& in) { return for_each_definition(in, application_kind, import_file); },
     .summary = "Installs or updates applications from their definitions",
     .options = definition_import_options,
     .needs = {"file"},
     .missing = "Missing --file",
     .positional = "file",
     .aliases = {"application:import"},
     .closed = true},
    {.name = "application:validate-json",
     .operation = "application:validate",
     .run =
         [](Invocation& in) {
             return for_each_definition(in, application_kind, validate_definition<application_kind>);
         },
     .summary = "Checks definitions and changes nothing",
     .options = definition_file_options,
     .needs = {"file"},
     .missing = "Missing --file",
     .positional = "file",
     .aliases = {"application:validate"},
     .closed = true},
    {.name = "application:remove-json",
     .operation = "application:remove",
     .run = [](Invocation& in) { return for_each_definition(in, application_kind, remove_file); },
     .summary = "Retires the applications of definitions",
     .options = definition_remove_options,
     .needs = {"file"},
     .missing = "Missing --file",
     .positional = "file",
     .aliases = {"application:remove-file"},
     .closed = true},
};

}  // namespace

std::span<const Command> definition_commands() { return definition_table; }

}  // namespace mf

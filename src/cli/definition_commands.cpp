// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/definition_outcome.h"
#include "cli/input_file.h"
#include "domain/definition/json_schema.h"

#include <filesystem>

namespace mf {
namespace {

std::string schema_name() {
    const auto parsed = parse_json(published_schema_text("application"));
    if (parsed && parsed->is_object())
        if (const auto id = text_member(parsed->get_object(), "$id"); !id.empty()) return std::string(id);
    return "application";
}

Outcome rejected(Invocation& in, const json::object& input, const std::string& file, const Error& error) {
    auto findings = findings_of(error, file);
    // The error of an import holds what refuses the document; its validation also tells what else was found.
    if (!findings.empty() && in.catalog().operation("application:validate"))
        if (const auto checked =
                in.call("application:validate", {{"document", input.at("document")}, {"file", file}})) {
            const auto record = record_of(*checked);
            if (member(record, "valid") == json::value(false)) findings = findings_of(member(record, "findings"));
        }
    Outcome outcome;
    outcome.lines.emplace_back("Failed to import application");
    if (findings.empty())
        outcome.lines.push_back(fmt::format("{}: {}", file, error.message));
    else
        add_lines(outcome, findings, file);
    outcome.document = {{"imported", json::array()},
                        {"status", "error"},
                        {"message", error.message},
                        {"file", file},
                        {"findings", std::move(findings)}};
    return outcome;
}

/// Absolute and behind all links, so that the record still says something in another directory. Empty for standard
/// input, which is no place.
std::string real_path(const std::string& file) {
    if (file == "-") return {};
    std::error_code failed;
    auto path = std::filesystem::canonical(file, failed);
    if (failed) path = std::filesystem::absolute(file, failed);
    return to_utf8(path.string());
}

/// "1.0 -> 1.1" of a value, "+ NEW, ~ CHANGED, - GONE" of a section.
std::string change_text(const json::object& change) {
    if (change.contains("to"))
        return fmt::format("{} -> {}", plain_text(member(change, "from")), plain_text(member(change, "to")));
    std::string out;
    for (const auto& [kind, sign] : {std::pair{"added", '+'}, {"changed", '~'}, {"removed", '-'}})
        if (const json::value& names = member(change, kind); names.is_array())
            for (const json::value& name : names.get_array())
                out += fmt::format("{}{} {}", out.empty() ? "" : ", ", sign, plain_text(name));
    return out;
}

/// What an import means for run templates, for people.
void add_consequences(Outcome& outcome, const json::object& record) {
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

Outcome import_file(Invocation& in, const std::string& file, const std::string& content) {
    json::object input{{"document", content}, {"file", file}};
    const Entity* known = in.entry().operation->input;
    if (const auto source = real_path(file); !source.empty() && known && known->find("source"))
        input["source"] = source;
    for (const auto option : {"dry_run", "force", "enable", "adopt"})
        if (in.arguments().has(option)) input[option] = true;
    auto answer = in.call(input);
    if (!answer) return rejected(in, input, file, answer.error());
    Outcome outcome;
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

Outcome validate_file(Invocation& in, const std::string& file, const std::string& content) {
    auto answer = in.call(json::object{{"document", content}, {"file", file}});
    const auto schema = schema_name();
    json::array findings;
    bool valid = false;
    if (answer) {
        const auto record = record_of(*answer);
        const json::value& verdict = member(record, "valid");
        valid = verdict.is_bool() && verdict.get_bool();
        findings = findings_of(member(record, "findings"));
    } else {
        findings = findings_of(answer.error(), file);
        if (findings.empty())
            findings.push_back(json::object{
                {"severity", "error"}, {"file", file}, {"pointer", ""}, {"message", answer.error().message}});
    }
    Outcome outcome{.file = file};
    outcome.good = valid;
    outcome.lines.push_back(valid ? "JSON is valid" : "JSON validation failed");
    json::array violations;
    if (!valid) {
        violations.push_back(json::value(fmt::format("{} does not follow the schema {}", file, schema)));
        outcome.lines.push_back(plain_text(violations.back()));
    }
    for (const json::value& value : findings) {
        if (!value.is_object()) continue;
        const auto& finding = value.get_object();
        const auto severity = text_member(finding, "severity");
        if (severity.empty() || severity == "error") {
            violations.push_back(json::value(fmt::format("Property '{}': {}", dotted(text_member(finding, "pointer")),
                                                         text_member(finding, "message|sentence"))));
            outcome.lines.push_back(plain_text(violations.back()));
        }
    }
    add_lines(outcome, findings, file);
    outcome.document = {{"status", valid ? "success" : "error"}, {"file", file}};
    if (!valid) outcome.document["violations"] = std::move(violations);
    outcome.document["schema"] = schema;
    outcome.document["message"] = outcome.lines.front();
    outcome.document["findings"] = std::move(findings);
    return outcome;
}

Outcome remove_file(Invocation& in, const std::string& file, const std::string& content) {
    json::object input{{"document", content}, {"file", file}};
    if (in.arguments().has("cascade")) input["cascade"] = true;
    // An operation that does not care where the document came from need not know the name.
    if (!in.entry().operation->input || !in.entry().operation->input->find("file")) input.erase("file");
    auto answer = in.call(input);
    Outcome outcome{.file = file};
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

using FileWork = Outcome (*)(Invocation&, const std::string& file, const std::string& content);

/// Of several files the first line does not say of which it speaks; the others do.
void print(Invocation& in, const Outcome& outcome, bool many) {
    bool first = many && !outcome.file.empty();
    for (const std::string& line : outcome.lines)
        in.out().line(one_line(std::exchange(first, false) ? fmt::format("{}: {}", outcome.file, line) : line));
}

/// Each named file, each file of each named directory, and standard input for "-".
int for_each_file(Invocation& in, FileWork work) {
    std::vector<std::string> files;
    json::array documents;
    bool good = true;
    bool many = in.arguments().values("file").size() > 1;
    const auto take = [&](Outcome outcome) {
        good = good && outcome.good;
        if (in.json())
            documents.push_back(std::move(outcome.document));
        else
            print(in, outcome, many);
    };
    for (const std::string& name : in.arguments().values("file")) {
        std::error_code ignored;
        if (name == "-" || !std::filesystem::is_directory(name, ignored)) {
            files.push_back(name);
            continue;
        }
        many = true;
        auto found = definition_files(name);
        if (!found)
            take(unreadable(name, found.error()));
        else
            files.insert(files.end(), found->begin(), found->end());
    }
    std::size_t failed = documents.size();
    for (const std::string& file : files) {
        auto content = read_input_file(file, in.terminal(), largest_definition);
        // Names of files may be any bytes, answers and records are texts.
        const auto shown = to_utf8(file);
        auto outcome = content ? work(in, shown, *content) : unreadable(shown, content.error());
        if (!outcome.good) ++failed;
        take(std::move(outcome));
    }
    if (in.json())
        in.answer(many ? json::value(std::move(documents)) : std::move(documents.front()));
    else if (many && !files.empty())
        in.out().line(fmt::format("{} of {} files failed", failed, files.size()));
    return good ? 0 : 1;
}

constexpr Option definition_file_option{.name = "file",
                                        .takes = Takes::list,
                                        .help = "Definition file, directory of definitions, or - for standard input",
                                        .becomes = Becomes::local,
                                        .aliases = {"json"},
                                        .file_name = true};

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
     .run = [](Invocation& in) { return for_each_file(in, import_file); },
     .summary = "Installs or updates applications from their definitions",
     .options = definition_import_options,
     .needs = {"file"},
     .missing = "Missing --file",
     .positional = "file",
     .aliases = {"application:import"},
     .closed = true},
    {.name = "application:validate-json",
     .operation = "application:validate",
     .run = [](Invocation& in) { return for_each_file(in, validate_file); },
     .summary = "Checks definitions and changes nothing",
     .options = definition_file_options,
     .needs = {"file"},
     .missing = "Missing --file",
     .positional = "file",
     .aliases = {"application:validate"},
     .closed = true},
    {.name = "application:remove-json",
     .operation = "application:remove",
     .run = [](Invocation& in) { return for_each_file(in, remove_file); },
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

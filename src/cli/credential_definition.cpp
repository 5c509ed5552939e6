// SPDX-License-Identifier: MIT
#include "cli/credential_definition.h"

#include "cli/answers.h"
#include "cli/output_file.h"

namespace mf {
namespace {

json::array list_in(const json::object& record, std::string_view key) {
    const json::value& list = member(record, key);
    return list.is_array() ? list.get_array() : json::array();
}

/// What an import means for credentials, for people.
void add_credential_consequences(FileOutcome& outcome, const json::object& record) {
    for (const json::value& each : list_in(record, "incomplete_credentials")) {
        const auto credential = record_of(each);
        std::string missing;
        for (const json::value& name : list_in(credential, "missing"))
            missing += (missing.empty() ? "" : ", ") + plain_text(name);
        outcome.lines.push_back(fmt::format("Credential {} ({}) lacks a value now: {}",
                                            plain_text(member(credential, "id")), text_member(credential, "name"),
                                            missing));
    }
    for (const json::value& each : list_in(record, "orphaned_values")) {
        const auto value = record_of(each);
        const bool is_shared = value.contains("credential_type_id");
        outcome.lines.push_back(fmt::format(
            "{} {} ({}) keeps a value that the definition does not have any more: {}",
            is_shared ? "Credential type" : "Credential", plain_text(member(value, "credential_id|credential_type_id")),
            text_member(value, "credential|credential_type"), text_member(value, "name")));
    }
    for (const json::value& each : list_in(record, "unfit_values")) {
        const auto value = record_of(each);
        outcome.lines.push_back(fmt::format("{} {} ({}) keeps a value that does not fit any more: {}: {}",
                                            value.contains("credential_type_id") ? "Credential type" : "Credential",
                                            plain_text(member(value, "credential_id|credential_type_id")),
                                            text_member(value, "credential|credential_type"),
                                            text_member(value, "name"), text_member(value, "problem")));
    }
}

}  // namespace

FileOutcome import_credential_definition(Invocation& in, const DefinitionKind& kind, const std::string& file,
                                         const std::string& content) {
    auto input = in.input();
    if (!input) {
        FileOutcome failed{.lines = {input.error().message}};
        failed.document = {{"status", "error"}, {"message", input.error().message}};
        return failed;
    }
    (*input)["document"] = content;
    (*input)["file"] = file;
    const auto answer = in.call(*input);
    if (!answer) return rejected_definition(in, kind, *input, file, answer.error());
    const auto record = record_of(*answer);
    FileOutcome outcome;
    outcome.good = true;
    outcome.document = {{"imported", member(record, "prototype|type")}, {"status", "success"}, {"file", file}};
    for (const auto key : {"action", "id", "uuid", "code", "name", "version", "changes", "incomplete_credentials",
                           "orphaned_values", "unfit_values"})
        if (record.contains(key)) outcome.document[key] = member(record, key);
    const auto findings = findings_of(member(record, "findings"));
    outcome.document["findings"] = findings;
    const auto action = text_member(record, "action");
    const auto name = text_member(record, "name");
    if (in.arguments().has("dry-run")) {
        outcome.document["dry_run"] = true;
        outcome.lines.push_back(fmt::format("Nothing was changed. The {} would be {}: {}", kind.noun, action, name));
        if (const json::value& changes = member(record, "changes"); changes.is_object())
            for (const auto& [field, change] : changes.get_object())
                outcome.lines.push_back(
                    fmt::format("  {}: {}", std::string_view(field), change_text(record_of(change))));
    } else {
        outcome.lines.push_back(fmt::format("MultiFlexi {} imported successfully: {}", kind.noun, name));
        outcome.lines.push_back(fmt::format("{}: {}", file, action));
    }
    add_lines(outcome, findings, file);
    add_credential_consequences(outcome, record);
    return outcome;
}

int export_definition(Invocation& in, const DefinitionKind& kind) {
    auto answer = in.call();
    if (!answer) return in.refuse(answer.error());
    const auto record = record_of(*answer);
    const auto text = text_member(record, "document");
    const auto file = in.arguments().value("file").value_or("-");
    if (file == "-") {
        in.out().write(text);
        return 0;
    }
    auto writer = OutputFile::create(file);
    if (!writer) return in.refuse(writer.error());
    if (auto done = (*writer)->write(text); !done) return in.refuse(done.error());
    if (auto done = (*writer)->commit(); !done) return in.refuse(done.error());
    return in.answer(json::object{{"exported", true}, {"file", file}},
                     fmt::format("Exported {}: {}", kind.noun, one_line(file)));
}

int answer_with_fields(Invocation& in, json::object record, const json::object& canonical) {
    if (in.json()) {
        record["fields"] = member(canonical, "fields");
        return in.answer_record(std::move(record));
    }
    const int code = in.answer_record(std::move(record), std::to_array<std::string_view>({"fields"}));
    if (code != 0 || (!in.fields().empty() && !in.wants("fields"))) return code;
    json::array rows;
    for (const json::value& each : list_in(canonical, "fields")) {
        const auto field = record_of(each);
        const json::value& name = member(field, "name");
        const auto texts = name.is_object() ? name.get_object() : json::object();
        rows.push_back(json::object{{"keyword", member(field, "keyword")},
                                    {"type", member(field, "type")},
                                    {"name", name.is_string()       ? name
                                             : texts.contains("en") ? texts.at("en")
                                             : texts.empty()        ? json::value()
                                                                    : texts.begin()->value()},
                                    {"default_value", member(field, "default_value")},
                                    {"required", member(field, "required")},
                                    {"secret", member(field, "secret")}});
    }
    if (!rows.empty()) in.show_grid(rows);
    return code;
}

}  // namespace mf

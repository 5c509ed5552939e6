// SPDX-License-Identifier: MIT
#include "cli/definition_files.h"

#include "base/text.h"
#include "cli/answers.h"
#include "cli/input_file.h"
#include "domain/definition/json_schema.h"

#include <filesystem>

namespace mf {
namespace {

std::string schema_name(const DefinitionKind& kind) {
    const auto parsed = parse_json(published_schema_text(kind.schema));
    if (parsed && parsed->is_object())
        if (const auto id = text_member(parsed->get_object(), "$id"); !id.empty()) return std::string(id);
    return std::string(kind.schema);
}

/// Of several files the first line does not say of which it speaks; the others do.
void print(Invocation& in, const FileOutcome& outcome, bool many) {
    bool first = many && !outcome.file.empty();
    for (const std::string& line : outcome.lines)
        in.out().line(one_line(std::exchange(first, false) ? fmt::format("{}: {}", outcome.file, line) : line));
}

}  // namespace

FileOutcome rejected_definition(Invocation& in, const DefinitionKind& kind, const json::object& input,
                                const std::string& file, const Error& error) {
    auto findings = findings_of(error, file);
    // The error of an import holds what refuses the document; its validation also tells what else was found.
    if (!findings.empty() && in.catalog().operation(kind.validate))
        if (const auto checked = in.call(kind.validate, {{"document", input.at("document")}, {"file", file}})) {
            const auto record = record_of(*checked);
            if (member(record, "valid") == json::value(false)) findings = findings_of(member(record, "findings"));
        }
    FileOutcome outcome;
    outcome.lines.push_back(fmt::format("Failed to import {}", kind.noun));
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

FileOutcome validate_definition(Invocation& in, const DefinitionKind& kind, const std::string& file,
                                const std::string& content) {
    auto answer = in.call(json::object{{"document", content}, {"file", file}});
    const auto schema = schema_name(kind);
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
    FileOutcome outcome{.file = file};
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

int for_each_definition(Invocation& in, const DefinitionKind& kind, DefinitionWork work) {
    std::vector<std::string> files;
    json::array documents;
    bool good = true;
    bool many = in.arguments().values("file").size() > 1;
    const auto take = [&](FileOutcome outcome) {
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
        auto found = definition_files(name, kind.files);
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

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "cli/definition_outcome.h"

#include "base/text.h"
#include "cli/shape.h"
#include "domain/definition/finding.h"

#include <fmt/format.h>

namespace mf {
namespace {

/// "error: FILE: /environment/FOO: sentence (value) [code]"
std::string line_of(const json::object& finding, const std::string& file) {
    const auto pointer = text_member(finding, "pointer|field");
    const auto value = plain_text(member(finding, "value"));
    const auto code = text_member(finding, "code");
    const auto severity = text_member(finding, "severity");
    std::string out = fmt::format("{}: {}", severity.empty() ? "error" : severity, file);
    if (!pointer.empty()) out += fmt::format(": {}", printable(pointer, 400));
    out += fmt::format(": {}", text_member(finding, "message|sentence"));
    if (!value.empty()) out += fmt::format(" Found: {}.", value);
    if (!code.empty()) out += fmt::format(" [{}]", code);
    return out;
}

}  // namespace

std::string dotted(std::string_view pointer) {
    std::string out;
    for (const auto part : split(pointer.starts_with('/') ? pointer.substr(1) : pointer, '/'))
        out += (out.empty() ? "" : ".") + std::string(part);
    return printable(out, 400);
}

json::array findings_of(const json::value& findings) {
    return findings.is_array() ? findings.get_array() : json::array();
}

json::array findings_of(const Error& error, const std::string& file) {
    json::array out;
    for (const FieldError& each : error.fields)
        out.push_back(json::object{{"severity", "error"},
                                   {"code", each.code},
                                   {"file", each.file.empty() ? file : each.file},
                                   {"pointer", each.field},
                                   {"value", each.value},
                                   {"message", each.message}});
    return out;
}

void add_lines(FileOutcome& outcome, const json::array& findings, const std::string& file) {
    for (const json::value& finding : findings)
        if (finding.is_object()) outcome.lines.push_back(line_of(finding.get_object(), file));
}

FileOutcome unreadable(const std::string& file, const Error& error) {
    const auto message = fmt::format("Missing or invalid --file {}: {}", file, error.message);
    const auto code = error.fields.empty() ? std::string("file_unreadable") : error.fields.front().code;
    return {{{"status", "error"},
             {"message", message},
             {"file", file},
             {"findings", json::array{json::object{{"severity", "error"},
                                                   {"code", code},
                                                   {"file", file},
                                                   {"pointer", ""},
                                                   {"value", nullptr},
                                                   {"message", error.message}}}}},
            {message},
            false};
}

}  // namespace mf

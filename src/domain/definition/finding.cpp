// SPDX-License-Identifier: MIT
#include "domain/definition/finding.h"

#include "base/text.h"
#include "domain/visible_text.h"

#include <fmt/format.h>
#include <array>

namespace mf {
namespace {

constexpr std::size_t most_findings = 1000;

constexpr std::array code_names{
    "file_not_found",
    "file_unreadable",
    "json_syntax",
    "schema_violation",
    "not_an_object",
    "uuid_missing",
    "uuid_invalid",
    "name_empty",
    "name_too_long",
    "executable_empty",
    "type_unknown",
    "key_invalid",
    "regex_invalid",
    "default_type_mismatch",
    "options_missing",
    "unknown_reference",
    "schema_version_unsupported",
    "downgrade",
    "name_conflict",
    "code_conflict",
    "helmchart_conflict",
    "in_use",
    "unknown_placeholder",
    "unknown_requirement",
    "legacy_key",
    "unknown_key",
    "secret_default",
    "executable_missing",
    "translation_missing",
    "requirement_env_gap",
    "helm_incomplete",
    "required_without_default_changed",
    "duplicate_key",
    "number_range",
    "byte_order_mark",
    "too_large",
    "value_unsafe",
    "path_unsafe",
    "command_suspicious",
    "secret_in_arguments",
    "tolerated",
};
static_assert(code_names.size() == static_cast<std::size_t>(FindingCode::tolerated) + 1);

/// C0 and C1 controls, and the marks of Unicode TR 36 that make a text read differently from what it is.
bool deceives(std::uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

}  // namespace

std::string_view to_text(FindingCode code) { return code_names[static_cast<std::size_t>(code)]; }

std::string_view to_text(Severity severity) {
    switch (severity) {
        case Severity::note: return "note";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    return "";
}

std::string_view to_text(Verdict verdict) {
    switch (verdict) {
        case Verdict::accept: return "accept";
        case Verdict::accept_with_warnings: return "accept-warn";
        case Verdict::reject: return "reject";
    }
    return "";
}

Verdict verdict_of(std::span<const Finding> findings) {
    auto verdict = Verdict::accept;
    for (const Finding& finding : findings) {
        if (finding.severity == Severity::error) return Verdict::reject;
        if (finding.severity == Severity::warning) verdict = Verdict::accept_with_warnings;
    }
    return verdict;
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (out.size() >= limit) return out + "…";
        const std::size_t length = utf8_length(text.substr(at));
        if (length == 0) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at++]));
            continue;
        }
        const auto character = text.substr(at, length);
        const auto c = code_point(character);
        if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else if (deceives(c))
            out += fmt::format("\\u{:04x}", c);
        else
            out += character;
        at += length;
    }
    return out;
}

bool is_printable(std::string_view text) { return printable(text, text.size() * 6 + 1) == text; }

std::string describe(const Finding& finding) {
    std::string out;
    if (!finding.file.empty()) out += printable(finding.file) + ": ";
    if (!finding.pointer.empty()) out += printable(finding.pointer, 400) + ": ";
    out += finding.sentence;
    if (!finding.value.empty()) out += " Found: " + printable(finding.value);
    return out + fmt::format(" [{}]", to_text(finding.code));
}

std::string dotted_path(std::string_view pointer) {
    if (pointer.empty()) return "(root)";
    std::string out;
    for (std::size_t at = 1; at < pointer.size(); ++at) {
        if (pointer[at] == '/')
            out += '.';
        else if (pointer.substr(at, 2) == "~1")
            out += '/', ++at;
        else if (pointer.substr(at, 2) == "~0")
            out += '~', ++at;
        else
            out += pointer[at];
    }
    return printable(out, 400);
}

std::string pointer_to(std::string_view parent, std::string_view key) {
    std::string out(parent);
    out += '/';
    for (const char c : key) {
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    }
    return out;
}

std::string pointer_to(std::string_view parent, std::size_t index) { return fmt::format("{}/{}", parent, index); }

void Findings::add(Severity severity, FindingCode code, std::string pointer, std::string sentence, std::string value) {
    has_error_ = has_error_ || severity == Severity::error;
    if (list_.size() > most_findings) {
        // The verdict must not depend on what was dropped.
        if (list_.back().severity < severity) list_.back().severity = severity;
        return;
    }
    if (list_.size() == most_findings) {
        pointer.clear();
        value.clear();
        sentence = fmt::format("There are more than {} findings; the rest is not listed.", most_findings);
    }
    list_.push_back({code, severity, std::move(pointer), std::move(value), std::move(sentence), file_});
}

void Findings::error(FindingCode code, std::string pointer, std::string sentence, std::string value) {
    add(Severity::error, code, std::move(pointer), std::move(sentence), std::move(value));
}
void Findings::warning(FindingCode code, std::string pointer, std::string sentence, std::string value) {
    add(Severity::warning, code, std::move(pointer), std::move(sentence), std::move(value));
}
void Findings::note(FindingCode code, std::string pointer, std::string sentence, std::string value) {
    add(Severity::note, code, std::move(pointer), std::move(sentence), std::move(value));
}

}  // namespace mf

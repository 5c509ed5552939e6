// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// Every complaint that can be made about a definition file. The first block is the catalogue that other programs
/// rely on; its names (see to_text) never change. The second block names what only we look at.
enum class FindingCode {
    file_not_found,
    file_unreadable,
    json_syntax,
    schema_violation,
    not_an_object,
    uuid_missing,
    uuid_invalid,
    name_empty,
    name_too_long,
    executable_empty,
    type_unknown,
    key_invalid,
    regex_invalid,
    default_type_mismatch,
    options_missing,
    unknown_reference,
    schema_version_unsupported,
    downgrade,
    name_conflict,
    code_conflict,
    helmchart_conflict,
    in_use,
    unknown_placeholder,
    unknown_requirement,
    legacy_key,
    unknown_key,
    secret_default,
    executable_missing,
    translation_missing,
    requirement_env_gap,
    helm_incomplete,
    required_without_default_changed,

    duplicate_key,        ///< the last value of a repeated key was taken
    number_range,         ///< a number that no double or 64-bit integer holds
    byte_order_mark,      ///< the file starts with U+FEFF
    too_large,            ///< longer, deeper or more than the limit that the sentence names
    value_unsafe,         ///< would be misread by a program it is handed to
    path_unsafe,          ///< leaves the directory it belongs to
    command_suspicious,   ///< looks as if written for a shell; there is none
    secret_in_arguments,  ///< others on the machine can read the arguments of a program
    tolerated,            ///< not what the format demands, but its meaning is clear
};

/// note: worth reading, changes nothing. warning: imported, but somebody should look. error: nothing is imported.
enum class Severity { note, warning, error };

struct Finding {
    FindingCode code = FindingCode::schema_violation;
    Severity severity = Severity::error;
    std::string pointer = {};   ///< JSON pointer (RFC 6901), raw: keys may hold control characters; "" is the document
    std::string value = {};     ///< the offending value as JSON text, shortened; "***" when the field is secret
    std::string sentence = {};  ///< what is wrong and what to do, for people; printable
    std::string file = {};      ///< as the caller named it
};

std::string_view to_text(FindingCode code);
std::string_view to_text(Severity severity);

/// One line for people: file, pointer, sentence, value, code. Control characters of the input appear escaped.
std::string describe(const Finding& finding);

/// The pointer as one word for people: "/environment/FOO" becomes "environment.FOO"; the document itself is "(root)".
std::string dotted_path(std::string_view pointer);

enum class Verdict { accept, accept_with_warnings, reject };
std::string_view to_text(Verdict verdict);
Verdict verdict_of(std::span<const Finding> findings);

/// pointer + "/" + key, with the escapes of RFC 6901.
std::string pointer_to(std::string_view parent, std::string_view key);
std::string pointer_to(std::string_view parent, std::size_t index);

/// Text that can be printed on one line of a terminal: control characters, marks that reverse the writing direction
/// and malformed bytes as \uXXXX; longer than limit bytes is cut with "…".
std::string printable(std::string_view text, std::size_t limit = 200);

/// Whether printable() would show every character as it is.
bool is_printable(std::string_view text);

/// Collects findings about one file. Keeps the first thousand; of a file with more, that there were more.
class Findings {
public:
    explicit Findings(std::string file) : file_(std::move(file)) {}

    void add(Severity severity, FindingCode code, std::string pointer, std::string sentence, std::string value = {});
    void error(FindingCode code, std::string pointer, std::string sentence, std::string value = {});
    void warning(FindingCode code, std::string pointer, std::string sentence, std::string value = {});
    void note(FindingCode code, std::string pointer, std::string sentence, std::string value = {});

    bool has_error() const { return has_error_; }
    const std::vector<Finding>& list() const { return list_; }
    std::vector<Finding> take() { return std::move(list_); }

private:
    std::string file_;
    std::vector<Finding> list_;
    bool has_error_ = false;
};

}  // namespace mf

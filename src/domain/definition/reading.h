// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "domain/definition/finding.h"
#include "domain/definition/localized_text.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// One object of a definition file while it is read: where it lies, and access to its members by the type they should
/// have. A member of another type is reported and read as absent; null is absent, with a warning.
class ObjectReading {
public:
    enum class Secrecy { open, secret };  ///< secret: findings show no values
    enum class Presence { optional, required };

    ObjectReading(const json::object& object, std::string pointer, Findings& findings, Secrecy secrecy = Secrecy::open)
        : object_(object), pointer_(std::move(pointer)), findings_(findings), secrecy_(secrecy) {}

    const json::object& object() const { return object_; }
    const std::string& pointer() const { return pointer_; }
    std::string pointer(std::string_view key) const { return pointer_to(pointer_, key); }
    Findings& findings() { return findings_; }
    Secrecy secrecy() const { return secrecy_; }

    /// The member; null pointer when it is missing or null (reported as the presence demands).
    const json::value* member(std::string_view key, Presence presence = Presence::optional);

    std::string text(std::string_view key, Presence presence = Presence::optional);
    /// Also 0 and 1, with a warning (rule T13).
    std::optional<bool> flag(std::string_view key);
    LocalizedText localized(std::string_view key, Presence presence = Presence::optional);
    /// A list of strings; also one string with commas and null, with a warning (rules T02, T05).
    std::vector<std::string> words(std::string_view key);
    const json::object* child(std::string_view key, Presence presence = Presence::optional);

    void error(FindingCode code, std::string_view key, std::string sentence);
    void warning(FindingCode code, std::string_view key, std::string sentence);
    void note(FindingCode code, std::string_view key, std::string sentence);
    void add(Severity severity, FindingCode code, std::string_view key, std::string sentence);

private:
    const json::object& object_;
    std::string pointer_;
    Findings& findings_;
    Secrecy secrecy_;
};

/// The uuid of a definition, in small letters. An opaque identifier of letters, digits and dashes is taken as it
/// stands, with a warning; what could be anything else is an error. Empty when it is missing, which is left to the
/// caller.
std::string read_uuid(ObjectReading& reading, std::string_view key = "uuid");

/// An http or https address that a page may link to. Text that is no address is a warning and not used; another scheme
/// (javascript:, file:, data:) is an error.
std::string read_web_address(ObjectReading& reading, std::string_view key);

/// Texts that stand in lists and headings: length in bytes, and characters that do not show.
void check_heading(const LocalizedText& text, const std::string& pointer, std::size_t longest, Findings& findings);

/// A text or a map of texts, wherever it stands. An empty map or list is nothing; that is an error where a text is
/// required.
LocalizedText read_localized(const json::value& value, const std::string& pointer, Findings& findings,
                             ObjectReading::Presence presence = ObjectReading::Presence::optional);

/// JSON text of a value for a finding: shortened; "***" for a secret.
std::string shown(const json::value& value, ObjectReading::Secrecy secrecy = ObjectReading::Secrecy::open);

/// Reports a NUL, which neither a process nor a database takes; true if the text has none.
bool check_text(std::string_view text, const std::string& pointer, Findings& findings);

/// "an object", "a number" …: what a value is, for sentences.
std::string_view kind_name(const json::value& value);

}  // namespace mf

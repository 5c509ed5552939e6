// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"

#include <string>
#include <vector>

namespace mf {

/// What happened to the entries of one section, by their natural key.
struct SectionDiff {
    std::string section;  ///< as in the file: "environment", "artifacts", "exitCodes", "produces", "consumes",
                          ///< "events", "languages", …
    std::vector<std::string> added = {};    ///< in the order of the new file
    std::vector<std::string> changed = {};  ///< in the order of the new file
    std::vector<std::string> removed = {};  ///< in the order of the old file
    bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
};

/// A scalar of the definition. Texts in languages are shown in the default language, icons as "(image)".
struct ValueChange {
    std::string key;
    std::string from;
    std::string to;
};

struct DefinitionDiff {
    std::vector<ValueChange> values = {};
    std::vector<SectionDiff> sections = {};  ///< only those in which something happened
    /// Settings that a run template must have now and did not need before: required, without a default.
    std::vector<std::string> newly_required = {};
    bool empty() const { return values.empty() && sections.empty(); }
    /// The section with this name; an empty one if nothing happened there.
    SectionDiff section(std::string_view name) const;
};

/// Compares two readings of an application. Natural keys: name of a setting, path of an artifact, exit code, name of
/// what is produced or consumed, "emits:"/"consumes:" and name of an event, language of name, title or description. The
/// order of entries does not count. Linear in both.
DefinitionDiff compare_definitions(const ApplicationDefinition& from, const ApplicationDefinition& to);

/// The difference for people, one change a line: "version: 1.0 -> 1.1", "environment: + NEW_KEY (required)".
std::vector<std::string> describe(const DefinitionDiff& diff);

/// Do two definitions mean the same, whatever their texts look like?
bool same_meaning(const ApplicationDefinition& a, const ApplicationDefinition& b);

}  // namespace mf

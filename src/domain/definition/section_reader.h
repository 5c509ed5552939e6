// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"
#include "domain/definition/reading.h"

namespace mf {

constexpr std::size_t most_artifacts = 1000;
constexpr std::size_t most_entries = 2000;  ///< of exitCodes, produces, consumes, events

/// The sections of an application below its environment. Each reads one value of the document and reports what is
/// wrong.
std::vector<ArtifactDefinition> read_artifacts(const json::value& artifacts, Findings& findings);
std::vector<ExitCodeDefinition> read_exit_codes(const json::value& codes, Findings& findings);
std::vector<DataDefinition> read_produces(const json::value& produces, Findings& findings);
/// Targets must name settings of the environment.
std::vector<DataDefinition> read_consumes(const json::value& consumes, const std::vector<FieldDefinition>& environment,
                                          Findings& findings);
void read_events(const json::value& events, ApplicationDefinition& definition, Findings& findings);
std::optional<KubernetesDefinition> read_kubernetes(const json::value& kubernetes, Findings& findings);

/// The object in a section; an empty list counts as an empty object, with a warning. Null with a finding otherwise.
const json::object* section_object(const json::value& section, const std::string& pointer, Findings& findings);

/// Reports keys that are not in the list, as kept but not understood.
void report_unknown_keys(ObjectReading& reading, std::initializer_list<std::string_view> known);

/// Checks a file pattern and reports what is wrong with it.
enum class Glob { refused, understood };
void check_file_pattern(const std::string& pattern, const std::string& pointer, Glob glob, Findings& findings);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"
#include "domain/definition/reading.h"

#include <functional>
#include <string>
#include <vector>

namespace mf {

constexpr std::size_t most_fields = 2000;                    ///< of one application or prototype
constexpr std::size_t longest_environment_string = 131'072;  ///< "NAME=value" with its NUL: MAX_ARG_STRLEN, execve(2)

/// The section "environment" of an application.
std::vector<FieldDefinition> read_environment(const json::value& environment, Findings& findings,
                                              const ReadingOptions& options);

/// What applications and prototypes have in common: type, default (under any of the given keys), options, flags,
/// constraints. The name and the texts for people are already in the field.
struct FieldDialect {
    /// How a list of options is written: values of any scalar type (pairs are understood), texts, or pairs of texts.
    enum class Options { scalars, texts, pairs };
    std::vector<std::string_view> default_keys;     ///< the first is the right one
    Severity odd_default;                           ///< weight of a default that only looks wrong
    std::vector<std::string_view> type_names = {};  ///< names of types that need no remark; empty: the canonical ones
    Options options = Options::scalars;
};
void read_field_value(FieldDefinition& field, ObjectReading& reading, const FieldDialect& dialect);

/// Checks {NAME} macros in defaults: unknown names, cycles, values that grow too large. pointer_of(i) is the place of
/// the default of fields[i].
void check_default_macros(const std::vector<FieldDefinition>& fields,
                          const std::function<std::string(std::size_t)>& pointer_of, Findings& findings);

}  // namespace mf

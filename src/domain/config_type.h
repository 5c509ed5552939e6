// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// What kind of value a configuration field takes. Applications, credential prototypes and credential types
/// use three dialects of names for these; read_config_type understands them all.
enum class ConfigType { string, text, password, email, url, integer, float_, bool_, set, file_path };

/// All types, in the order in which forms offer them.
const std::vector<ConfigType>& config_types();

/// The canonical name: "string", "float", "bool", "file-path" …
std::string_view to_text(ConfigType type);

/// The type with this canonical name, exactly as to_text writes it.
std::optional<ConfigType> config_type_named(std::string_view name);

struct ConfigTypeReading {
    ConfigType type = ConfigType::string;
    std::string remark = {};  ///< a sentence for people when the name was not the canonical one, else empty
};

/// Reads a type name of any dialect (boolean, checkbox, int, number, select, directory, secret, textarea …).
/// An empty name means string. Another spelling of case is read with a remark; an unknown name is an error that
/// suggests the nearest one.
Result<ConfigTypeReading> read_config_type(std::string_view name);

/// Are values of this type sealed at rest and masked in every output?
inline bool is_secret(ConfigType type) { return type == ConfigType::password; }

/// What a definition may demand of the values of a field, beyond their type.
struct ConfigConstraints {
    std::vector<std::string> options = {};    ///< of a set: the values (not the labels)
    std::optional<std::string> pattern = {};  ///< RE2, searched in the value as JSON Schema does; anchor with ^ and $
    std::optional<double> minimum = {};       ///< inclusive; integer and float only
    std::optional<double> maximum = {};       ///< inclusive; integer and float only
    std::optional<std::int64_t> minimum_length = {};  ///< in characters (code points)
    std::optional<std::int64_t> maximum_length = {};  ///< in characters (code points)
    bool operator==(const ConfigConstraints&) const = default;
};

/// Can the constraints be obeyed at all: does the pattern compile, is minimum <= maximum? Errors name the property
/// ("pattern", "minimum", "minLength") as field.
Result<void> check_constraints(const ConfigConstraints& constraints);

/// The form in which a value that somebody entered is stored, or a sentence about what is wrong with it. The sentence
/// never repeats the value of a password.
///   bool       true|false|1|0|yes|no|on|off in any case become true or false
///   integer    ^-?[0-9]+$ that fits 64 bits; leading zeros go, -0 becomes 0
///   float      a finite decimal number with a dot; "2.50" becomes "2.5"
///   others     unchanged
/// An empty text is an explicit empty value of every type and stays empty, unless a minimum length forbids it.
/// A value with a {MACRO} is known only when a job starts: its type, options and pattern are not checked, nothing is
/// changed. This form is what a RunTemplate stores and exports. Defaults of applications are exported by
/// exported_default.
Result<std::string> canonical_value(ConfigType type, std::string_view text, const ConfigConstraints& constraints = {});

/// How the default of an application appears in the environment of a job: bool is 1 or 0, integer and float are
/// canonical numbers, everything else is the text itself. Empty stays empty: a missing number is not a zero.
/// Differs from canonical_value for bool, because applications were written against 1 and 0.
Result<std::string> exported_default(ConfigType type, std::string_view text);

/// The text of a JSON scalar as definitions and environments hold it: null is none, true is "true", numbers in their
/// shortest form, strings as they are. Objects and arrays are an error.
Result<std::optional<std::string>> scalar_text(const json::value& value);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"

#include <string>

// How the parts of a declared field stand in its row, for applications and credentials alike.

namespace mf {

/// A localized text as a JSON text or object of languages.
std::string localized_json(const LocalizedText& text);
/// A localized text as the store keeps it: in English, else the first.
std::string text_in_english(const std::string& json_text);

/// JSON array of {value, label}; empty without options.
std::string options_json(const std::vector<FieldOption>& options);
/// JSON object of pattern, minimum, …; empty without any.
std::string constraints_json(const ConfigConstraints& constraints);

/// What the two texts above demand of a value. Options count for sets only.
ConfigConstraints constraints_from(ConfigType type, const std::string& options, const std::string& constraints);

}  // namespace mf

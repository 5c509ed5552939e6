// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"

#include "base/json.h"

namespace mf {

/// The document of an accepted application with everything put right that reading tolerated, so that it is valid under
/// the published schema and reads as the same definition. Keys that nobody knows stay where the official schema allows
/// them.
json::object repair_application(json::object document, const ApplicationDefinition& definition);

/// The schema's address where a document names none.
inline constexpr std::string_view application_schema_address =
    "https://raw.githubusercontent.com/VitexSoftware/php-vitexsoftware-multiflexi-core/refs/heads/main/schema/"
    "application.json";

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "journeys/installation.h"

namespace mf::testing {

/// A call of the command line that is made beside the database and over HTTP. DIRECTORY is that of the installation.
struct Step {
    Words words;
    std::string input = {};
};

/// What makes and changes things; each as text, but for those with -f json.
const std::vector<Step>& remote_changes();
/// What asks for them then; as text, and as JSON.
const std::vector<Step>& remote_questions();
/// What takes away what those are about.
const std::vector<Step>& remote_endings();

inline constexpr std::string_view application_uuid = "7b1c2d3e-0000-4000-8000-00000000a001";

}  // namespace mf::testing

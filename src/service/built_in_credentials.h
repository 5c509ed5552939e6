// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

// What the rest of the service needs to know about the prototypes that this program brings along.

namespace mf {

struct BuiltInPrototype {
    std::string_view file;      ///< for findings
    std::string_view document;  ///< its definition
};

/// The definitions that this program brings along.
std::vector<BuiltInPrototype> built_in_credential_prototypes();

/// Is this field for the provider of the prototype only, so that jobs never get it?
bool is_internal_field(std::string_view prototype, std::string_view keyword);

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "service/built_in_credentials.h"

namespace mf {

std::vector<BuiltInPrototype> built_in_credential_prototypes() { return {}; }

bool is_internal_field(std::string_view, std::string_view) { return false; }

}  // namespace mf

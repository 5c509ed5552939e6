// SPDX-License-Identifier: MIT
#include "service/built_in_credentials.h"

#include "provider/provider.h"

namespace mf {

std::vector<BuiltInPrototype> built_in_credential_prototypes() {
    std::vector<BuiltInPrototype> out;
    for (const EmbeddedFile& file : built_in_prototypes()) out.push_back({file.name, file.content});
    return out;
}

bool is_internal_field(std::string_view prototype, std::string_view keyword) {
    const auto* provider = find_provider(prototype);
    return provider && provider->is_internal(keyword);
}

}  // namespace mf

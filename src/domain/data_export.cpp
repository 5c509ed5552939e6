// SPDX-License-Identifier: MIT
#include "domain/data_export.h"

namespace mf {

template <>
const Entity& entity_of<DataExport>() {
    using E = DataExport;
    static constexpr auto fields =
        fields_of<E>(field<&E::id>("id", {.key = true, .read_only = true, .listed = true}),
                     field<&E::user_id>("user_id", {.references = "user", .read_only = true}),
                     field<&E::digest>("digest", {.max_length = 64, .read_only = true, .secret = true}),
                     field<&E::created_at>("created_at", {.label = "Asked for", .read_only = true, .listed = true}),
                     field<&E::expires_at>("expires_at", {.label = "Good until", .read_only = true, .listed = true}),
                     field<&E::used_at>("used_at", {.label = "Fetched", .read_only = true, .listed = true}));
    static constexpr Entity entity{"data_export", "Export of personal data", fields};
    return entity;
}

}  // namespace mf

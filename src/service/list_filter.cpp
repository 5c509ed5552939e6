// SPDX-License-Identifier: MIT
#include "service/list_filter.h"

namespace mf {

template <>
const Entity& entity_of<ListInput>() {
    using I = ListInput;
    static constexpr auto fields = fields_of<I>(limit_field<&I::limit>(), offset_field<&I::offset>(),
                                                after_field<&I::after>(), order_field<&I::order>());
    static constexpr Entity entity{"list", "List", fields};
    return entity;
}

template <>
const Entity& entity_of<Reference>() {
    static constexpr auto fields =
        fields_of<Reference>(field<&Reference::id>("id", {.help = "Number of the record", .required = true}));
    static constexpr Entity entity{"reference", "Reference", fields};
    return entity;
}

template <>
const Entity& entity_of<NoInput>() {
    static constexpr auto fields = fields_of<NoInput>(field<&NoInput::nothing>("nothing", {.read_only = true}));
    static constexpr Entity entity{"no_input", "No input", fields};
    return entity;
}

}  // namespace mf

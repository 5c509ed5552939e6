// SPDX-License-Identifier: MIT
#include "domain/credential_prototype.h"

namespace mf {

template <>
const Entity& entity_of<CredentialPrototype>() {
    using P = CredentialPrototype;
    static constexpr auto fields =
        fields_of<P>(field<&P::id>("id", {.key = true, .read_only = true, .listed = true}),
                     field<&P::uuid>("uuid", {.label = "UUID", .max_length = 64, .required = true, .listed = true}),
                     field<&P::code>("code", {.label = "Code", .max_length = 64, .required = true, .listed = true}),
                     field<&P::name>("name", {.label = "Name", .max_length = 65535, .listed = true}),
                     field<&P::description>("description", {.label = "Description", .max_length = 65535}),
                     field<&P::version>("version", {.label = "Version", .max_length = 64, .listed = true}),
                     field<&P::url>("url", {.label = "Address", .max_length = 2048}),
                     field<&P::homepage>("homepage", {.label = "Home page", .max_length = 2048}),
                     field<&P::tags>("tags", {.label = "Tags", .max_length = 65535}),
                     field<&P::logo>("logo", {.label = "Logo", .max_length = 1048576}),
                     field<&P::definition>("definition", {.max_length = 8388608, .read_only = true}),
                     field<&P::definition_sha256>("definition_sha256", {.max_length = 64, .read_only = true}),
                     field<&P::created_at>("created_at", {.read_only = true}),
                     field<&P::updated_at>("updated_at", {.read_only = true}));
    static constexpr Entity entity{"credential_prototype", "Credential prototype", fields};
    return entity;
}

template <>
const Entity& entity_of<CredentialPrototypeField>() {
    using F = CredentialPrototypeField;
    static constexpr auto fields = fields_of<F>(
        field<&F::id>("id", {.key = true}),
        field<&F::prototype_id>("prototype_id", {.references = "credential_prototype"}),
        field<&F::position>("position"), field<&F::keyword>("keyword", {.max_length = 64}),
        field<&F::type>("type", {.max_length = 32}), field<&F::name>("name", {.max_length = 65535}),
        field<&F::description>("description", {.max_length = 65535}), field<&F::hint>("hint", {.max_length = 65535}),
        field<&F::default_value>("default_value", {.max_length = 262144}), field<&F::required>("required"),
        field<&F::secret>("secret"), field<&F::options>("options", {.max_length = 65535}),
        field<&F::constraints>("constraints", {.max_length = 65535}), field<&F::orphaned>("orphaned"));
    static constexpr Entity entity{"credential_prototype_field", "Credential field", fields};
    return entity;
}

}  // namespace mf

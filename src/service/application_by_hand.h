// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/application_definition.h"
#include "service/operation.h"

namespace mf {

/// What people say of an application without a file.
struct ApplicationInput {
    std::optional<std::int64_t> id;
    std::optional<std::string> uuid, name, executable, description, ociimage, homepage, version, arguments;
    std::optional<TextList> tags, requirements;
    std::optional<bool> enabled;
    std::optional<std::int64_t> max_parallel;
};
template <>
const Entity& entity_of<ApplicationInput>();

/// Everything that is wrong with it whatever the application is like.
Result<void> check_input(const ApplicationInput& input);

/// The definition of a stored application: what was imported with what people changed since then.
ApplicationDefinition definition_of(Call& call, const Application& application);

/// Make and change an application by hand: its definition is written, or rewritten where it says something else, and
/// imported. So nothing can be stored that a file could not say, and an export is what runs.
Result<json::value> create_application(Call& call, const ApplicationInput& input);
Result<json::value> update_application(Call& call, const ApplicationInput& input);

}  // namespace mf

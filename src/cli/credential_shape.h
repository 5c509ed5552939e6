// SPDX-License-Identifier: MIT
#pragma once

#include "cli/answers.h"

// The shapes of credentials that several tables of commands show.

namespace mf {

inline constexpr Column credential_columns[] = {
    {.name = "id", .on_terminal = true},
    {.name = "name", .on_terminal = true},
    {.name = "company_id", .on_terminal = true},
    {.name = "formType", .source = "prototype", .on_terminal = true},
    {.name = "credential_type_id", .on_terminal = true},
    {.name = "version", .on_terminal = true},
    {.name = "state", .on_terminal = true},
    {.name = "message"},
    {.name = "checked_at", .as = As::time},
    {.name = "valid_until", .as = As::time},
    {.name = "created_at", .as = As::time},
    {.name = "updated_at", .as = As::time},
};
inline constexpr Subject credential_subject{"Credential", "credential_id", credential_columns};

/// The record of a credential with its values: an object with -f json, a line for each as text.
int answer_credential(Invocation& in, const json::object& canonical);

/// {"affected": […]} of an answer, as lines.
void show_affected(Invocation& in, const json::object& answer);

}  // namespace mf

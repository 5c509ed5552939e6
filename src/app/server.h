// SPDX-License-Identifier: MIT
#pragma once

#include "app/installation.h"

namespace mf {

/// Which parts of the server run in this process.
struct Roles {
    bool scheduler = true;
    bool executor = true;
};
/// "scheduler,executor"; the error lists what there is.
Result<Roles> roles_named(std::string_view list);
std::string to_text(const Roles& roles);

/// Runs the server until the stop token asks it to end; returns the exit code: EX_CONFIG (sysexits.h) when it cannot
/// work before somebody changes settings or database. Logs what goes wrong.
int serve(Installation& installation, const Roles& roles, Installation::NewKey new_key, std::stop_token stop);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "app/installation.h"
#include "base/locked.h"

#include <functional>

namespace mf {

/// Which parts of the server run in this process.
struct Roles {
    bool scheduler = true;
    bool executor = true;
    bool web = true;
    bool events = true;  ///< looks at event sources
};
/// "scheduler,executor,web,events"; the error lists what there is.
Result<Roles> roles_named(std::string_view list);
std::string to_text(const Roles& roles);
/// What a process is called by: it runs once on a node. The first it has of executor, scheduler, web, events.
std::string_view leading_role(const Roles& roles);

/// Who is called when somebody sends SIGHUP, which may come before there is anybody. Thread-safe.
class HangUp {
public:
    void happen() {
        // Held while it is called: whoever takes the function away must know that it does not run any more.
        auto call = then_.lock();
        if (*call) (*call)();
    }
    void then(std::function<void()> call) { *then_.lock() = std::move(call); }

private:
    Locked<std::function<void()>> then_;
};

/// Runs the server until the stop token asks it to end; returns the exit code: EX_CONFIG (sysexits.h) when it cannot
/// work before somebody changes settings or database. Logs what goes wrong.
int serve(Installation& installation, const Roles& roles, Installation::NewKey new_key, std::stop_token stop,
          HangUp& hang_up);

}  // namespace mf

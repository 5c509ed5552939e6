// SPDX-License-Identifier: MIT
#pragma once

#include "store/database.h"

#include <optional>

namespace mf {

/// How far another system was told what happens here.
struct PushState {
    std::int64_t position = 0;  ///< the change of a job (job_change.h) up to which it knows everything
    std::string digest;         ///< of what it was told last
};

/// Takes a push for one server, or goes on holding it: nobody else gets it until `until`. None: another server has it.
/// A push that was never made begins with `first`.
std::optional<PushState> hold_push(Session& session, std::string_view name, std::string_view holder, Timestamp now,
                                   Timestamp until, const PushState& first);

/// After something was told. False: another server holds it by now.
bool note_pushed(Session& session, std::string_view name, std::string_view holder, const PushState& state);

/// Lets others take it at once.
void release_push(Session& session, std::string_view name, std::string_view holder);

}  // namespace mf

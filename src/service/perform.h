// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Who calls an operation, and with which rights.
struct Caller {
    Actor actor;
    Rights rights;
};

/// What every call of an installation shares.
struct CallSurroundings {
    Vault& vault;
    Timestamp now;
    std::string zone;  ///< see Call
    AllowedNames allowed_names = {};
    int credential_versions = 10;  ///< see Call
    PasswordCost password_cost = {};
    /// For what the answer consists of, where that is worth it: a json::monotonic_resource makes long lists in half of
    /// the time. It must outlive the answer.
    json::storage_ptr memory = {};
};

/// An answer, and what to do when its transaction is committed.
struct Performed {
    json::value answer;
    bool wake_server = false;
};

/// The only way to an operation: checks that the caller has its permission, runs it within the companies for which the
/// caller has it, and adds to the audit log what was done. To be called in a transaction of its own, a writing one for
/// an operation that changes something; a failure must roll it back.
///
/// forbidden: the permission is missing; in a company that the caller may see, too. not_found: there is nothing of that
/// kind for this caller.
Result<Performed> perform(Session& session, const Operation& operation, const json::object& input, const Caller& caller,
                          const CallSurroundings& surroundings);

/// What else belongs into the transaction of a call.
struct Alongside {
    /// Before the operation, when the permission is there; for one that asks other machines also before that, where it
    /// may only read. An error ends the call; an answer is the answer of the call, and the operation is not run. May be
    /// called several times.
    std::function<Result<std::optional<json::value>>(Call&)> before = {};
    /// Does the work of the operation in another way, for the same input.
    std::function<Result<json::value>(Call&, const json::object&)> instead = {};
    /// After the operation has succeeded. An error undoes it.
    std::function<Result<void>(Call&, const json::value& answer)> after = {};
};

/// perform() for every operation, with the transactions that it needs: one, or for an operation that asks other
/// machines one that reads, the talk without any, and one that writes. A call that is forbidden, or in which somebody
/// could not prove who he is, is recorded after its transaction was rolled back.
Result<Performed> perform_on(Database& database, const Operation& operation, const json::object& input,
                             const Caller& caller, const CallSurroundings& surroundings, Outside& outside,
                             const Alongside& alongside = {});

}  // namespace mf

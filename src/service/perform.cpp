// SPDX-License-Identifier: MIT
#include "service/perform.h"

#include "store/queries/audit_chain.h"
#include "store/queries/data_keys.h"

#include <fmt/format.h>

namespace mf {
namespace {

std::string_view least_role(Permission permission) {
    using enum Permission;
    switch (permission) {
        case view: return "viewer";
        case run: return "operator";
        case edit: return "editor";
        default: return "manager";
    }
}

Error forbidden(const Operation& operation) {
    const auto permission = operation.permission;
    if (is_of_company(permission))
        return {ErrorCode::forbidden, fmt::format("'{}' needs the role {} in the company. A manager of the company can "
                                                  "give it (user-company assign).",
                                                  operation.name, least_role(permission))};
    return {ErrorCode::forbidden,
            fmt::format("'{}' needs the permission '{}' of the installation. An administrator can give it (user-role "
                        "set).",
                        operation.name, name_of(permission))};
}

}  // namespace

Result<Performed> perform(Session& session, const Operation& operation, const json::object& input, const Caller& caller,
                          const CallSurroundings& surroundings) {
    if (!caller.rights.may(operation.permission)) return forbidden(operation);
    Call call{.session = session,
              .scope = Scope::of(caller.rights, operation.permission),
              .rights = caller.rights,
              .actor = caller.actor,
              .now = surroundings.now,
              .vault = surroundings.vault,
              .zone = surroundings.zone,
              .allowed_names = surroundings.allowed_names};
    learn_data_keys(session, surroundings.vault);
    auto answer = operation.run(call, input);
    if (!answer) {
        // Seen, but in a company where the permission is missing? The transaction ends with a failure either way, so
        // whatever the second try does is rolled back.
        if (answer.error().code == ErrorCode::not_found && is_of_company(operation.permission) &&
            operation.permission != Permission::view && !call.scope.is_everything()) {
            call.scope = Scope::of(caller.rights, Permission::view);
            if (const auto as_seen = operation.run(call, input);
                as_seen || as_seen.error().code != ErrorCode::not_found)
                return forbidden(operation);
        }
        return answer.error();
    }
    append_to_audit(session, call.audited, call.vault);
    return Performed{*std::move(answer), call.wake_server};
}

}  // namespace mf

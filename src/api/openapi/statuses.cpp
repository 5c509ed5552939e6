// SPDX-License-Identifier: MIT
#include "api/openapi/statuses.h"

#include "api/openapi/answers.h"

#include <algorithm>

namespace mf::openapi {
namespace {

bool is_among(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::ranges::find(names, name) != names.end();
}

/// The path of a route, whatever its placeholders are called.
std::string shape_of_path(std::string_view route) {
    std::string out;
    bool is_name = false;
    for (const char c : route.substr(route.find(' ') + 1)) {
        if (c == '}') is_name = false;
        if (!is_name) out += c;
        if (c == '{') is_name = true;
    }
    return out;
}

bool looks_something_up(const Operation& operation) {
    if (operation.route.find('{') != std::string::npos) return true;
    // Companies are named by their code as well.
    if (operation.input->find("company_id")) return true;
    return is_among(operation.name, {"account:export", "account:export-download", "application:remove",
                                     "company-app:assign", "event-rule:create", "job:create", "runtemplate:create",
                                     "user-erasure:create", "user:setup-link"});
}

/// What exists already, what is in use, and what happens now stands against these.
bool can_conflict(const Operation& operation) {
    return is_among(operation.name, {"account:setup",
                                     "account:totp-begin",
                                     "account:totp-confirm",
                                     "application:create",
                                     "application:delete",
                                     "application:import",
                                     "application:remove",
                                     "application:update",
                                     "artifact:delete",
                                     "company:create",
                                     "company:update",
                                     "credential-prototype:create",
                                     "credential-prototype:delete",
                                     "credential-prototype:import",
                                     "credential-prototype:update",
                                     "credential-type:create",
                                     "credential-type:delete",
                                     "credential-type:import",
                                     "credential-type:update",
                                     "credential:clone",
                                     "credential:create",
                                     "credential:remove",
                                     "credential:update",
                                     "event-change:retry",
                                     "event-rule:create",
                                     "event-rule:update",
                                     "event-source:create",
                                     "event-source:update",
                                     "topic:create",
                                     "topic:update",
                                     "job:cancel",
                                     "job:create",
                                     "job:delete",
                                     "job:retry",
                                     "job:update",
                                     "node:drain",
                                     "node:remove",
                                     "node:resume",
                                     "runtemplate:schedule",
                                     "runtemplate:update",
                                     "user-company:assign",
                                     "user-erasure:approve",
                                     "user-erasure:create",
                                     "user-erasure:process",
                                     "user-erasure:reject",
                                     "user-role:set",
                                     "user:create",
                                     "user:delete",
                                     "user:setup-link",
                                     "user:update"});
}

}  // namespace

bool has_tag(const Operation& operation, const Operations& operations) {
    if (operation.access == Access::reads || operation.route.starts_with("POST ")) return false;
    const auto shape = shape_of_path(operation.route);
    return std::ranges::any_of(operations, [&](const Operation& other) {
        return other.route.starts_with("GET ") && shape_of_path(other.route) == shape &&
               answer_of(other).kind == Answer::Kind::record;
    });
}

std::set<int> problem_statuses(const Operation& operation, const Operations& operations) {
    std::set<int> out{400, 401, 429};
    // With a link that is good for nothing.
    if (operation.permission != Permission::anyone || operation.name == "account:setup") out.insert(403);
    if (looks_something_up(operation)) out.insert(404);
    if (can_conflict(operation)) out.insert(409);
    if (has_tag(operation, operations)) out.insert(412);
    if (operation.route.starts_with("GET ") && answer_of(operation).kind == Answer::Kind::record) out.insert(304);
    return out;
}

}  // namespace mf::openapi

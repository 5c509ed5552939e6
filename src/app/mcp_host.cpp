// SPDX-License-Identifier: MIT
#include "app/mcp_host.h"

#include "app/database_advice.h"

namespace mf {

Result<Caller> McpHost::caller() {
    try {
        return find_caller_();
    } catch (const sql::DatabaseError& error) {
        return Error{ErrorCode::unavailable, told(error, installation_.settings())};
    }
}

Result<json::value> McpHost::perform(const Operation& operation, const json::object& input, const Caller& caller) {
    try {
        return installation_.run(operation, input, caller, clock_);
    } catch (const sql::DatabaseError& error) {
        return Error{ErrorCode::unavailable, told(error, installation_.settings())};
    }
}

}  // namespace mf

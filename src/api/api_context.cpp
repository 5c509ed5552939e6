// SPDX-License-Identifier: MIT
#include "api/api_context.h"

namespace mf {

CallSurroundings surroundings_of(const ApiContext& context) {
    return {.vault = context.vault,
            .now = context.clock.now(),
            .zone = context.zone,
            .allowed_names = context.allowed_names,
            .credential_versions = context.credential_versions,
            .password_cost = context.password_cost};
}

Result<json::value> call_operation(const ApiContext& context, const Operation& operation, const json::object& input,
                                   const Caller& caller, const Alongside& alongside, json::storage_ptr memory) {
    Outside outside{.http = context.http,
                    .now = context.clock.now(),
                    .time_limit = context.time_limit,
                    .file_roots = context.file_roots};
    auto surroundings = surroundings_of(context);
    surroundings.memory = std::move(memory);
    auto done = perform_on(context.database, operation, input, caller, surroundings, outside, alongside);
    if (!done) return done.error();
    if (done->wake_server) context.wake_servers();
    return std::move(done->answer);
}

}  // namespace mf

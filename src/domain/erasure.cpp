// SPDX-License-Identifier: MIT
#include "domain/erasure.h"

namespace mf {

template <>
const Entity& entity_of<ErasureRequest>() {
    using R = ErasureRequest;
    static constexpr auto fields = fields_of<R>(
        field<&R::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&R::user_id>("user_id", {.label = "User", .references = "user", .listed = true}),
        field<&R::requested_by>("requested_by", {.references = "user"}),
        field<&R::requested_at>("requested_at", {.label = "Requested", .listed = true}),
        field<&R::deletion_type>("deletion_type", {.label = "How", .max_length = 16, .listed = true}),
        field<&R::reason>("reason", {.label = "Reason", .max_length = 1024}),
        field<&R::status>("status", {.label = "State", .max_length = 16, .listed = true}), field<&R::open>("open"),
        field<&R::reviewed_by>("reviewed_by", {.references = "user"}), field<&R::reviewed_at>("reviewed_at"),
        field<&R::review_notes>("review_notes", {.max_length = 1024}), field<&R::completed_at>("completed_at"));
    static constexpr Entity entity{"erasure_request", "Erasure request", fields};
    return entity;
}

template <>
const Entity& entity_of<ErasureAction>() {
    using A = ErasureAction;
    static constexpr auto fields = fields_of<A>(
        field<&A::id>("id", {.key = true, .read_only = true, .listed = true}),
        field<&A::request_id>("request_id", {.references = "erasure_request"}),
        field<&A::table_name>("table_name", {.label = "Table", .max_length = 128, .listed = true}),
        field<&A::records>("records", {.label = "Records", .listed = true}),
        field<&A::action>("action", {.label = "What was done", .max_length = 16, .listed = true}),
        field<&A::reason>("reason", {.label = "Why", .max_length = 1024, .listed = true}),
        field<&A::performed_by>("performed_by", {.references = "user"}), field<&A::performed_at>("performed_at"));
    static constexpr Entity entity{"erasure_action", "Step of an erasure", fields};
    return entity;
}

}  // namespace mf

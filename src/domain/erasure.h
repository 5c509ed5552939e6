// SPDX-License-Identifier: MIT
#pragma once

#include "domain/user.h"

namespace mf {

/// What becomes of somebody whose erasure is carried out (GDPR, article 17). The row of the account stays in any case,
/// without anything personal: jobs and the audit log name it by its number.
enum class DeletionType {
    soft,      ///< the account is disabled, and nobody is signed in with it; what is known stays
    hard,      ///< everything about the person is removed, sessions and attempts to sign in too
    anonymize  ///< names, addresses and keys are removed, and the login is replaced
};
constexpr auto names_of(DeletionType) { return std::to_array<std::string_view>({"soft", "hard", "anonymize"}); }

enum class ErasureStatus { pending, approved, rejected, completed };
constexpr auto names_of(ErasureStatus) {
    return std::to_array<std::string_view>({"pending", "approved", "rejected", "completed"});
}

struct ErasureRequest {
    Id<ErasureRequest> id;
    Id<User> user_id;
    std::optional<Id<User>> requested_by;
    Timestamp requested_at{};
    DeletionType deletion_type = DeletionType::soft;
    std::string reason;
    ErasureStatus status = ErasureStatus::pending;
    std::optional<std::int64_t> open = 1;  ///< none: rejected or completed
    std::optional<Id<User>> reviewed_by;
    std::optional<Timestamp> reviewed_at;
    std::optional<std::string> review_notes;
    std::optional<Timestamp> completed_at;
};
template <>
const Entity& entity_of<ErasureRequest>();

/// What a request did to the rows of a table.
struct ErasureAction {
    Id<ErasureAction> id;
    Id<ErasureRequest> request_id;
    std::string table_name;
    std::int64_t records = 0;
    std::string action;  ///< "deleted", "anonymized", "retained"
    std::string reason;
    std::optional<Id<User>> performed_by;
    Timestamp performed_at{};
};
template <>
const Entity& entity_of<ErasureAction>();

}  // namespace mf

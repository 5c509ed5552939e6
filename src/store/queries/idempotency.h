// SPDX-License-Identifier: MIT
#pragma once

#include "domain/user.h"
#include "store/database.h"

namespace mf {

/// A request that was answered. The answer is sealed for {"idempotency", "answer", id}.
struct AnsweredRequest {
    std::int64_t id = 0;
    std::string request;  ///< SHA-256 of what was asked
    std::string answer;
};

std::optional<AnsweredRequest> find_answered(Session& session, Id<User> user, const std::string& key);

/// Notes the request before its answer is sealed for the number that it gets. When somebody else has the key by now,
/// the whole transaction is repeated and finds that one.
std::int64_t note_request(Session& session, Id<User> user, const std::string& key, const std::string& request,
                          Timestamp now);
void note_answer(Session& session, std::int64_t id, const std::string& sealed);

/// Removes what is older than 24 hours.
void forget_old_answers(Session& session, Timestamp now);

}  // namespace mf

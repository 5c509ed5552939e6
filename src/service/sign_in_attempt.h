// SPDX-License-Identifier: MIT
#pragma once

#include "service/sign_in.h"
#include "store/queries/sign_in_record.h"

namespace mf {

/// One comparison of a password, from the record of it to the decision.
struct SignIn::Attempt {
    SignInParty party;
    std::optional<User> user;
    SignInJudgement judgement;
    std::int64_t id = 0;
    std::optional<std::string> new_hash = {};  ///< the password is right, and was stored in another way
};

SignInMustWait must_wait(const SignInJudgement& judgement);

/// An entry about somebody, who need not be known.
AuditEntry sign_in_entry(const std::string& way_in, std::string_view address, std::string_view action,
                         std::optional<Id<User>> user, Timestamp now, json::object details);

}  // namespace mf

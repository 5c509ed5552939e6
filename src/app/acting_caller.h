// SPDX-License-Identifier: MIT
#pragma once

#include "app/installation.h"

namespace mf {

/// Whoever sets it acts with the token in it.
inline constexpr const char* token_variable = "MULTIFLEXI_TOKEN";

/// Who acts through a program on this machine: the owner of this token, else the owner of the one in MULTIFLEXI_TOKEN,
/// else the administrator of the machine: who can open the database and read the key can do everything anyway.
/// `entry` is the way in (see Actor). invalid: the variable is set, but empty. Otherwise like caller_of_token().
Result<Caller> acting_caller(Installation& installation, const std::optional<std::string>& token,
                             std::string_view entry, const Clock& clock);

}  // namespace mf

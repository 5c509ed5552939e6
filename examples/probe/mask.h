// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace mf::probe {

/// Hides secrets in all URLs within a text: "user:password@" becomes "***@", and so do the values of query
/// parameters whose names speak of a secret (token, key, password, secret, signature, auth).
/// A malformed URL whose password cannot be told from the rest is hidden up to where it may end.
std::string masked(std::string_view text);

}  // namespace mf::probe

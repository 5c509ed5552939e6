// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// The prefix and 43 characters of A-Z a-z 0-9 - _, which are 256 random bits: a key that programs show to sign in, a
/// session, an invitation. The prefix tells people and scanners for leaked secrets what it is.
/// Throws std::runtime_error when the system has no random numbers.
std::string new_token(std::string_view prefix);

/// What is stored in place of a token: SHA-256 as 64 lower-case hexadecimal digits. Without salt, so that it can be
/// looked up, and quick: 256 random bits are guessed by nobody.
std::string token_digest(std::string_view token);

/// Takes as long wherever the texts differ; only their length can be noticed.
bool constant_time_equal(std::string_view a, std::string_view b);

/// Ten codes such as "7KQ2-M9XD-40TP-ZRV6", each good for one sign-in of somebody whose second factor is lost. 80
/// random bits each, in digits and letters that are not mistaken for each other: no I, L, O, U. Fails as new_token
/// does.
std::vector<std::string> new_recovery_codes();

/// What is stored in place of such a code, as token_digest. Capitals, blanks and dashes make no difference, and
/// I and L are read as 1, O as 0.
std::string recovery_code_digest(std::string_view code);

}  // namespace mf

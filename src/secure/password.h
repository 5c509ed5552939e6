// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mf {

/// A password of more bytes is not hashed, and matches nothing: nobody shall make the server read megabytes.
inline constexpr std::size_t longest_password = 1024;

/// What guessing one password costs (RFC 9106): so much memory, gone through so many times. Each check that runs at the
/// moment takes the memory: whoever checks passwords of strangers must limit how many do at once.
struct PasswordCost {
    std::uint64_t passes = 2;
    std::size_t memory = 64 << 20;  ///< bytes, at least 8 KiB
};

/// Argon2id with a random salt, as "$argon2id$v=19$m=65536,t=2,p=1$salt$hash": everything that verify_password needs.
/// Takes about 70 ms. The rules for passwords are domain/password_policy.h; here only too long ones are refused, by
/// std::invalid_argument. Throws std::runtime_error when libsodium is not installed, or memory is short. Thread-safe.
std::string hash_password(std::string_view password, const PasswordCost& cost = {});

struct PasswordMatch {
    bool right = false;
    bool outdated = false;  ///< right, but stored in another way than hash_password would today: store it anew
};

/// Compares a password with what is stored for somebody. Understood are
///     $argon2id$... and $argon2i$...   of any cost up to 1 GiB and 64 passes
///     $2y$..., $2b$..., $2a$...        bcrypt (crypt(5)), cost up to 16: PHP's password_hash(). It takes no notice of
///                                      what is behind byte 72
///     32 hexadecimal digits, ':', salt the MD5 of salt and password, from early versions of the former MultiFlexi
/// Everything else, also an empty text, is the hash of no password, and takes as long as a wrong password does: the
/// time does not tell who is known. (Only the cost of another Argon2 or of a bcrypt hash can be noticed, until its
/// owner signs in next.) Never throws for what is stored; throws std::runtime_error as hash_password does. Thread-safe.
PasswordMatch verify_password(std::string_view password, std::string_view stored, const PasswordCost& today = {});

/// Takes as long as verify_password does for a wrong password: for logins that nobody has.
void spend_as_much(std::string_view password, const PasswordCost& today = {});

}  // namespace mf

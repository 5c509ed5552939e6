// SPDX-License-Identifier: MIT
#include "secure/password.h"

#include "base/shared_library.h"
#include "base/text.h"
#include "secure/token.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <array>
#include <stdexcept>

namespace mf {
namespace {

/// libsodium takes no null pointer, which an empty view may have.
const char* bytes_of(std::string_view password) { return password.empty() ? "" : password.data(); }

std::runtime_error missing(const char* library, const char* package) {
    return std::runtime_error(
        fmt::format("Passwords cannot be checked without the library {}: install the package {}.", library, package));
}

struct Sodium {
    const SharedLibrary library{"libsodium.so.23"};
    decltype(&::sodium_init) init = library["sodium_init"];
    decltype(&::crypto_pwhash) hash = library["crypto_pwhash"];
    decltype(&::crypto_pwhash_str_alg) hash_text = library["crypto_pwhash_str_alg"];
    decltype(&::crypto_pwhash_str_verify) verify_text = library["crypto_pwhash_str_verify"];
    Sodium() {
        if (!init || !hash || !hash_text || !verify_text || init() < 0) throw missing("libsodium.so.23", "libsodium23");
    }
};

// Not kept when it throws: the package may be installed while the server runs.
const Sodium& sodium() {
    static const Sodium loaded;
    return loaded;
}

struct Crypt {
    const SharedLibrary library{"libcrypt.so.1"};
    decltype(&::crypt_r) crypt = library["crypt_r"];
    Crypt() {
        if (!crypt) throw missing("libcrypt.so.1", "libcrypt1");
    }
};

const Crypt& system_crypt() {
    static const Crypt loaded;
    return loaded;
}

std::string argon2id_start(const PasswordCost& cost) {
    return fmt::format("$argon2id$v=19$m={},t={},p=1$", cost.memory / 1024, cost.passes);
}

/// Is the cost of a stored hash one that can be paid? A row from elsewhere shall not take all memory, nor a day.
bool is_payable_argon2(std::string_view stored) {
    if (stored.size() >= crypto_pwhash_STRBYTES || stored.find('\0') != std::string_view::npos) return false;
    const auto parts = split(stored, '$');  // "", argon2id, v=19, m=..,t=..,p=.., salt, hash
    if (parts.size() != 6) return false;
    const auto cost = split(parts[3], ',');
    if (cost.size() != 3 || !cost[0].starts_with("m=") || !cost[1].starts_with("t=")) return false;
    const auto memory = to_integer(cost[0].substr(2));
    const auto passes = to_integer(cost[1].substr(2));
    return memory && *memory <= 1 << 20 && passes && *passes <= 64;
}

bool matches_argon2(std::string_view password, std::string_view stored) {
    return sodium().verify_text(std::string(stored).c_str(), bytes_of(password), password.size()) == 0;
}

bool is_payable_bcrypt(std::string_view stored) {
    if (stored.size() != 60 || stored[0] != '$' || stored[1] != '2' || stored[3] != '$' || stored[6] != '$')
        return false;
    const auto cost = to_integer(stored.substr(4, 2));
    return std::string_view("yba").find(stored[2]) != std::string_view::npos && cost && *cost <= 16;
}

bool matches_bcrypt(std::string_view password, std::string_view stored) {
    // crypt() would take the part before a NUL for the whole.
    if (password.find('\0') != std::string_view::npos) return false;
    const auto work = std::make_unique<crypt_data>();
    std::string phrase(password);
    const char* const made = system_crypt().crypt(phrase.c_str(), std::string(stored).c_str(), work.get());
    const bool same = made && constant_time_equal(made, stored);
    OPENSSL_cleanse(work.get(), sizeof *work);
    OPENSSL_cleanse(phrase.data(), phrase.size());
    return same;
}

bool is_salted_md5(std::string_view stored) {
    return stored.size() > 33 && stored[32] == ':' &&
           stored.substr(0, 32).find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool matches_salted_md5(std::string_view password, std::string_view stored) {
    std::string text(stored.substr(33));
    text += password;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    std::size_t size = 0;
    // OpenSSL may have been told to do without MD5 (FIPS); nobody can sign in with such a hash then.
    const bool made = EVP_Q_digest(nullptr, "MD5", nullptr, text.data(), text.size(), digest.data(), &size) == 1;
    OPENSSL_cleanse(text.data(), text.size());
    if (!made) return false;
    std::string hex;
    for (std::size_t i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
    return constant_time_equal(hex, lower(stored.substr(0, 32)));
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordCost& cost) {
    if (password.size() > longest_password) throw std::invalid_argument("a password that is too long was to be hashed");
    std::array<char, crypto_pwhash_STRBYTES> stored{};
    if (sodium().hash_text(stored.data(), bytes_of(password), password.size(), cost.passes, cost.memory,
                           crypto_pwhash_ALG_ARGON2ID13) != 0)
        throw std::runtime_error(fmt::format("no memory to hash a password: {} KiB are needed", cost.memory / 1024));
    return stored.data();
}

void spend_as_much(std::string_view password, const PasswordCost& today) {
    if (password.size() > longest_password) return;
    std::array<unsigned char, 32> unused{};
    constexpr std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
    if (sodium().hash(unused.data(), unused.size(), bytes_of(password), password.size(), salt.data(), today.passes,
                      today.memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
        throw std::runtime_error(fmt::format("no memory to check a password: {} KiB are needed", today.memory / 1024));
}

PasswordMatch verify_password(std::string_view password, std::string_view stored, const PasswordCost& today) {
    if (password.size() > longest_password) return {};
    if ((stored.starts_with("$argon2id$") || stored.starts_with("$argon2i$")) && is_payable_argon2(stored)) {
        const bool right = matches_argon2(password, stored);
        return {right, right && !stored.starts_with(argon2id_start(today))};
    }
    if (is_payable_bcrypt(stored)) {
        const bool right = matches_bcrypt(password, stored);
        return {right, right};
    }
    if (is_salted_md5(stored) && matches_salted_md5(password, stored)) return {true, true};
    spend_as_much(password, today);
    return {};
}

}  // namespace mf

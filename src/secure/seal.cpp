// SPDX-License-Identifier: MIT
#include "secure/seal.h"

#include "base/base64.h"
#include "base/text.h"
#include "secure/cipher.h"
#include "secure/openssl.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace mf {
namespace {

constexpr std::string_view seal_version = "v1";
constexpr std::size_t nonce_size = 12;
constexpr std::size_t key_id_size = 8;
// OpenSSL counts in int; a secret is a password, a key, at most a certificate chain.
constexpr std::size_t most_bytes = 64 << 20;

/// Lengths before the names: no two places give the same text.
std::string additional_data(std::string_view key_id, const Place& place) {
    return fmt::format("{}:{}:{}:{}:{}:{}:{}", seal_version, key_id, place.table.size(), place.table,
                       place.column.size(), place.column, place.row);
}

}  // namespace

const std::string_view damaged_secret =
    "it is damaged, or was copied here from another place. Enter the secret again, or restore the row from a backup.";

Error cannot_open(const Place& place, std::string_view reason) {
    return Error{ErrorCode::unavailable, fmt::format("The secret in {}.{} of row {} cannot be opened: {}", place.table,
                                                     place.column, place.row, reason)};
}

std::string seal_with(const SecretKey& key, std::string_view secret, const Place& place) {
    if (secret.size() > most_bytes) throw std::length_error("a secret of more than 64 MiB cannot be sealed");
    std::string nonce(nonce_size, '\0');
    require_openssl(RAND_bytes(octets(nonce), static_cast<int>(nonce_size)) == 1, "random numbers");
    const auto sealed = encrypt_gcm(key, nonce, secret, additional_data(key.id(), place));
    return fmt::format("{}:{}:{}:{}", seal_version, key.id(), to_base64(nonce), to_base64(sealed));
}

std::optional<std::string_view> key_of_sealed(std::string_view sealed) {
    const auto parts = split(sealed, ':');
    if (parts.size() != 4 || parts[0] != seal_version || parts[1].size() != key_id_size ||
        parts[1].find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return std::nullopt;
    return parts[1];
}

Result<std::string> open_with(const SecretKey& key, std::string_view sealed, const Place& place) {
    const auto parts = split(sealed, ':');
    if (parts.size() != 4 || parts[0] != seal_version) return cannot_open(place, damaged_secret);
    const auto nonce = from_base64(parts[2]);
    const auto content = from_base64(parts[3]);
    if (!nonce || nonce->size() != nonce_size || !content || content->size() < gcm_tag_size ||
        content->size() > most_bytes + gcm_tag_size)
        return cannot_open(place, damaged_secret);
    auto secret = decrypt_gcm(key, *nonce, *content, additional_data(parts[1], place));
    if (!secret) return cannot_open(place, damaged_secret);
    return *std::move(secret);
}

}  // namespace mf

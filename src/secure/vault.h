// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mf {

/// Where a sealed text is kept. It is part of the seal: a text moved to another row does not open.
struct Place {
    std::string_view table;
    std::string_view column;
    std::int64_t row = 0;  ///< the row must have its number before its secrets are sealed
};

/// Where the key comes from, see open_vault.
struct KeySource {
    std::optional<std::string> master_key;
    std::filesystem::path key_file;
    /// The key that secrets were sealed with before (Vault::key_id()): only this one will do, and none is made.
    std::optional<std::string> needed = {};
};

/// Seals secrets for the database with AES-256-GCM (NIST SP 800-38D) and a random 96-bit nonce, as
///     v1:<key id>:<nonce in base 64>:<ciphertext and tag in base 64>
/// The key id tells keys apart and says nothing about the key. The key lies in memory of its own, which is left out of
/// core dumps, not swapped where the system permits, and wiped at the end. Every function may be called from every
/// thread.
class Vault {
public:
    Vault(Vault&&) noexcept;
    Vault& operator=(Vault&&) noexcept;
    ~Vault();

    /// Throws std::runtime_error when the key cannot be had; settle that with load() before.
    std::string seal(std::string_view secret, const Place& place) const;

    /// The secret, or why there is none: damaged, moved here from another place, or sealed with another key. The
    /// sentence says what to do and shows nothing of the text; never use the sealed text in place of the secret.
    Result<std::string> open(std::string_view sealed, const Place& place) const;

    /// Takes the key now, if that has not happened yet; everything else does so when it needs it. See open_vault.
    Result<void> load() const;
    /// Eight hexadecimal digits, for messages and status reports. Throws as seal() does.
    const std::string& key_id() const;
    /// The sentence about secrets that are sealed with that key, and not with the one of this vault.
    Error wrong_key(std::string_view needed) const;

private:
    friend Vault vault_on_demand(KeySource source);
    class Key;
    struct State;
    explicit Vault(std::unique_ptr<State> state);
    const Key& key() const;

    std::unique_ptr<State> state_;
};

/// The vault of this installation. Its key is the SHA-256 of the master key text (the setting ENCRYPTION_MASTER_KEY, as
/// in the former MultiFlexi) when there is a text; an empty one counts as none. Otherwise it is the content of the key
/// file, 32 random bytes, which is made when it does not exist: complete or not at all, whoever else makes it at the
/// same moment, readable for its owner only; one made by root belongs to the owner of its directory.
/// Fails when the key file cannot be made or read, has another length, or may be used by group or others; and when
/// another key is needed: nothing is made then.
Result<Vault> open_vault(KeySource source);
inline Result<Vault> open_vault(std::optional<std::string_view> master_key, std::filesystem::path key_file) {
    return open_vault({master_key ? std::optional<std::string>(*master_key) : std::nullopt, std::move(key_file)});
}

/// The same, but the key is taken when it is first needed: most calls of the command line need none.
Vault vault_on_demand(KeySource source);

}  // namespace mf

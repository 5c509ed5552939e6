// SPDX-License-Identifier: MIT
#pragma once

#include "secure/seal.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// Where the key comes from, see open_vault.
struct KeySource {
    std::optional<std::string> master_key;
    std::filesystem::path key_file;
    /// The key that secrets were sealed with before (Vault::key_id()): only this one will do, and none is made.
    std::optional<std::string> needed = {};
};

/// A data key as the database keeps it.
struct WrappedKey {
    std::string name;  ///< what it is for: "secrets"; another one is of the former MultiFlexi
    std::int64_t version = 1;
    std::string id;       ///< SecretKey::id(); empty for a key of the former MultiFlexi
    std::string wrapped;  ///< the key, sealed with the master key
    bool legacy = false;  ///< wrapped as the former MultiFlexi did it (secure/legacy_envelope.h)
    bool in_use = false;  ///< new secrets are sealed with it; the database says so, the vault does not care
};

/// Seals secrets for the database (secure/seal.h) with a data key, which in turn is sealed with the master key of the
/// installation; opens what any of its data keys, the master key itself, or the former MultiFlexi has sealed. Every
/// function may be called from every thread.
class Vault {
public:
    Vault(Vault&&) noexcept;
    Vault& operator=(Vault&&) noexcept;
    ~Vault();

    /// With the data key of this id, which the vault has learnt. Which one that is, is a matter of the transaction that
    /// keeps the sealed text: a key that another transaction has made may never be committed. Throws
    /// std::runtime_error when a key cannot be had; settle that with load() before.
    std::string seal(std::string_view secret, const Place& place, std::string_view data_key) const;
    /// With the master key: for what is kept outside the database, where its data keys may be out of reach.
    std::string seal(std::string_view secret, const Place& place) const;

    /// The secret, or why there is none: damaged, moved here from another place, or sealed with another key. The
    /// sentence says what to do and shows nothing of the text; never use the sealed text in place of the secret.
    Result<std::string> open(std::string_view sealed, const Place& place) const;

    /// Adds data keys to those that it knows. They are unwrapped when they are first needed.
    void learn(std::vector<WrappedKey> keys) const;
    /// A new data key, wrapped; learn() makes it known. Throws as seal() does.
    WrappedKey make_data_key(std::string name, std::int64_t version) const;
    /// Can this data key be unwrapped with the master key?
    bool knows(const WrappedKey& key) const;

    /// "<key id>:<HMAC-SHA-256 in hexadecimal>" of a text that is no secret: who has not the master key cannot make it.
    /// Throws as seal() does.
    std::string mark(std::string_view text) const;

    /// Takes the master key now, if that has not happened yet; everything else does so when it needs it. See
    /// open_vault.
    Result<void> load() const;
    /// Did load() fail because the master key is there, and is not the one that is needed?
    bool has_another_key() const;
    /// Of the master key: eight hexadecimal digits, for messages and status reports. Throws as seal() does.
    const std::string& key_id() const;
    /// The sentence about secrets that are sealed with that master key, and not with the one of this vault.
    Error wrong_key(std::string_view needed) const;

private:
    friend Vault vault_on_demand(KeySource source);
    struct State;
    explicit Vault(std::unique_ptr<State> state);
    const SecretKey& master() const;

    std::unique_ptr<State> state_;
};

/// The vault of this installation. Its master key is the SHA-256 of the master key text (the setting
/// ENCRYPTION_MASTER_KEY, as in the former MultiFlexi) when there is a text; an empty one counts as none. Otherwise it
/// is the content of the key file, 32 random bytes, which is made when it does not exist: complete or not at all,
/// whoever else makes it at the same moment, readable for its owner only; one made by root belongs to the owner of its
/// directory. Fails when the key file cannot be made or read, has another length, or may be used by group or others;
/// and when another key is needed: nothing is made then.
Result<Vault> open_vault(KeySource source);
inline Result<Vault> open_vault(std::optional<std::string_view> master_key, std::filesystem::path key_file) {
    return open_vault({master_key ? std::optional<std::string>(*master_key) : std::nullopt, std::move(key_file)});
}

/// The same, but the key is taken when it is first needed: most calls of the command line need none.
Vault vault_on_demand(KeySource source);

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "secure/vault.h"

#include "secure/key_file.h"
#include "secure/legacy_envelope.h"
#include "secure/openssl.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <algorithm>
#include <array>
#include <map>
#include <mutex>

namespace mf {
namespace {

constexpr std::string_view way_out =
    "Bring back the key file, or the ENCRYPTION_MASTER_KEY, that was in use before; all servers of a database need the "
    "same. To start anew with another key, "
    "without those secrets: run 'multiflexi serve --new-key' once, and enter every secret again.";

std::string sentence_about(const KeySource& source, std::string_view found, std::string_view needed) {
    const bool is_text = source.master_key && !source.master_key->empty();
    return fmt::format("{} the key {}, but the secrets of this database are sealed with the key {}. {}",
                       is_text ? std::string("ENCRYPTION_MASTER_KEY gives")
                               : fmt::format("The key file {} has", source.key_file.string()),
                       found, needed, way_out);
}

/// The name belongs to the place, so that a wrapped key cannot stand in for another one.
Place place_of(const std::string& column, std::int64_t version) { return {"encryption_key", column, version}; }

std::string legacy_name(const WrappedKey& key) { return fmt::format("{}/{}", key.name, key.version); }

/// Null: it cannot be unwrapped with this key.
std::shared_ptr<const SecretKey> unwrap(const SecretKey& master, const WrappedKey& wrapped) {
    if (wrapped.legacy) return unwrap_legacy_key(master, wrapped.wrapped);
    auto raw = open_with(master, wrapped.wrapped, place_of(wrapped.name, wrapped.version));
    if (!raw) return nullptr;
    std::shared_ptr<SecretKey> key;
    if (raw->size() == SecretKey::size) {
        key = std::make_shared<SecretKey>();
        std::ranges::copy(*raw, key->bytes().begin());
    }
    OPENSSL_cleanse(raw->data(), raw->size());
    return key && key->id() == wrapped.id ? key : nullptr;
}

}  // namespace

struct Vault::State {
    struct DataKey {
        WrappedKey wrapped;
        std::shared_ptr<const SecretKey> key;  ///< null: not unwrapped yet
    };
    using DataKeys = std::map<std::string, DataKey, std::less<>>;  ///< by id; those of the former MultiFlexi by name

    const KeySource source;
    std::mutex mutex = {};
    std::unique_ptr<const SecretKey> master = {};
    bool is_another = false;  ///< the key that was found is not the needed one
    DataKeys data_keys = {};

    /// Null: there is no such key, or the master key does not unwrap it.
    std::shared_ptr<const SecretKey> data_key(const SecretKey& with, std::string_view name) {
        const std::lock_guard lock(mutex);
        const auto found = data_keys.find(name);
        if (found == data_keys.end()) return nullptr;
        if (!found->second.key) found->second.key = unwrap(with, found->second.wrapped);
        return found->second.key;
    }
};

Vault::Vault(std::unique_ptr<State> state) : state_(std::move(state)) {}

const SecretKey& Vault::master() const {
    if (const auto loaded = load(); !loaded) throw std::runtime_error(loaded.error().message);
    return *state_->master;  // once there it stays
}

const std::string& Vault::key_id() const { return master().id(); }

Result<void> Vault::load() const {
    const std::lock_guard lock(state_->mutex);
    if (state_->master) return {};
    const auto& [master_key, key_file, needed] = state_->source;
    auto key = std::make_unique<SecretKey>();
    if (master_key && !master_key->empty()) {
        require_openssl(EVP_Digest(master_key->data(), master_key->size(), key->bytes().data(), nullptr, EVP_sha256(),
                                   nullptr) == 1,
                        "SHA-256");
    } else if (auto done = read_key_file(key_file, key->bytes(), needed ? IfMissing::refuse : IfMissing::make); !done) {
        if (done.error().code != ErrorCode::not_found) return done;
        return Error{ErrorCode::unavailable,
                     fmt::format("The key file {} is missing, but the secrets of this database are sealed with the key "
                                 "{}. {}",
                                 key_file.string(), *needed, way_out)};
    }
    state_->is_another = needed && key->id() != *needed;
    if (state_->is_another) return Error{ErrorCode::unavailable, sentence_about(state_->source, key->id(), *needed)};
    state_->master = std::move(key);
    return {};
}

bool Vault::has_another_key() const {
    const std::lock_guard lock(state_->mutex);
    return state_->is_another;
}

Error Vault::wrong_key(std::string_view needed) const {
    return {ErrorCode::unavailable, sentence_about(state_->source, key_id(), needed)};
}

Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;
Vault::~Vault() = default;

void Vault::learn(std::vector<WrappedKey> keys) const {
    const std::lock_guard lock(state_->mutex);
    for (auto& wrapped : keys) {
        auto& known = state_->data_keys[wrapped.legacy ? legacy_name(wrapped) : wrapped.id];
        if (known.wrapped.wrapped != wrapped.wrapped) known = {.wrapped = std::move(wrapped)};
    }
}

WrappedKey Vault::make_data_key(std::string name, std::int64_t version) const {
    SecretKey key;
    key.make();
    WrappedKey out{.name = std::move(name), .version = version, .id = key.id()};
    const auto bytes = key.bytes();
    const std::string_view raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    out.wrapped = seal_with(master(), raw, place_of(out.name, version));
    return out;
}

bool Vault::knows(const WrappedKey& key) const { return load() && unwrap(master(), key) != nullptr; }

std::string Vault::mark(std::string_view text) const {
    // A key of its own, so that what is marked and what is sealed have nothing in common.
    constexpr std::string_view purpose = "multiflexi mark";
    std::array<unsigned char, 32> derived{}, made{};
    unsigned length = 0;
    const auto bytes = master().bytes();
    require_openssl(HMAC(EVP_sha256(), bytes.data(), static_cast<int>(bytes.size()), octets(purpose), purpose.size(),
                         derived.data(), &length) != nullptr &&
                        HMAC(EVP_sha256(), derived.data(), static_cast<int>(derived.size()), octets(text), text.size(),
                             made.data(), &length) != nullptr,
                    "HMAC");
    OPENSSL_cleanse(derived.data(), derived.size());
    return fmt::format("{}:{:02x}", key_id(), fmt::join(made, ""));
}

std::string Vault::seal(std::string_view secret, const Place& place, std::string_view data_key) const {
    const auto key = state_->data_key(master(), data_key);
    if (!key)
        throw std::runtime_error(
            fmt::format("The data key {} does not belong to the master key {}. {}", data_key, key_id(), way_out));
    return seal_with(*key, secret, place);
}

std::string Vault::seal(std::string_view secret, const Place& place) const {
    return seal_with(master(), secret, place);
}

Result<std::string> Vault::open(std::string_view sealed, const Place& place) const {
    if (const auto loaded = load(); !loaded) return cannot_open(place, loaded.error().message);
    if (const auto id = key_of_sealed(sealed)) {
        if (*id == key_id()) return open_with(master(), sealed, place);
        if (const auto key = state_->data_key(master(), *id)) return open_with(*key, sealed, place);
        return cannot_open(place, fmt::format("it was sealed with the key {}, but this installation uses the key {}. "
                                              "Bring back the former ENCRYPTION_MASTER_KEY or key file, or enter the "
                                              "secret again.",
                                              *id, key_id()));
    }
    const auto name = legacy_key_name(sealed);
    if (name.empty()) return cannot_open(place, damaged_secret);
    if (const auto key = state_->data_key(master(), name)) return open_legacy(*key, sealed, place);
    return cannot_open(place, fmt::format("it was encrypted by the former MultiFlexi with its key '{}', which this "
                                          "installation does not have or cannot unwrap with its master key. Bring back "
                                          "the former ENCRYPTION_MASTER_KEY, or enter the secret again.",
                                          name.substr(0, 80)));
}

Result<Vault> open_vault(KeySource source) {
    auto vault = vault_on_demand(std::move(source));
    if (auto loaded = vault.load(); !loaded) return loaded.error();
    return vault;
}

Vault vault_on_demand(KeySource source) {
    return Vault(std::unique_ptr<Vault::State>(new Vault::State{.source = std::move(source)}));
}

}  // namespace mf

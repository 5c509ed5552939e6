// SPDX-License-Identifier: MIT
#include "secure/vault.h"

#include "base/base64.h"
#include "base/text.h"
#include "secure/key_file.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/mman.h>
#include <array>
#include <mutex>
#include <new>
#include <span>
#include <stdexcept>

namespace mf {

/// 32 bytes on a page of their own, so that what is said to the kernel about them concerns nothing else.
class Vault::Key {
public:
    static constexpr std::size_t size = 32;

    Key() : page_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
        if (page_ == MAP_FAILED) throw std::bad_alloc();
        // Both are refused in some containers; the vault works without them.
        ::madvise(page_, size, MADV_DONTDUMP);
        ::mlock(page_, size);
    }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
    ~Key() {
        OPENSSL_cleanse(page_, size);
        ::munmap(page_, size);
    }
    std::span<unsigned char, size> bytes() const {
        return std::span<unsigned char, size>(static_cast<unsigned char*>(page_), size);
    }
    /// Made when first wanted: OpenSSL's start takes longer than most commands of the command line.
    const std::string& id() const;

private:
    void* page_;
    mutable std::once_flag made_;
    mutable std::string id_;
};

namespace {

constexpr std::string_view version = "v1";
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
// OpenSSL counts in int; a secret is a password, a key, at most a certificate chain.
constexpr std::size_t most_bytes = 64 << 20;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

void require(bool success, const char* step) {
    if (!success) throw std::runtime_error(std::string("OpenSSL failed: ") + step);
}

const unsigned char* octets(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

/// Lengths before the names: no two places give the same text.
std::string additional_data(std::string_view key_id, const Place& place) {
    return fmt::format("{}:{}:{}:{}:{}:{}:{}", version, key_id, place.table.size(), place.table, place.column.size(),
                       place.column, place.row);
}

Error cannot_open(const Place& place, std::string_view reason) {
    return Error{ErrorCode::unavailable, fmt::format("The secret in {}.{} of row {} cannot be opened: {}", place.table,
                                                     place.column, place.row, reason)};
}

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

constexpr std::string_view damaged =
    "it is damaged, or was copied here from another place. Enter the secret again, or restore the row from a backup.";

}  // namespace

const std::string& Vault::Key::id() const {
    std::call_once(made_, [this] {
        constexpr std::string_view purpose = "multiflexi key id";
        std::array<unsigned char, 32> mark{};
        unsigned length = 0;
        require(HMAC(EVP_sha256(), bytes().data(), static_cast<int>(size), octets(purpose), purpose.size(), mark.data(),
                     &length) != nullptr,
                "HMAC");
        id_ = fmt::format("{:02x}", fmt::join(mark.begin(), mark.begin() + 4, ""));
    });
    return id_;
}

struct Vault::State {
    const KeySource source;
    std::mutex mutex = {};
    std::unique_ptr<const Key> key = {};
};

Vault::Vault(std::unique_ptr<State> state) : state_(std::move(state)) {}

const Vault::Key& Vault::key() const {
    if (const auto loaded = load(); !loaded) throw std::runtime_error(loaded.error().message);
    return *state_->key;  // once there it stays
}

const std::string& Vault::key_id() const { return key().id(); }

Result<void> Vault::load() const {
    const std::lock_guard lock(state_->mutex);
    if (state_->key) return {};
    const auto& [master_key, key_file, needed] = state_->source;
    auto key = std::make_unique<Key>();
    if (master_key && !master_key->empty()) {
        require(EVP_Digest(master_key->data(), master_key->size(), key->bytes().data(), nullptr, EVP_sha256(),
                           nullptr) == 1,
                "SHA-256");
    } else if (auto done = read_key_file(key_file, key->bytes(), needed ? IfMissing::refuse : IfMissing::make); !done) {
        if (done.error().code != ErrorCode::not_found) return done;
        return Error{ErrorCode::unavailable,
                     fmt::format("The key file {} is missing, but the secrets of this database are sealed with the key "
                                 "{}. {}",
                                 key_file.string(), *needed, way_out)};
    }
    if (needed && key->id() != *needed)
        return Error{ErrorCode::unavailable, sentence_about(state_->source, key->id(), *needed)};
    state_->key = std::move(key);
    return {};
}

Error Vault::wrong_key(std::string_view needed) const {
    return {ErrorCode::unavailable, sentence_about(state_->source, key_id(), needed)};
}

Vault::Vault(Vault&&) noexcept = default;
Vault& Vault::operator=(Vault&&) noexcept = default;
Vault::~Vault() = default;

std::string Vault::seal(std::string_view secret, const Place& place) const {
    if (secret.size() > most_bytes) throw std::length_error("a secret of more than 64 MiB cannot be sealed");
    const auto bytes = key().bytes();
    std::string nonce(nonce_size, '\0');
    require(RAND_bytes(octets(nonce), static_cast<int>(nonce_size)) == 1, "random numbers");
    const auto extra = additional_data(key_id(), place);
    std::string sealed(secret.size() + tag_size, '\0');
    const Context context(EVP_CIPHER_CTX_new());
    int count = 0;
    require(context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes.data(), octets(nonce)) == 1,
            "start of encryption");
    require(EVP_EncryptUpdate(context.get(), nullptr, &count, octets(extra), static_cast<int>(extra.size())) == 1,
            "additional data");
    // An empty input pointer would tell OpenSSL that the input has ended.
    if (!secret.empty())
        require(EVP_EncryptUpdate(context.get(), octets(sealed), &count, octets(secret),
                                  static_cast<int>(secret.size())) == 1,
                "encryption");
    require(EVP_EncryptFinal_ex(context.get(), octets(sealed) + secret.size(), &count) == 1, "end of encryption");
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_size),
                                octets(sealed) + secret.size()) == 1,
            "tag");
    return fmt::format("{}:{}:{}:{}", version, key_id(), to_base64(nonce), to_base64(sealed));
}

Result<std::string> Vault::open(std::string_view sealed, const Place& place) const {
    if (const auto loaded = load(); !loaded) return cannot_open(place, loaded.error().message);
    const auto parts = split(sealed, ':');
    if (parts.size() != 4 || parts[0] != version) return cannot_open(place, damaged);
    const auto nonce = from_base64(parts[2]);
    auto content = from_base64(parts[3]);
    const bool is_key_id =
        parts[1].size() == key_id().size() && parts[1].find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (!is_key_id || !nonce || nonce->size() != nonce_size || !content || content->size() < tag_size ||
        content->size() > most_bytes + tag_size)
        return cannot_open(place, damaged);
    if (parts[1] != key_id())
        return cannot_open(place, fmt::format("it was sealed with the key {}, but this installation uses the key {}. "
                                              "Bring back the former ENCRYPTION_MASTER_KEY or key file, or enter the "
                                              "secret again.",
                                              parts[1], key_id()));

    const auto extra = additional_data(key_id(), place);
    const auto length = content->size() - tag_size;
    std::string secret(length, '\0');
    const Context context(EVP_CIPHER_CTX_new());
    int count = 0;
    require(context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key().bytes().data(),
                                          octets(*nonce)) == 1,
            "start of decryption");
    require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_size),
                                octets(*content) + length) == 1,
            "tag");
    require(EVP_DecryptUpdate(context.get(), nullptr, &count, octets(extra), static_cast<int>(extra.size())) == 1,
            "additional data");
    if (length > 0)
        require(
            EVP_DecryptUpdate(context.get(), octets(secret), &count, octets(*content), static_cast<int>(length)) == 1,
            "decryption");
    unsigned char rest[tag_size];
    if (EVP_DecryptFinal_ex(context.get(), rest, &count) != 1) {
        OPENSSL_cleanse(secret.data(), secret.size());
        return cannot_open(place, damaged);
    }
    return secret;
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

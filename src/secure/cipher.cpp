// SPDX-License-Identifier: MIT
#include "secure/cipher.h"

#include "secure/openssl.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <memory>

namespace mf {
namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

}  // namespace

std::string encrypt_gcm(const SecretKey& key, std::string_view nonce, std::string_view plain, std::string_view bound) {
    std::string sealed(plain.size() + gcm_tag_size, '\0');
    const Context context(EVP_CIPHER_CTX_new());
    int count = 0;
    require_openssl(context && EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes().data(),
                                                  octets(nonce)) == 1,
                    "start of encryption");
    require_openssl(
        EVP_EncryptUpdate(context.get(), nullptr, &count, octets(bound), static_cast<int>(bound.size())) == 1,
        "additional data");
    // An empty input pointer would tell OpenSSL that the input has ended.
    if (!plain.empty())
        require_openssl(EVP_EncryptUpdate(context.get(), octets(sealed), &count, octets(plain),
                                          static_cast<int>(plain.size())) == 1,
                        "encryption");
    require_openssl(EVP_EncryptFinal_ex(context.get(), octets(sealed) + plain.size(), &count) == 1,
                    "end of encryption");
    require_openssl(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(gcm_tag_size),
                                        octets(sealed) + plain.size()) == 1,
                    "tag");
    return sealed;
}

std::optional<std::string> decrypt_gcm(const SecretKey& key, std::string_view nonce, std::string_view sealed,
                                       std::string_view bound) {
    if (sealed.size() < gcm_tag_size) return std::nullopt;
    const auto length = sealed.size() - gcm_tag_size;
    std::string secret(length, '\0'), tag(sealed.substr(length));
    const Context context(EVP_CIPHER_CTX_new());
    int count = 0;
    require_openssl(context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.bytes().data(),
                                                  octets(nonce)) == 1,
                    "start of decryption");
    require_openssl(
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(gcm_tag_size), octets(tag)) == 1,
        "tag");
    if (!bound.empty())
        require_openssl(
            EVP_DecryptUpdate(context.get(), nullptr, &count, octets(bound), static_cast<int>(bound.size())) == 1,
            "additional data");
    if (length > 0)
        require_openssl(
            EVP_DecryptUpdate(context.get(), octets(secret), &count, octets(sealed), static_cast<int>(length)) == 1,
            "decryption");
    unsigned char rest[gcm_tag_size];
    if (EVP_DecryptFinal_ex(context.get(), rest, &count) == 1) return secret;
    OPENSSL_cleanse(secret.data(), secret.size());
    return std::nullopt;
}

std::optional<std::string> decrypt_cbc(const SecretKey& key, std::string_view iv, std::string_view sealed) {
    constexpr std::size_t block = 16;
    if (iv.size() != block || sealed.empty() || sealed.size() % block != 0) return std::nullopt;
    std::string secret(sealed.size() + block, '\0');
    const Context context(EVP_CIPHER_CTX_new());
    int count = 0, rest = 0;
    require_openssl(
        context && EVP_DecryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key.bytes().data(), octets(iv)) == 1 &&
            EVP_DecryptUpdate(context.get(), octets(secret), &count, octets(sealed), static_cast<int>(sealed.size())) ==
                1,
        "decryption");
    if (EVP_DecryptFinal_ex(context.get(), octets(secret) + count, &rest) != 1) {
        OPENSSL_cleanse(secret.data(), secret.size());
        return std::nullopt;
    }
    secret.resize(static_cast<std::size_t>(count + rest));
    return secret;
}

}  // namespace mf

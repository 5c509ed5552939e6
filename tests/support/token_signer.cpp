// SPDX-License-Identifier: MIT
#include "support/token_signer.h"

#include "base/base64.h"
#include "base/json.h"
#include "secure/openssl.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace mf::testing {
namespace {

std::string to_base64url(std::string_view bytes) {
    auto out = to_base64(bytes);
    std::erase(out, '=');
    for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

}  // namespace

struct TokenSigner::State {
    Kind kind;
    std::string id;
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key;

    std::string number(const char* name, int length = 0) const {
        BIGNUM* value = nullptr;
        require_openssl(EVP_PKEY_get_bn_param(key.get(), name, &value) == 1, name);
        std::string out(static_cast<std::size_t>(length ? length : BN_num_bytes(value)), '\0');
        BN_bn2binpad(value, octets(out), static_cast<int>(out.size()));
        BN_free(value);
        return to_base64url(out);
    }
};

TokenSigner::TokenSigner(Kind kind, std::string id)
    : state_(new State{
          kind, std::move(id), {kind == Kind::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("prime256v1"), EVP_PKEY_free}}) {
    require_openssl(state_->key != nullptr, "making a key");
}
TokenSigner::~TokenSigner() = default;

std::string TokenSigner::sign(std::string_view content, bool named) const {
    json::object header{{"alg", state_->kind == Kind::rsa ? "RS256" : "ES256"}};
    if (named) header["kid"] = state_->id;
    const auto text = to_base64url(to_text(json::value(header))) + "." + to_base64url(content);
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    require_openssl(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, state_->key.get()) == 1, "sign");
    std::size_t size = 0;
    require_openssl(EVP_DigestSign(context.get(), nullptr, &size, octets(text), text.size()) == 1, "sign");
    std::string signature(size, '\0');
    require_openssl(EVP_DigestSign(context.get(), octets(signature), &size, octets(text), text.size()) == 1, "sign");
    signature.resize(size);
    if (state_->kind == Kind::p256) {
        const auto* der = octets(std::string_view(signature));
        const std::unique_ptr<ECDSA_SIG, void (*)(ECDSA_SIG*)> parts(
            d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(signature.size())), ECDSA_SIG_free);
        std::string raw(64, '\0');
        BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), octets(raw), 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), octets(raw) + 32, 32);
        signature = raw;
    }
    return text + "." + to_base64url(signature);
}

std::string TokenSigner::key_set(std::initializer_list<const TokenSigner*> signers) {
    json::array keys;
    for (const auto* signer : signers) {
        const auto& state = *signer->state_;
        json::object key{{"kid", state.id}, {"use", "sig"}};
        if (state.kind == Kind::rsa) {
            key["kty"] = "RSA";
            key["n"] = state.number(OSSL_PKEY_PARAM_RSA_N);
            key["e"] = state.number(OSSL_PKEY_PARAM_RSA_E);
        } else {
            key["kty"] = "EC";
            key["crv"] = "P-256";
            key["x"] = state.number(OSSL_PKEY_PARAM_EC_PUB_X, 32);
            key["y"] = state.number(OSSL_PKEY_PARAM_EC_PUB_Y, 32);
        }
        keys.push_back(std::move(key));
    }
    return to_text(json::value{{"keys", std::move(keys)}});
}

}  // namespace mf::testing

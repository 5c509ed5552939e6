// SPDX-License-Identifier: MIT
#include "secure/signed_token.h"

#include "base/base64.h"
#include "base/json.h"
#include "secure/json_text.h"
#include "secure/openssl.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <optional>

namespace mf {
namespace {

constexpr std::size_t longest_token = 64 * 1024;
constexpr int fewest_rsa_bits = 2048;

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
    std::string plain(text);
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    plain.append((4 - plain.size() % 4) % 4, '=');
    return from_base64(plain);
}

std::optional<std::string> bytes_of(const json::object& key, std::string_view name) {
    const auto text = text_of(key, name);
    if (text.empty()) return std::nullopt;
    return from_base64url(text);
}

Key made(const char* type, OSSL_PARAM* parameters) {
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* key = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return nullptr;
    return Key(key);
}

Number number_of(const std::string& bytes) {
    return Number(BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr));
}

/// Null: it is no usable key.
Key rsa_key(const json::object& jwk) {
    const auto modulus = bytes_of(jwk, "n"), exponent = bytes_of(jwk, "e");
    if (!modulus || !exponent || modulus->size() > 2048) return nullptr;
    const auto n = number_of(*modulus), e = number_of(*exponent);
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!n || !e || !builder || BN_num_bits(n.get()) < fewest_rsa_bits ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
        return nullptr;
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    return parameters ? made("RSA", parameters.get()) : nullptr;
}

Key p256_key(const json::object& jwk) {
    constexpr std::size_t length = 32;
    const auto x = bytes_of(jwk, "x"), y = bytes_of(jwk, "y");
    if (text_of(jwk, "crv") != "P-256" || !x || !y || x->size() != length || y->size() != length) return nullptr;
    const std::string point = "\x04" + *x + *y;
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        return nullptr;
    const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    return parameters ? made("EC", parameters.get()) : nullptr;
}

/// The form in which OpenSSL takes it: two numbers in DER, where the token has 64 bytes.
std::string der_signature(const std::string& raw) {
    constexpr std::size_t half = 32;
    if (raw.size() != 2 * half) return {};
    auto r = number_of(raw.substr(0, half)), s = number_of(raw.substr(half));
    const Signature signature(ECDSA_SIG_new());
    if (!r || !s || !signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
    (void)r.release();
    (void)s.release();
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size <= 0) return {};
    std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}

bool has_signed(EVP_PKEY* key, std::string_view text, const std::string& signature) {
    const DigestContext context(EVP_MD_CTX_new());
    require_openssl(context != nullptr, "EVP_MD_CTX_new");
    return !signature.empty() && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(text), text.size()) == 1;
}

}  // namespace

std::string to_base64url(std::string_view bytes) {
    auto out = to_base64(bytes);
    std::erase(out, '=');
    std::ranges::replace(out, '+', '-');
    std::ranges::replace(out, '/', '_');
    return out;
}

std::string code_challenge(std::string_view verifier) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    require_openssl(SHA256(octets(verifier), verifier.size(), digest.data()) != nullptr, "SHA256");
    return to_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Result<std::string> signed_content(std::string_view token, std::string_view keys) {
    const Error malformed{ErrorCode::invalid, "The provider sent a token that is not one (RFC 7515)."};
    if (token.size() > longest_token) return malformed;
    const auto first = token.find('.'), last = token.rfind('.');
    if (first == std::string_view::npos || last == first ||
        token.substr(first + 1, last - first - 1).find('.') != std::string_view::npos)
        return malformed;
    const auto header_text = from_base64url(token.substr(0, first));
    const auto content = from_base64url(token.substr(first + 1, last - first - 1));
    const auto signature = from_base64url(token.substr(last + 1));
    if (!header_text || !content || !signature) return malformed;
    const auto header = parse_json(*header_text);
    if (!header || !header->is_object()) return malformed;
    const auto& object = header->get_object();
    const auto algorithm = text_of(object, "alg");
    if (algorithm != "RS256" && algorithm != "ES256")
        return Error{ErrorCode::invalid,
                     "The provider signs tokens in a way that is not accepted. Let it use RS256 or ES256."};
    if (object.contains("crit")) return malformed;
    const bool is_rsa = algorithm == "RS256";

    const auto set = parse_json(keys);
    const auto* list = set && set->is_object() ? set->get_object().if_contains("keys") : nullptr;
    if (!list || !list->is_array())
        return Error{ErrorCode::invalid, "The provider's list of keys is not one (RFC 7517)."};
    const auto wanted = text_of(object, "kid");
    std::vector<const json::object*> candidates;
    for (const auto& each : list->get_array()) {
        if (!each.is_object()) continue;
        const auto& key = each.get_object();
        const auto use = text_of(key, "use"), own_algorithm = text_of(key, "alg");
        if (text_of(key, "kty") == (is_rsa ? "RSA" : "EC") && (use.empty() || use == "sig") &&
            (own_algorithm.empty() || own_algorithm == algorithm) && (wanted.empty() || text_of(key, "kid") == wanted))
            candidates.push_back(&key);
    }
    if (candidates.empty() || (wanted.empty() && candidates.size() > 1))
        return Error{ErrorCode::not_found, "The provider has no key that a token was signed with."};
    for (const auto* candidate : candidates)
        if (const auto key = is_rsa ? rsa_key(*candidate) : p256_key(*candidate);
            key && has_signed(key.get(), token.substr(0, last), is_rsa ? *signature : der_signature(*signature)))
            return *content;
    return Error{ErrorCode::invalid, "The signature of the provider's token is not right."};
}

}  // namespace mf

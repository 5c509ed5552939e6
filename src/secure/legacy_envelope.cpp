// SPDX-License-Identifier: MIT
#include "secure/legacy_envelope.h"

#include "base/base64.h"
#include "base/json.h"
#include "secure/cipher.h"
#include "secure/json_text.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <algorithm>

namespace mf {
namespace {

constexpr std::size_t iv_of_cbc = 16;
constexpr std::size_t iv_of_gcm = 12;

std::optional<json::object> read_envelope(std::string_view text) {
    if (!text.starts_with('{')) return std::nullopt;
    auto parsed = parse_json(text);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    auto& object = parsed->get_object();
    if (!object.contains("ciphertext") || !object.contains("iv")) return std::nullopt;
    return std::move(object);
}

}  // namespace

bool is_legacy_envelope(std::string_view text) { return read_envelope(text).has_value(); }

std::string legacy_key_name(std::string_view text) {
    const auto envelope = read_envelope(text);
    if (!envelope) return {};
    const auto* version = envelope->if_contains("key_version");
    return fmt::format("{}/{}", text_of(*envelope, "key_name"),
                       version && version->is_int64() ? version->as_int64() : 1);
}

std::unique_ptr<const SecretKey> unwrap_legacy_key(const SecretKey& master, std::string_view wrapped) {
    const auto content = from_base64(wrapped);
    if (!content || content->size() <= iv_of_cbc) return nullptr;
    const std::string_view bytes = *content;
    auto raw = decrypt_cbc(master, bytes.substr(0, iv_of_cbc), bytes.substr(iv_of_cbc));
    if (!raw) return nullptr;
    std::unique_ptr<SecretKey> key;
    if (raw->size() == SecretKey::size) {
        key = std::make_unique<SecretKey>();
        std::ranges::copy(*raw, key->bytes().begin());
    }
    OPENSSL_cleanse(raw->data(), raw->size());
    return key;
}

Result<std::string> open_legacy(const SecretKey& data_key, std::string_view text, const Place& place) {
    const auto envelope = read_envelope(text);
    if (!envelope) return cannot_open(place, damaged_secret);
    const auto algorithm = text_of(*envelope, "algorithm");
    const auto iv = from_base64(text_of(*envelope, "iv"));
    auto content = from_base64(text_of(*envelope, "ciphertext"));
    const auto tag = from_base64(text_of(*envelope, "tag"));
    std::optional<std::string> secret;
    if (algorithm == "AES-256-GCM" || algorithm.empty()) {
        if (iv && iv->size() == iv_of_gcm && content && tag && tag->size() == gcm_tag_size)
            secret = decrypt_gcm(data_key, *iv, *content + *tag, {});
    } else if (algorithm == "AES-256-CBC") {
        if (iv && content) secret = decrypt_cbc(data_key, *iv, *content);
    } else {
        return cannot_open(place, fmt::format("it was encrypted in a way that this program does not know ({}).",
                                              algorithm.substr(0, 32)));
    }
    if (!secret) return cannot_open(place, damaged_secret);
    return *std::move(secret);
}

}  // namespace mf

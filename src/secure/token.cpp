// SPDX-License-Identifier: MIT
#include "secure/token.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <array>
#include <stdexcept>

namespace mf {
namespace {

template <std::size_t Size>
std::array<unsigned char, Size> random_bytes() {
    std::array<unsigned char, Size> bytes{};
    if (RAND_priv_bytes(bytes.data(), static_cast<int>(Size)) != 1)
        throw std::runtime_error("no random numbers from OpenSSL");
    return bytes;
}

// 32 characters, so that five bits choose each one evenly.
constexpr std::string_view code_alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static_assert(code_alphabet.size() == 32);

std::string new_recovery_code() {
    std::string code;
    for (const unsigned char byte : random_bytes<16>()) {
        if (code.size() % 5 == 4) code += '-';
        code += code_alphabet[byte & 31];
    }
    return code;
}

}  // namespace

std::string new_token(std::string_view prefix) {
    const auto bytes = random_bytes<32>();
    auto text = to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    text.pop_back();  // '=': always one for 32 bytes
    for (char& c : text) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return std::string(prefix) + text;
}

std::string token_digest(std::string_view token) { return sha256_hex(token); }

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::vector<std::string> new_recovery_codes() {
    std::vector<std::string> codes;
    for (int i = 0; i < 10; ++i) codes.push_back(new_recovery_code());
    return codes;
}

std::string recovery_code_digest(std::string_view code) {
    std::string normal;
    for (const char c : lower(code)) {
        if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n') continue;
        normal += c == 'i' || c == 'l' ? '1' : c == 'o' ? '0' : c;
    }
    return sha256_hex(normal);
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "secure/totp.h"

#include "base/shared_library.h"
#include "base/text.h"
#include "secure/token.h"

#include <fmt/format.h>
#include <liboath/oath.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <array>
#include <cstdlib>
#include <stdexcept>

namespace mf {
namespace {

constexpr unsigned code_digits = 6;
constexpr std::chrono::seconds step_length{30};

struct Oath {
    const SharedLibrary library{"liboath.so.0"};
    decltype(&::oath_init) init = library["oath_init"];
    decltype(&::oath_hotp_generate) generate = library["oath_hotp_generate"];
    decltype(&::oath_base32_encode) encode = library["oath_base32_encode"];
    decltype(&::oath_base32_decode) decode = library["oath_base32_decode"];
    Oath() {
        if (!init || !generate || !encode || !decode || init() != OATH_OK)
            throw std::runtime_error(
                "Codes of authenticator programs cannot be checked without the library liboath.so.0: install the "
                "package "
                "liboath0.");
    }
};

const Oath& oath() {
    static const Oath loaded;
    return loaded;
}

/// A buffer of malloc that has a secret in it.
class OathBytes {
public:
    char** data() { return &data_; }
    std::size_t* size() { return &size_; }
    std::string_view text() const { return {data_, size_}; }
    OathBytes() = default;
    OathBytes(const OathBytes&) = delete;
    OathBytes& operator=(const OathBytes&) = delete;
    ~OathBytes() {
        if (data_) OPENSSL_cleanse(data_, size_);
        std::free(data_);
    }

private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
};

std::string code_of(std::string_view key, std::int64_t step) {
    std::array<char, code_digits + 1> code{};
    if (oath().generate(key.data(), key.size(), static_cast<std::uint64_t>(step), code_digits, false,
                        OATH_HOTP_DYNAMIC_TRUNCATION, code.data()) != OATH_OK)
        throw std::runtime_error("liboath made no code");
    return code.data();
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (is_letter(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

}  // namespace

std::string new_totp_secret() {
    std::array<char, 20> key{};
    if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1)
        throw std::runtime_error("no random numbers from OpenSSL");
    OathBytes text;
    if (oath().encode(key.data(), key.size(), text.data(), text.size()) != OATH_OK)
        throw std::runtime_error("liboath made no base 32");
    OPENSSL_cleanse(key.data(), key.size());
    return std::string(text.text());
}

std::string totp_uri(std::string_view secret, std::string_view issuer, std::string_view login) {
    return fmt::format("otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits={3}&period={4}",
                       percent_encoded(issuer), percent_encoded(login), secret, code_digits, step_length.count());
}

std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view code, Timestamp now,
                                          std::optional<std::int64_t> last_used_step) {
    OathBytes key;
    if (oath().decode(secret.data(), secret.size(), key.data(), key.size()) != OATH_OK || key.text().empty())
        throw std::invalid_argument("the secret of an authenticator program is not in base 32");
    std::string typed;
    for (const char c : code.substr(0, 100))
        if (c != ' ') typed += c;

    const auto current = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch() / step_length;
    std::optional<std::int64_t> match;
    // Always all three: the time shall not tell how far a clock is off.
    for (std::int64_t step = current - 1; step <= current + 1; ++step) {
        const bool fits = step >= 0 && constant_time_equal(code_of(key.text(), step), typed);
        if (fits && (!last_used_step || step > *last_used_step) && !match) match = step;
    }
    return match;
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "secure/secret_key.h"

#include "secure/openssl.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/mman.h>
#include <array>
#include <new>

namespace mf {

// On a page of its own, so that what is said to the kernel about it concerns nothing else.
SecretKey::SecretKey() : page_(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (page_ == MAP_FAILED) throw std::bad_alloc();
    // Both are refused in some containers; the vault works without them.
    ::madvise(page_, size, MADV_DONTDUMP);
    ::mlock(page_, size);
}

SecretKey::~SecretKey() {
    OPENSSL_cleanse(page_, size);
    ::munmap(page_, size);
}

void SecretKey::make() { require_openssl(RAND_bytes(bytes().data(), static_cast<int>(size)) == 1, "random numbers"); }

const std::string& SecretKey::id() const {
    std::call_once(made_, [this] {
        constexpr std::string_view purpose = "multiflexi key id";
        std::array<unsigned char, 32> mark{};
        unsigned length = 0;
        require_openssl(HMAC(EVP_sha256(), bytes().data(), static_cast<int>(size), octets(purpose), purpose.size(),
                             mark.data(), &length) != nullptr,
                        "HMAC");
        id_ = fmt::format("{:02x}", fmt::join(mark.begin(), mark.begin() + 4, ""));
    });
    return id_;
}

}  // namespace mf

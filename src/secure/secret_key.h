// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <mutex>
#include <span>
#include <string>

namespace mf {

/// A key of 32 bytes in memory of its own, which is left out of core dumps, not swapped where the system permits, and
/// wiped at the end. All zero until somebody fills it.
class SecretKey {
public:
    static constexpr std::size_t size = 32;

    SecretKey();
    SecretKey(const SecretKey&) = delete;
    SecretKey& operator=(const SecretKey&) = delete;
    ~SecretKey();

    std::span<unsigned char, size> bytes() const {
        return std::span<unsigned char, size>(static_cast<unsigned char*>(page_), size);
    }
    /// Fills it with random bytes.
    void make();

    /// Eight hexadecimal digits that tell keys apart and say nothing about the key. Made when first wanted: OpenSSL's
    /// start takes longer than most commands of the command line.
    const std::string& id() const;

private:
    void* page_;
    mutable std::once_flag made_;
    mutable std::string id_;
};

}  // namespace mf

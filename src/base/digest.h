// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace mf {

/// SHA-256 (FIPS 180-4) of data that comes in pieces.
class Sha256 {
public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();
    void add(std::string_view bytes);
    /// 64 lower-case hexadecimal digits. The object is finished afterwards.
    std::string hex();

private:
    struct State;
    std::unique_ptr<State> state_;  // from the first byte on
};

std::string sha256_hex(std::string_view bytes);

/// A random version 4 UUID (RFC 4122), lower case.
std::string random_uuid();

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace mf::http {

/// An IPv4 or IPv6 address. An IPv4 address inside an IPv6 one (::ffff:192.0.2.7, RFC 4291) is the same as the former.
class IpAddress {
public:
    /// Only the usual spellings, without brackets, port and zone.
    static std::optional<IpAddress> read(std::string_view text);
    static std::optional<IpAddress> of(const sockaddr& address);

    bool is_four() const;
    std::string text() const;  ///< in its usual spelling
    /// What one customer has: the address, or the /64 network of an IPv6 address.
    IpAddress network() const;
    const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }  ///< of the IPv6 address, network order
    auto operator<=>(const IpAddress&) const = default;

private:
    std::array<std::uint8_t, 16> bytes_{};
};

/// Addresses and networks, such as those of proxies.
class AddressRanges {
public:
    /// A list with ',' or blanks between: "127.0.0.1, 10.0.0.0/8, fd00::/8". "unix" stands for peers of Unix sockets.
    /// The message of an error names the entry.
    static Result<AddressRanges> read(std::string_view list);

    bool contains(const IpAddress& address) const;
    bool contains_unix() const { return has_unix_; }
    bool empty() const { return ranges_.empty() && !has_unix_; }

private:
    struct Range {
        IpAddress first;
        int bits;  // of 128 that count
    };
    std::vector<Range> ranges_;
    bool has_unix_ = false;
};

}  // namespace mf::http

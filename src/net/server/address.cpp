// SPDX-License-Identifier: MIT
#include "net/server/address.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <algorithm>
#include <cstring>

namespace mf::http {
namespace {

constexpr std::array<std::uint8_t, 12> four_inside_six{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool shares_bits(const IpAddress& a, const IpAddress& b, int bits) {
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (!std::equal(a.bytes().begin(), a.bytes().begin() + whole, b.bytes().begin())) return false;
    const int rest = bits % 8;
    return rest == 0 || (a.bytes()[whole] ^ b.bytes()[whole]) >> (8 - rest) == 0;
}

}  // namespace

std::optional<IpAddress> IpAddress::read(std::string_view text) {
    // What inet_pton refuses anyway, and what must not end the C string early.
    if (text.size() > 45 || text.find('\0') != std::string_view::npos) return std::nullopt;
    const std::string name(text);
    IpAddress address;
    if (inet_pton(AF_INET6, name.c_str(), address.bytes_.data()) == 1) return address;
    std::ranges::copy(four_inside_six, address.bytes_.begin());
    if (inet_pton(AF_INET, name.c_str(), address.bytes_.data() + 12) == 1) return address;
    return std::nullopt;
}

std::optional<IpAddress> IpAddress::of(const sockaddr& address) {
    IpAddress made;
    if (address.sa_family == AF_INET) {
        std::ranges::copy(four_inside_six, made.bytes_.begin());
        std::memcpy(made.bytes_.data() + 12, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
    } else if (address.sa_family == AF_INET6) {
        std::memcpy(made.bytes_.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
    } else {
        return std::nullopt;
    }
    return made;
}

bool IpAddress::is_four() const { return std::equal(four_inside_six.begin(), four_inside_six.end(), bytes_.begin()); }

std::string IpAddress::text() const {
    char buffer[INET6_ADDRSTRLEN];
    return is_four() ? inet_ntop(AF_INET, bytes_.data() + 12, buffer, sizeof buffer)
                     : inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof buffer);
}

IpAddress IpAddress::network() const {
    IpAddress network = *this;
    if (!is_four()) std::fill(network.bytes_.begin() + 8, network.bytes_.end(), std::uint8_t{0});
    return network;
}

Result<AddressRanges> AddressRanges::read(std::string_view list) {
    AddressRanges ranges;
    std::string blanks_too(list);
    std::ranges::replace_if(
        blanks_too, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }, ',');
    for (const std::string_view entry : split(blanks_too, ',')) {
        if (entry.empty()) continue;
        if (entry == "unix") {
            ranges.has_unix_ = true;
            continue;
        }
        const auto slash = entry.find('/');
        const auto address = IpAddress::read(entry.substr(0, slash));
        const int most = address && address->is_four() ? 32 : 128;
        const auto bits =
            slash == std::string_view::npos ? std::optional<long long>(most) : to_integer(entry.substr(slash + 1));
        if (!address || !bits || *bits < 0 || *bits > most)
            return invalid(
                fmt::format("\"{}\" is no address and no network; write for example 10.0.0.7, 10.0.0.0/8, "
                            "fd00::/8 or unix.",
                            to_utf8(entry)));
        ranges.ranges_.push_back({*address, static_cast<int>(*bits) + 128 - most});
    }
    return ranges;
}

bool AddressRanges::contains(const IpAddress& address) const {
    return std::ranges::any_of(ranges_,
                               [&](const Range& range) { return shares_bits(range.first, address, range.bits); });
}

}  // namespace mf::http

// SPDX-License-Identifier: MIT
#include "net/link_local.h"

#include <netinet/in.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace mf {
namespace {

using Octets = std::array<std::uint8_t, 16>;

bool begins_with(const Octets& octets, std::initializer_list<std::uint8_t> start) {
    return std::equal(start.begin(), start.end(), octets.begin());
}

}  // namespace

bool is_link_local(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in four;
        std::memcpy(&four, &address, sizeof four);
        return ntohl(four.sin_addr.s_addr) >> 16 == 0xA9FE;
    }
    if (address.sa_family != AF_INET6) return false;
    sockaddr_in6 six;
    std::memcpy(&six, &address, sizeof six);
    Octets octets;
    std::memcpy(octets.data(), &six.sin6_addr, octets.size());
    const bool has_ipv4 = begins_with(octets, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}) ||
                          begins_with(octets, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0});
    if (has_ipv4) return octets[12] == 169 && octets[13] == 254;
    return (octets[0] == 0xFE && (octets[1] & 0xC0) == 0x80) ||
           octets == Octets{0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};
}

}  // namespace mf

// SPDX-License-Identifier: MIT
#include "net/link_local.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

using namespace mf;

namespace {

bool judge_address(const char* text) {
    sockaddr_in four{};
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
        four.sin_family = AF_INET;
        return is_link_local(reinterpret_cast<const sockaddr&>(four));
    }
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    REQUIRE(inet_pton(AF_INET6, text, &six.sin6_addr) == 1);
    return is_link_local(reinterpret_cast<const sockaddr&>(six));
}

}  // namespace

TEST_CASE("link-local addresses, in all their clothes") {
    for (const char* text : {"169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::1", "febf::1",
                             "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "fd00:ec2::254"}) {
        CAPTURE(text);
        CHECK(judge_address(text));
    }
    for (const char* text : {"169.253.255.255", "169.255.0.0", "127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fec0::1",
                             "fd00::1", "::ffff:10.0.0.1", "2001:db8::a9fe:a9fe"}) {
        CAPTURE(text);
        CHECK(!judge_address(text));
    }
}

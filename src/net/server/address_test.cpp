// SPDX-License-Identifier: MIT
#include "net/server/address.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::http;

TEST_CASE("addresses have one spelling") {
    const auto spelled = [](std::string_view text) {
        const auto address = IpAddress::read(text);
        return address ? address->text() : "none";
    };
    CHECK(spelled("192.0.2.7") == "192.0.2.7");
    CHECK(spelled("::ffff:192.0.2.7") == "192.0.2.7");
    CHECK(spelled("2001:DB8:0::1") == "2001:db8::1");
    for (const char* other :
         {"", "192.0.2", "192.0.2.256", "192.0.2.7 ", "[::1]", "fe80::1%eth0", "name", "1.2.3.4:80"})
        CHECK_MESSAGE(spelled(other) == "none", other);
    CHECK(IpAddress::read("2001:db8:1:2:3:4:5:6")->network().text() == "2001:db8:1:2::");
    CHECK(IpAddress::read("192.0.2.7")->network().text() == "192.0.2.7");
}

TEST_CASE("ranges of addresses") {
    const auto ranges = AddressRanges::read("127.0.0.1, 10.0.0.0/8\tfd00::/9 192.0.2.128/25,,::1/128");
    REQUIRE(ranges);
    CHECK(!ranges->contains_unix());
    const auto has = [&](std::string_view text) { return ranges->contains(*IpAddress::read(text)); };
    for (const char* inside :
         {"127.0.0.1", "10.255.1.2", "::ffff:10.0.0.1", "fd00::1", "fd7f::1", "192.0.2.128", "::1"})
        CHECK_MESSAGE(has(inside), inside);
    for (const char* outside : {"127.0.0.2", "11.0.0.1", "fd80::1", "192.0.2.127", "::2", "::a00:1"})
        CHECK_MESSAGE(!has(outside), outside);
    CHECK(AddressRanges::read("0.0.0.0/0")->contains(*IpAddress::read("203.0.113.9")));
    CHECK(!AddressRanges::read("0.0.0.0/0")->contains(*IpAddress::read("2001:db8::1")));
    CHECK(AddressRanges::read("unix")->contains_unix());
    CHECK(AddressRanges::read(" ")->empty());
}

TEST_CASE("the entry that is no range is named") {
    for (const char* wrong : {"10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0.0/", "10.0.0.0/8x", "example.org"}) {
        const auto ranges = AddressRanges::read(std::string("::1, ") + wrong);
        REQUIRE_MESSAGE(!ranges, wrong);
        CHECK(ranges.error().message.find(wrong) == 1);
    }
}

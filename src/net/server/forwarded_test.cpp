// SPDX-License-Identifier: MIT
#include "net/server/forwarded.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::http;

namespace {

struct ForwardedCase {
    std::string what;
    const char* peer;
    Headers headers;
    const char* client;  // "refused": the request is
    bool secure = false;
    const char* host = "";
};

void check_forwarded(const ForwardedCase& each) {
    CAPTURE(each.what);
    const auto trusted = AddressRanges::read("10.0.0.0/8, 2001:db8::/32");
    const auto origin = origin_of(each.headers, {.address = IpAddress::read(each.peer)}, *trusted);
    if (std::string_view(each.client) == "refused") {
        CHECK(!origin);
        return;
    }
    REQUIRE(origin);
    CHECK(origin->client->text() == each.client);
    CHECK(origin->secure == each.secure);
    CHECK(origin->host.value_or("") == each.host);
}

}  // namespace

TEST_CASE("who asks is what trusted proxies say, from the right to the left") {
    using H = Headers;
    for (const ForwardedCase& each : std::initializer_list<ForwardedCase>{
             {"nothing is said", "10.0.0.1", H{}, "10.0.0.1"},
             {"a stranger says something", "203.0.113.9",
              H{{"X-Forwarded-For", "1.2.3.4"},
                {"X-Forwarded-Proto", "https"},
                {"Forwarded", "for=1.2.3.4;proto=https"}},
              "203.0.113.9"},
             {"one proxy", "10.0.0.1", H{{"X-Forwarded-For", "203.0.113.9"}}, "203.0.113.9"},
             {"the client made up the left", "10.0.0.1", H{{"X-Forwarded-For", "127.0.0.1, 203.0.113.9"}},
              "203.0.113.9"},
             {"two proxies", "10.0.0.1", H{{"X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.0.0.2"}}, "203.0.113.9"},
             {"in two fields", "10.0.0.1", H{{"X-Forwarded-For", "203.0.113.9"}, {"x-forwarded-for", "10.0.0.2"}},
              "203.0.113.9"},
             {"only proxies", "10.0.0.1", H{{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}, "10.0.0.3"},
             {"no address", "10.0.0.1", H{{"X-Forwarded-For", "203.0.113.9, unknown"}}, "10.0.0.1"},
             {"nobody", "10.0.0.1", H{{"X-Forwarded-For", ""}}, "10.0.0.1"},
             {"with a port", "10.0.0.1", H{{"X-Forwarded-For", "203.0.113.9:4711"}}, "203.0.113.9"},
             {"scheme and host", "10.0.0.1",
              H{{"X-Forwarded-For", "203.0.113.9"},
                {"X-Forwarded-Proto", "HTTPS"},
                {"X-Forwarded-Host", "jobs.example"}},
              "203.0.113.9", true, "jobs.example"},
             {"scheme without an address", "10.0.0.1", H{{"X-Forwarded-Proto", "https"}}, "10.0.0.1", true},
             {"of several schemes that of the client's step", "10.0.0.1",
              H{{"X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.0.0.2"}, {"X-Forwarded-Proto", "http, https, http"}},
              "203.0.113.9", true},
             {"one scheme goes for all steps", "10.0.0.1",
              H{{"X-Forwarded-For", "203.0.113.9, 10.0.0.2"}, {"X-Forwarded-Proto", "https"}}, "203.0.113.9", true},
             {"the standard", "10.0.0.1", H{{"Forwarded", "for=203.0.113.9;proto=https;by=10.0.0.1;host=jobs.example"}},
              "203.0.113.9", true, "jobs.example"},
             {"quoted, with blanks and other case", "10.0.0.1",
              H{{"Forwarded", "For=\"6.6.6.6\" , FOR=\"[2001:db9::17]:4711\" ; Proto=\"https\""}}, "2001:db9::17",
              true},
             {"proxies in IPv6", "2001:db8::1", H{{"Forwarded", "for=203.0.113.9, for=\"[2001:db8::2]\""}},
              "203.0.113.9"},
             {"obfuscated", "10.0.0.1", H{{"Forwarded", "for=203.0.113.9, for=_hidden;proto=https"}}, "10.0.0.1", true},
             {"quotes within quotes", "10.0.0.1", H{{"Forwarded", "for=203.0.113.9;host=\"a\\\"b\""}}, "203.0.113.9",
              false, "a\"b"},
             {"not to be read", "10.0.0.1", H{{"Forwarded", "for=\"203.0.113.9"}}, "refused"},
             {"twice the same", "10.0.0.1", H{{"Forwarded", "for=203.0.113.9;for=6.6.6.6"}}, "refused"},
             {"no name", "10.0.0.1", H{{"Forwarded", "203.0.113.9"}}, "refused"},
             {"both say the same", "10.0.0.1", H{{"Forwarded", "for=203.0.113.9"}, {"X-Forwarded-For", "203.0.113.9"}},
              "203.0.113.9"},
             {"they differ, so one is made up", "10.0.0.1",
              H{{"Forwarded", "for=6.6.6.6"}, {"X-Forwarded-For", "203.0.113.9"}}, "refused"},
         })
        check_forwarded(each);
}

TEST_CASE("a Unix socket is trusted when the list says so") {
    const Headers headers{{"X-Forwarded-For", "203.0.113.9"}};
    CHECK(!origin_of(headers, {}, *AddressRanges::read("10.0.0.0/8"))->client);
    CHECK(origin_of(headers, {}, *AddressRanges::read("unix"))->client->text() == "203.0.113.9");
}

// SPDX-License-Identifier: MIT
#include "base/base64.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

TEST_CASE("base 64 as in the test vectors of RFC 4648, section 10") {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"},
                                                           {"\xFF\xEF\xBE", "/+++"}};
    for (const auto& [bytes, text] : vectors) {
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == bytes);
    }
}

TEST_CASE("a text that was not written by to_base64 is refused") {
    for (const auto* text : {"Zg", "Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Zm9v\n", "Zm 9", "Z===", "====", "Zm9-", "=m9v"})
        CHECK_MESSAGE(!from_base64(text), text);
}

TEST_CASE("bytes survive base 64, and no other text has the same meaning") {
    CHECK(rc::check([](const std::string& bytes) {
        const auto text = to_base64(bytes);
        RC_ASSERT(from_base64(text) == bytes);
    }));
    CHECK(rc::check([] {
        const auto groups = *rc::gen::inRange(0, 4);
        const auto text = *rc::gen::container<std::string>(static_cast<std::size_t>(4 * groups),
                                                           rc::gen::elementOf(std::string("ABCwxyz019+/=")));
        const auto bytes = from_base64(text);
        const bool is_same = !bytes || to_base64(*bytes) == text;
        RC_ASSERT(is_same);
    }));
}

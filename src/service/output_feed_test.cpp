// SPDX-License-Identifier: MIT
#include "service/output_feed.h"

#include "base/text.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;

TEST_CASE("output that is cut anywhere gives the same text") {
    CHECK(rc::check([] {
        std::string whole, out;
        for (int i = *rc::gen::inRange(0, 20); i > 0; --i)
            whole += *rc::gen::element<std::string>("a", "ž", "€", "😀", "\n", "\xff", "\xe2\x82", "\xf0", "\xc3");
        OutputText text;
        std::int64_t seq = 0;
        for (std::string_view rest = whole; !rest.empty();) {
            const auto size = *rc::gen::inRange<std::size_t>(1, std::min<std::size_t>(5, rest.size()) + 1);
            const auto part = text.add({.seq = seq++, .bytes = std::string(rest.substr(0, size))});
            RC_ASSERT(is_utf8(part));
            out += part;
            // Another stream between does not matter.
            RC_ASSERT(text.add({.seq = seq++, .source = OutputSource::standard_error, .bytes = "e"}) == "e");
            rest.remove_prefix(size);
        }
        out += text.rest(OutputSource::standard_output);
        RC_ASSERT(out == to_utf8(whole));
        RC_ASSERT(text.rest(OutputSource::standard_error).empty());
    }));
}

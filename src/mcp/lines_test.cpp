// SPDX-License-Identifier: MIT
#include "mcp/lines.h"

#include <doctest/doctest.h>
#include <string>

using mf::mcp::Lines;

TEST_CASE("messages are lines, however their bytes come") {
    const std::string stream = "one\n\n  \r\ntwo\r\nthree";
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        Lines lines(100);
        std::string seen;
        const auto take = [&] {
            while (const auto line = lines.next()) seen += "<" + *line + ">";
        };
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            lines.add(std::string_view(stream).substr(at, piece));
            take();
        }
        CHECK(seen == "<one><two\r>");
        lines.end();
        take();
        CHECK(seen == "<one><two\r><three>");
    }
}

TEST_CASE("of a line that is too long no more is kept than shows it") {
    Lines lines(4);
    lines.add("1234\n12345\n123456789");
    CHECK(lines.next() == "1234");
    CHECK(lines.next() == "12345");
    CHECK(!lines.next());
    lines.add(std::string(1000, 'x'));
    CHECK(!lines.next());
    lines.add("\nok\n");
    CHECK(lines.next() == "12345");
    CHECK(lines.next() == "ok");
    CHECK(!lines.next());
}

// SPDX-License-Identifier: MIT
#include "base/packing.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("what was packed is read again, whatever the bytes") {
    const std::string text("a\0b\xff", 4);
    Packer packer;
    packer.add(std::int64_t{-5});
    packer.add(text);
    packer.add(std::string_view{});
    packer.add(std::int64_t{1});
    packer.add("in a list");
    Unpacker reader(packer.bytes());
    CHECK(reader.number() == -5);
    CHECK(reader.text() == text);
    CHECK(reader.text().empty());
    CHECK_FALSE(reader.complete());
    CHECK(reader.count() == 1);
    CHECK(reader.text() == "in a list");
    CHECK(reader.complete());
}

TEST_CASE("every cut of packed bytes is noticed") {
    Packer packer;
    packer.add(std::int64_t{7});
    packer.add("text");
    for (std::size_t size = 0; size < packer.bytes().size(); ++size) {
        Unpacker reader(std::string_view(packer.bytes()).substr(0, size));
        reader.number();
        reader.text();
        CHECK_FALSE(reader.complete());
    }
    Packer hostile;
    hostile.add(std::int64_t{1} << 60);
    CHECK(Unpacker(hostile.bytes()).count() == 0);
    CHECK(Unpacker(hostile.bytes()).text().empty());
}

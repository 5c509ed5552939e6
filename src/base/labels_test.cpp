// SPDX-License-Identifier: MIT
#include "base/labels.h"

#include <doctest/doctest.h>

using namespace mf;
using Labels = std::vector<std::string>;

TEST_CASE("labels are read in any order, and each counts once") {
    CHECK(*parse_labels("") == Labels{});
    CHECK(*parse_labels(" , ") == Labels{});
    CHECK(*parse_labels("gpu, eu,gpu,zone=prague-1") == Labels{"eu", "gpu", "zone=prague-1"});
    CHECK(label_list(*parse_labels("b,a")) == "a,b");
}

TEST_CASE("what is no label is refused by name") {
    for (const auto* list : {"Eu", "a b", "a;b", "\xc5\xbe", "a/b"}) {
        const auto refused = parse_labels(list);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find(" is not a label") != std::string::npos);
    }
    CHECK(parse_labels(std::string(512, 'x')));
    CHECK_FALSE(parse_labels(std::string(513, 'x')));
}

TEST_CASE("a node must have every label that is needed") {
    const Labels own{"eu", "gpu"};
    CHECK(missing_labels("", {}).empty());
    CHECK(missing_labels("", own).empty());
    CHECK(missing_labels("eu,gpu", own).empty());
    CHECK(missing_labels("eu,fast,x", own) == Labels{"fast", "x"});
    CHECK(missing_labels("gp", own) == Labels{"gp"});
}

// SPDX-License-Identifier: MIT
#include "domain/definition/application_definition.h"
#include "domain/definition/credential_prototype_definition.h"
#include "support/large_definitions.h"

#include <doctest/doctest.h>

using namespace mf;

// Run by ctest a second time with 256 MiB of address space and 8 MiB of stack (corpus_bounds). How long it takes is
// measured by scripts/bench definitions.
TEST_CASE("files as large as they may be stay within memory") {
    mf::testing::for_each_large_definition([](std::string_view what, const std::string& text) {
        CAPTURE(what);
        const auto reading = read_application(text);
        (void)read_credential_prototype(text);
        (void)read_credential_type(text);
        CHECK(reading.findings.size() <= 1001);
        CHECK_FALSE(reading.definition);
    });
}

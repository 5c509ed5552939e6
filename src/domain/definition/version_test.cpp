// SPDX-License-Identifier: MIT
#include "domain/definition/version.h"
#include "domain/definition/localized_text.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("versions are ordered for updates") {
    // Each is older than the next.
    const std::vector<std::string_view> ascending{"",
                                                  "#VERSION#",
                                                  "build 9",
                                                  "build 10",
                                                  "build 10a",
                                                  "0.9",
                                                  "1",
                                                  "1.0.1-alpha",
                                                  "1.0.1-alpha.1",
                                                  "1.0.1-alpha.beta",
                                                  "1.0.1-beta.2",
                                                  "1.0.1-beta.11",
                                                  "1.0.1-rc.1",
                                                  "1.0.1",
                                                  "1.2",
                                                  "1.10",
                                                  "1.10.0.1",
                                                  "99999999999999999998",
                                                  "99999999999999999999"};
    for (std::size_t a = 0; a < ascending.size(); ++a)
        for (std::size_t b = 0; b < ascending.size(); ++b)
            CHECK_MESSAGE(compare_versions(ascending[a], ascending[b]) == (a <=> b), ascending[a], " and ",
                          ascending[b]);
    CHECK(compare_versions("1.2", "1.2.0.0") == std::weak_ordering::equivalent);
    CHECK(compare_versions("1.2+build.7", "1.2.0") == std::weak_ordering::equivalent);
    CHECK(compare_versions(" 01.2 ", "1.2") == std::weak_ordering::equivalent);
    CHECK(read_version("1.2.3.4.5").is_free_text());
    CHECK(read_version("1..2").is_free_text());
    CHECK(read_version("1.2-").is_free_text());
    CHECK_FALSE(read_version("1.2.3-rc.1+x").is_free_text());
}

TEST_CASE("a user reads their language, or the nearest there is") {
    const LocalizedText text{{{"cs", "Deník"}, {"en", "Ledger"}, {"pt-BR", "Livro"}, {"de", ""}}};
    CHECK(text.in("cs") == "Deník");
    CHECK(text.in("cs_CZ") == "Deník");
    CHECK(text.in("PT-br") == "Livro");
    CHECK(text.in("pt") == "Ledger");
    CHECK(text.in("de") == "Ledger");
    CHECK(LocalizedText{{{"sk", "Kniha"}, {"cs", "Deník"}}}.in("fr") == "Kniha");
    CHECK(LocalizedText{{{"", "Plain"}}}.in("fr") == "Plain");
    CHECK(LocalizedText{}.in("en") == "");
    CHECK(LocalizedText{{{"en", ""}}}.empty());
}

TEST_CASE("language tags") {
    for (const auto tag : {"en", "cs-CZ", "zh-Hant-TW", "gsw"}) CHECK(is_language_tag(tag));
    for (const auto tag : {"", "e", "EN", "cs_CZ", "x-klingon", "engl", "en-", "en-x"})
        CHECK_FALSE(is_language_tag(tag));
    CHECK(is_listed_language("cs"));
    CHECK_FALSE(is_listed_language("xx"));
    CHECK_FALSE(is_listed_language("s "));
    CHECK_FALSE(is_listed_language("n c"));
}

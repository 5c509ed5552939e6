// SPDX-License-Identifier: MIT
#include "domain/definition/file_pattern.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

bool matches(std::string_view pattern, std::string_view path) {
    const auto compiled = FilePattern::compile(pattern, [](std::string_view name) {
        return name == "ICO" ? std::optional<std::string>("1.5") : std::nullopt;
    });
    REQUIRE(compiled);
    return compiled->matches(path);
}

}  // namespace

TEST_CASE("patterns are searched in the relative path") {
    CHECK(matches("a.csv", "x/ba-csv.bak"));
    CHECK(matches("^a\\.csv$", "a.csv"));
    CHECK_FALSE(matches("^a\\.csv$", "ba.csv"));
    CHECK(matches("reports/.*\\.json", "reports/1.json"));
    CHECK(matches("bank_import_report_{\\d+}.json$", "bank_import_report_{12}.json"));
    CHECK(matches("*.json", "a.json"));
    CHECK_FALSE(matches("*.json", "a.jsonx"));
}

TEST_CASE("variables in patterns are literal text") {
    CHECK(matches("^r_${ICO}\\.json$", "r_1.5.json"));
    CHECK_FALSE(matches("^r_{ICO}\\.json$", "r_1x5.json"));
    CHECK(matches("^{NOPE}$", "{NOPE}"));
    const auto any = [](std::string_view) { return std::optional<std::string>("value"); };
    CHECK(FilePattern::compile("^\\p{L}+\\P{L}\\x{41}$", any)->matches("é1A"));
    CHECK(FilePattern::compile("^\\\\{L}$", any)->matches("\\value"));
}

TEST_CASE("expressions that cannot be used are refused") {
    for (const auto pattern : {"([a-z", "(a{1,1000}){1,1000}", "(?=x)", "(a)\\1", "a**b("})
        CHECK_FALSE(FilePattern::compile(pattern));
    CHECK_FALSE(FilePattern::compile(std::string(5000, 'a')));
    CHECK_FALSE(FilePattern::compile(std::string(4000, '(')));
    (void)FilePattern::compile(std::string(2000, '(') + std::string(2000, ')'));
}

TEST_CASE("matching ends, whatever the expression and the name") {
    std::string evil(40, 'a');
    evil.push_back('!');
    const std::string longest(100'000, 'a');
    for (const auto pattern : {"(a+)+$", "(a|aa)+$", "(.*a){25}b", "^.*\\.json$", "(.*)*x"}) {
        (void)matches(pattern, evil);
        (void)matches(pattern, longest);
    }
}

TEST_CASE("repetitions of repetitions are recognised") {
    for (const auto pattern : {"(a+)+$", "(a|aa)+$", "(.*a){25}b", "((a*)b)*", "(?:x+)*", "(a+){2,}"})
        CHECK_MESSAGE(repeats_a_repetition(pattern), pattern);
    for (const auto pattern : {"^.*\\.json$", "(a+)?", "(\\.json)?", "(ab)+", "[+*(]+\\)+", "{\\d+}", "(a|b)",
                               "(a+){1}", "\\(a+\\)+", "[^)](a+)b"})
        CHECK_MESSAGE(!repeats_a_repetition(pattern), pattern);
}

TEST_CASE("patterns that take everything are recognised") {
    CHECK(matches_every_name(*FilePattern::compile(".*")));
    CHECK(matches_every_name(*FilePattern::compile(".")));
    CHECK_FALSE(matches_every_name(*FilePattern::compile("\\.json$")));
}

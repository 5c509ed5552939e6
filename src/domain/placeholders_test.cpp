// SPDX-License-Identifier: MIT
#include "domain/placeholders.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <map>

using namespace mf;

namespace {

struct Named {
    std::string name;
    std::string value;
    bool secret = false;
    bool literal = false;
};

Result<Expansion> expanded(const std::vector<Named>& given, const EnvironmentLimits& limits = {}) {
    std::vector<MacroVariable> variables;
    for (const auto& one : given) variables.push_back({one.name, one.value, one.secret, one.literal});
    return expand_macros(variables, limits);
}

std::vector<std::string> values(const std::vector<Named>& given) {
    const auto result = expanded(given);
    REQUIRE(result);
    std::vector<std::string> all;
    for (const auto& variable : result->variables) all.push_back(variable.value);
    return all;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a macro is a name in braces") {
    for (const auto text : {"{A}", "x{A_1}", "{{A}}", "{_}", "{lower}{B}", "{1}{B}", "{A{B}", "$${A} {B}"})
        CHECK(contains_macro(text));
    for (const auto text :
         {"", "{", "{}", "{A", "{a}", "{1A}", "{A }", "{ A }", "{{ A }}", "${A}", "{A-B}", "{Á}", "$${A}"})
        CHECK_FALSE(contains_macro(text));
    CHECK(next_macro("x{A}{BC}", 2)->name == "BC");
    CHECK(next_macro("x{A}")->begin == 1);
    CHECK(next_macro("x{A}")->end == 4);
}

TEST_CASE("macros take the final value, in any order of names") {
    CHECK(values({{"A", "{B}"}, {"B", "{C}"}, {"C", "z"}}) == Texts{"z", "z", "z"});
    CHECK(values({{"C", "{B}"}, {"B", "{A}"}, {"A", "z"}}) == Texts{"z", "z", "z"});
    CHECK(values({{"A", "<{B}-{B}>"}, {"B", ""}}) == Texts{"<->", ""});
    CHECK(values({{"A1", "{B2}"}, {"B2", "x"}}) == Texts{"x", "x"});
}

TEST_CASE("what a macro brings in is not looked at again") {
    CHECK(values({{"A", "{{B}}"}, {"B", "C"}, {"C", "x"}}) == Texts{"{C}", "C", "x"});
    CHECK(values({{"A", "{B}C}"}, {"B", "{"}, {"C", "x"}}) == Texts{"{C}", "{", "x"});
    CHECK(values({{"A", "${B} $ {B}"}, {"B", "x"}}) == Texts{"${B} $ x", "x"});
}

TEST_CASE("unknown macros stay with one warning for each variable") {
    const auto result = expanded({{"X", "a{NOPE}b{NOPE}{N2}"}, {"Y", "{X}"}});
    REQUIRE(result);
    CHECK(result->variables[0].value == "a{NOPE}b{NOPE}{N2}");
    CHECK(result->variables[1].value == "a{NOPE}b{NOPE}{N2}");
    CHECK(result->warnings == std::vector<VariableWarning>{{"X", "unknown macro {NOPE}, {N2}"}});
    CHECK(expanded({{"X", "{A}{B}{C}{D}{E}{F}{G}"}})->warnings.at(0).message ==
          "unknown macro {A}, {B}, {C}, {D}, {E} and 2 more");
}

TEST_CASE("macros that run into a cycle stay and are reported, their neighbours are expanded") {
    auto result = expanded({{"A", "x{A}{B}"}, {"B", "1"}});
    CHECK(result->variables[0].value == "x{A}1");
    CHECK(result->warnings == std::vector<VariableWarning>{{"A", "macro cycle A"}});

    result = expanded({{"A", "a{B}"}, {"B", "b{A}{D}"}, {"C", "c{A}"}, {"D", "d"}});
    CHECK(result->variables[0].value == "a{B}");
    CHECK(result->variables[1].value == "b{A}d");
    CHECK(result->variables[2].value == "c{A}");
    CHECK(result->warnings ==
          std::vector<VariableWarning>{{"A", "macro cycle A>B"}, {"B", "macro cycle B>A"}, {"C", "macro cycle C>A>B"}});

    result = expanded({{"E", "{D}{X}"}, {"D", "{S}"}, {"S", "{S}"}, {"X", "x"}});
    CHECK(result->variables[0].value == "{D}x");
    CHECK(result->variables[1].value == "{S}");
    CHECK(result->warnings ==
          std::vector<VariableWarning>{{"E", "macro cycle E>D>S"}, {"D", "macro cycle D>S"}, {"S", "macro cycle S"}});

    result = expanded({{"A", "{S}{B}"}, {"B", "{A}"}, {"S", "{S}"}});
    CHECK(result->warnings.at(0).message == "macro cycle A>S");

    result = expanded({{"A", "{B}"}, {"B", "{C}"}, {"C", "{A}"}});
    CHECK(result->warnings.at(1).message == "macro cycle B>C>A");
}

TEST_CASE("secrets taint what is built from them") {
    const auto result = expanded(
        {{"P", "s", true}, {"A", "x{P}"}, {"B", "{A}"}, {"C", "{D}"}, {"D", "1"}, {"E", "{F}", true}, {"F", "{E}"}});
    REQUIRE(result);
    const std::vector<bool> expected{true, true, true, false, false, true, false};
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(result->variables[i].secret == expected[i]);
}

TEST_CASE("values of the platform are never expanded") {
    CHECK(values({{"MULTIFLEXI_COMPANY_NAME", "{P}", false, true}, {"P", "x"}, {"A", "{MULTIFLEXI_COMPANY_NAME}"}}) ==
          Texts{"{P}", "x", "{P}"});
}

TEST_CASE("growth is bounded") {
    std::vector<Named> doubling{{"V0", "0123456789"}};
    for (int i = 1; i < 64; ++i) doubling.push_back({fmt::format("V{}", i), fmt::format("{{V{0}}}{{V{0}}}", i - 1)});
    const auto result = expanded(doubling);
    REQUIRE_FALSE(result);
    CHECK(result.error().message.starts_with("V14: the value has more than 131072 bytes"));

    std::vector<Named> wide{{"BIG", std::string(100'000, 'x')}};
    for (int i = 0; i < 1000; ++i) wide.push_back({fmt::format("W{}", i), "{BIG}"});
    CHECK(expanded(wide).error().message.find("more than 1500000 bytes together") != std::string::npos);

    CHECK(expanded({{"A", std::string(131'069, 'x')}}));
    CHECK_FALSE(expanded({{"A", std::string(131'070, 'x')}}));
}

TEST_CASE("long chains and large cycles are no burden") {
    constexpr int count = 20'000;
    std::vector<Named> chain;
    for (int i = 0; i < count; ++i) chain.push_back({fmt::format("V{}", i), fmt::format("{{V{}}}", i + 1)});
    chain.push_back({fmt::format("V{}", count), "end"});
    CHECK(expanded(chain)->variables.front().value == "end");
    chain.back().value = "{V0}";
    const auto cycle = expanded(chain);
    REQUIRE(cycle);
    CHECK(cycle->variables.front().value == "{V1}");
    CHECK(cycle->warnings.size() == count + 1);
    CHECK(cycle->warnings.front().message == "macro cycle V0>V1>…");
    chain.back().value = fmt::format("{{V{}}}", count);
    const auto tail = expanded(chain);
    CHECK(tail->variables.front().value == "{V1}");
    CHECK(tail->warnings.front().message.ends_with(">V9>…"));
}

TEST_CASE("expansion properties") {
    const auto small_environment = rc::gen::container<std::vector<std::string>>(
        6, rc::gen::container<std::string>(rc::gen::elementOf(std::string("{{{}}}ABCDEFG$x"))));
    CHECK(rc::check("a variable without macros keeps its value, the result obeys the limits, an expansion is stable",
                    [&] {
                        const auto texts = *small_environment;
                        std::vector<Named> given;
                        for (std::size_t i = 0; i < texts.size(); ++i)
                            given.push_back({std::string(1, static_cast<char>('A' + i)), texts[i]});
                        const auto once = expanded(given);
                        RC_ASSERT(bool(once));
                        for (std::size_t i = 0; i < given.size(); ++i)
                            if (!contains_macro(given[i].value)) RC_ASSERT(once->variables[i].value == given[i].value);
                        std::reverse(given.begin(), given.end());
                        const auto reversed = expanded(given);
                        for (std::size_t i = 0; i < given.size(); ++i)
                            RC_ASSERT(reversed->variables[given.size() - 1 - i].value == once->variables[i].value);
                    }));
    CHECK(rc::check("the limit holds whatever the references", [&] {
        const auto texts = *small_environment;
        std::vector<Named> given;
        for (std::size_t i = 0; i < texts.size(); ++i)
            given.push_back({std::string(1, static_cast<char>('A' + i)), texts[i]});
        const auto result = expanded(given, {.one = 40, .all = 100});
        if (!result) return;
        std::size_t total = 0;
        for (const auto& variable : result->variables) {
            RC_ASSERT(variable.value.size() + 3 <= 40);
            total += variable.value.size() + 3;
        }
        RC_ASSERT(total <= 100);
    }));
}

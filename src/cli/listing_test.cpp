// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/testing/fake_backend.h"

#include <doctest/doctest.h>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

/// A table of so many companies that pages by key as the store does.
FakeBackend companies(std::int64_t count, std::int64_t fails_behind = 1 << 30) {
    FakeBackend fake;
    fake.offer("company:list", {"limit", "offset", "order", "after", "?enabled"},
               [=](const json::object& input) -> Result<json::value> {
                   const auto number = [&](std::string_view key, std::int64_t preset) {
                       const auto* value = input.if_contains(key);
                       return value ? value->as_int64() : preset;
                   };
                   const bool down = input.at("order") == "D";
                   const auto after = number("after", down ? count + 1 : 0);
                   if (input.contains("after") && after >= fails_behind)
                       return Error{ErrorCode::unavailable, "The database went away."};
                   json::array rows;
                   const auto step = down ? -1 : 1;
                   auto id = after + step + step * number("offset", 0);
                   const auto limit = input.contains("limit") ? number("limit", 0) : count;
                   for (; id >= 1 && id <= count && static_cast<std::int64_t>(rows.size()) < limit; id += step)
                       rows.push_back(json::object{{"id", id}, {"name", fmt::format("C{}", id)}, {"enabled", true}});
                   return rows;
               });
    return fake;
}

std::string ids(const Shell& shell) {
    std::string out;
    const auto rows = shell.document();
    for (const auto& row : rows.as_array()) out += fmt::format("{} ", row.as_object().at("id").as_int64());
    return out;
}

}  // namespace

TEST_CASE("limit, offset and order") {
    auto fake = companies(5);
    Shell shell{fake};
    CHECK(ids(shell({"company:list", "-f", "json"})) == "1 2 3 4 5 ");
    CHECK(ids(shell({"company:list", "-f", "json", "--limit", "2"})) == "1 2 ");
    CHECK(ids(shell({"company:list", "-f", "json", "--offset", "3"})) == "4 5 ");
    CHECK(ids(shell({"company:list", "--format=json", "--order=D", "--limit=2", "--offset=1"})) == "4 3 ");
    CHECK(ids(shell({"company:list", "-f", "json", "--order", "whatever"})) == "1 2 3 4 5 ");
    CHECK(shell({"company:list", "-f", "json", "--limit", "0"}).out == "[]\n");
    CHECK(shell({"company:list", "--limit", "0"}).out == "No data\n\n");
    CHECK(shell({"company:list", "--limit", "x"}).out == "Option --limit takes a whole number, not 'x'.\n");
    CHECK(shell.code == 1);
    CHECK(shell({"company:list", "--limit=-1"}).code == 1);
}

TEST_CASE("a long list is fetched and printed page by page") {
    auto fake = companies(2500);
    Shell shell{fake};
    shell({"company:list", "-f", "json", "--offset", "10"});
    CHECK(shell.document().as_array().size() == 2490);
    CHECK(shell.document().as_array().back().as_object().at("id") == 2500);
    REQUIRE(fake.asked.size() == 3);
    CHECK(to_text(fake.asked[0].input) == R"({"order":"A","offset":10,"limit":1000})");
    CHECK(to_text(fake.asked[1].input) == R"({"order":"A","after":1010,"limit":1000})");
    fake.asked.clear();
    CHECK(shell({"company:list", "-f", "json", "--limit", "1500"}).document().as_array().size() == 1500);
    CHECK(fake.asked.size() == 2);
    CHECK(std::ranges::count(shell({"company:list"}).out, '\n') >= 2500);
}

TEST_CASE("a list that breaks off does not look complete") {
    auto fake = companies(2500, 1000);
    Shell shell{fake};
    CHECK(shell({"company:list", "-f", "json"}).code == 1);
    CHECK_FALSE(parse_json(shell.out));
    CHECK(shell.err.find("The list is incomplete: The database went away.") != std::string::npos);
}

TEST_CASE("scripts get all columns in a grid, people those that fit") {
    auto fake = companies(1);
    Shell shell{fake};
    CHECK(shell({"company:list"}).out.find("retention_until") != std::string::npos);
    CHECK(shell.out.ends_with("+\n\n"));
    CHECK(shell({"company:list", "--fields", "name,id"}).out ==
          "+----+------+\n| id | name |\n+----+------+\n|  1 | C1   |\n+----+------+\n\n");
    shell.terminal = true;
    shell({"company:list"});
    CHECK(shell.out.find("retention_until") == std::string::npos);
    CHECK(shell.out.find("| id | enabled | name | ic | email | slug |") != std::string::npos);
    CHECK(shell({"company:list", "-v"}).out.find("retenti…") != std::string::npos);
}

TEST_CASE("nobody can move the cursor of the reader") {
    FakeBackend fake;
    fake.offer("company:list", {"limit", "after"},
               json::value(json::array{json::object{{"id", 1}, {"name", "a\x1b[2Jb\nc\xc2\x9b"}}}));
    Shell shell{fake};
    shell({"company:list", "--fields", "name"});
    CHECK(shell.out.find("| a\\x1b[2Jb c\\x9b |") != std::string::npos);
}

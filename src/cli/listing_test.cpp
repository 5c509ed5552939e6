// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/grid.h"
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

TEST_CASE("numbers that no list can have are refused, in every list") {
    auto fake = companies(5);
    fake.offer("queue:list", {"limit", "offset"}, json::value(json::array()));
    Shell shell{fake};
    const auto refused = [&](std::string_view option, std::string_view number) {
        for (const auto* list : {"company:list", "queue:list"}) {
            shell({list, fmt::format("--{}={}", option, number)});
            CHECK(shell.code == 1);
            const auto text = shell.out;
            shell({list, fmt::format("--{}={}", option, number), "-f", "json"});
            CHECK(shell.code == 1);
            CHECK(std::string(shell.document().at("message").as_string()) + "\n" == text);
        }
        return std::string(trim(shell.document().at("message").as_string()));
    };
    for (const auto* option : {"limit", "offset"}) {
        CHECK(refused(option, "-1") == fmt::format("Option --{} must not be negative: -1.", option));
        CHECK(refused(option, "-99999999999999999999").find("must not be negative") != std::string::npos);
        for (const auto* huge : {"1000000000001", "9223372036854775807", "99999999999999999999"})
            CHECK(refused(option, huge) ==
                  fmt::format("Option --{} must be at most 1000000000000, not {}.", option, huge));
        for (const auto* other : {"x", "", "-", "1.5", "1e3", "0x10", "--1", "5 6"})
            CHECK(refused(option, other) == fmt::format("Option --{} takes a whole number, not '{}'.", option, other));
    }
    CHECK(fake.asked.empty());
    CHECK(ids(shell({"company:list", "-f", "json", "--limit", "1000000000000", "--offset", " 4 "})) == "5 ");
    CHECK(shell({"company:list", "-f", "json", "--offset", "1000000000000"}).out == "[]\n");
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
    shell({"company:list", "--no-ansi"});
    CHECK_MESSAGE(
        shell.out.ends_with("\nLeft out: settings, logo and 15 more. Use --fields or -f json to see them.\n\n"),
        shell.out);
    CHECK(shell({"company:list", "-v"}).out.find("| retention_until |") == std::string::npos);
    shell.width = 260;
    CHECK(shell({"company:list", "-v"}).out.find("| retention_until |") != std::string::npos);
    CHECK(shell.out.find("Left out") == std::string::npos);
}

TEST_CASE("lists fit the terminal and say what they left out") {
    FakeBackend fake;
    json::array jobs, waiting;
    for (std::int64_t id = 1; id <= 3; ++id) {
        jobs.push_back(json::object{{"id", id * 100000},
                                    {"app_id", 12},
                                    {"company_id", 34},
                                    {"runtemplate_id", 5678},
                                    {"begin", "2025-06-15T12:35:00Z"},
                                    {"end", "2025-06-15T12:35:01Z"},
                                    {"schedule", "2025-06-15T12:35:00Z"},
                                    {"exitcode", 0},
                                    {"command", std::string(300, 'x')},
                                    {"state", "succeeded"}});
        waiting.push_back(json::object{{"id", id},
                                       {"job_id", id},
                                       {"runtemplate_name", "日本語の名前はとても長いです日本語の名前"},
                                       {"app_name", "Žluťoučký kůň"},
                                       {"company_name", std::string(80, 'c')},
                                       {"after", "2025-06-15T12:35:00Z"}});
    }
    fake.offer("job:list", {"limit", "after"}, json::value(jobs));
    fake.offer("queue:list", {"limit"}, json::value(waiting));
    Shell shell{fake};
    shell.terminal = true;
    for (const std::size_t width : {40, 60, 80, 120, 200})
        for (const auto& words : std::vector<std::vector<std::string>>{
                 {"job:list"}, {"job:list", "-v"}, {"job:list", "--fields", "command,id,begin,end"}, {"queue:list"}}) {
            CAPTURE(width);
            CAPTURE(fmt::format("{}", fmt::join(words, " ")));
            shell.width = width;
            auto plain = words;
            plain.emplace_back("--no-ansi");
            shell(plain);
            CHECK(shell.code == 0);
            for (const auto line : split(shell.out, '\n')) CHECK(display_width(line) <= width);
            CHECK(shell.out.find("| id ") != shell.out.npos);
        }
    // Ordinary widths, word by word.
    shell.width = 80;
    shell({"job:list", "--no-ansi"});
    CHECK(shell.out.find("| id     | app_id | begin               | exitcode | runtemplate_… | state     |\n") !=
          shell.out.npos);
    CHECK(shell.out.find("\nLeft out: end, company_id and 16 more. Use --fields or -f json to see them.\n") !=
          shell.out.npos);
    shell.width = 40;
    CHECK(shell({"job:list", "--no-ansi"}).out.find("\n21 left out; use --fields or -f json.\n") != shell.out.npos);
    // What was asked for comes first, in the order in which it was.
    shell({"job:list", "--fields", "end,id,begin", "--no-ansi"});
    CHECK(shell.out.find("| id     | end                 |\n") != shell.out.npos);
    CHECK(shell.out.find("\nLeft out: begin. Use fewer --fields") == shell.out.npos);
    CHECK(shell.out.find("\n1 left out; use fewer --fields.\n") != shell.out.npos);
    // Nothing of this for programs.
    shell.terminal = false;
    CHECK(shell({"job:list"}).out.find("Left out") == shell.out.npos);
}

TEST_CASE("fields that a list has not are refused before anything is asked, with those that there are") {
    auto fake = companies(1);
    Shell shell{fake};
    CHECK(shell({"company:list", "--fields", "name, nosuch ,other"}).code == 1);
    CHECK(
        shell.out.starts_with("There is no field nosuch, other here. Name some of these, or leave --fields out: id, "));
    CHECK(shell.out.find(", name, ") != shell.out.npos);
    CHECK(shell({"company:list", "--fields=nosuch", "-f", "json"}).code == 1);
    CHECK(shell.document().at("status") == "error");
    CHECK(shell.document().at("errors").at(0).at("field") == "fields");
    CHECK(fake.asked.empty());
    // Nothing named is nothing narrowed.
    for (const auto* none : {"--fields=", "--fields= , ", "--fields"}) {
        CHECK(shell({"company:list", none}).code == 0);
        CHECK(shell.out.find("retention_until") != shell.out.npos);
    }
    // One that is made from its operation alone knows its fields by its rows.
    fake.offer("thing:list", {"limit"}, json::value(json::array{json::object{{"id", 1}, {"size", 2}}}));
    CHECK(shell({"thing:list", "--fields", "size"}).code == 0);
    CHECK(shell({"thing:list", "--fields", "size,colour"}).code == 1);
    CHECK(shell.out == "There is no field colour here. Name some of these, or leave --fields out: id, size.\n");
}

TEST_CASE("a record is narrowed to fields that it has") {
    FakeBackend fake;
    fake.offer("company:get", {"id"}, json::value(json::object{{"id", 1}, {"name", "C1"}}));
    Shell shell{fake};
    CHECK(shell({"company:get", "--id", "1", "--fields", "name"}).out == "name: C1\n");
    CHECK(shell({"company:get", "--id", "1", "--fields", "name,nosuch"}).code == 1);
    CHECK(shell.out.starts_with("There is no field nosuch here. "));
    CHECK(shell.out.find("name: C1") == shell.out.npos);
}

TEST_CASE("nobody can move the cursor of the reader") {
    FakeBackend fake;
    fake.offer("company:list", {"limit", "after"},
               json::value(json::array{json::object{{"id", 1}, {"name", "a\x1b[2Jb\nc\xc2\x9b"}}}));
    Shell shell{fake};
    shell({"company:list", "--fields", "name"});
    CHECK(shell.out.find("| a\\x1b[2Jb c\\x9b |") != std::string::npos);
}

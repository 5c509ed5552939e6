// SPDX-License-Identifier: MIT
#include "cli/grid.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("a grid has a frame, a header and numbers at the right") {
    Grid grid({"id", "name"}, {});
    grid.add({{.text = "1", .is_number = true}, {.text = "Acme"}});
    grid.add({{.text = "12", .is_number = true}, {.text = "B"}});
    CHECK(grid.page() ==
          "+----+------+\n"
          "| id | name |\n"
          "+----+------+\n"
          "|  1 | Acme |\n"
          "| 12 | B    |\n");
    CHECK(grid.end() == "+----+------+\n");
    CHECK(Grid({"id"}, {}).page().empty());
    CHECK(Grid({"id"}, {}).end().empty());
}

TEST_CASE("without a terminal cells are cut at 50 characters and marked") {
    Grid grid({"a"}, {});
    grid.add({{.text = std::string(51, 'x')}});
    grid.add({{.text = std::string(50, 'y')}});
    const auto page = grid.page();
    CHECK(page.find("| " + std::string(47, 'x') + "... |") != std::string::npos);
    CHECK(page.find("| " + std::string(50, 'y') + " |") != std::string::npos);
}

TEST_CASE("on a terminal the widest text gives room; numbers and times are never cut") {
    Grid grid({"id", "name", "when"}, {.width = 50});
    grid.add(
        {{.text = "123456789", .is_number = true}, {.text = std::string(100, 'x')}, {.text = "2025-06-15 12:35:00"}});
    const auto page = grid.page();
    CHECK(page.find("123456789") != std::string::npos);
    CHECK(page.find("2025-06-15 12:35:00") != std::string::npos);
    CHECK(page.find("…") != std::string::npos);
    CHECK(display_width(page.substr(0, page.find('\n'))) == 50);
}

TEST_CASE("a later page that needs more room gets a header of its own, nothing is lost") {
    Grid grid({"id"}, {});
    grid.add({{.text = "999", .is_number = true}});
    CHECK(grid.page() == "+-----+\n| id  |\n+-----+\n| 999 |\n");
    grid.add({{.text = "7", .is_number = true}});
    CHECK(grid.page() == "|   7 |\n");
    grid.add({{.text = "1000", .is_number = true}});
    CHECK(grid.page() == "+-----+\n+------+\n| id   |\n+------+\n| 1000 |\n");
    CHECK(grid.end() == "+------+\n");
}

TEST_CASE("widths are those of a terminal") {
    CHECK(display_width("žluť") == 4);
    CHECK(display_width("日本") == 4);
    CHECK(display_width("e\u0301") == 1);
    CHECK(cut_to_width("日本語", 5, "…") == "日本…");
    CHECK(cut_to_width("日本語", 4, "…") == "日…");
    CHECK(cut_to_width("abc", 3, "…") == "abc");
    CHECK(display_width("\xff\xfe") == 2);
}

TEST_CASE("colours do not count") {
    Grid grid({"state"}, {.coloured = true});
    grid.add({{.text = "ok", .colour = "32"}});
    CHECK(grid.page().find("| \x1b[32mok\x1b[0m    |") != std::string::npos);
}

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

TEST_CASE("no line is wider than the terminal, whatever the values; what has no room is named") {
    for (const std::size_t width : {20, 40, 60, 80, 120, 200})
        for (const bool many : {false, true}) {
            CAPTURE(width);
            CAPTURE(many);
            Grid grid({"id", "name", "a_long_header_of_a_number", "begin", "due", "note"}, {.width = width});
            const auto add = [&](std::string_view note) {
                grid.add({{.text = "1234567", .is_number = true},
                          {.text = "日本語の名前はとても長いです日本語の名前"},
                          {.text = "1", .is_number = true},
                          {.text = "2025-06-15 12:35:00"},
                          {.text = "2025-06-15 12:35:00 (overdue 1135d 5h 47m)"},
                          {.text = std::string(note)}});
            };
            add("");
            auto text = grid.page();
            if (many) {
                add(std::string(500, 'x'));
                grid.add({});
                text += grid.page();
            }
            text += grid.end();
            for (std::size_t from = 0; from < text.size(); from = text.find('\n', from) + 1)
                CHECK(display_width(std::string_view(text).substr(from, text.find('\n', from) - from)) <= width);
            CHECK(text.find("| 1234567 |") != std::string::npos);
            const auto left_out = grid.left_out();
            for (const std::string_view word : {"id", "name", "begin"})
                CHECK((text.find(word) != text.npos) == (std::ranges::find(left_out, word) == left_out.end()));
            CHECK(left_out.empty() == (width >= 120));
        }
}

TEST_CASE("the order decides which columns get room; they stay in their places") {
    Grid grid({"id", "begin", "state"}, {.width = 30, .order = {2, 0, 1}});
    grid.add({{.text = "1", .is_number = true}, {.text = "2025-06-15 12:35:00"}, {.text = "succeeded"}});
    CHECK(grid.page() == "+----+-----------+\n| id | state     |\n+----+-----------+\n|  1 | succeeded |\n");
    CHECK(grid.left_out() == std::vector<std::string>{"begin"});
    CHECK(grid.end() == "+----+-----------+\n");
}

TEST_CASE("a later page may have room for fewer columns") {
    Grid grid({"id", "begin"}, {.width = 20});
    grid.add({{.text = "1", .is_number = true}, {}});
    CHECK(grid.page() == "+----+-------+\n| id | begin |\n+----+-------+\n|  1 |       |\n");
    CHECK(grid.left_out().empty());
    grid.add({{.text = "2", .is_number = true}, {.text = "2025-06-15 12:35:00"}});
    CHECK(grid.page() == "+----+-------+\n+----+\n| id |\n+----+\n|  2 |\n");
    CHECK(grid.left_out() == std::vector<std::string>{"begin"});
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

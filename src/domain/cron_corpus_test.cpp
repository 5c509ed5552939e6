// SPDX-License-Identifier: MIT
#include "domain/cron.h"

#include "support/corpus.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

/// The oracle writes \t \n \0 \\ in expressions.
std::string without_escapes(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        switch (text[++i]) {
            case 't': out += '\t'; break;
            case 'n': out += '\n'; break;
            case 'r': out += '\r'; break;
            case '0': out += '\0'; break;
            default: out += text[i];
        }
    }
    return out;
}

/// "2025-06-15T12:34:56+12:45", as the oracle writes it.
Timestamp moment_of(const std::string& text) {
    using namespace std::chrono;
    const auto number = [&](std::size_t at, std::size_t length) { return std::stoi(text.substr(at, length)); };
    const auto offset = hours{number(20, 2)} + minutes{number(23, 2)};
    const Timestamp local = sys_days{year{number(0, 4)} / number(5, 2) / number(8, 2)} + hours{number(11, 2)} +
                            minutes{number(14, 2)} + seconds{number(17, 2)};
    return text[19] == '-' ? local + offset : local - offset;
}

}  // namespace

TEST_SUITE_BEGIN("corpus");

TEST_CASE("every row of the cron oracle") {
    const auto directory = testing::corpus("cron");
    if (!directory) return;
    const auto table = testing::read_table(*directory / "next_runs.tsv");
    REQUIRE(table.rows.size() > 0);
    for (const auto& row : table.rows) {
        const auto cell = [&](std::string_view column) { return table.cell(row, column); };
        INFO("row ", cell("id"), ": ", cell("expression"), " in ", cell("zone"), " from ", cell("start"));
        const auto cron = CronExpression::parse(without_escapes(cell("expression")));
        const auto zone = Zone::named(cell("zone"));
        if (cell("next1") == "REJECT") {
            CHECK_FALSE((cron && zone));
            continue;
        }
        REQUIRE_MESSAGE(cron, cron.error().message);
        REQUIRE_MESSAGE(zone, zone.error().message);
        Timestamp at = moment_of(cell("start"));
        for (const auto* column : {"next1", "next2", "next3", "next4", "next5"}) {
            const auto expected = cell(column);
            if (expected.empty()) continue;
            const auto found = cron->next(at, *zone);
            CHECK((found ? format_iso(*found, *zone, UtcMark::offset) : "NEVER") == expected);
            if (!found) {
                CHECK(cron->never_fires());
                break;
            }
            at = *found;
        }
    }
}

TEST_SUITE_END();

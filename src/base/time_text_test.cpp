// SPDX-License-Identifier: MIT
#include "base/time_text.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

const Zone prague = *Zone::named("Europe/Prague");
const Timestamp now = sys_days{2026y / 3 / 28} + 10h + 20min + 30s + 400ms;  // 11:20:30.4 in Prague

std::string parsed(std::string_view text) {
    const auto found = parse_time(text, now, prague);
    if (!found) return "none";
    const auto part = (*found - floor<seconds>(*found)).count();
    return format_iso(*found, prague) + (part ? "." + std::to_string(part) : "");
}

}  // namespace

TEST_CASE("times as people type them") {
    const std::pair<const char*, const char*> cases[] = {
        {"now", "2026-03-28T11:20:30+01:00.400"},
        {" NOW ", "2026-03-28T11:20:30+01:00.400"},
        {"2025-06-15T12:35:00+12:45", "2025-06-15T01:50:00+02:00"},
        {"2025-06-15t12:35Z", "2025-06-15T14:35:00+02:00"},
        {"2025-06-15 12:35:07.25", "2025-06-15T12:35:07+02:00.250"},
        {"2025-06-15 12:35:07 -0330", "2025-06-15T18:05:07+02:00"},
        {"2025-06-15 12:35:07+02", "2025-06-15T12:35:07+02:00"},
        {"2025-06-15 12:35", "2025-06-15T12:35:00+02:00"},
        {"2025-12-15", "2025-12-15T00:00:00+01:00"},
        {"2024-02-29", "2024-02-29T00:00:00+01:00"},
        {"@0", "1970-01-01T01:00:00+01:00"},
        {"@1750000000", "2025-06-15T17:06:40+02:00"},
        {"today", "2026-03-28T00:00:00+01:00"},
        {"today 2:05", "2026-03-28T02:05:00+01:00"},
        {"12:30", "2026-03-28T12:30:00+01:00"},
        {"tomorrow", "2026-03-29T00:00:00+01:00"},
        {"tomorrow 04:00:01", "2026-03-29T04:00:01+02:00"},
        {"yesterday 23:00", "2026-03-27T23:00:00+01:00"},
        {"+5 minutes", "2026-03-28T11:25:30+01:00.400"},
        {"+1 hour 30 min", "2026-03-28T12:50:30+01:00.400"},
        {"+1h30m", "2026-03-28T12:50:30+01:00.400"},
        {"+1 hour, 30 minutes and 5 seconds", "2026-03-28T12:50:35+01:00.400"},
        {"in 2 hours", "2026-03-28T13:20:30+01:00.400"},
        {"90 min ago", "2026-03-28T09:50:30+01:00.400"},
        {"-1 day", "2026-03-27T11:20:30+01:00.400"},
        {"+1 month", "2026-04-28T11:20:30+02:00.400"},
        {"-1 month", "2026-02-28T11:20:30+01:00.400"},
        {"+2 years 1 week", "2028-04-04T11:20:30+02:00.400"}};
    for (const auto& [text, expected] : cases) CHECK_MESSAGE(parsed(text) == expected, text);
}

TEST_CASE("a day keeps the local time over a clock change, hours do not") {
    CHECK(parsed("+1 day") == "2026-03-29T11:20:30+02:00.400");
    CHECK(parsed("+24 hours") == "2026-03-29T12:20:30+02:00.400");
    CHECK(parsed("tomorrow 02:30") == "2026-03-29T03:00:00+02:00");
    CHECK(parsed("2026-10-25 02:30") == "2026-10-25T02:30:00+02:00");
    CHECK(parsed("2026-10-25 02:30:00+01:00") == "2026-10-25T02:30:00+01:00");
}

TEST_CASE("the 31st of a shorter month is its last day") {
    const auto end_of_january = *parse_time("2026-01-31 12:00", now, prague);
    CHECK(format_iso(*parse_time("+1 month", end_of_january, prague), prague) == "2026-02-28T12:00:00+01:00");
}

TEST_CASE("what is not a time is refused with examples") {
    for (const auto* text : {"",
                             " ",
                             "soon",
                             "2025-02-30",
                             "2025-13-01",
                             "0000-01-01",
                             "2025-06-15T24:00",
                             "2025-06-15T12:60",
                             "2025-06-15T1200",
                             "2025-06-15 12:00 Europe/Prague",
                             "2025-06-15T12:00:00+25:00",
                             "2025-6-15",
                             "@",
                             "@x",
                             "@99999999999999",
                             "+",
                             "+5",
                             "+5 parsecs",
                             "5 minutes",
                             "+-5 minutes",
                             "+999999999 years",
                             "+9000 years",
                             "-3000 years",
                             "now now",
                             "tomorrow noon",
                             "tomorrow02",
                             "12:30:61",
                             "+1 hour and",
                             "in",
                             "ago",
                             "20250615T123500Z"})
        CHECK_MESSAGE(parsed(text) == "none", text);
    CHECK(parse_time("soon", now, prague).error().message.starts_with("'soon' is not a time; write for example"));
    CHECK(parse_time(std::string(1 << 20, '1'), now, prague).error().message.size() < 400);
}

TEST_CASE("what is written can be read again") {
    CHECK(rc::check("format_iso and parse_time are inverse", [] {
        const Timestamp t{seconds{*rc::gen::inRange<std::int64_t>(-2000000000, 12000000000)}};
        const auto there =
            *Zone::named(*rc::gen::element("UTC", "Europe/Prague", "Pacific/Chatham", "America/St_Johns"));
        if (there.offset_at(t).count() % 60 == 0) RC_ASSERT(*parse_time(format_iso(t, there), now, prague) == t);
    }));
    CHECK(rc::check("no text is too strange", [](const std::string& text) {
        const auto time = parse_time(text, now, prague);
        const auto length = parse_duration(text);
        RC_ASSERT((time || !time.error().message.empty()));
        RC_ASSERT((!length || *length >= 0s));
    }));
}

TEST_CASE("lengths of time") {
    const std::pair<const char*, seconds> cases[] = {{"0", 0s},        {"90", 90s},        {"90s", 90s},
                                                     {"05:00", 300s},  {"1:30:00", 90min}, {"1 hour 30 min", 90min},
                                                     {"1H30m", 90min}, {"2 days", 48h},    {"100:00", 100min}};
    for (const auto& [text, expected] : cases) {
        REQUIRE_MESSAGE(parse_duration(text), text);
        CHECK(*parse_duration(text) == expected);
    }
    for (const auto* text : {"", "-5", "1:60", "1:2:3:4", "5 apples", "1 month", "99999999:00:00", "1:", ":5", "1.5"})
        CHECK_MESSAGE(!parse_duration(text), text);
    CHECK(parse_duration("x").error().message.starts_with("'x' is not a length of time"));
    CHECK(format_duration(0s) == "0 s");
    CHECK(format_duration(9000s) == "2 h 30 min");
    CHECK(format_duration(86400s + 5s) == "1 d 5 s");
    CHECK(format_duration(59s) == "59 s");
}

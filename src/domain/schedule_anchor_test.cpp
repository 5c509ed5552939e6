// SPDX-License-Identifier: MIT
#include "domain/schedule_anchor.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

std::string tidy(std::string_view text) {
    const auto anchor = parse_anchor(text);
    return anchor ? to_text(*anchor) : "none";
}

std::string cron_of_anchor(Interval interval, std::string_view text) {
    const auto found = cron_of(interval, *parse_anchor(text));
    return found ? *found : found.error().message;
}

}  // namespace

TEST_CASE("an anchor is read and written") {
    const std::pair<const char*, const char*> cases[] = {{"02:00", "02:00"},         {"2:05", "02:05"},
                                                         {" 23:59 ", "23:59"},       {":15", ":15"},
                                                         {"mon 02:00", "mon 02:00"}, {"MONDAY 2:00", "mon 02:00"},
                                                         {"Sun", "sun 00:00"},       {"31 02:00", "31 02:00"},
                                                         {"1", "01 00:00"},          {"03-31 02:00", "03-31 02:00"},
                                                         {"2-29", "02-29 00:00"},    {"sat\t 7:30", "sat 07:30"}};
    for (const auto& [text, expected] : cases) {
        CHECK_MESSAGE(tidy(text) == expected, text);
        CHECK(tidy(tidy(text)) == expected);
    }
}

TEST_CASE("what is no anchor is refused with examples") {
    for (const auto* text : {"",          " ",        "24:00",    "02:60", "2:5",   "noon",  "mon tue",
                             "mon 25:00", "32 02:00", "0 02:00",  "02-30", "13-01", "00-01", "mon :15",
                             "02:00 mon", "02:00:00", "-1 02:00", "1-",    ":5",    "xmon",  "::"})
        CHECK_MESSAGE(tidy(text) == "none", text);
    CHECK(parse_anchor("noon").error().message.starts_with(
        "'noon' is no time within the interval: there is no such day. Write"));
    CHECK(!parse_anchor(std::string(1 << 20, '1')));
}

TEST_CASE("an anchor moves the runs of its interval") {
    CHECK(cron_of_anchor(Interval::hourly, ":15") == "15 * * * *");
    CHECK(cron_of_anchor(Interval::daily, "02:30") == "30 2 * * *");
    CHECK(cron_of_anchor(Interval::weekly, "02:00") == "0 2 * * 1");
    CHECK(cron_of_anchor(Interval::weekly, "sun 02:00") == "0 2 * * 0");
    CHECK(cron_of_anchor(Interval::monthly, "02:00") == "0 2 1 * *");
    CHECK(cron_of_anchor(Interval::monthly, "31 02:00") == "0 2 31 * *");
    CHECK(cron_of_anchor(Interval::yearly, "03-31 02:00") == "0 2 31 3 *");
    CHECK(cron_of_anchor(Interval::yearly, "02:00") == "0 2 1 1 *");
}

TEST_CASE("an anchor that says too much or too little for its interval is refused") {
    CHECK(cron_of_anchor(Interval::daily, "mon 02:00") ==
          "'mon 02:00' does not fit the interval daily; write a time such as 02:00.");
    const std::pair<Interval, const char*> cases[] = {
        {Interval::disabled, "02:00"}, {Interval::minutely, "02:00"},  {Interval::custom, "02:00"},
        {Interval::hourly, "02:00"},   {Interval::daily, ":15"},       {Interval::daily, "31 02:00"},
        {Interval::weekly, "31"},      {Interval::weekly, "03-31"},    {Interval::monthly, "mon"},
        {Interval::monthly, "03-31"},  {Interval::yearly, "31 02:00"}, {Interval::yearly, "mon 02:00"}};
    for (const auto& [interval, text] : cases)
        CHECK_MESSAGE(cron_of_anchor(interval, text).find("does not fit") != std::string::npos, text);
}

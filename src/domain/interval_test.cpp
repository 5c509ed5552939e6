// SPDX-License-Identifier: MIT
#include "domain/interval.h"

#include "domain/cron.h"
#include "domain/entity.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("every code has its word, length and expression") {
    CHECK(name_of(Interval::minutely) == "i");
    CHECK(enum_named<Interval>("y") == Interval::yearly);
    CHECK(word_of(Interval::disabled) == "disabled");
    CHECK(word_of(Interval::minutely) == "minutly");
    CHECK(word_of(Interval::custom) == "custom");
    CHECK(seconds_of(Interval::monthly).count() == 2629743);
    CHECK(seconds_of(Interval::yearly).count() == 31556926);
    CHECK(seconds_of(Interval::custom).count() == 0);
    CHECK(cron_of(Interval::weekly) == "0 0 * * 1");
    CHECK(cron_of(Interval::disabled).empty());
    CHECK(cron_of(Interval::custom).empty());
    for (const auto code : names_of(Interval{})) {
        const auto interval = *enum_named<Interval>(code);
        if (!cron_of(interval).empty()) CHECK(CronExpression::parse(cron_of(interval)));
        CHECK(parse_interval(code)->interval == interval);
        CHECK(parse_interval(word_of(interval))->interval == interval);
    }
}

TEST_CASE("an interval is chosen by code, word or macro") {
    CHECK(*parse_interval("minutely") == IntervalChoice{Interval::minutely, ""});
    CHECK(*parse_interval(" Daily ") == IntervalChoice{Interval::daily, ""});
    CHECK(*parse_interval("@daily") == IntervalChoice{Interval::daily, ""});
    CHECK(*parse_interval("@annually") == IntervalChoice{Interval::yearly, ""});
    CHECK(*parse_interval("@weekly") == IntervalChoice{Interval::custom, "@weekly"});
    for (const auto* wrong : {"", "x", "dd", "@reboot", "0 0 * * *", "n/a"})
        CHECK_MESSAGE(!parse_interval(wrong), wrong);
    CHECK(parse_interval("often").error().message.starts_with("'often' is not an interval; there are n (disabled)"));
}

// SPDX-License-Identifier: MIT
#include "domain/cron.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace mf;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

CronExpression cron(std::string_view text) {
    auto parsed = CronExpression::parse(text);
    REQUIRE_MESSAGE(parsed, text);
    return *parsed;
}

Zone zone(std::string_view name) { return *Zone::named(name); }

std::string why_not(std::string_view text) {
    const auto parsed = CronExpression::parse(text);
    return parsed ? "accepted" : parsed.error().message;
}

/// The next runs as "MM-DD HH:MM+HH:MM".
std::string runs(std::string_view text, std::string_view zone_name, Timestamp after, int count) {
    const auto there = zone(zone_name);
    std::string out;
    for (int i = 0; i < count; ++i) {
        const auto found = cron(text).next(after, there);
        if (!found) return out + "never";
        const auto iso = format_iso(*found, there, UtcMark::offset);
        out += (i ? " " : "") + iso.substr(5, 5) + " " + iso.substr(11, 5) + iso.substr(19);
        after = *found;
    }
    return out;
}

const Timestamp before_gap = sys_days{2026y / 3 / 28} + 23h;       // 2026-03-29 00:00 in Prague
const Timestamp before_overlap = sys_days{2026y / 10 / 24} + 22h;  // 2026-10-25 00:00 in Prague

/// What the header promises, told minute by minute: the slow but obvious way.
struct Walker {
    std::array<std::vector<bool>, 5> sets;  // minute hour day month weekday
    bool any_day, any_weekday, real_time;

    bool matches(LocalTime t) const {
        const auto day = floor<days>(t);
        const year_month_day date(day);
        const auto time = t - day;
        const auto at = [&](int field, auto value) { return sets[field][static_cast<std::size_t>(value)]; };
        const bool by_day = at(2, static_cast<unsigned>(date.day()));
        const bool by_weekday = at(4, weekday(day).c_encoding());
        const bool day_fits =
            any_day || any_weekday ? (any_day || by_day) && (any_weekday || by_weekday) : by_day || by_weekday;
        return at(0, duration_cast<minutes>(time).count() % 60) && at(1, duration_cast<hours>(time).count()) &&
               at(3, static_cast<unsigned>(date.month())) && day_fits;
    }
    bool fires(Timestamp t, const Zone& there) const {
        const auto local = there.to_local(t);
        if (matches(local) && (real_time || there.meaning_of(local).first == t)) return true;
        const auto skipped = there.offset_at(t) - there.offset_at(t - 1ms);
        if (real_time || skipped <= 0s || skipped > 3h) return false;
        for (auto missing = local - skipped; missing < local; missing += 1min)
            if (matches(missing)) return true;
        return false;
    }
};

/// A field of an expression together with the values it stands for.
struct RandomField {
    std::string text;
    std::vector<bool> values;
};

RandomField random_field(int low, int high) {
    RandomField out{"", std::vector<bool>(static_cast<std::size_t>(high) + 1)};
    const int parts = *rc::gen::inRange(1, 4);
    for (int i = 0; i < parts; ++i) {
        int first = low, last = high, step = 1;
        std::string text = "*";
        if (*rc::gen::inRange(0, 3) != 0) {
            first = *rc::gen::inRange(low, high + 1);
            last = *rc::gen::element(first, *rc::gen::inRange(first, high + 1));
            text = last == first ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
        }
        if (text.find_first_of("*-") != std::string::npos && *rc::gen::arbitrary<bool>()) {
            step = *rc::gen::inRange(1, high + 2);
            text += "/" + std::to_string(step);
        }
        for (int value = first; value <= last; value += step) out.values[static_cast<std::size_t>(value)] = true;
        out.text += (i ? "," : "") + text;
    }
    return out;
}

}  // namespace

TEST_CASE("next agrees with a walk over every minute") {
    CHECK(rc::check("next is the first minute that fires", [] {
        const int bounds[5][2] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};
        Walker walker;
        std::array<std::string, 5> fields;
        for (std::size_t i = 0; i < 5; ++i) {
            // Mostly '*' in the month, so that the walk meets something.
            auto field = random_field(bounds[i][0], bounds[i][1]);
            if (i >= 2 && *rc::gen::inRange(0, 3) != 0) field = {"*", std::vector<bool>(field.values.size(), true)};
            walker.sets[i] = field.values;
            fields[i] = field.text;
        }
        walker.any_day = fields[2] == "*";
        walker.any_weekday = fields[4] == "*";
        walker.real_time = fields[0].front() == '*' || fields[1].front() == '*';
        const auto text = fmt::format("{}", fmt::join(fields, " "));
        const auto there = zone(*rc::gen::element("UTC", "Etc/GMT+5", "Asia/Kathmandu", "Europe/Prague",
                                                  "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll",
                                                  "America/Santiago", "Pacific/Chatham", "Africa/Casablanca"));
        // Near a clock change of that zone, if it has any; never on a whole minute's edge only.
        Timestamp after = sys_days{2026y / 1 / 1} + days{*rc::gen::inRange(0, 700)};
        if (const auto change = there.next_clock_change(after)) after = change->at - 4h;
        after += seconds{*rc::gen::inRange(0, 6 * 3600)} + milliseconds{*rc::gen::element(0, 1, 999)};

        std::optional<Timestamp> expected;
        const auto limit = after + days{3};
        for (Timestamp t = floor<minutes>(after) + 1min; t < limit && !expected; t += 1min)
            if (walker.fires(t, there)) expected = t;
        const auto found = cron(text).next(after, there);
        RC_LOG() << text << " in " << there.name() << " after " << format_iso(after, there) << "\n";
        if (expected)
            RC_ASSERT(found == expected);
        else
            RC_ASSERT(!found || *found >= limit);

        // The way back and the count tell the same story.
        const auto expression = cron(text);
        std::int64_t count = 0;
        auto last = after;
        for (auto at = found; at && *at <= limit; at = expression.next(last, there)) {
            if (count) RC_ASSERT(expression.previous(*at, there) == last);
            last = *at;
            ++count;
            if (count % 50 == 1) RC_ASSERT(expression.count(after, *at, there) == count);
        }
        RC_ASSERT(expression.count(after, limit, there) == count);
        if (count) RC_ASSERT(expression.previous(limit + 1ms, there) == last);
    }));
}

TEST_CASE("a run at the very end of a gap is next for the millisecond before it") {
    const auto there = zone("Europe/Prague");
    const Timestamp end = sys_days{2026y / 3 / 29} + 1h;
    for (const auto early : {1ms, 999ms, 1000ms}) CHECK(cron("30 2 * * *").next(end - early, there) == end);
    CHECK(cron("30 2 * * *").next(end, there) > end);
    CHECK(cron("30 2 * * *").count(end - 1ms, end, there) == 1);
    CHECK(cron("0 2-3 * * *").count(end - 1h, end, there) == 1);
}

TEST_CASE("runs are counted over long times without making them") {
    const auto there = zone("Europe/Prague");
    const Timestamp from = sys_days{2000y / 1 / 1}, to = sys_days{2300y / 1 / 1};
    CHECK(cron("* * * * *").count(from, to, there) == (to - from) / 1min);
    CHECK(cron("30 2 * * *").count(from, to, there) == (to - from) / 24h);
    CHECK(cron("30 2 29 2 *").count(from, to, there) == 73);
    CHECK(cron("0 0 31 2 *").count(from, to, there) == 0);
    CHECK(cron("* * * * *").count(to, from, there) == 0);
    CHECK(format_iso(*cron("0 0 29 2 *").previous(sys_days{2104y / 2 / 29}, Zone::utc()), Zone::utc()) ==
          "2096-02-29T00:00:00Z");
    CHECK(!cron("0 0 31 2 *").previous(to, there));
    CHECK(!cron("* * * * *").previous(Timestamp::min(), there));
    CHECK(cron("* * * * *").previous(Timestamp::max(), there).has_value());
}

TEST_CASE("clamped days end a shorter month") {
    const auto monthly = cron("0 2 31 * *").with_clamped_days();
    Timestamp at = sys_days{2027y / 12 / 31} + 3h;
    std::string found;
    for (int i = 0; i < 4; ++i) {
        at = *monthly.next(at, Zone::utc());
        found += format_iso(at, Zone::utc()).substr(5, 6);
    }
    CHECK(found == "01-31T02-29T03-31T04-30T");
    CHECK_FALSE(cron("0 0 31 2 *").with_clamped_days().never_fires());
    CHECK(monthly.describe() == "At 02:00 on day 31 of the month or its last day.");
}

TEST_CASE("parse and next take any text") {
    CHECK(rc::check("no text is too strange", [] {
        const auto text = *rc::gen::container<std::string>(
            *rc::gen::inRange(0, 40),
            rc::gen::oneOf(rc::gen::element(' ', '*', '/', '-', ',', '0', '1', '5', 'L', 'w', '#', '?', '@', 'm'),
                           rc::gen::arbitrary<char>()));
        const auto parsed = CronExpression::parse(text);
        if (parsed) {
            RC_ASSERT(!parsed->describe().empty());
            const auto found = parsed->next(before_gap, zone("Europe/Prague"));
            RC_ASSERT(!found || *found > before_gap);
            RC_ASSERT(bool(found) == !parsed->never_fires());
            RC_ASSERT(bool(CronExpression::parse(parsed->text())));
        } else {
            RC_ASSERT(parsed.error().message.back() == '.');
        }
    }));
    CHECK(!CronExpression::parse(std::string(1 << 20, '*')));
    CHECK(cron("* * * * *").next(Timestamp::min(), Zone::utc()).has_value());
    CHECK(!cron("* * * * *").next(Timestamp::max(), Zone::utc()));
    CHECK(!cron("* * * * *").next(sys_days{2400y / 1 / 1}, zone("Europe/Prague")));
}

TEST_CASE("errors name the field and the part, and show a right one") {
    CHECK(why_not("61 * * * *") ==
          "The minute field of the cron expression cannot be '61': 61 is not between 0 and 59. "
          "Write for example 0, */15 or 10-50/20.");
    CHECK(why_not("* * * foo *")
              .starts_with("The month field of the cron expression cannot be 'foo': 'foo' is no "
                           "number from 1 to 12 or jan to dec."));
    CHECK(
        why_not("0 0 * * 1,8").starts_with("The weekday field of the cron expression cannot be '8': 8 is not between"));
    CHECK(why_not("5/15 * * * *").find("a step needs '*' or a range") != std::string::npos);
    CHECK(why_not("0 0 * * fri-mon").find("runs backwards") != std::string::npos);
    CHECK(why_not("*/0 * * * *").find("the step, a number from 1") != std::string::npos);
    CHECK(why_not("1,,2 * * * *").find("an empty part") != std::string::npos);
    CHECK(why_not("1- * * * *").find("a value is missing") != std::string::npos);
    CHECK(why_not("0 0 * * L").find("L needs a weekday") != std::string::npos);
    CHECK(why_not("0 0 * * 1#6").find("1 to 5") != std::string::npos);
    CHECK(why_not("0 0 32W * *").starts_with("The day field"));
    CHECK(why_not("* * * *").find("has 4 fields but needs five") != std::string::npos);
    CHECK(why_not("0 30 4 * * *").find("has 6 fields") != std::string::npos);
    CHECK(why_not("@reboot").find("@reboot") != std::string::npos);
    CHECK(why_not("  ").find("is empty") != std::string::npos);
    CHECK(why_not("0 0 * * *\n") != "accepted");
}

TEST_CASE("an hourly expression follows real time at clock changes") {
    CHECK(runs("0 * * * *", "Europe/Prague", before_gap, 3) == "03-29 01:00+01:00 03-29 03:00+02:00 03-29 04:00+02:00");
    CHECK(runs("0 * * * *", "Europe/Prague", before_overlap, 4) ==
          "10-25 01:00+02:00 10-25 02:00+02:00 10-25 02:00+01:00 10-25 03:00+01:00");
}

TEST_CASE("a daily expression fires once at clock changes") {
    CHECK(runs("30 2 * * *", "Europe/Prague", before_gap, 2) == "03-29 03:00+02:00 03-30 02:30+02:00");
    CHECK(runs("30 2 * * *", "Europe/Prague", before_overlap, 2) == "10-25 02:30+02:00 10-26 02:30+01:00");
    CHECK(runs("0 2-4 * * *", "Europe/Prague", before_gap, 2) == "03-29 03:00+02:00 03-29 04:00+02:00");
    CHECK(runs("*/30 2 * * *", "Europe/Prague", before_gap, 1) == "03-30 02:00+02:00");
    CHECK(runs("*/30 2 * * *", "Europe/Prague", before_overlap, 4) ==
          "10-25 02:00+02:00 10-25 02:30+02:00 10-25 02:00+01:00 10-25 02:30+01:00");
    CHECK(runs("0 12 * * *", "Pacific/Apia", sys_days{2011y / 12 / 29} + 23h, 1) == "12-31 12:00+14:00");
}

TEST_CASE("clock changes after 2037 are known") {
    CHECK(runs("30 2 * * *", "Europe/Prague", sys_days{2061y / 3 / 26} + 22h, 2) ==
          "03-27 03:00+02:00 03-28 02:30+02:00");
    CHECK(runs("0 2 1 7 *", "Europe/Prague", sys_days{2060y / 1 / 1}, 1) == "07-01 02:00+02:00");
}

TEST_CASE("rare days are found, impossible ones are known") {
    CHECK(format_iso(*cron("0 0 29 2 *").next(sys_days{2096y / 3 / 1}, Zone::utc()), Zone::utc()) ==
          "2104-02-29T00:00:00Z");
    CHECK(format_iso(*cron("0 0 * 2 1#5").next(sys_days{2025y / 1 / 1}, Zone::utc()), Zone::utc()) ==
          "2044-02-29T00:00:00Z");
    CHECK(cron("0 0 31 2,4,6 *").never_fires());
    CHECK_FALSE(cron("0 0 29 2 *").never_fires());
    CHECK_FALSE(cron("0 0 31 2 1").never_fires());
    CHECK(!cron("0 0 30 2 *").next({}, Zone::utc()));
}

TEST_CASE("a working day stays within its month") {
    CHECK(runs("0 0 1W * *", "UTC", sys_days{2026y / 7 / 31}, 1) == "08-03 00:00+00:00");  // 1 August is a Saturday
    CHECK(runs("0 0 31W * *", "UTC", sys_days{2026y / 5 / 1}, 1) == "05-29 00:00+00:00");  // 31 May is a Sunday
    CHECK(runs("0 0 1,LW * *", "UTC", sys_days{2026y / 5 / 1}, 2) == "05-29 00:00+00:00 06-01 00:00+00:00");
    CHECK(runs("0 0 * * 1#1,fril", "UTC", sys_days{2026y / 5 / 1}, 2) == "05-04 00:00+00:00 05-29 00:00+00:00");
}

TEST_CASE("expressions in words") {
    const std::pair<const char*, const char*> cases[] = {
        {"* * * * *", "Every minute."},
        {"*/5 * * * *", "Every 5 minutes."},
        {"0,15,30,45 * * * *", "Every 15 minutes."},
        {"*/7 * * * *", "At minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour."},
        {"@hourly", "Every hour."},
        {"30 * * * *", "At minute 30 of every hour."},
        {"0 */6 * * *", "At 00:00, 06:00, 12:00 and 18:00 every day."},
        {"0 */2 * * *", "Every 2 hours."},
        {"0 9-17 * * 1-5", "On the hour in hours 9 to 17 on Monday to Friday."},
        {"*/10 9-17 * * *", "Every 10 minutes of hours 9 to 17."},
        {"30 2 * * *", "At 02:30 every day."},
        {"0 2 * * mon,fri", "At 02:00 on Monday and Friday."},
        {"0 2 * * 6-7", "At 02:00 on Saturday and Sunday."},
        {"0 0 1,15 * *", "At 00:00 on days 1 and 15 of the month."},
        {"0 0 13 * 5", "At 00:00 on day 13 of the month or Friday."},
        {"0 0 L * *", "At 00:00 on the last day of the month."},
        {"0 0 15W jan-mar *", "At 00:00 on the working day nearest to day 15 of the month in January to March."},
        {"0 0 * * 5L", "At 00:00 on the last Friday of the month."},
        {"0 0 * * 1#2", "At 00:00 on the second Monday of the month."},
        {"0 0 31 2 *", "At 00:00 on day 31 of the month in February; there is no such day, so it never runs."}};
    for (const auto& [text, words] : cases) CHECK(cron(text).describe() == words);
}

TEST_CASE("the text is kept in a tidy form") {
    CHECK(cron("  0 0\t*  * MON ").text() == "0 0 * * mon");
    CHECK(cron("@DAILY").text() == "@daily");
}

// SPDX-License-Identifier: MIT
#include "base/zone.h"

#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace mf;
using namespace std::chrono;
using namespace std::chrono_literals;
using Kind = LocalMeaning::Kind;

namespace {

Zone zone(std::string_view name) {
    auto found = Zone::named(name);
    REQUIRE(found);
    return *found;
}

LocalTime local(int y, unsigned m, unsigned d, int hour, int minute) {
    return local_days{year{y} / month{m} / day{d}} + hours{hour} + minutes{minute};
}

std::string utc_text(Timestamp t) { return format_iso(t, Zone::utc()); }

}  // namespace

TEST_CASE("a zone is found by its IANA name only") {
    CHECK(zone("Europe/Prague").name() == "Europe/Prague");
    CHECK(zone("UTC") == Zone::utc());
    CHECK(zone("Europe/Prague") == zone("Europe/Prague"));
    CHECK_FALSE(zone("Europe/Prague") == zone("Europe/Berlin"));
    CHECK(zone("America/Argentina/Buenos_Aires").name().size() > 20);
    CHECK(zone("Etc/GMT+5").offset_at({}) == -5h);
    for (const auto* wrong : {"",
                              "CEST",
                              "+25:00",
                              "+02:00",
                              "Europe/Prague ",
                              " UTC",
                              "../../etc/passwd",
                              "/etc/passwd",
                              "Europe/",
                              "Europe",
                              "UTC0",
                              "localtime",
                              "right/UTC",
                              "posix/Europe/Prague",
                              "tzdata.zi",
                              "file:UTC",
                              "libc:localtime",
                              "Fixed/UTC+01:00:00",
                              "Mars/Phobos",
                              "utc"})
        CHECK_MESSAGE(!Zone::named(wrong), wrong);
    CHECK(!Zone::named(std::string_view("UTC\0", 4)));
    CHECK(!Zone::named(std::string(100000, 'A')));
}

TEST_CASE("the error names the wrong zone and offers a similar one") {
    CHECK(Zone::named("Europe/Prag").error().message ==
          "There is no time zone 'Europe/Prag'; did you mean Europe/Prague?");
    CHECK(Zone::named("europe/prague").error().message.ends_with("did you mean Europe/Prague?"));
    CHECK(Zone::named("Q\xff").error().message.find("\xef\xbf\xbd") != std::string::npos);
    CHECK(Zone::named("").error().message.find("empty") != std::string::npos);
}

TEST_CASE("the zone of the machine comes from the setting, a file, a link, or is UTC") {
    testing::TemporaryDirectory directory;
    Zone::Sources sources{.timezone_file = directory.path() / "timezone",
                          .localtime_link = directory.path() / "localtime"};
    CHECK(Zone::of_machine(sources).zone == Zone::utc());
    CHECK(Zone::of_machine(sources).source == "default");
    std::filesystem::create_symlink("/usr/share/zoneinfo/Asia/Tokyo", sources.localtime_link);
    CHECK(Zone::of_machine(sources).zone.name() == "Asia/Tokyo");
    std::ofstream(sources.timezone_file) << "Europe/London\n";
    CHECK(Zone::of_machine(sources).zone.name() == "Europe/London");
    sources.setting = "Europe/Prague";
    CHECK(Zone::of_machine(sources).zone.name() == "Europe/Prague");
    CHECK(Zone::of_machine(sources).complaint.empty());
    sources.setting = "Prague";
    CHECK(Zone::of_machine(sources).zone == Zone::utc());
    CHECK(Zone::of_machine(sources).complaint.find("MULTIFLEXI_TIMEZONE") != std::string::npos);
    CHECK(Zone::of_machine(sources).complaint.find("'Prague'") != std::string::npos);
}

TEST_CASE("local times in a gap and in an overlap are recognised") {
    const auto prague = zone("Europe/Prague");
    auto gap = prague.meaning_of(local(2026, 3, 29, 2, 30));
    CHECK(gap.kind == Kind::gap);
    CHECK(utc_text(gap.first) == "2026-03-29T01:00:00Z");
    CHECK(prague.meaning_of(local(2026, 3, 29, 1, 59)).kind == Kind::unique);
    CHECK(prague.meaning_of(local(2026, 3, 29, 2, 0)).kind == Kind::gap);
    CHECK(prague.meaning_of(local(2026, 3, 29, 3, 0)).kind == Kind::unique);
    auto twice = prague.meaning_of(local(2026, 10, 25, 2, 30));
    CHECK(twice.kind == Kind::overlap);
    CHECK(utc_text(twice.first) == "2026-10-25T00:30:00Z");
    CHECK(utc_text(twice.second) == "2026-10-25T01:30:00Z");
    CHECK(prague.meaning_of(local(2026, 10, 25, 3, 0)).kind == Kind::unique);
    // A whole day was left out, in a zone 24 hours away from its former self.
    CHECK(zone("Pacific/Apia").meaning_of(local(2011, 12, 30, 12, 0)).kind == Kind::gap);
    CHECK(zone("Pacific/Apia").meaning_of(local(2011, 12, 29, 23, 59)).kind == Kind::unique);
    CHECK(zone("Australia/Lord_Howe").meaning_of(local(2025, 4, 6, 1, 30)).kind == Kind::overlap);
    CHECK(zone("Australia/Lord_Howe").meaning_of(local(2025, 4, 6, 1, 29)).kind == Kind::unique);
}

TEST_CASE("going to local time and back is the same moment, also after 2037") {
    for (const auto* name : {"Europe/Prague", "America/New_York", "Pacific/Chatham", "Africa/Casablanca", "UTC",
                             "Asia/Kolkata", "Antarctica/Troll", "America/Sao_Paulo"}) {
        const auto there = zone(name);
        for (Timestamp t = sys_days{1965y / 1 / 1}; t < Timestamp{sys_days{2100y / 1 / 1}}; t += 1234567s) {
            const auto meaning = there.meaning_of(there.to_local(t));
            CHECK((meaning.first == t || meaning.second == t));
            const auto period = there.period_at(t);
            CHECK((!period.begin || *period.begin <= t));
            CHECK((!period.end || *period.end > t));
            CHECK(period.offset == there.offset_at(t));
        }
    }
    CHECK(format_iso(sys_days{2060y / 7 / 1}, zone("Europe/Prague")) == "2060-07-01T02:00:00+02:00");
    CHECK(format_iso(sys_days{2399y / 12 / 1}, zone("Europe/Prague")) == "2399-12-01T01:00:00+01:00");
}

TEST_CASE("clock changes are found one after the other") {
    const auto prague = zone("Europe/Prague");
    auto change = prague.next_clock_change(sys_days{2026y / 1 / 1});
    REQUIRE(change);
    CHECK(utc_text(change->at) == "2026-03-29T01:00:00Z");
    CHECK(change->is_forward());
    change = prague.next_clock_change(change->at);
    REQUIRE(change);
    CHECK(utc_text(change->at) == "2026-10-25T01:00:00Z");
    CHECK_FALSE(change->is_forward());
    CHECK(change->before == 2h);
    CHECK(change->after == 1h);
    CHECK(!Zone::utc().next_clock_change({}));
    CHECK(utc_text(prague.next_clock_change(sys_days{2061y / 1 / 1})->at) == "2061-03-27T01:00:00Z");
}

TEST_CASE("times are written with their offset") {
    const Timestamp t = sys_days{2025y / 6 / 15} + 23h + 50min + 7s + 999ms;
    CHECK(format_iso(t, Zone::utc()) == "2025-06-15T23:50:07Z");
    CHECK(format_iso(t, Zone::utc(), UtcMark::offset) == "2025-06-15T23:50:07+00:00");
    CHECK(format_iso(t, zone("Pacific/Chatham")) == "2025-06-16T12:35:07+12:45");
    CHECK(format_iso(t, zone("America/St_Johns")) == "2025-06-15T21:20:07-02:30");
    CHECK(format_iso(sys_days{2025y / 1 / 1}, zone("Europe/London")) == "2025-01-01T00:00:00+00:00");
    CHECK(format_local(t, zone("Europe/Prague")) == "2025-06-16 01:50:07");
    CHECK(format_offset(-1172s) == "-00:19:32");
    CHECK(format_iso(Timestamp{-1ms}, Zone::utc()) == "1969-12-31T23:59:59Z");
}

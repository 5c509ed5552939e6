// SPDX-License-Identifier: MIT
#include "domain/schedule_preview.h"
#include "support/moment.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::prague;
using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

const Timestamp asked_at = sys_days{2026y / 3 / 28} + 12h;

Schedule custom(std::string_view cron, const Zone& zone = prague) {
    return *Schedule::compile({.interval = Interval::custom, .cron = std::string(cron), .zone = zone, .delay = 1min});
}

/// Runs as "local mark note", one per line.
std::string lines_of(const SchedulePreview& preview) {
    std::string out;
    for (const auto& run : preview.runs)
        out += fmt::format("{} {} {}\n", run.local.substr(5, 11) + run.local.substr(19), name_of(run.mark), run.note);
    return out;
}

json::value ask(std::string_view request) { return preview_answer(*parse_json(request), asked_at, prague); }
std::string error_of(std::string_view request) {
    const auto answer = ask(request);
    const auto* error = answer.as_object().if_contains("error");
    return error ? std::string(error->as_string()) : "none";
}

}  // namespace

TEST_CASE("a run that stands for a time in a gap says so") {
    CHECK(lines_of(preview(custom("30 2 * * *"), asked_at, 2)) ==
          "03-29T03:00+02:00 gap 02:30 does not exist that day; runs at 03:00.\n03-30T02:30+02:00  \n");
    CHECK(lines_of(preview(custom("0,30 2 * * *"), asked_at, 1)) ==
          "03-29T03:00+02:00 gap 02:00 and 02:30 do not exist that day; runs at 03:00.\n");
    CHECK(lines_of(preview(custom("0-29 2 * * *"), asked_at, 1)) ==
          "03-29T03:00+02:00 gap 30 times from 02:00 to 02:29 do not exist that day; runs at 03:00.\n");
    CHECK(lines_of(preview(custom("0 * * * *"), sys_days{2026y / 3 / 29} + 30min, 1)) == "03-29T03:00+02:00  \n");
}

TEST_CASE("a run whose time occurs twice says which one it is") {
    const Timestamp autumn = sys_days{2026y / 10 / 24} + 22h;
    CHECK(lines_of(preview(custom("30 2 * * *"), autumn, 2)) ==
          "10-25T02:30+02:00 overlap-first 02:30 occurs twice that day; runs at the first.\n10-26T02:30+01:00  \n");
    CHECK(lines_of(preview(custom("30 */2 * * *"), autumn + 2h, 3)) ==
          "10-25T02:30+02:00 overlap-first 02:30 occurs twice that day; this is the first.\n"
          "10-25T02:30+01:00 overlap-second 02:30 occurs twice that day; this is the second.\n"
          "10-25T04:30+01:00  \n");
}

TEST_CASE("clock changes between near runs are told") {
    const auto daily = preview(custom("0 12 * * *"), asked_at, 3);
    REQUIRE(daily.clock_changes.size() == 1);
    CHECK(daily.clock_changes[0].note == "On 2026-03-29 the clocks go forward from 02:00 to 03:00.");
    const auto autumn = preview(custom("0 12 * * *"), sys_days{2026y / 10 / 24} + 12h, 1);
    REQUIRE(autumn.clock_changes.size() == 1);
    CHECK(autumn.clock_changes[0].note == "On 2026-10-25 the clocks go back from 03:00 to 02:00.");
    CHECK(preview(custom("0 12 1 1 *"), asked_at, 3).clock_changes.empty());
    CHECK(preview(custom("0 12 * * *", Zone::utc()), asked_at, 300).clock_changes.empty());
}

TEST_CASE("slots and launches are both shown") {
    const auto run = preview(custom("0 12 * * *"), asked_at, 1).runs.at(0);
    CHECK(run.slot == sys_days{2026y / 3 / 29} + 10h);
    CHECK(run.launch == run.slot + 1min);
}

TEST_CASE("what never runs, or runs on more days than one thinks, comes with a warning") {
    CHECK(preview(custom("0 0 31 2 *"), asked_at, 3).never);
    CHECK(preview(custom("0 0 31 2 *"), asked_at, 3).warnings.at(0) == "There is no such day, so it never runs.");
    CHECK(preview(*Schedule::compile({}), asked_at, 3).never);
    CHECK(preview(custom("0 0 13 * 5"), asked_at, 3).warnings.at(0).starts_with("Day and weekday are both given"));
    CHECK(preview(custom("0 0 13 * *"), asked_at, 3).warnings.empty());
    const auto late = preview(custom("0 0 1 1 *"), sys_days{2398y / 1 / 1}, 5);
    CHECK(late.runs.size() == 2);  // the second is still 2399 in UTC
    CHECK(late.warnings.size() == 1);
    const auto early = preview(custom("0 0 1 1 *"), sys_days{1700y / 1 / 1}, 1);
    CHECK(early.warnings.at(0) == "Runs before the year 1800 are not shown.");
    CHECK(preview(custom("0 0 1 1 *"), sys_days{1800y / 1 / 1}, 1).warnings.empty());
}

TEST_CASE("a request of the batch is answered") {
    const auto answer =
        ask(R"({"cron":"30 2 * * *","zone":"Europe/Prague","from":"2026-03-28T12:00:00+01:00","count":2})");
    CHECK(
        to_text(answer) ==
        R"({"cron":"30 2 * * *","description":"At 02:30 every day.","zone":"Europe/Prague",)"
        R"("from":"2026-03-28T12:00:00+01:00","count":2,"never":false,)"
        R"("next":["2026-03-29T03:00:00+02:00","2026-03-30T02:30:00+02:00"],"runs":[)"
        R"({"at":"2026-03-29T03:00:00+02:00","utc":"2026-03-29T01:00:00Z","launch":"2026-03-29T03:00:00+02:00",)"
        R"("clock_change":"gap","note":"02:30 does not exist that day; runs at 03:00."},)"
        R"({"at":"2026-03-30T02:30:00+02:00","utc":"2026-03-30T00:30:00Z","launch":"2026-03-30T02:30:00+02:00",)"
        R"("clock_change":null,"note":null}],"clock_changes":[{"at":"2026-03-29T03:00:00+02:00",)"
        R"("utc":"2026-03-29T01:00:00Z","note":"On 2026-03-29 the clocks go forward from 02:00 to 03:00."}],"warnings":[]})");
}

TEST_CASE("what a request leaves out is filled in") {
    auto answer = ask(R"({"cron":"@daily"})");
    CHECK(answer.at("zone").as_string() == "Europe/Prague");
    // Shown in another zone every time is in it.
    const auto elsewhere = to_json(preview(custom("0 3 * * *"), Timestamp{}, 1), Zone::utc());
    CHECK(elsewhere.at("next").as_array()[0] == "1970-01-01T02:00:00+00:00");
    CHECK(elsewhere.at("runs").as_array()[0].at("at") == elsewhere.at("next").as_array()[0]);
    CHECK(elsewhere.at("runs").as_array()[0].at("launch") == "1970-01-01T02:01:00+00:00");
    CHECK(answer.at("from").as_string() == "2026-03-28T13:00:00+01:00");
    CHECK(answer.at("next").as_array().size() == 5);
    answer = ask(R"({"interval":"m","anchor":"31 02:00","zone":"UTC","from":"2026-02-01","count":"1","id":[7]})");
    CHECK(answer.at("cron").as_string() == "0 2 31 * *");
    CHECK(answer.at("next").as_array().at(0).as_string() == "2026-02-28T02:00:00+00:00");
    CHECK(answer.at("id") == json::value(json::array{7}));
    answer = ask(R"({"cron":"0 0 31 2 *","zone":null,"from":null,"count":null})");
    CHECK(answer.at("never").as_bool());
    CHECK(answer.at("next").as_array().empty());
    CHECK(ask(R"({"interval":"@weekly"})").at("cron").as_string() == "@weekly");
    CHECK(ask(R"({"interval":"n"})").at("cron").is_null());
    CHECK(ask(R"({"cron":"@daily","Zone":"UTC"})").at("warnings").as_array().size() == 1);
    CHECK(ask(R"({"cron":"@daily","count":1.0})").at("next").as_array().size() == 1);
}

TEST_CASE("a wrong request gets a sentence") {
    CHECK(error_of(R"({"cron":"61 * * * *"})").starts_with("The minute field of the cron expression cannot be '61'"));
    CHECK(ask(R"({"cron":"61 * * * *","id":1})").at("cron").as_string() == "61 * * * *");
    CHECK(error_of(R"({"cron":"@daily","zone":"CEST"})").find("'CEST'") != std::string::npos);
    CHECK(error_of(R"({"cron":"@daily","zone":""})") != "none");
    CHECK(error_of(R"({"cron":"@daily","from":"soon"})").starts_with("'soon' is not a time"));
    for (const auto* count : {"0", "1001", "-1", "1.5", "true", "\"x\"", "99999999999999999999"})
        CHECK(error_of(fmt::format(R"({{"cron":"@daily","count":{}}})", count)).find("from 1 to 1000") !=
              std::string::npos);
    CHECK(error_of(R"({"cron":5})").find("must be a text") != std::string::npos);
    CHECK(to_text(ask(R"({"corn":"@daily"})").at("warnings")).find("\\\"corn\\\" of the request is not known") !=
          std::string::npos);
    CHECK_FALSE(ask(R"({"cron":5})").as_object().contains("warnings"));
    CHECK(error_of(R"({})").find("needs the member") != std::string::npos);
    CHECK(error_of(R"([])").find("JSON object") != std::string::npos);
    CHECK(error_of(R"({"interval":"often"})").find("'often'") != std::string::npos);
    CHECK(error_of(R"({"interval":"d","anchor":"mon 02:00"})").find("does not fit") != std::string::npos);
    CHECK(error_of(R"({"interval":"d","cron":"0 2 * * *"})").find("has no use for") != std::string::npos);
}

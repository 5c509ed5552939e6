// SPDX-License-Identifier: MIT
#include "probe/report.h"

#include "base/json.h"
#include "support/corpus.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::probe;

namespace {

Observation seen(std::string check, std::string target, State state, std::string message = "text") {
    return {.check = std::move(check),
            .target = std::move(target),
            .finding = {.state = state, .message = std::move(message), .metrics = {{"value", 1.5}}}};
}

Outcome outcome(std::vector<Observation> observations) {
    constexpr Timestamp time{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1} + std::chrono::hours(2)};
    return {.host = "box", .time = time, .observations = std::move(observations)};
}

std::string status(std::vector<Observation> observations) {
    return std::string(report_of(outcome(std::move(observations)), "r.json").at("status").as_string());
}

}  // namespace

TEST_CASE("unknown is graver than a warning, critical is the gravest") {
    CHECK(worst({}) == State::ok);
    CHECK(worst({seen("a", "", State::warning), seen("b", "", State::ok)}) == State::warning);
    CHECK(worst({seen("a", "", State::warning), seen("b", "", State::unknown)}) == State::unknown);
    CHECK(worst({seen("a", "", State::critical), seen("b", "", State::unknown)}) == State::critical);
    CHECK(exit_code_of(State::ok) == 0);
    CHECK(exit_code_of(State::warning) == 1);
    CHECK(exit_code_of(State::critical) == 2);
    CHECK(exit_code_of(State::unknown) == 3);
}

TEST_CASE("the report says what the schema of application reports asks for") {
    CHECK(status({seen("a", "", State::ok)}) == "success");
    CHECK(status({seen("a", "", State::warning)}) == "warning");
    CHECK(status({seen("a", "", State::unknown)}) == "error");
    CHECK(status({seen("a", "", State::critical)}) == "error");
    const auto report =
        report_of(outcome({seen("disk", "/", State::ok), seen("load", "", State::warning)}), "/t/r.json");
    CHECK(report.at("producer") == "multiflexi-probe");
    CHECK(report.at("timestamp") == "2026-03-01T02:00:00Z");
    CHECK(report.at("message") == "2 checks: 1 ok, 1 warning. [warning] load: text");
    CHECK(to_text(report.at("artifacts")) == R"({"probe_report":["/t/r.json"]})");
    CHECK(to_text(report.at("metrics")) ==
          R"({"checks_total":2,"checks_ok":1,"checks_warning":1,"checks_unknown":0,"checks_critical":0,)"
          R"("disk.value[/]":1.5,"load.value":1.5})");
    CHECK(report.at("checks").as_array().size() == 2);
    CHECK(report.at("checks").as_array()[1].at("status") == "warning");
}

TEST_CASE("the message names the gravest first, and not too many") {
    std::vector<Observation> many(9, seen("url", "https://a/", State::warning));
    many.push_back(seen("disk", "/", State::critical, "full"));
    const auto message = message_of(outcome(many));
    CHECK(message.starts_with("10 checks: 9 warning, 1 critical. [critical] disk /: full [warning] url"));
    CHECK(message.size() < 300);
}

TEST_CASE("no text of the report or the summary tells a password") {
    auto bad = seen("url", "https://u:hunter2@host/?token=hunter2", State::critical, "https://u:hunter2@host/ failed");
    bad.finding.details["final_url"] = "https://u:hunter2@host/";
    const auto result = outcome({bad});
    CHECK(to_text(report_of(result, "r.json")).find("hunter2") == std::string::npos);
    CHECK(line_of(bad).find("hunter2") == std::string::npos);
    CHECK(line_of(bad) == "CRITICAL  url https://***@host/?token=***: https://***@host/ failed");
    CHECK(message_of(result).find("hunter2") == std::string::npos);
    CHECK(to_text(report_of_failure(result, "https://u:hunter2@h")).find("hunter2") == std::string::npos);
}

TEST_CASE("the report is written whole, or an error says why not") {
    const mf::testing::TemporaryDirectory directory;
    const auto file = directory.path() / "r.json";
    const auto report = report_of(outcome({seen("disk", "/\xFF", State::ok)}), file);
    REQUIRE(write_report(report, file));
    REQUIRE(write_report(report, file));  // again, over the old one
    CHECK(parse_json(mf::testing::read_file(file)));
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
    CHECK(write_report(report, "/dev/null"));
    const auto failed = write_report(report, directory.path() / "no/such/r.json");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message.find("RESULT_FILE") != std::string::npos);
    CHECK_FALSE(write_report(report, "/dev/full"));
}

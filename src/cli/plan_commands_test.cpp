// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/testing/fake_backend.h"

#include <doctest/doctest.h>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;

TEST_CASE("a schedule is previewed without a database") {
    FakeBackend fake;
    Shell shell{fake};
    shell({"schedule", "preview", "--cron", "30 2 * * *", "--from", "2026-03-28", "--count", "2", "-f", "json"});
    const auto preview = shell.document().as_object();
    CHECK(preview.at("runs").as_array().size() == 2);
    CHECK(preview.at("zone") == "Europe/Prague");
    shell({"schedule:preview", "30 2 * * *", "--zone", "UTC", "--from", "2026-03-28", "--count", "1"});
    CHECK_MESSAGE(shell.out.find("| 2026-03-28T02:30:00+00:00 | 2026-03-28T02:30:00+00:00 |") != std::string::npos,
                  shell.out);
    CHECK(shell.code == 0);
    CHECK(shell({"schedule:preview", "--cron", "nonsense"}).code == 1);
    CHECK(shell({"schedule:preview", "--cron", "nonsense", "-f", "json"}).document().as_object().at("status") ==
          "error");
    CHECK(shell({"schedule:preview"}).out == "Missing --cron, --interval or --batch\n");
    CHECK(shell({"schedule:preview", "--cron", "* * * * *", "--count", "x"}).code == 1);
    CHECK_FALSE(fake.opened);
}

TEST_CASE("a batch answers every line, also the bad ones") {
    FakeBackend fake;
    Shell shell{.backend = fake,
                .input = "{\"cron\":\"0 0 * * *\",\"count\":1,\"id\":\"a\"}\n\nnot json\n[]\n{\"cron\":\"x\"}\n" +
                         std::string(70000, ' ') + "x\n{\"cron\":\"@daily\",\"count\":1}"};
    CHECK(shell({"schedule:preview", "--batch", "-"}).code == 0);
    const auto lines = split(trim(shell.out), '\n');
    REQUIRE(lines.size() == 7);
    const auto answer = [&](std::size_t i) { return parse_json(lines[i])->as_object(); };
    CHECK(answer(0).at("id") == "a");
    CHECK(answer(0).at("runs").as_array().size() == 1);
    for (std::size_t i = 1; i < 6; ++i) {
        CHECK(answer(i).at("line") == i + 1);
        CHECK(answer(i).contains("cron"));
    }
    CHECK(answer(1).at("error").as_string().starts_with("Line 2: It is empty;"));
    CHECK(answer(2).at("error").as_string().starts_with("Line 3: "));
    CHECK(answer(5).at("error").as_string().starts_with("Line 6: A request has at most 65536 bytes."));
    CHECK(answer(6).at("runs").as_array().size() == 1);
    CHECK(shell({"schedule:preview", "--batch", "/dev/zero"}).code == 1);
}

TEST_CASE("options beside a batch count for requests that do not say it themselves") {
    FakeBackend fake;
    Shell shell{.backend = fake, .input = "{}\n{\"count\":1,\"zone\":\"Europe/Prague\"}\n{\"interval\":\"d\"}\n[]\n"};
    CHECK(shell({"schedule:preview", "--batch", "-", "--cron", "30 2 * * *", "--zone", "UTC", "--count", "2", "--from",
                 "2026-03-28"})
              .code == 0);
    const auto lines = split(trim(shell.out), '\n');
    REQUIRE(lines.size() == 4);
    const auto answer = [&](std::size_t i) { return parse_json(lines[i])->as_object(); };
    CHECK(answer(0).at("cron") == "30 2 * * *");
    CHECK(to_text(answer(0).at("next")) == R"(["2026-03-28T02:30:00+00:00","2026-03-29T02:30:00+00:00"])");
    CHECK(to_text(answer(1).at("next")) == R"(["2026-03-28T02:30:00+01:00"])");
    CHECK(answer(2).at("cron") == "0 0 * * *");
    CHECK(answer(3).contains("error"));
    CHECK(shell({"schedule:preview", "--batch", "-", "--count", "x"}).code == 1);
}

TEST_CASE("line n of the answers belongs to line n of the requests, whatever the lines hold") {
    FakeBackend fake;
    Shell shell{.backend = fake};
    const std::string fits = std::string(R"({"cron":"@daily","count":1,"id":")");
    const auto answers = [&](std::string input) {
        shell.input = std::move(input);
        CHECK(shell({"schedule:preview", "--batch", "-"}).code == 0);
        CHECK((shell.out.empty() || shell.out.ends_with('\n')));
        std::vector<json::object> out;
        for (const auto line : split(std::string_view(shell.out).substr(0, shell.out.rfind('\n')), '\n'))
            if (!shell.out.empty()) {
                const auto parsed = parse_json(line);
                REQUIRE_MESSAGE(parsed, std::string(line));
                out.push_back(parsed->as_object());
            }
        return out;
    };
    CHECK(answers("").empty());
    CHECK(answers("\n").size() == 1);
    CHECK(answers("\n\n").size() == 2);
    CHECK(answers("\r\n \t\n").size() == 2);
    CHECK(answers("\r\nx").at(1).at("line") == 2);
    // Bytes that are no text.
    CHECK(answers("\xff\xfe\n{\"cron\":\"\xc3\"}\n").size() == 2);
    CHECK(answers(std::string("\0\n{\"cron\":\"\0\"}", 13)).size() == 2);
    // The longest request, and one byte more; with the line end of another system it is as long.
    const auto longest = fits + std::string(65536 - fits.size() - 2, 'x') + "\"}";
    for (const char* end : {"\n", "\r\n"}) {
        CHECK(answers(longest + end).at(0).contains("runs"));
        CHECK(answers(longest + " " + end + longest + end).at(0).contains("error"));
        CHECK(answers(longest + "\rx" + end + longest + end).at(0).contains("error"));
        CHECK(shell.out.find("\"runs\"") != std::string::npos);
    }
    // JSON that is no request, members that nobody knows.
    for (const char* line :
         {"null", "7", "\"@daily\"", "[{}]", "{}", "{\"cron\":7}", "{\"cron\":\"@daily\",\"count\":-1}"})
        CHECK(answers(line).at(0).at("line") == 1);
    const auto unknown = answers("{\"cron\":\"@daily\",\"" + std::string(39, 'x') + "\xc3\xa9y\":1}").at(0);
    CHECK(unknown.at("warnings").as_array().size() == 1);
    CHECK(shell({"schedule:preview", "--batch", "no/such/file"}).code == 1);
    CHECK(shell.out.starts_with("Missing or invalid file no/such/file. It does not exist."));
}

TEST_CASE("the environment of a run template, its sources, and as shell assignments") {
    FakeBackend fake;
    fake.offer(
        "runtemplate:env", {"id"},
        json::value(json::object{
            {"variables",
             json::array{
                 json::object{{"key", "URL"},
                              {"value", "it's"},
                              {"source", "company"},
                              {"secret", false},
                              {"shadowed", json::array{json::object{{"value", "old"}, {"source", "default"}}}}},
                 json::object{{"key", "PASSWORD"}, {"value", "••••••••"}, {"source", "run template"}, {"secret", true}},
                 json::object{{"key", "BANKA+"}, {"value", "1"}, {"source", "default"}, {"secret", false}}}},
            {"missing", json::array{"TOKEN"}},
            {"warnings", json::array{"Odd."}}}));
    Shell shell{fake};
    shell({"runtemplate", "env", "--id", "2"});
    CHECK(shell.out.find("| URL ") != std::string::npos);
    CHECK(shell.out.find("old") == std::string::npos);
    CHECK(shell.out.find("Missing: TOKEN\nWarning: Odd.\n") != std::string::npos);
    CHECK(shell({"runtemplate", "env", "--id", "2", "--explain"}).out.find("hidden: default") != std::string::npos);
    CHECK(to_text(shell.last()) == R"({"id":"2"})");
    CHECK(shell({"run-template:env", "2", "--export"}).out ==
          "export URL='it'\\''s'\n# PASSWORD is secret\n# BANKA+ is no name that a shell can assign\n");
    CHECK(shell({"run-template:env", "2", "-f", "json"}).document().as_object().at("missing").as_array().size() == 1);
}

TEST_CASE("coming runs of a run template") {
    FakeBackend fake;
    fake.offer(
        "runtemplate:next", {"id", "count", "zone"},
        json::value(json::object{{"never", false},
                                 {"runs", json::array{json::object{{"at", "2026-03-29T03:00:00+02:00"},
                                                                   {"launch", "2026-03-29T03:01:00+02:00"},
                                                                   {"clock_change", "gap"},
                                                                   {"note", "02:30 does not exist that day."}}}},
                                 {"clock_changes", json::array{json::object{{"note", "The clocks go forward."}}}},
                                 {"warnings", json::array{"Careful."}}}));
    Shell shell{fake};
    shell({"runtemplate", "next", "--id", "1", "--count", "1"});
    CHECK(shell.out.find("2026-03-29T03:00:00+02:00") != std::string::npos);
    CHECK(shell.out.find("2026-03-29T03:01:00+02:00") != std::string::npos);
    CHECK(shell.out.ends_with("The clocks go forward.\nCareful.\n"));
    CHECK(to_text(shell.last()) == R"({"id":"1","count":"1"})");
}

TEST_CASE("runs shown in another zone come with the zone of the schedule") {
    FakeBackend fake;
    json::object next{{"never", false},
                      {"runs", json::array{json::object{{"at", "2026-03-29T00:30:00+00:00"}}}},
                      {"description", "At 02:30 every day."},
                      {"zone", "Europe/Prague"},
                      {"shown_in", "UTC"}};
    fake.offer("runtemplate:next", {"id", "count", "zone"},
               [&](const json::object&) -> Result<json::value> { return json::value(next); });
    Shell shell{fake};
    CHECK(
        shell({"runtemplate", "next", "--id", "1", "--zone", "UTC"})
            .out.ends_with("The schedule is in Europe/Prague: At 02:30 every day. The times here are those of UTC.\n"));
    next["shown_in"] = "Europe/Prague";
    CHECK(shell({"runtemplate", "next", "--id", "1"}).out.find("The schedule is in") == std::string::npos);
}

TEST_CASE("runs that will not come are not promised") {
    FakeBackend fake;
    fake.offer("runtemplate:next", {"id", "count", "zone"},
               json::value(json::object{{"never", false},
                                        {"runs", json::array{json::object{{"at", "2026-03-29T03:00:00+02:00"}}}},
                                        {"active", false},
                                        {"fault", "The company is disabled."}}));
    Shell shell{fake};
    CHECK(shell({"runtemplate", "next", "--id", "1"})
              .out.ends_with("The run template is not active: none of these runs happens before it is.\n"
                             "The company is disabled.\n"));
}

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
    REQUIRE(lines.size() == 5);
    const auto answer = [&](std::size_t i) { return parse_json(lines[i])->as_object(); };
    CHECK(answer(0).at("id") == "a");
    CHECK(answer(0).at("runs").as_array().size() == 1);
    CHECK(answer(1).at("line") == 3);
    CHECK(std::string(answer(1).at("error").as_string()).starts_with("Line 3: "));
    CHECK(answer(2).at("line") == 4);
    CHECK(answer(3).at("line") == 5);
    CHECK(answer(4).at("runs").as_array().size() == 1);
    CHECK(shell({"schedule:preview", "--batch", "/dev/zero"}).code == 1);
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

// SPDX-License-Identifier: MIT
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;

namespace {

std::string definition(int number, std::string_view version, const json::object& more = {}) {
    json::object out{{"$schema", "https://multiflexi.eu/schema/application.json"},
                     {"uuid", fmt::format("4b8de4a4-6f2c-4d0c-9f0e-{:012}", number)},
                     {"name", fmt::format("Ledger {}", number)},
                     {"description", "Exports a ledger."},
                     {"version", version},
                     {"executable", "/bin/true"},
                     {"environment", json::object{}}};
    for (const auto& [key, value] : more) out[key] = value;
    return to_text(out);
}

std::string finding_of(const Answer& answer) {
    const auto document = answer.json();
    const auto& finding = document.at("findings").at(0);
    std::string out;
    for (const auto* key : {"code", "file", "pointer", "value"}) out += std::string(finding.at(key).as_string()) + " ";
    return out;
}

}  // namespace

TEST_CASE("of many files the good ones are imported and the bad ones are told") {
    Installation it;
    std::filesystem::create_directory(it.directory() / "apps");
    const auto good = it.write("apps/a.app.json", definition(1, "1.0"));
    it.write("apps/b.app.json", R"({"name": "No application"})");
    it.write("apps/c.app.json", definition(3, "1.0"));
    const auto answer = it.cli({"application:import-json", "--file", (it.directory() / "apps").string(), "-f", "json"});
    CHECK(answer.code == 1);
    CHECK(answer.err.empty());
    const auto outcomes = answer.json().as_array();
    REQUIRE(outcomes.size() == 3);
    CHECK(outcomes[0].at("action") == "created");
    CHECK(outcomes[1].at("status") == "error");
    CHECK(outcomes[1].at("findings").at(0).at("file").as_string().ends_with("b.app.json"));
    CHECK(outcomes[2].at("action") == "created");

    // Again, by name, and one from standard input.
    const auto again =
        it.cli({"application:import-json", "--file", good.string(), "--file", "-"}, definition(4, "1.0"));
    CHECK(again.code == 0);
    CHECK(again.out.find(good.string() + ": unchanged\n") != std::string::npos);
    CHECK(again.out.find("-: created\n") != std::string::npos);
    CHECK(again.out.ends_with("0 of 2 files failed\n"));
    const auto applications = it.rows({"application:list", "--fields", "name,deffile,code"});
    REQUIRE(applications.size() == 3);
    CHECK(applications[0].at("deffile").as_string() == std::filesystem::canonical(good).string());
    CHECK(applications[0].at("code") == "ledger_1");
    CHECK(applications[2].at("deffile") == "");
}

TEST_CASE("what stands against an import or a removal is told with its place") {
    Installation it;
    const json::object more{{"artifacts", json::array{json::object{{"name", "x"}, {"path", "x$"}, {"type", "file"}},
                                                      json::object{{"name", "y"}, {"path", "y$"}, {"type", "file"}}}}};
    const auto file = it.write("ledger.app.json", definition(1, "2.0", more)).string();
    const auto id = it.ask({"application:import-json", "--file", file, "--enable"}).at("id").as_int64();
    CHECK(it.rows({"application:list"})[0].at("artifacts") == "x$,y$");
    const auto stored = [&] { return it.sql("SELECT * FROM application") + it.sql("SELECT * FROM audit"); };
    const auto before = stored();
    const auto older = it.write("older.app.json", definition(1, "1.0")).string();
    auto answer = it.cli({"application:import-json", "--file", older, "-f", "json"});
    CHECK(answer.code == 1);
    CHECK(finding_of(answer) == fmt::format("downgrade {} /version \"1.0\" ", older));
    const auto taken = it.write("taken.app.json", definition(2, "1.0", {{"name", "Ledger 1"}})).string();
    answer = it.cli({"application:import-json", "--file", taken, "-f", "json"});
    CHECK(answer.code == 1);
    CHECK(finding_of(answer) == fmt::format("name_conflict {} /name \"Ledger 1\" ", taken));
    CHECK(stored() == before);

    REQUIRE(it.cli({"company:create", "--name", "Acme"}).code == 0);
    REQUIRE(it.cli({"company-app:assign", "--company_id", "1", "--app_id", std::to_string(id)}).code == 0);
    answer = it.cli({"application:remove-json", "--file", file, "-f", "json"});
    CHECK(answer.code == 1);
    CHECK(finding_of(answer) == fmt::format("in_use {} /uuid \"4b8de4a4-6f2c-4d0c-9f0e-000000000001\" ", file));
    CHECK(it.ask({"application:remove-json", "--file", file, "--cascade"}).at("removed") == true);
    CHECK(it.rows({"application:list"}).empty());
    CHECK(it.rows({"run-template:list"}).empty());
}

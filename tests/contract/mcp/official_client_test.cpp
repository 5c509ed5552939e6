// SPDX-License-Identifier: MIT
#include "journeys/installation.h"
#include "support/child_program.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <cstdlib>
#include <iostream>

using namespace mf;
using namespace mf::testing;

namespace {

const std::filesystem::path tests_here = std::filesystem::path(MULTIFLEXI_SOURCE_DIRECTORY) / "tests";

/// Says why and, with MULTIFLEXI_REQUIRE_SERVERS=1, fails when the client is not installed.
bool client_is_here() {
    const bool is_here =
        !program_in_path("node").empty() &&
        std::filesystem::exists(tests_here / "npm/node_modules/@modelcontextprotocol/sdk/package.json");
    if (is_here) return true;
    const std::string reason =
        "Tests with the official client of the Model Context Protocol did not run: there is no node, or not the "
        "package "
        "@modelcontextprotocol/sdk of tests/npm (scripts/setup installs it).";
    const char* required = std::getenv("MULTIFLEXI_REQUIRE_SERVERS");
    if (required && std::string_view(required) == "1") throw std::runtime_error(reason);
    std::cout << reason << " (skipped)" << std::endl;
    return false;
}

/// Runs the client to its end; what it saw.
json::object conversation(const Installation& it, std::int64_t run_template, const Words& words) {
    const auto log = it.directory() / "client.log";
    ChildProgram::Start start{
        .command = {program_in_path("node").string(), (tests_here / "contract/mcp/client.mjs").string(),
                    fmt::to_string(run_template)},
        .log = log};
    start.command.insert(start.command.end(), words.begin(), words.end());
    for (const auto& [name, value] : it.environment) start.environment.push_back(name + "=" + value);
    ChildProgram program(start);
    std::string out;
    const auto code = program.wait(out);
    INFO("the client: ", file_content(log));
    REQUIRE(code == 0);
    const auto seen = parse_json(out);
    REQUIRE(seen);
    return seen->as_object();
}

}  // namespace

TEST_CASE("the official client talks to multiflexi mcp") {
    if (!client_is_here()) return;
    Installation it;
    it.start();
    const auto id = it.run_template_of_script("echo printed by the job; exit 4");
    const auto seen = conversation(it, id, {"stdio", (programs() / "multiflexi").string(), "mcp", "--allow-changes"});
    CHECK(seen.at("state") == "failed");
    CHECK(seen.at("exitcode") == 4);
    CHECK(seen.at("output") == "printed by the job\n");
    CHECK(seen.at("tools").as_int64() > 80);
}

// SPDX-License-Identifier: MIT
#include "contract/openapi/exchanges.h"
#include "support/child_program.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <cstdlib>
#include <fstream>
#include <iostream>

using namespace mf;
using namespace mf::testing;

namespace {

const std::filesystem::path tests_here = std::filesystem::path(MULTIFLEXI_SOURCE_DIRECTORY) / "tests";

/// Says why and, with MULTIFLEXI_REQUIRE_SERVERS=1, fails when the validators are not installed.
bool validators_are_here() {
    const bool are_here =
        !program_in_path("node").empty() &&
        std::filesystem::exists(tests_here / "npm/node_modules/@seriousme/openapi-schema-validator/package.json");
    if (are_here) return true;
    const std::string reason =
        "The description of the REST API was not validated: there is no node, or not the package "
        "@seriousme/openapi-schema-validator of tests/npm (scripts/setup installs it).";
    const char* required = std::getenv("MULTIFLEXI_REQUIRE_SERVERS");
    if (required && std::string_view(required) == "1") throw std::runtime_error(reason);
    std::cout << reason << " (skipped)" << std::endl;
    return false;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// What the check complains about; empty: nothing.
std::string complaints_of_check(const TemporaryDirectory& directory, const std::vector<std::string>& files) {
    const auto log = directory.path() / "check.log";
    ChildProgram::Start start{
        .command = {program_in_path("node").string(), (tests_here / "contract/openapi/check.mjs").string()},
        .log = log};
    start.command.insert(start.command.end(), files.begin(), files.end());
    ChildProgram check(start);
    std::string out;
    const auto code = check.wait(out);
    std::ifstream errors(log);
    out.append(std::istreambuf_iterator<char>(errors), {});
    return code == 0 ? std::string() : out;
}

std::string written(const TemporaryDirectory& directory, const std::string& name, const json::value& content) {
    const auto file = directory.path() / name;
    std::ofstream(file) << to_text(content);
    return file.string();
}

}  // namespace

TEST_CASE("every operation answers every status that the description promises, and nothing else") {
    if (!validators_are_here()) return;
    const auto document = ContractDesk::body_of(ContractDesk().ask("GET", "/openapi.json")).as_object();
    Exchanges exchanges;
    try_everywhere(document, exchanges);
    try_conflicts(document, exchanges);
    try_other_paths(exchanges);
    const TemporaryDirectory directory;
    CHECK(complaints_of_check(directory, {written(directory, "openapi.json", document),
                                          written(directory, "exchanges.json", exchanges.all())}) == "");
}

TEST_CASE("the check sees what is wrong") {
    if (!validators_are_here()) return;
    const auto document = ContractDesk::body_of(ContractDesk().ask("GET", "/openapi.json")).as_object();
    const TemporaryDirectory directory;
    const auto complaints = [&](const json::object& of, const http::Response* answer) {
        Exchanges exchanges;
        if (answer) {
            http::Response copy{.status = answer->status, .headers = answer->headers, .body = answer->body};
            exchanges.note("company:get", "a test", std::move(copy));
        }
        return complaints_of_check(
            directory, {written(directory, "openapi.json", of), written(directory, "exchanges.json", exchanges.all())});
    };
    CHECK(contains(complaints(document, nullptr), "company:get: nothing provokes 200"));
    auto broken = document;
    broken.at("paths").at("/companies").at("get").as_object().erase("responses");
    broken["openapi"] = 3;
    CHECK(contains(complaints(broken, nullptr), "the description is not valid"));
    auto answer = http::response(200, "application/json", R"({"id":"one"})");
    CHECK(contains(complaints(document, &answer), "company:get, a test, 200: the body"));
    CHECK(contains(complaints(document, &answer), "company:get, a test, 200: the header ETag is missing"));
    answer.status = 202;
    CHECK(contains(complaints(document, &answer), "company:get, a test: the status 202 is not described"));
    answer = http::response(404, "text/plain", "no");
    CHECK(contains(complaints(document, &answer), "company:get, a test, 404: the type text/plain is not described"));
}

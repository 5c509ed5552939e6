// SPDX-License-Identifier: MIT
#include "journeys/installation.h"
#include "net/http_client.h"
#include "support/child_program.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <cstdlib>
#include <iostream>

using namespace mf;
using namespace mf::testing;

namespace {

/// Says why and, with MULTIFLEXI_REQUIRE_SERVERS=1, fails when there is no browser.
std::filesystem::path browser() {
    const auto program = program_in_path("chromium");
    if (!program.empty()) return program;
    const std::string reason = "No page was shown: there is no chromium (scripts/setup installs it).";
    const char* required = std::getenv("MULTIFLEXI_REQUIRE_SERVERS");
    if (required && std::string_view(required) == "1") throw std::runtime_error(reason);
    std::cout << reason << std::endl;
    return {};
}

struct Shown {
    std::string document;  ///< as it is when the scripts of the page have run
    std::string messages;  ///< of the console
};

/// Has a browser show a page in a window so high that nothing is left out until somebody scrolls. It reaches nothing
/// but this machine.
Shown shown_by(const std::filesystem::path& program, const Installation& it, const std::string& address) {
    const auto out = it.directory() / "page.html", messages = it.directory() / "browser.log";
    Process process(
        {program.string(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
         fmt::format("--user-data-dir={}", (it.directory() / "browser").string()), "--enable-logging=stderr",
         "--virtual-time-budget=5000", "--window-size=1300,14000", "--dump-dom", address},
        {{"PATH", std::getenv("PATH")}, {"HOME", it.directory().string()}}, {.out = out, .err = messages});
    CHECK(process.wait(std::chrono::minutes(3)) == 0);
    return {file_content(out), file_content(messages)};
}

}  // namespace

TEST_CASE("a browser shows every operation on the reference page, and keeps to its policy" *
          doctest::test_suite("sqlite")) {
    const auto program = browser();
    if (program.empty()) return;
    Installation it;
    it.environment["MULTIFLEXI_LISTEN"] = "127.0.0.1:0";
    it.start();
    const auto log = it.log();
    const auto place = log.find("port=", log.find(" listening "));
    REQUIRE(place != std::string::npos);
    const auto base =
        fmt::format("http://127.0.0.1:{}/api/v1", log.substr(place + 5, log.find_first_of(" \n", place) - place - 5));
    CurlClient http;
    const auto page = http.send({.url = base + "/docs"});
    REQUIRE(page);
    if (page->status == 404) {
        MESSAGE("these programs were built without pages");
        return;
    }
    const auto shown = shown_by(program, it, base + "/docs");
    INFO("the browser: ", shown.messages);
    CHECK_FALSE(has(shown.messages, "Content Security Policy"));
    CHECK_FALSE(has(shown.messages, "CONSOLE"));
    const auto description = http.send({.url = base + "/openapi.json"});
    REQUIRE(description);
    const auto document = parse_json(description->body);
    REQUIRE(document);
    for (const auto& path : document->at("paths").as_object())
        CHECK_MESSAGE(has(shown.document, fmt::format("data-path=\"{}\"", std::string_view(path.key()))), path.key());
}

// SPDX-License-Identifier: MIT
#include "execute/exit_meaning.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("general exit codes") {
    CHECK(exit_meaning(0).severity == ExitSeverity::success);
    CHECK(exit_meaning(75).severity == ExitSeverity::warning);
    CHECK(exit_meaning(78).text == "The configuration is incomplete or wrong (EX_CONFIG).");
    CHECK(exit_meaning(124).text.find("time limit") != std::string::npos);
    CHECK(exit_meaning(125).text.find("container") != std::string::npos);
    CHECK(exit_meaning(126).text.find("could not be executed") != std::string::npos);
    CHECK(exit_meaning(127).text.find("not found") != std::string::npos);
    CHECK(exit_meaning(255).text.find("255") != std::string::npos);
    CHECK(exit_meaning(42).text == "The application ended with exit code 42, which its definition does not explain.");
    for (int code = 0; code < 256; ++code) CHECK(exit_meaning(code).text.back() == '.');
}

TEST_CASE("signals") {
    CHECK(exit_meaning(143).text == "The application was ended by SIGTERM. It was asked to end.");
    CHECK(exit_meaning(137).text.find("SIGKILL") != std::string::npos);
    CHECK(exit_meaning(137).text.find("asked") == std::string::npos);
    CHECK(exit_meaning(139).severity == ExitSeverity::critical);
    CHECK(exit_meaning(128).text.find("exit code 128") != std::string::npos);
    CHECK(exit_meaning(193).text.find("exit code 193") != std::string::npos);
    CHECK(signal_name(1) == "SIGHUP");
    CHECK(signal_name(99) == "signal 99");
}

TEST_CASE("a definition's own meaning wins") {
    const ExitMeanings own{{75, {"The bank is closed.", ExitSeverity::info}}};
    CHECK(exit_meaning(75, own).text == "The bank is closed.");
    CHECK(exit_meaning(75, own).severity == ExitSeverity::info);
    CHECK(exit_meaning(78, own).severity == ExitSeverity::error);
}

TEST_CASE("words for severities") {
    for (const char* word : {"success", "info", "warning", "error", "critical"})
        CHECK(to_text(exit_severity_named(word).value()) == word);
    CHECK(!exit_severity_named("fatal"));
}

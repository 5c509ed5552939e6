// SPDX-License-Identifier: MIT
#include "provider/variables.h"

#include <doctest/doctest.h>

using namespace mf;

TEST_CASE("picks are read line by line") {
    const auto picks = read_picks({{"PICKS", " # what\r\n\n A = b/c \nlower=x=y\n"}}, "PICKS");
    REQUIRE(picks);
    REQUIRE(picks->size() == 2);
    CHECK(picks->at(0).name == "A");
    CHECK(picks->at(0).place == "b/c");
    CHECK(picks->at(1).name == "lower");
    CHECK(picks->at(1).place == "x=y");
    CHECK(read_picks({}, "PICKS")->empty());
}

TEST_CASE("picks that cannot be meant") {
    for (const char* text : {"A", "A=", "=b", "A B=c", "MULTIFLEXI_X=c", "A=1\nA=2"}) {
        CAPTURE(text);
        const auto picks = read_picks({{"PICKS", text}}, "PICKS");
        REQUIRE(!picks);
        CHECK(picks.error().code == ErrorCode::invalid);
        CHECK(picks.error().message.find("of PICKS") != std::string::npos);
        CHECK(picks.error().fields.at(0).field == "PICKS");
    }
}

TEST_CASE("keys become keywords") {
    CHECK(keyword_from("db-password.main") == "DB_PASSWORD_MAIN");
    CHECK(keyword_from("2fa") == "_2FA");
    CHECK(keyword_from("ž") == "__");
    CHECK(keyword_from("").empty());
    CHECK(is_keyword("A_1"));
    for (const char* text : {"", "1A", "a", "A-B", "A B"}) CHECK(!is_keyword(text));
    CHECK(is_name_for_all("PASSWORD"));
    for (const char* text : {"PATH", "LD_PRELOAD", "MULTIFLEXI_JOB_ID"}) CHECK(!is_name_for_all(text));
}

TEST_CASE("bounds") {
    const auto value = [](std::size_t size) {
        return std::vector<ProvidedVariable>{{.name = "A", .value = std::string(size, 'x')}};
    };
    CHECK(within_bounds(value(most_provided_bytes), "F"));
    CHECK(!within_bounds(value(most_provided_bytes + 1), "F"));
    CHECK(within_bounds(std::vector<ProvidedVariable>(most_provided_variables), "F"));
    CHECK(!within_bounds(std::vector<ProvidedVariable>(most_provided_variables + 1), "F"));
}

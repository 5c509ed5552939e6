// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct Desk : testing::Desk {
    Desk() : testing::Desk(*parse_time("2026-03-02 02:00", Timestamp{}, Zone::utc())) {}

    /// The answer to an import of a small definition with these members at its start.
    json::value import(std::string_view members) {
        auto answer =
            run("application:import",
                {{"document", "{" + std::string(members) + R"(,"description":"d","executable":"e","environment":{}})"},
                 {"file", "f.json"}});
        REQUIRE_MESSAGE(answer, (answer ? "" : answer.error().message));
        return *answer;
    }
};

}  // namespace

TEST_CASE("a definition without uuid is known by its name, one without a name, too, by nothing") {
    Desk desk;
    const auto first = desk.import(R"("name":"Old")");
    CHECK(first.at("action") == "created");
    CHECK(desk.import(R"("name":"Old","version":"2")").at("id") == first.at("id"));

    const auto nameless = desk.import(R"("name":"")");
    const auto other = desk.import(R"("name":{"en":" "},"uuid":"","version":"2")");
    for (const auto& answer : {nameless, other}) {
        CHECK(answer.at("action") == "created");
        CHECK(answer.at("name") == answer.at("uuid"));
    }
    CHECK(nameless.at("id") != other.at("id"));
}

// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::ledger_uuid;

namespace {

json::object imported_definition() {
    return {{"$schema", "https://multiflexi.eu/schema/application.json"},
            {"uuid", ledger_uuid},
            {"name", {{"en", "Ledger"}, {"cs", "Deník"}}},
            {"description", "Exports a ledger."},
            {"version", "1.0"},
            {"executable", "/bin/true"},
            {"cmdparams", "--out {TARGET}"},
            {"topics", "a,b"},
            {"ours", {{"kept", true}}},
            {"environment", {{"TARGET", {{"type", "string"}, {"description", "Where to."}, {"defval", "here"}}}}}};
}

struct EditingDesk : testing::Desk {
    json::value done(std::string_view operation, const json::object& input) {
        auto answer = run(operation, input);
        REQUIRE(answer);
        return *std::move(answer);
    }
    json::value import(const json::object& document) {
        return done("application:import", {{"document", to_text(document)}, {"file", "ledger.app.json"}});
    }
    json::object exported() {
        return parse_json(done("application:export", {{"uuid", ledger_uuid}}).at("document").as_string())->as_object();
    }
};

}  // namespace

TEST_CASE("what is changed by hand is in the definition, and all else of it stays") {
    EditingDesk desk;
    const auto id = desk.import(imported_definition()).at("id");
    const auto target = desk.all<ApplicationField>().at(0).id;
    const auto record = desk.done("application:update", {{"id", id},
                                                         {"name", "General ledger"},
                                                         {"executable", "/bin/false"},
                                                         {"arguments", "--to {TARGET}"},
                                                         {"homepage", "https://example.com/"},
                                                         {"tags", {"c"}}})
                            .at("record");
    CHECK(record.at("executable") == "/bin/false");
    const auto document = desk.exported();
    CHECK(to_text(document.at("name")) == R"({"en":"General ledger","cs":"Deník"})");
    CHECK(document.at("executable") == "/bin/false");
    CHECK(document.at("cmdparamsTemplate") == "--to {TARGET}");
    CHECK(document.at("homepage") == "https://example.com/");
    CHECK(to_text(document.at("tags")) == R"(["c"])");
    CHECK_FALSE(document.contains("cmdparams"));
    CHECK_FALSE(document.contains("topics"));
    CHECK(document.at("ours").at("kept") == true);
    CHECK(document.at("environment").as_object().contains("TARGET"));
    CHECK(desk.all<ApplicationField>().at(0).id == target);
    CHECK(desk.done("application:validate", {{"document", to_text(document)}}).at("valid") == true);

    // Its own file puts it right again; what is exported says nothing new.
    CHECK(desk.import(document).at("action") == "unchanged");
    CHECK(desk.import(imported_definition()).at("action") == "updated");
    CHECK(desk.exported().at("executable") == "/bin/true");
    CHECK(desk.import(imported_definition()).at("action") == "unchanged");
}

TEST_CASE("what is wrong with the form and with the meaning of what was typed is told at once") {
    EditingDesk desk;
    const json::object wrong{{"name", " "},      {"executable", ""}, {"homepage", "javascript:x"},
                             {"ociimage", "-v"}, {"enabled", "x"},   {"max_parallel", -1},
                             {"colour", "red"}};
    const auto complained = [&](std::string_view operation, json::object input) {
        std::set<std::string> out;
        for (const auto& each : desk.error_of(operation, input).fields) out.insert(each.field);
        return out;
    };
    const std::set<std::string> all{"name", "executable", "homepage", "ociimage", "enabled", "max_parallel", "colour"};
    auto made = wrong;
    made["uuid"] = ledger_uuid;
    CHECK(complained("application:create", made) == all);
    auto changed = wrong;
    changed["id"] = desk.import(imported_definition()).at("id");
    CHECK(complained("application:update", changed) == all);
}

TEST_CASE("what is empty leaves the definition, and what is as before changes nothing") {
    EditingDesk desk;
    const auto id = desk.import(imported_definition()).at("id");
    CHECK(desk.done("application:update", {{"id", id}, {"executable", "/bin/true"}}).at("updated") == false);
    CHECK(desk.exported().at("cmdparams") == "--out {TARGET}");
    desk.done("application:update", {{"id", id}, {"arguments", ""}, {"version", ""}, {"tags", json::array{}}});
    const auto document = desk.exported();
    for (const auto* key : {"cmdparamsTemplate", "cmdparams", "version"}) CHECK_FALSE(document.contains(key));
    CHECK(desk.done("application:validate", {{"document", to_text(document)}}).at("valid") == true);
}

TEST_CASE("by hand nothing can be stored that a file could not say") {
    EditingDesk desk;
    desk.import(imported_definition());
    const json::object good{
        {"name", "New"}, {"uuid", "00000000-0000-4000-8000-000000000001"}, {"executable", "/bin/true"}};
    for (const auto& [option, value] :
         {std::pair{"uuid", "nope"}, std::pair{"homepage", "javascript:alert(1)"}, std::pair{"ociimage", "bad image!!"},
          std::pair{"arguments", "'open"}, std::pair{"executable", "/bin/sh -c \"open"}}) {
        CAPTURE(option);
        auto input = good;
        input[option] = value;
        // An image does not make up for a command that cannot be read.
        input.emplace("ociimage", "example/new:1");
        const auto error = desk.error_of("application:create", input);
        CHECK(error.code == ErrorCode::invalid);
        REQUIRE_FALSE(error.fields.empty());
        CHECK(error.fields[0].field == option);
        CHECK(error.message.starts_with(std::string(option) + ": "));
        if (std::string_view(option) != "uuid")
            CHECK(desk.error_of("application:update", {{"uuid", ledger_uuid}, {option, value}}).fields.at(0).field ==
                  option);
    }
    CHECK(desk.done("application:create", good).at("name") == "New");
}

TEST_CASE("names that were allowed at the import stay when something else is changed or exported") {
    EditingDesk desk;
    auto document = imported_definition();
    document["environment"].as_object()["LD_PRELOAD"] = {{"type", "string"}, {"description", "Of the tests."}};
    desk.done("application:import",
              {{"document", to_text(document)}, {"file", "ledger.app.json"}, {"allowed_names", {"LD_PRELOAD"}}});
    CHECK(desk.exported().at("environment").as_object().contains("LD_PRELOAD"));
    desk.done("application:update", {{"uuid", ledger_uuid}, {"executable", "/bin/false"}});
    CHECK(desk.exported().at("environment").as_object().contains("LD_PRELOAD"));
}

TEST_CASE("a limit of parallel jobs is not part of the definition, and outlives an import") {
    EditingDesk desk;
    const auto id = desk.import(imported_definition()).at("id");
    const auto before = desk.exported();
    const auto updated = desk.done("application:update", {{"id", id}, {"max_parallel", "2"}});
    CHECK(updated.at("updated") == true);
    CHECK(updated.at("record").at("max_parallel") == 2);
    CHECK(desk.exported() == before);
    auto newer = imported_definition();
    newer["version"] = "2.0";
    desk.import(newer);
    const auto stored = desk.all<Application>({.equals = {{"uuid", std::string(ledger_uuid)}}});
    REQUIRE(stored.size() == 1);
    CHECK(stored[0].version == "2.0");
    CHECK(stored[0].max_parallel == 2);
    CHECK(
        desk.done("application:update", {{"id", id}, {"max_parallel", "0"}}).at("record").at("max_parallel").is_null());
    CHECK(desk.error_of("application:update", {{"id", id}, {"max_parallel", "-5"}}).code == ErrorCode::invalid);
}

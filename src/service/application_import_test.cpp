// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::ledger_uuid;

namespace {

constexpr const char* other_uuid = "9f4c1f8e-1a8e-4f0f-8a40-5f0e4d6c7b22";

json::object environment(std::initializer_list<std::pair<std::string_view, json::object>> fields) {
    json::object out;
    for (const auto& [name, field] : fields) {
        out[name] = field;
        out[name].as_object().emplace("type", "string");
        out[name].as_object().emplace("description", "What it is.");
    }
    return out;
}

/// A definition of "Ledger"; `more` replaces or adds members.
json::object ledger(std::string_view version, const json::object& more = {}) {
    json::object out{{"$schema", "https://multiflexi.eu/schema/application.json"},
                     {"uuid", ledger_uuid},
                     {"name", "Ledger"},
                     {"description", "Exports a ledger."},
                     {"version", version},
                     {"executable", "/bin/true"},
                     {"environment", environment({{"TARGET", {{"defval", "here"}}}})}};
    for (const auto& [key, value] : more) out[key] = value;
    return out;
}

struct ImportDesk : testing::Desk {
    static json::object input_of(const json::object& document, const json::object& options) {
        json::object input{{"document", to_text(document)}, {"file", "ledger.app.json"}};
        for (const auto& [key, value] : options) input[key] = value;
        return input;
    }
    Result<json::value> import(const json::object& document, const json::object& options = {}) {
        return run("application:import", input_of(document, options));
    }
    std::string action(const json::object& document, const json::object& options = {}) {
        const auto done = import(document, options);
        return done ? std::string(done->at("action").as_string()) : "refused: " + done.error().message;
    }
    Application stored() {
        const auto found = all<Application>({.equals = {{"uuid", std::string(ledger_uuid)}}});
        REQUIRE(found.size() == 1);
        return found.front();
    }
    /// The one complaint of a refused import, which must have left everything as it was.
    FieldError refused(const json::object& document, const json::object& options = {}) {
        const auto error = error_of("application:import", input_of(document, options));
        REQUIRE(error.fields.size() == 1);
        CHECK(error.message.find("ledger.app.json") != std::string::npos);
        return error.fields.front();
    }
    RunTemplate user(const std::string& name) {
        return add_run_template([&](RunTemplate& r) {
            r.app_id = stored().id;
            r.name = name;
        });
    }
    Configuration value(const RunTemplate& origin, const std::string& name, const std::string& text) {
        return add(
            Configuration{.runtemplate_id = origin.id, .company_id = origin.company_id, .name = name, .value = text});
    }
};

template <class T>
std::map<std::string, std::int64_t> ids(ImportDesk& desk, std::string T::*key) {
    std::map<std::string, std::int64_t> out;
    for (const T& row : desk.all<T>()) out[row.*key] = row.id.value;
    return out;
}

}  // namespace

TEST_CASE("an import creates, updates, or finds nothing changed") {
    ImportDesk desk;
    const auto made = desk.import(ledger("1.0"), {{"source", "/srv/ledger.app.json"}});
    REQUIRE(made);
    CHECK(made->at("action") == "created");
    CHECK(made->at("uuid") == ledger_uuid);
    CHECK(to_text(made->at("version")) == R"({"from":null,"to":"1.0"})");
    const auto first = desk.stored();
    CHECK_FALSE(first.enabled);
    CHECK(first.deffile == "/srv/ledger.app.json");
    CHECK(first.definition == to_text(ledger("1.0")));

    const auto before = desk.dump(true);
    CHECK(desk.action(ledger("1.0")) == "unchanged");
    CHECK(desk.dump(true) == before);

    // The same version with another content, then a higher one.
    CHECK(desk.action(ledger("1.0", {{"executable", "/bin/false"}})) == "updated");
    CHECK(desk.stored().executable == "/bin/false");
    const auto higher = desk.import(ledger("1.10", {{"homepage", "https://example.com/"}}));
    REQUIRE(higher);
    CHECK(higher->at("action") == "updated");
    CHECK(to_text(higher->at("version")) == R"({"from":"1.0","to":"1.10"})");
    CHECK(higher->at("changes").as_object().contains("homepage"));
    CHECK(desk.stored().id == first.id);
    // It came from no file.
    CHECK(desk.stored().deffile.empty());
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "entity" = 'application' AND "action" = 'import')") == 3);
}

TEST_CASE("an older version is refused, with its place and value, unless it is forced") {
    ImportDesk desk;
    REQUIRE(desk.import(ledger("2.0")));
    const auto complaint = desk.refused(ledger("1.9"));
    CHECK(complaint.code == "downgrade");
    CHECK(complaint.file == "ledger.app.json");
    CHECK(complaint.field == "/version");
    CHECK(complaint.value == R"("1.9")");
    CHECK(complaint.message ==
          "Version 2.0 of 'Ledger' is installed, the file has 1.9. Use --force to go back to the older one.");
    CHECK(desk.action(ledger("1.9"), {{"force", true}}) == "updated");
    CHECK(desk.stored().version == "1.9");
}

TEST_CASE("what was removed is not installed: an older version may follow, with the rows of its own definition") {
    ImportDesk desk;
    REQUIRE(desk.import(ledger("2.0")));
    REQUIRE(desk.run("application:remove", {{"document", to_text(ledger("2.0"))}}));
    CHECK(desk.action(ledger("1.0")) == "updated");
    CHECK(desk.stored().live == 1);
    REQUIRE(desk.run("application:remove", {{"document", to_text(ledger("1.0"))}}));
    REQUIRE(desk.run("application:create", {{"uuid", ledger_uuid}, {"name", "By hand"}, {"executable", "/bin/true"}}));
    CHECK(desk.all<ApplicationField>().empty());
}

TEST_CASE("the name of another application is refused, or taken over") {
    ImportDesk desk;
    REQUIRE(desk.import(ledger("1.0")));
    const auto second = [](json::value name) {
        return ledger("1.0", {{"uuid", other_uuid}, {"name", std::move(name)}});
    };
    auto complaint = desk.refused(second("Ledger"));
    CHECK(complaint.code == "name_conflict");
    CHECK(complaint.field == "/name");
    CHECK(complaint.value == R"("Ledger")");
    CHECK(complaint.message.find(ledger_uuid) != std::string::npos);
    CHECK(complaint.message.find("--adopt") != std::string::npos);
    complaint = desk.refused(second({{"cs", "Deník"}, {"en", "Ledger"}}));
    CHECK(complaint.field == "/name/en");

    const auto id = desk.stored().id;
    const auto origin = desk.user("Nightly");
    CHECK(desk.action(second("Ledger"), {{"adopt", true}}) == "updated");
    CHECK(desk.get(id).uuid == other_uuid);
    CHECK(desk.get(origin.id).app_id == id);

    // Who has an application of its own takes over no other one.
    REQUIRE(desk.import(ledger("1.0", {{"name", "Journal"}})));
    complaint = desk.refused(ledger("1.0"), {{"adopt", true}});
    CHECK(complaint.code == "name_conflict");
    CHECK(complaint.message.find("--adopt") == std::string::npos);
}

TEST_CASE("code and Helm chart belong to one application") {
    ImportDesk desk;
    const json::object helm{
        {"helm", {{"enabled", true}, {"chart", "oci://example.com/ledger"}, {"releaseName", "ledger"}}}};
    const json::object own{{"code", "LEDGER"}, {"kubernetes", helm}};
    REQUIRE(desk.import(ledger("1.0", own)));
    CHECK(desk.stored().code == "LEDGER");
    CHECK(desk.action(ledger("1.1", own)) == "updated");
    const auto other = [](json::object more) {
        more["uuid"] = other_uuid;
        more["name"] = "Journal";
        return ledger("1.0", more);
    };
    auto complaint = desk.refused(other({{"code", "LEDGER"}}));
    CHECK(complaint.code == "code_conflict");
    CHECK(complaint.field == "/code");
    CHECK(complaint.value == R"("LEDGER")");
    CHECK(complaint.message.find("'Ledger'") != std::string::npos);
    complaint = desk.refused(other({{"kubernetes", helm}}));
    CHECK(complaint.code == "helmchart_conflict");
    CHECK(complaint.field == "/kubernetes/helm/chart");
    CHECK(complaint.value == R"("oci://example.com/ledger")");
    CHECK(desk.import(other({{"code", "LEDGER"}, {"kubernetes", helm}})).error().fields.size() == 2);
}

TEST_CASE("an application without a code gets one from its name, and keeps it") {
    ImportDesk desk;
    REQUIRE(desk.import(ledger("1.0", {{"name", "Ledger Export"}})));
    CHECK(desk.stored().code == "ledger_export");
    REQUIRE(desk.import(ledger("1.1", {{"name", "Ledger"}})));
    CHECK(desk.stored().code == "ledger_export");
    REQUIRE(desk.import(ledger("1.0", {{"uuid", other_uuid}, {"name", "Ledger export!"}})));
    const auto second = desk.run("application:get", {{"uuid", other_uuid}});
    CHECK(second->at("code") == "ledger_export_");
    REQUIRE(desk.import(ledger("1.0", {{"uuid", "00000000-0000-4000-8000-000000000003"}, {"name", "Ledger: export"}})));
    CHECK(desk.run("application:get", {{"name", "Ledger: export"}})->at("code") == "ledger_export_2");
}

TEST_CASE("a dry run tells what would happen and changes nothing") {
    ImportDesk desk;
    const json::object dry{{"dry_run", true}};
    auto before = desk.dump(true);
    CHECK(desk.action(ledger("1.0"), dry) == "created");
    CHECK(desk.dump(true) == before);
    REQUIRE(desk.import(ledger("1.0")));
    desk.user("Nightly");
    before = desk.dump(true);
    CHECK(desk.action(ledger("1.0"), dry) == "unchanged");
    const auto done = desk.import(ledger("1.1", {{"environment", environment({{"KEY", {{"required", true}}}})}}), dry);
    REQUIRE(done);
    CHECK(done->at("action") == "updated");
    CHECK(done->at("dry_run") == true);
    CHECK(done->at("incomplete_templates").as_array().size() == 1);
    CHECK(to_text(done->at("changes").at("environment")) == R"({"added":["KEY"],"changed":[],"removed":["TARGET"]})");
    CHECK(desk.refused(ledger("0.9"), dry).code == "downgrade");
    CHECK(desk.dump(true) == before);
}

TEST_CASE("a refused definition changes nothing and every error is told with its place") {
    ImportDesk desk;
    REQUIRE(desk.import(ledger("1.0")));
    const auto before = desk.dump(true);
    const auto bad =
        desk.import(ledger("1.1", {{"executable", ""},
                                   {"environment", environment({{"A", {{"type", "nothing"}}}})},
                                   {"artifacts", {{{"name", "x"}, {"path", "*.json"}, {"type", "file"}}}}}));
    CHECK(desk.dump(true) == before);
    REQUIRE_FALSE(bad);
    std::map<std::string, FieldError> found;
    for (const auto& field : bad.error().fields) found[field.code] = field;
    CHECK(found["executable_empty"].field == "/executable");
    CHECK(found["type_unknown"].field == "/environment/A/type");
    CHECK(found["type_unknown"].value == R"("nothing")");
    CHECK(found["type_unknown"].file == "ledger.app.json");
    CHECK(found["regex_invalid"].field == "/artifacts/0/path");
    CHECK_FALSE(desk.run("application:import", {{"document", "{"}, {"file", "x"}}));
    CHECK(desk.dump(true) == before);
}

TEST_CASE("a value whose variable is gone stays and is marked, until the variable comes back") {
    ImportDesk desk;
    const auto with = [](std::string_view version, std::string_view name) {
        return ledger(version, {{"environment", environment({{name, {}}})}});
    };
    REQUIRE(desk.import(with("1.0", "OLD")));
    const auto origin = desk.user("Nightly");
    const auto kept = desk.value(origin, "OLD", "precious");
    for (const bool dry_run : {true, false}) {
        const auto done = desk.import(with("1.1", "NEW"), {{"dry_run", dry_run}});
        REQUIRE(done);
        CHECK(to_text(done->at("orphaned_values")) ==
              fmt::format(R"([{{"runtemplate_id":{},"name":"OLD"}}])", origin.id.value));
        CHECK(desk.get(kept.id).orphaned == !dry_run);
    }
    CHECK(desk.get(kept.id).value == "precious");
    CHECK(desk.import(with("1.2", "OLD"))->at("orphaned_values").as_array().empty());
    CHECK_FALSE(desk.get(kept.id).orphaned);
}

TEST_CASE("run templates that lack a newly required value are named") {
    ImportDesk desk;
    REQUIRE(desk.import(ledger("1.0")));
    const auto empty = desk.user("Empty"), full = desk.user("Full"), blank = desk.user("Blank");
    desk.value(full, "A", "1");
    desk.value(full, "B", "2");
    desk.value(blank, "A", "1");
    desk.value(blank, "B", "");
    desk.add(CompanyVariable{.company_id = desk.company.id, .name = "A", .value = ""});
    const auto bravo = desk.add_company("bravo");
    desk.add(CompanyVariable{.company_id = bravo.id, .name = "A", .value = "of the company"});
    desk.add(CompanyVariable{.company_id = bravo.id, .name = "B", .value = "of the company"});
    const auto served = desk.add_run_template([&](RunTemplate& r) {
        r.app_id = desk.stored().id;
        r.company_id = bravo.id;
        r.name = "Served";
    });
    const auto gone = desk.user("Gone");
    desk.change(gone.id, [](RunTemplate& r) { r.live.reset(); });
    const auto done =
        desk.import(ledger("1.1", {{"environment", environment({{"A", {{"required", true}}},
                                                                {"B", {{"required", true}}},
                                                                {"C", {{"required", true}, {"defval", "c"}}}})}}));
    REQUIRE(done);
    const auto& lacking = done->at("incomplete_templates").as_array();
    REQUIRE(lacking.size() == 2);
    CHECK(to_text(lacking[0]) == fmt::format(R"({{"id":{},"name":"Empty","missing":["A","B"]}})", empty.id.value));
    CHECK(to_text(lacking[1]) == fmt::format(R"({{"id":{},"name":"Blank","missing":["B"]}})", blank.id.value));
    std::string warnings;
    for (const auto& finding : done->at("findings").as_array())
        if (finding.at("code") == "required_without_default_changed")
            warnings += fmt::format("{} {}\n", finding.at("pointer").as_string().c_str(),
                                    finding.at("message").as_string().c_str());
    CHECK(warnings ==
          "/environment/A This is required now and has no default; one run template without a value for it will be "
          "blocked.\n"
          "/environment/B This is required now and has no default; 2 run templates without a value for it will be "
          "blocked.\n");
    // Required before already: nothing new is said.
    CHECK(desk.import(ledger("1.2", {{"environment",
                                      environment({{"A", {{"required", true}}}, {"B", {{"required", true}}}})}}))
              ->at("incomplete_templates")
              .as_array()
              .empty());
    CHECK(desk.get(served.id).live);
}

TEST_CASE("rows that stay keep their ids") {
    ImportDesk desk;
    const auto document = [](std::string_view version, std::string_view more) {
        const std::string name(more);
        return ledger(version, {{"name", {{"en", "Ledger"}, {"cs", "Deník"}}},
                                {"environment", environment({{"TARGET", {{"defval", version}}}, {"V_" + name, {}}})},
                                {"artifacts",
                                 {{{"name", "Ledger"}, {"path", "ledger\\.csv$"}, {"type", "file"}},
                                  {{"name", "More"}, {"path", name + "$"}, {"type", "file"}}}},
                                {"exitCodes",
                                 {{"0", {{"description", "Done."}, {"severity", "success"}}},
                                  {"5", {{"description", version}, {"severity", "warning"}}}}},
                                {"produces", {{"ledger", {{"format", "file"}}}, {name, {{"format", "json"}}}}}});
    };
    REQUIRE(desk.import(document("1.0", "ONE")));
    const auto fields = ids(desk, &ApplicationField::name);
    const auto artifacts = ids(desk, &ApplicationArtifact::path);
    const auto data = ids(desk, &ApplicationData::name);
    const auto texts = ids(desk, &ApplicationText::lang);
    const auto codes = desk.all<ApplicationExitCode>();
    REQUIRE(desk.import(document("1.1", "TWO")));
    auto now = ids(desk, &ApplicationField::name);
    CHECK(now.size() == 2);
    CHECK(now.at("TARGET") == fields.at("TARGET"));
    CHECK(now.contains("V_TWO"));
    now = ids(desk, &ApplicationArtifact::path);
    CHECK(now.size() == 2);
    CHECK(now.at("ledger\\.csv$") == artifacts.at("ledger\\.csv$"));
    now = ids(desk, &ApplicationData::name);
    CHECK(now.size() == 2);
    CHECK(now.at("ledger") == data.at("ledger"));
    CHECK(ids(desk, &ApplicationText::lang) == texts);
    const auto after = desk.all<ApplicationExitCode>();
    REQUIRE(after.size() == 2);
    CHECK(after[1].id == codes[1].id);
    CHECK(after[1].description == R"("1.1")");
    // A section that left the file leaves the application.
    REQUIRE(desk.import(ledger("1.2")));
    CHECK(desk.all<ApplicationArtifact>().empty());
    CHECK(desk.all<ApplicationExitCode>().empty());
    CHECK(desk.all<ApplicationData>().empty());
    CHECK(desk.all<ApplicationText>().size() == 1);
}

TEST_CASE("what the operator owns is left alone") {
    ImportDesk desk;
    REQUIRE(desk.import(ledger("1.0")));
    const auto id = desk.stored().id;
    REQUIRE(desk.run("application:update", {{"id", id.value}, {"enabled", true}}));
    REQUIRE(desk.run("company-app:assign", {{"company_id", desk.company.id.value}, {"app_id", id.value}}));
    const auto origin = desk.user("Nightly");
    const auto kept = desk.value(origin, "TARGET", "there");
    const auto templates = to_text(*desk.run("runtemplate:list", {}));
    REQUIRE(desk.import(ledger("1.1", {{"executable", "/bin/false"}})));
    CHECK(desk.stored().enabled);
    CHECK(desk.get(kept.id).value == "there");
    CHECK(to_text(*desk.run("runtemplate:list", {})) == templates);
    CHECK(desk.number(R"(SELECT COUNT(*) FROM "company_application")") == 1);
    // An icon of before stays when the file has none.
    desk.change(id, [](Application& a) { a.image = "data:image/png;base64,iVBORw0KGgo="; });
    REQUIRE(desk.import(ledger("1.2")));
    CHECK(desk.stored().image == "data:image/png;base64,iVBORw0KGgo=");
    // To enable is asked for, also of what is unchanged.
    REQUIRE(desk.run("application:update", {{"id", id.value}, {"enabled", false}}));
    CHECK(desk.action(ledger("1.2"), {{"enable", true}}) == "updated");
    CHECK(desk.stored().enabled);
}

// SPDX-License-Identifier: MIT
#include "base/time_text.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

Timestamp at(std::string_view text) { return *parse_time(text, Timestamp{}, Zone::utc()); }

/// Two companies; "bravo" is the one whose things the other one asks for.
struct TwoCompanies : testing::Desk {
    TwoCompanies() : testing::Desk(at("2026-03-02 02:00")) {
        bravo = add_company("bravo");
        origin = add_run_template([&](RunTemplate& r) {
            r.company_id = bravo.id;
            r.name = "bravo run";
            r.interv = "h";
            r.next_slot = r.next_launch = at("2026-02-01 02:00");
        });
        ended = launch(origin, moment);
        claim();
        start(ended.id);
        end(ended.id, JobState::failed, 1);
        artifact = add(Artifact{.job_id = ended.id,
                                .company_id = bravo.id,
                                .kind = ArtifactKind::stdout_text,
                                .filename = "bravo.txt",
                                .created_at = moment});
        add(CompanyVariable{.company_id = bravo.id, .name = "BRAVO_VARIABLE", .value = "bravo value"});
        pending = launch(origin, moment);
    }

    json::value value_for(const Operation& operation, std::string_view field) const {
        const std::string_view name = operation.name;
        if (field == "id") {
            if (name.starts_with("company:")) return bravo.id.value;
            if (name.starts_with("runtemplate:")) return origin.id.value;
            if (name.starts_with("job:")) return name == "job:retry" ? ended.id.value : pending.id.value;
            if (name.starts_with("artifact:")) return artifact.id.value;
            if (name.starts_with("application:")) return application.id.value;
            return pending.id.value;
        }
        if (field == "company_id") return bravo.id.value;
        if (field == "runtemplate_id") return origin.id.value;
        if (field == "job_id") return ended.id.value;
        if (field == "app_id") return application.id.value;
        if (field == "uuid") return json::value(application.uuid);
        if (field == "name") return name.starts_with("company:variable") ? "BRAVO_VARIABLE" : "changed";
        if (field == "value" || field == "reason" || field == "description") return "changed";
        if (field == "jobs") return true;
        if (field == "keep") return 0;
        if (field == "executable") return "/bin/false";
        if (field == "scheduled" || field == "schedule_time") return "now";
        return nullptr;
    }

    Company bravo;
    RunTemplate origin;
    Job ended, pending;
    Artifact artifact;
};

}  // namespace

TEST_CASE("no operation shows or changes anything of another company") {
    TwoCompanies desk;
    const auto before = desk.dump();
    for (const auto& operation : desk.operations) {
        CAPTURE(operation.name);
        json::object input;
        for (const Field& field : operation.input->fields)
            if (auto value = desk.value_for(operation, field.name); !value.is_null()) input[field.name] = value;
        const auto answer = desk.run(operation.name, input, Scope::only(desk.company.id));
        CHECK(desk.dump() == before);
        if (answer) CHECK(to_text(*answer).find("bravo") == std::string::npos);
        if (answer) CHECK(to_text(*answer).find("BRAVO") == std::string::npos);
        // Without naming anything: what lists and counters tell.
        if (operation.access == Access::reads)
            if (const auto all = desk.run(operation.name, {}, Scope::only(desk.company.id)))
                CHECK(to_text(*all).find("bravo") == std::string::npos);
    }
}

TEST_CASE("counters of a company count its own things") {
    TwoCompanies desk;
    const auto answer = desk.run("job:status", {}, Scope::only(desk.company.id));
    REQUIRE(answer);
    for (const auto* counter : {"total_jobs", "failed_jobs", "repeated_jobs", "queue_length"})
        CHECK(answer->at(counter) == 0);
}

TEST_CASE("the administrator of the installation reaches everything") {
    TwoCompanies desk;
    CHECK(desk.run("company:get", {{"id", desk.bravo.id.value}}));
    CHECK(desk.run("job:get", {{"id", desk.ended.id.value}}));
    CHECK(desk.run("runtemplate:get", {{"id", desk.origin.id.value}}));
    CHECK(desk.run("artifact:get", {{"id", desk.artifact.id.value}}));
}

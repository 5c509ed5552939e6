// SPDX-License-Identifier: MIT
#include "service/run_template_clone.h"

#include "support/credential_desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct CloneDesk : testing::CredentialDesk {
    std::int64_t type = (testing::must(import_bank()), add_type().at("id").as_int64());
    RunTemplate origin = add_run_template();
    std::int64_t credential = add_credential(type, {}, {{"name", "Main"}}).at("id").as_int64();

    CloneDesk() {
        testing::must(run("runtemplate:update", {{"id", origin.id.value},
                                                 {"interv", "d"},
                                                 {"note", "For the books"},
                                                 {"config", {{"PLAIN", "seen"}, {"API_PASSWORD", "hidden words"}}}}));
        testing::must(run("runtemplate:assign-credential", {{"id", origin.id.value}, {"credential_id", credential}}));
    }
    std::string secret_of(std::int64_t run_template) {
        for (const auto& row : all<Configuration>())
            if (row.runtemplate_id.value == run_template && row.sealed)
                return testing::must(vault.open(row.value, {"configuration", "value", row.id.value}));
        return "-";
    }
};

}  // namespace

TEST_CASE("a copy of a run template has its values and credentials, is not active, and has no history") {
    CloneDesk desk;
    desk.change<RunTemplate>(desk.origin.id, [](RunTemplate& r) { r.successfull_jobs_count = 7; });
    const auto copy = testing::must(desk.run("runtemplate:clone", {{"id", desk.origin.id.value}}));
    const auto id = copy.at("id").as_int64();
    CHECK(id != desk.origin.id.value);
    CHECK(copy.at("name").as_string() == desk.origin.name + " Clone");
    CHECK(copy.at("active") == false);
    CHECK(copy.at("interv") == "d");
    CHECK(copy.at("note") == "For the books");
    CHECK(copy.at("successfull_jobs_count") == 0);
    CHECK(copy.at("next_launch").is_null());
    CHECK(copy.at("configuration").at("PLAIN") == "seen");
    CHECK(copy.at("configuration").at("API_PASSWORD") == testing::masked);
    CHECK(desk.secret_of(id) == "hidden words");
    const auto assigned = testing::must(desk.run("runtemplate:list-credentials", {{"id", id}}));
    REQUIRE(assigned.as_array().size() == 1);
    CHECK(assigned.at(0).at("credentials_id") == desk.credential);
    // What happens to the copy does not happen to the original.
    testing::must(desk.run("runtemplate:update", {{"id", id}, {"config", {{"API_PASSWORD", "others"}}}}));
    testing::must(desk.run("runtemplate:delete", {{"id", id}}));
    CHECK(desk.secret_of(desk.origin.id.value) == "hidden words");
    CHECK(desk.get<RunTemplate>(desk.origin.id).active);
}

TEST_CASE("a copy of a run template may have a name, and needs an original that there is") {
    CloneDesk desk;
    const json::object named{{"id", desk.origin.id.value}, {"name", "Second"}};
    CHECK(testing::must(desk.run("runtemplate:clone", named)).at("name") == "Second");
    CHECK(desk.error_of("runtemplate:clone", {{"id", desk.origin.id.value}, {"name", " "}}).code == ErrorCode::invalid);
    CHECK(desk.error_of("runtemplate:clone", {{"id", 4711}}).code == ErrorCode::not_found);
}

// SPDX-License-Identifier: MIT
#include "support/compatible_desk.h"

#include <doctest/doctest.h>
#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace mf;
using testing::CompatibleDesk;

namespace {

std::filesystem::path golden_file(const std::string& name) {
    return std::filesystem::path(MULTIFLEXI_SOURCE_DIRECTORY) / "tests/golden/compatible" / (name + ".txt");
}

std::string content_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

// tests/golden/compatible holds what clients have got until now. MULTIFLEXI_WRITE_GOLDEN=1 writes it anew: look at the
// difference before you commit it.
TEST_CASE("every endpoint answers in every form as it always has") {
    CompatibleDesk desk;
    testing::must(desk.run("topic:create", {{"name", "Bank"}, {"color", "#1a7f37"}, {"description", "Of money"}}));
    const auto id = [](std::string_view path, std::int64_t number, std::string_view rest = "") {
        return fmt::format("/{}/{}{}", path, number, rest);
    };
    const bool writes = std::getenv("MULTIFLEXI_WRITE_GOLDEN") != nullptr;
    for (const auto& [name, path] : std::vector<std::pair<std::string, std::string>>{
             {"index", "/index"},
             {"ping", "/ping"},
             {"jobs_status", "/jobs/status"},
             {"apps", "/apps"},
             {"app", id("app", desk.application.id.value)},
             {"jobs", "/jobs"},
             {"job", id("job", desk.acme.ended.id.value)},
             {"runtemplates", "/runtemplates"},
             {"runtemplate", id("runtemplate", desk.acme.origin.id.value)},
             {"runtemplate_menu", "/runtemplate"},
             {"companies", "/companies"},
             {"company", id("company", desk.company.id.value)},
             {"company_users", id("company", desk.company.id.value, "/users")},
             {"users", "/users"},
             {"user", id("user", desk.ids.at("boss").value)},
             {"user_roles", id("user", desk.ids.at("boss").value, "/roles")},
             {"credentials", "/credentials"},
             {"credential", id("credential", desk.acme.credential)},
             {"credential_types", "/credential_types"},
             {"credential_type", id("credential_type", desk.acme.credential_type)},
             {"tasks", "/tasks"},
             {"task", id("task", desk.acme.task.id.value)},
             {"eventsources", "/eventsources"},
             {"eventsource", id("eventsource", desk.acme.event_source)},
             {"eventrules", "/eventrules"},
             {"eventrule", id("eventrule", desk.acme.event_rule)},
             {"topics", "/topics"},
             {"topic", "/topic/1"},
             {"missing", "/company/999"}}) {
        CAPTURE(name);
        std::string got;
        for (const auto* suffix : {"json", "xml", "yaml", "html"}) {
            const auto answer = desk.get(fmt::format("{}.{}", path, suffix));
            got += fmt::format("== {}.{} {} {}\n{}\n", path, suffix, answer.status, answer.headers.get("Content-Type"),
                               answer.body);
        }
        if (writes)
            std::ofstream(golden_file(name)) << got;
        else
            CHECK(got == content_of(golden_file(name)));
    }
}

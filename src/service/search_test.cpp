// SPDX-License-Identifier: MIT
#include "support/tenants_desk.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

struct SearchDesk : testing::TenantsDesk {
    testing::Furnished mine = furnish(company);
    testing::Furnished theirs = furnish(add(Company{.name = "Účetní Novák", .code = "novak", .ic = "12345678"}));

    std::string find(const json::object& input, Rights rights = Rights::unlimited()) {
        const auto found = testing::must(run("search", input, std::move(rights)));
        std::string out;
        for (const auto& hit : found.as_array())
            out += fmt::format("{}{}:{}", out.empty() ? "" : " ", std::string_view(hit.at("kind").as_string()),
                               hit.at("id").as_int64());
        return out;
    }
    Rights viewer() const {
        Rights out;
        out.grant_own();
        out.grant(company.id, CompanyRole::viewer);
        return out;
    }
};

}  // namespace

TEST_CASE("Search finds by part of a name, without case and accents, the best first") {
    SearchDesk desk;
    const auto company = fmt::format("company:{}", desk.theirs.company.id.value);
    CHECK(desk.find({{"text", "UCETNI"}, {"kind", "company"}}) == company);
    CHECK(desk.find({{"text", "novák účetní"}, {"kind", "company"}}) == company);
    CHECK(desk.find({{"text", "1234"}, {"kind", "company, user"}}) == company);
    CHECK(desk.find({{"text", "novak run"}}) == fmt::format("runtemplate:{}", desk.theirs.origin.id.value));
    CHECK(desk.find({{"text", "no such thing"}}).empty());

    const auto best = desk.add_run_template([&](RunTemplate& r) { r.name = "run"; });
    CHECK(desk.find({{"text", "run"}, {"kind", "runtemplate"}, {"limit", 1}}) ==
          fmt::format("runtemplate:{}", best.id.value));
}

TEST_CASE("Search finds jobs and others by their number") {
    SearchDesk desk;
    const auto job = desk.theirs.ended.id.value;
    CHECK(desk.find({{"text", fmt::format("#{}", job)}, {"kind", "job"}}) == fmt::format("job:{}", job));
    CHECK(desk.find({{"text", fmt::to_string(desk.theirs.company.id.value)}, {"kind", "company"}}) ==
          fmt::format("company:{}", desk.theirs.company.id.value));
    CHECK(desk.find({{"text", "99999999999999999999"}, {"kind", "job"}}).empty());
}

TEST_CASE("Search shows nobody what is not his") {
    SearchDesk desk;
    CHECK(desk.find({{"text", "novak"}}, desk.viewer()).empty());
    CHECK(desk.find({{"text", fmt::to_string(desk.theirs.ended.id.value)}, {"kind", "job"}}, desk.viewer()).empty());
    CHECK(desk.find({{"text", "bank"}, {"kind", "credential_type"}}, desk.viewer()) ==
          fmt::format("credential_type:{} credential_type:{}", desk.mine.credential_type, desk.mine.spare_type));
    CHECK(desk.find({{"text", "anna"}, {"kind", "user"}}, desk.viewer()).empty());
    CHECK(desk.find({{"text", "bank"}, {"company_id", desk.theirs.company.id.value}})
              .find(fmt::format("credential:{}", desk.mine.credential)) == std::string::npos);
}

TEST_CASE("Search says what is wrong with a question") {
    SearchDesk desk;
    CHECK(desk.run("search", {{"text", "  "}}).error().message == "text: say what to look for.");
    CHECK(desk.run("search", {{"text", std::string(201, 'x')}}).error().message ==
          "text: has 201 bytes; at most 200 can be looked for.");
    CHECK(desk.run("search", {{"text", "x"}, {"kind", "planet"}})
              .error()
              .message.starts_with("kind: there is no kind 'planet'. There are: company, "));
    CHECK(desk.run("search", {{"text", "x"}, {"limit", 101}}).error().message ==
          "limit: must be a number from 1 to 100.");
}

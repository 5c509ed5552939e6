// SPDX-License-Identifier: MIT
#include "store/scoped_sql.h"

#include "store/schema.h"
#include "support/moment.h"
#include "support/world.h"

#include <doctest/doctest.h>

using namespace mf;

namespace {

Rights viewer_of(std::initializer_list<Id<Company>> companies) {
    Rights rights;
    for (const auto company : companies) rights.grant(company, CompanyRole::viewer);
    return rights;
}

}  // namespace

TEST_CASE("a scope holds the companies in which the permission is held") {
    Rights rights = viewer_of({{3}, {1}});
    rights.grant({2}, CompanyRole::editor);
    CHECK(Scope::of(rights, Permission::view).condition(R"(j."company_id")") == R"(j."company_id" IN (1, 2, 3))");
    CHECK(Scope::of(rights, Permission::edit).condition() == R"("company_id" = 2)");
    CHECK(Scope::of(rights, Permission::manage).condition() == "1 = 0");
    CHECK(Scope::of(rights, Permission::view_catalog).contains({3}));
    CHECK_FALSE(Scope::of(rights, Permission::view_catalog).contains({4}));
    CHECK_FALSE(Scope::of({}, Permission::view).contains({1}));
    CHECK(Scope::of(Rights::unlimited(), Permission::manage).is_everything());
    CHECK(Scope::everything().condition() == "1 = 1");
}

TEST_CASE("records of other companies are neither found nor written") {
    testing::World world(testing::at("2026-03-01 12:00"));
    const auto bravo = world.add_company("bravo"), charlie = world.add_company("charlie");
    const auto own = world.add(CompanyVariable{.company_id = bravo.id, .name = "A", .value = "1"});
    const auto other = world.add(CompanyVariable{.company_id = world.company.id, .name = "A", .value = "2"});
    const auto scope = Scope::of(viewer_of({bravo.id, charlie.id}), Permission::view);
    world.database.write([&](Session& session) {
        Repository<CompanyVariable> variables(session, scope);
        CHECK(variables.find(own.id));
        CHECK(variables.find(other.id).error().code == ErrorCode::not_found);
        CHECK(variables.list().size() == 1);
        CHECK(variables.count() == 1);
        auto changed = other;
        changed.value = "3";
        CHECK(variables.update(other, changed).error().code == ErrorCode::not_found);
        CHECK(variables.erase(other.id).error().code == ErrorCode::not_found);
        CompanyVariable made{.company_id = world.company.id, .name = "B"};
        CHECK(variables.insert(made).error().code == ErrorCode::forbidden);
        made.company_id = charlie.id;
        CHECK(variables.insert(made));
        CHECK(Repository<CompanyVariable>(session, Scope::of({}, Permission::view)).list().empty());
    });
}

TEST_CASE("a statement on rows of companies that says nothing of the scope is not run") {
    testing::World world(testing::at("2026-03-01 12:00"));
    const auto bravo = world.add_company("bravo");
    world.add(CompanyVariable{.company_id = bravo.id, .name = "A", .value = "1"});
    world.add(CompanyVariable{.company_id = world.company.id, .name = "A", .value = "2"});
    world.database.write([&](Session& session) {
        ScopedSql sql(session, Scope::only(bravo.id));
        CHECK_THROWS_AS((void)sql.query(R"(SELECT "value" FROM "company_variable")"), std::logic_error);
        CHECK_THROWS_AS((void)sql.execute(R"(DELETE FROM "company_variable")"), std::logic_error);
        const auto rows = sql.query(R"(SELECT v."value" FROM "company_variable" v WHERE v."name" = ? AND {scope v})",
                                    {std::string("A")});
        REQUIRE(rows.size() == 1);
        CHECK(std::get<std::string>(rows[0][0]) == "1");
        CHECK(sql.query(R"(SELECT 1 FROM "user")").size() == 1);
        CHECK(sql.execute(R"(DELETE FROM "company_variable" WHERE {scope})") == 1);
    });
}

TEST_CASE("the tables of companies are those that the migrations give a company") {
    std::vector<std::string> found;
    for (const auto& table : schema_tables())
        if (table.find("company_id")) found.push_back(table.name);
    std::ranges::sort(found);
    const auto known = tables_of_companies();
    CHECK(found == std::vector<std::string>(known.begin(), known.end()));
}

// SPDX-License-Identifier: MIT
#include "domain/node.h"
#include "support/tenants_desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::Furnished;
using testing::TenantsDesk;

namespace {

/// Two companies; "bravo" is the one whose things the other one, which has none, asks for.
struct TwoCompanies : TenantsDesk {
    Furnished bravo = furnish(add_company("bravo"));
};

/// The same company in both; in the second installation there is another one beside it.
struct WithoutBravo : TenantsDesk {
    Furnished own = furnish(company);
};
struct WithBravo : WithoutBravo {
    Furnished bravo = furnish(add_company("bravo"));
};

/// Operations whose answers are about the installation, which all companies share.
constexpr std::string_view of_the_installation[] = {"account:get",
                                                    "account:sessions",
                                                    "account:exports",
                                                    "telemetry:test",
                                                    "token:list",
                                                    "token:get",
                                                    "application:list",
                                                    "application:get",
                                                    "application:validate",
                                                    "application:export",
                                                    "application:show-config",
                                                    "topic:list",
                                                    "topic:get",
                                                    "node:list",
                                                    "node:get",
                                                    "encryption:status",
                                                    "credential-prototype:list",
                                                    "credential-prototype:get",
                                                    "credential-prototype:validate",
                                                    "credential-prototype:export",
                                                    "credential-type:validate"};

/// The answer, whether good or bad, as text; without the memory of this process, which grows from call to call.
std::string told(Result<json::value> answer) {
    if (!answer) return answer.error().message;
    if (auto* object = answer->if_object()) object->erase("memory");
    return to_text(*answer);
}

}  // namespace

TEST_CASE("no operation shows or changes anything of another company") {
    TwoCompanies desk;
    const auto before = desk.dump();
    for (const auto& operation : desk.operations) {
        // What is one's own is of no company.
        if (operation.permission == Permission::own || operation.permission == Permission::anyone) continue;
        CAPTURE(operation.name);
        const auto answer =
            desk.run(operation.name, desk.values_for(operation, desk.bravo), testing::manager_of(desk.company.id));
        CHECK(desk.dump() == before);
        if (answer) CHECK(to_text(*answer).find("bravo") == std::string::npos);
        if (answer) CHECK(to_text(*answer).find("BRAVO") == std::string::npos);
    }
}

TEST_CASE("whatever a company reads, it cannot tell whether there is another company") {
    WithoutBravo alone;
    WithBravo beside;
    const auto rights = testing::manager_of(alone.company.id);
    REQUIRE(alone.own.pending.id == beside.own.pending.id);
    for (const auto& operation : beside.operations) {
        if (operation.access != Access::reads) continue;
        CAPTURE(operation.name);
        std::vector<json::object> inputs{{},
                                         {{"limit", 1}},
                                         {{"limit", 100}, {"order", "D"}},
                                         {{"offset", 1}},
                                         {{"after", 1}},
                                         {{"order", "D"}, {"limit", 1}}};
        for (const auto* of : {&beside.own, &beside.bravo}) {
            inputs.push_back(beside.values_for(operation, *of));
            for (const auto& [name, value] : beside.values_for(operation, *of)) inputs.push_back({{name, value}});
        }
        bool bravo_is_seen_by_all = false;
        for (const auto& input : inputs) {
            CAPTURE(to_text(json::value(input)));
            CHECK(told(beside.run(operation.name, input, rights)) == told(alone.run(operation.name, input, rights)));
            bravo_is_seen_by_all = bravo_is_seen_by_all ||
                                   told(beside.run(operation.name, input)) != told(alone.run(operation.name, input));
        }
        // Otherwise the comparison above says nothing: furnish() lacks what this operation shows.
        CHECK(bravo_is_seen_by_all ==
              (std::ranges::find(of_the_installation, operation.name) == std::end(of_the_installation)));
    }
}

TEST_CASE("counters of a company count its own things") {
    TwoCompanies desk;
    const auto answer = desk.run("job:status", {}, testing::manager_of(desk.company.id));
    REQUIRE(answer);
    const auto tasks = desk.run("task:status", {}, testing::manager_of(desk.company.id));
    REQUIRE(tasks);
    CHECK(tasks->at("total") == 0);
    for (const auto* counter : {"total_jobs", "failed_jobs", "repeated_jobs", "queue_length"})
        CHECK(answer->at(counter) == 0);
}

TEST_CASE("the administrator of the installation reaches everything") {
    TwoCompanies desk;
    CHECK(desk.run("company:get", {{"id", desk.bravo.company.id.value}}));
    CHECK(desk.run("job:get", {{"id", desk.bravo.ended.id.value}}));
    CHECK(desk.run("runtemplate:get", {{"id", desk.bravo.origin.id.value}}));
    CHECK(desk.run("artifact:get", {{"id", desk.bravo.artifact.id.value}}));
}

namespace {

/// Somebody with one role, or none.
struct Somebody {
    std::string name;
    Rights rights;
};

/// Everybody who can be told apart by their rights: nobody, each role in the company "acme", each role of the
/// installation.
std::vector<Somebody> everybody(Id<Company> acme) {
    std::vector<Somebody> out{{"nobody", {}}};
    for (std::size_t i = 0; i < names_of(CompanyRole{}).size(); ++i) {
        out.push_back({std::string(names_of(CompanyRole{})[i]), {}});
        out.back().rights.grant(acme, static_cast<CompanyRole>(i));
    }
    for (std::size_t i = 0; i < names_of(SystemRole{}).size(); ++i) {
        out.push_back({"system " + std::string(names_of(SystemRole{})[i]), {}});
        out.back().rights.grant(static_cast<SystemRole>(i));
    }
    return out;
}

/// "acme" and "bravo", both furnished; what is tried is taken back.
struct MatrixDesk : TenantsDesk {
    Furnished acme = furnish(company), bravo = furnish(add_company("bravo"));
    /// Did the last attempt change anything of the company that it was about?
    bool touched = false;

    static std::string rows_of(Session& session, Id<Company> company) {
        std::string out;
        for (
            const auto& table : session.sql.query(
                R"(SELECT m."name" FROM sqlite_master m JOIN pragma_table_info(m."name") c ON c."name" = 'company_id' WHERE m."type" = 'table' ORDER BY 1)")) {
            const auto& name = std::get<std::string>(table[0]);
            if (name == "audit") continue;
            for (const auto& row :
                 session.sql.query(fmt::format(R"(SELECT * FROM "{}" WHERE "company_id" = ?)", name), {company.value}))
                out += testing::text_of(row);
        }
        for (const auto& row : session.sql.query(R"(SELECT * FROM "company" WHERE "id" = ?)", {company.value}))
            out += testing::text_of(row);
        return out;
    }
    Node node = add(Node{.name = "node", .roles = "executor", .started_at = moment, .stopped_at = moment});

    Result<json::value> attempt(const Operation& operation, const Furnished& of, const Rights& rights) {
        Result<json::value> answer = Error{};
        auto input = example(operation, of);
        const auto work = [&](Session& session) -> Result<void> {
            const auto before = rows_of(session, of.company.id);
            if (operation.talk)
                input["heard"] = {
                    {"state", "available"}, {"message", ""}, {"ttl", 1}, {"reachable", true}, {"readable", true}};
            auto done = perform(session, operation, input, {{user, "somebody"}, rights},
                                {.vault = vault, .now = moment, .zone = "UTC", .password_cost = testing::cheap});
            if (done)
                answer = std::move(done->answer);
            else
                answer = done.error();
            touched = rows_of(session, of.company.id) != before;
            return Error{ErrorCode::conflict, "taken back"};
        };
        (void)database.write(work);
        return answer;
    }
};

bool is_refusal(const Result<json::value>& answer) {
    return !answer && (answer.error().code == ErrorCode::forbidden || answer.error().code == ErrorCode::not_found);
}

}  // namespace

TEST_CASE("every operation, for every role, in the own company and in another one") {
    MatrixDesk desk;
    const auto people = everybody(desk.company.id);
    for (const auto& operation : desk.operations) {
        CAPTURE(operation.name);
        // An operation without an example would be refused for other reasons than the permission, and prove nothing.
        const auto by_administrator = desk.attempt(operation, desk.acme, Rights::unlimited());
        CHECK_MESSAGE(by_administrator,
                      "no example that works: ", by_administrator ? "" : by_administrator.error().message);
        for (const auto& [name, rights] : people) {
            CAPTURE(name);
            const bool may = is_of_company(operation.permission) ? rights.may(operation.permission, desk.company.id)
                                                                 : rights.may(operation.permission);
            const auto own = desk.attempt(operation, desk.acme, rights);
            CHECK(static_cast<bool>(own) == may);
            if (!may) CHECK(own.error().code == ErrorCode::forbidden);

            const bool may_there = is_of_company(operation.permission)
                                       ? rights.may(operation.permission, desk.bravo.company.id)
                                       : rights.may(operation.permission);
            const auto foreign = desk.attempt(operation, desk.bravo, rights);
            if (!may_there && !foreign) CHECK(is_refusal(foreign));
            if (!may_there) CHECK_FALSE(desk.touched);
            if (rights.may(Permission::view, desk.bravo.company.id)) continue;
            if (foreign) {
                CHECK(to_text(*foreign).find("bravo") == std::string::npos);
                CHECK(to_text(*foreign).find("BRAVO") == std::string::npos);
            }
            if (!foreign) CHECK(foreign.error().message.find("bravo") == std::string::npos);
        }
    }
}

TEST_CASE("somebody who may see a thing learns that a role is missing, others learn nothing") {
    MatrixDesk desk;
    Rights rights;
    rights.grant(desk.bravo.company.id, CompanyRole::viewer);
    rights.grant(desk.company.id, CompanyRole::editor);
    const json::object of_bravo{{"id", desk.bravo.origin.id.value}, {"name", "changed"}};
    const auto seen = desk.error_of("runtemplate:update", of_bravo, rights);
    CHECK(seen.code == ErrorCode::forbidden);
    CHECK(seen.message ==
          "'runtemplate:update' needs the role editor in the company. A manager of the company can give "
          "it (user-company assign).");
    CHECK(desk.error_of("runtemplate:update", of_bravo, testing::manager_of(desk.company.id)).code ==
          ErrorCode::not_found);
}

TEST_CASE("every change is in the audit log") {
    for (const auto& operation : all_operations()) {
        if (operation.access != Access::changes) continue;
        CAPTURE(operation.name);
        MatrixDesk desk;
        const auto before = desk.dump();
        const auto logged = desk.number(R"(SELECT COUNT(*) FROM "audit")");
        const auto answer = desk.run(operation.name, desk.example(operation, desk.acme));
        REQUIRE(answer);
        if (desk.dump() == before) continue;
        CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit")") > logged);
        CHECK(desk.number(R"(SELECT COUNT(*) FROM "audit" WHERE "login" <> 'tester' AND "seq" > 0)") == 0);
    }
}

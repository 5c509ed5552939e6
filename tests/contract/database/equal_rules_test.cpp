// SPDX-License-Identifier: MIT
// What several people do at the same moment with event rules.
#include "domain/event.h"
#include "secure/vault.h"
#include "service/job_operations.h"
#include "service/perform.h"
#include "store/migration.h"
#include "support/database_servers.h"
#include "support/fake_http.h"
#include "support/moment.h"
#include "support/world.h"

#include <doctest/doctest.h>
#include <barrier>
#include <thread>

using namespace mf;
using testing::must;
using testing::odd_moment;
using testing::on_each_database;

namespace {

struct RulesDesk {
    explicit RulesDesk(const sql::Address& address) : database(address) {
        REQUIRE(migrate(database, odd_moment));
        database.write([&](Session& session) {
            Company acme{.name = "Acme", .code = "acme"};
            REQUIRE(Repository<Company>(session, Scope::everything()).insert(acme));
            Application ledger{.uuid = "4b8de4a4-6f2c-4d0c-9f0e-2b8d6b1f3a11", .name = "Ledger", .executable = "true"};
            REQUIRE(Repository<Application>(session, Scope::everything()).insert(ledger));
            for (auto* one : {&first, &then}) {
                *one = RunTemplate{.app_id = ledger.id, .company_id = acme.id, .name = "R"};
                REQUIRE(Repository<RunTemplate>(session, Scope::everything()).insert(*one));
            }
        });
    }
    Result<Performed> run(std::string_view name, const json::object& input) {
        const auto operation = std::ranges::find(operations, name, &Operation::name);
        Outside outside{.http = http, .now = odd_moment, .time_limit = std::chrono::seconds(1)};
        return perform_on(database, *operation, input, {{{}, "tester"}, Rights::unlimited()},
                          {.vault = vault, .now = odd_moment, .zone = "UTC"}, outside);
    }
    std::vector<EventRule> rules() {
        return database.read(
            [](Session& session) { return Repository<EventRule>(session, Scope::everything()).list(); });
    }

    Database database;
    const Operations operations = all_operations();
    testing::FakeHttp http{HttpReply{.status = 200}};
    Vault vault = must(open_vault("key of the tests", ""));
    RunTemplate first, then;
};

}  // namespace

TEST_CASE("of equal rules that several make at the same moment there is one, on each database") {
    on_each_database([](const sql::Address& address) {
        constexpr int people = 4, rounds = 12;
        RulesDesk desk(address);
        std::barrier all_ready(people);
        std::atomic<int> made = 0, conflicts = 0;
        std::vector<std::jthread> threads;
        for (int person = 0; person < people; ++person)
            threads.emplace_back([&] {
                for (int round = 0; round < rounds; ++round) {
                    const json::object rule{{"runtemplate_source_id", desk.first.id.value},
                                            {"runtemplate_id", desk.then.id.value},
                                            {"env_mapping", fmt::format(R"({{"ROUND":"$.a{}"}})", round)}};
                    all_ready.arrive_and_wait();
                    const auto done = desk.run("event-rule:create", rule);
                    if (done)
                        ++made;
                    else if (done.error().code == ErrorCode::conflict)
                        ++conflicts;
                }
            });
        threads.clear();
        CHECK(made == rounds);
        CHECK(conflicts == rounds * (people - 1));
        CHECK(desk.rules().size() == rounds);
    });
}

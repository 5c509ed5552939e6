// SPDX-License-Identifier: MIT
#include "store/migration.h"
#include "store/queries/job_claim.h"
#include "store/queries/job_queue.h"
#include "store/queries/lane.h"
#include "support/database_servers.h"
#include "support/moment.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <atomic>
#include <latch>
#include <set>
#include <thread>

using namespace mf;
using mf::testing::odd_moment;
using namespace std::chrono_literals;
using mf::testing::on_each_database;

namespace {

/// A database with companies that have jobs in the queue.
struct Fleet {
    explicit Fleet(const sql::Address& where) : address(where), database(where) {
        REQUIRE(migrate(database, odd_moment));
        user = add(User{.login = "tester", .created_at = odd_moment}).id;
        application = add_application("probe");
    }
    template <class T>
    T add(T record) {
        database.write([&](Session& session) {
            auto inserted = Repository<T>(session, Scope::everything()).insert(record);
            REQUIRE(inserted);
        });
        return record;
    }
    Application add_application(const std::string& name, std::optional<std::int64_t> limit = {}) {
        return add(Application{.uuid = name,
                               .name = name,
                               .executable = "/bin/true",
                               .enabled = true,
                               .max_parallel = limit,
                               .created_at = odd_moment,
                               .updated_at = odd_moment});
    }
    Company add_company(const std::string& code, std::optional<std::int64_t> limit = {}) {
        return add(Company{
            .name = code, .code = code, .max_parallel = limit, .created_at = odd_moment, .updated_at = odd_moment});
    }
    RunTemplate add_run_template(const Company& company, const Application& of, const std::string& runs_on = "") {
        return add(RunTemplate{.app_id = of.id,
                               .company_id = company.id,
                               .name = "R",
                               .overlap = Overlap::parallel,
                               .runs_on = runs_on,
                               .created_at = odd_moment,
                               .updated_at = odd_moment});
    }
    void launch(const RunTemplate& run_template, int number, Timestamp first = odd_moment - 1h) {
        database.write([&](Session& session) {
            for (int i = 0; i < number; ++i)
                REQUIRE(enqueue(session, Scope::everything(),
                                {.run_template = run_template,
                                 .schedule = first + std::chrono::milliseconds(i),
                                 .schedule_type = "adhoc",
                                 .launched_by = user},
                                odd_moment));
        });
    }
    std::vector<ClaimedJob> claim(int most, const TextList& labels = {}) {
        return database.write([&](Session& session) { return claim_due(session, "node", odd_moment, most, labels); });
    }
    std::int64_t number(std::string_view sql, std::vector<Value> parameters = {}) {
        return database.read(
            [&](Session& session) { return std::get<std::int64_t>(session.sql.query(sql, parameters).at(0).at(0)); });
    }

    sql::Address address;
    Database database;
    Id<User> user;
    Application application;
};

/// Runs the work of several nodes, each with a database of its own, at the same moment.
void at_once(int nodes, const sql::Address& address, const std::function<void(Database&, const std::string&)>& work) {
    std::latch start(nodes);
    std::vector<std::string> failures(static_cast<std::size_t>(nodes));
    {
        std::vector<std::jthread> threads;
        for (int node = 0; node < nodes; ++node)
            threads.emplace_back([&, node] {
                try {
                    Database database(address);
                    database.read([](Session& session) { session.sql.query("SELECT 1"); });
                    start.arrive_and_wait();
                    work(database, fmt::format("node{}", node));
                } catch (const std::exception& error) {
                    failures[static_cast<std::size_t>(node)] = error.what();
                }
            });
    }
    for (const auto& failure : failures) CHECK(failure == "");
}

}  // namespace

TEST_CASE("labels, limits and fairness decide on every database alike") {
    on_each_database([](const sql::Address& address) {
        Fleet fleet(address);
        const auto limited = fleet.add_company("limited", 2), second = fleet.add_company("second");
        const auto third = fleet.add_company("third");
        const auto rare = fleet.add_application("rare", 1);
        fleet.launch(fleet.add_run_template(limited, fleet.application), 20, odd_moment - 3h);
        fleet.launch(fleet.add_run_template(second, fleet.application, "gpu"), 20, odd_moment - 2h);
        fleet.launch(fleet.add_run_template(third, rare), 5, odd_moment - 4h);
        fleet.launch(fleet.add_run_template(third, fleet.application), 20, odd_moment - 1h);
        const auto claimed = fleet.claim(8);
        std::map<std::int64_t, int> of_company, of_application;
        for (const auto& job : claimed) {
            ++of_company[job.job.company_id.value];
            ++of_application[job.job.app_id.value];
        }
        CHECK(of_company == std::map<std::int64_t, int>{{limited.id.value, 2}, {third.id.value, 6}});
        CHECK(of_application[rare.id.value] == 1);
        CHECK(fleet.claim(4, {"gpu"}).size() == 4);
        CHECK(fleet.number(R"(SELECT COUNT(*) FROM "job" WHERE "state" = 'claimed' AND "company_id" = ?)",
                           {second.id.value}) == 4);
    });
}

TEST_CASE("every lane is found on every database, however many there are") {
    on_each_database([](const sql::Address& address) {
        Fleet fleet(address);
        constexpr int companies = 300;
        for (int i = 0; i < companies; ++i)
            fleet.launch(fleet.add_run_template(fleet.add_company(fmt::format("c{}", i)), fleet.application, "gpu"), 1);
        fleet.launch(fleet.add_run_template(fleet.add_company("last"), fleet.application), 2);
        CHECK(fleet.claim(10).size() == 2);
        CHECK(fleet.claim(companies + 10, {"gpu"}).size() == companies);
    });
}

TEST_CASE("nodes that claim at the same moment never take a job twice and find work while there is some") {
    on_each_database([](const sql::Address& address) {
        Fleet fleet(address);
        constexpr int jobs = 1000, nodes = 3, most = 8;
        for (int i = 0; i < 4; ++i)
            fleet.launch(fleet.add_run_template(fleet.add_company(fmt::format("c{}", i)), fleet.application), jobs / 4);
        std::mutex mutex;
        std::multiset<std::int64_t> claimed;
        std::atomic<int> in_vain = 0, attempts = 0;
        at_once(nodes, address, [&](Database& database, const std::string& node) {
            for (bool more = true; more;) {
                const auto got =
                    database.write([&](Session& session) { return claim_due(session, node, odd_moment, most); });
                ++attempts;
                more = !got.empty();
                if (!more) {
                    // What others have locked is in this count until their claims are committed.
                    const auto left = database.read([](Session& session) {
                        return std::get<std::int64_t>(session.sql.query(R"(SELECT COUNT(*) FROM "schedule")")[0][0]);
                    });
                    if (left > (nodes - 1) * most) ++in_vain;
                    more = left > 0;
                }
                const std::lock_guard lock(mutex);
                for (const auto& job : got) claimed.insert(job.job.id.value);
            }
        });
        CHECK(claimed.size() == jobs);
        CHECK(std::set(claimed.begin(), claimed.end()).size() == jobs);
        CHECK(fleet.number(R"(SELECT COUNT(*) FROM "schedule")") == 0);
        INFO("attempts ", attempts.load(), ", in vain ", in_vain.load());
        CHECK(in_vain * 20 <= attempts);
    });
}

TEST_CASE("a limit is exact although nodes claim at the same moment") {
    on_each_database([](const sql::Address& address) {
        Fleet fleet(address);
        const auto limited = fleet.add_application("limited", 7);
        for (int round = 0; round < 10; ++round) {
            const auto company = fleet.add_company(fmt::format("c{}", round), 5);
            const auto free_of_it = fleet.add_company(fmt::format("f{}", round));
            fleet.launch(fleet.add_run_template(company, fleet.application), 30);
            fleet.launch(fleet.add_run_template(company, limited), 30);
            fleet.launch(fleet.add_run_template(free_of_it, limited), 30);
            at_once(4, address, [&](Database& database, const std::string& node) {
                while (!database.write([&](Session& session) { return claim_due(session, node, odd_moment, 2); })
                            .empty()) {
                }
            });
            const auto running = [&](std::string_view column, std::int64_t id) {
                return fleet.number(
                    fmt::format(R"(SELECT COUNT(*) FROM "job" WHERE "state" = 'claimed' AND "{}" = ?)", column), {id});
            };
            CHECK(running("company_id", company.id.value) == 5);
            CHECK(running("app_id", limited.id.value) == 7);
            fleet.database.write([](Session& session) {
                session.sql.execute(R"(DELETE FROM "schedule")");
                session.sql.execute(R"(UPDATE "job" SET "state" = 'succeeded')");
            });
        }
    });
}

// SPDX-License-Identifier: MIT
#include "schedule/notification_listener.h"
#include "store/migration.h"
#include "store/queries/job_claim.h"
#include "store/queries/job_queue.h"
#include "store/queries/job_record.h"
#include "support/database_servers.h"
#include "support/moment.h"

#include <doctest/doctest.h>
#include <poll.h>

using namespace mf;
using mf::testing::odd_moment;
using namespace std::chrono_literals;
using mf::sql::Dialect;
using mf::testing::DatabaseServer;

namespace {

constexpr int patience_ms = 30'000;  // ms; what does not come at once does not come

/// What is told to a session that listens.
struct Ear {
    explicit Ear(const sql::Address& address) : session(sql::open(address)) { session->execute("LISTEN multiflexi"); }
    /// Everything up to a mark that is told now; so nothing has to be waited for in vain.
    std::string heard(const sql::Address& address) {
        sql::open(address)->query("SELECT pg_notify('multiflexi', 'mark')");
        std::string out;
        for (;;) {
            for (const auto& told : session->notifications()) {
                if (told == "mark") return out;
                out += told;
            }
            pollfd watched{session->descriptor(), POLLIN, 0};
            REQUIRE(::poll(&watched, 1, patience_ms) == 1);
        }
    }
    std::unique_ptr<sql::Connection> session;
};

struct PlayedRows {
    explicit PlayedRows(Database& of) : database(of) {
        REQUIRE(migrate(database, odd_moment));
        user = add(User{.login = "tester", .created_at = odd_moment}).id;
        application = add(Application{.uuid = "u",
                                      .name = "n",
                                      .executable = "/bin/true",
                                      .enabled = true,
                                      .created_at = odd_moment,
                                      .updated_at = odd_moment});
        company = add(Company{.name = "c", .code = "c", .created_at = odd_moment, .updated_at = odd_moment});
        run_template = add(RunTemplate{.app_id = application.id,
                                       .company_id = company.id,
                                       .name = "R",
                                       .created_at = odd_moment,
                                       .updated_at = odd_moment});
    }
    template <class T>
    T add(T record) {
        database.write([&](Session& session) {
            auto inserted = Repository<T>(session, Scope::everything()).insert(record);
            REQUIRE(inserted);
        });
        return record;
    }
    template <class T, class Change>
    void change(Id<T> id, Change change) {
        database.write([&](Session& session) {
            Repository<T> records(session, Scope::everything());
            const auto before = records.find(id);
            REQUIRE(before);
            T after = *before;
            change(after);
            REQUIRE(records.update(*before, after));
        });
    }
    Result<Job> enqueue(Session& session) {
        return mf::enqueue(
            session, Scope::everything(),
            {.run_template = run_template, .schedule = odd_moment, .schedule_type = "adhoc", .launched_by = user},
            odd_moment);
    }
    Job launch() {
        return database.write([&](Session& session) {
            auto job = enqueue(session);
            REQUIRE(job);
            return *job;
        });
    }
    std::vector<ClaimedJob> claim(int most) {
        return database.write([&](Session& session) { return claim_due(session, "node", odd_moment, most); });
    }

    Database& database;
    Id<User> user;
    Application application;
    Company company;
    RunTemplate run_template;
};

bool comes(Nudge& nudge) {
    pollfd watched{nudge.descriptor(), POLLIN, 0};
    return ::poll(&watched, 1, patience_ms) == 1 && nudge.consume();
}

}  // namespace

TEST_CASE("PostgreSQL tells of what gives nodes something to do, when it is committed") {
    auto* server = DatabaseServer::get(Dialect::postgres);
    if (!server) return;
    const auto address = server->fresh_database();
    Database database(address);
    PlayedRows rows(database);
    Ear ear(address);
    CHECK(ear.heard(address).empty());

    const auto refused = database.write([&](Session& session) -> Result<void> {
        REQUIRE(rows.enqueue(session));
        return Error{ErrorCode::conflict, "Rolled back."};
    });
    CHECK_FALSE(refused);
    CHECK(ear.heard(address).empty());
    const auto first = rows.launch();
    CHECK(ear.heard(address) == "q");
    rows.launch();
    rows.launch();
    CHECK(ear.heard(address) == "qq");

    // One runs, two wait for it: nobody else has something to do.
    REQUIRE(rows.claim(3).size() == 1);
    CHECK(ear.heard(address).empty());
    database.write([&](Session& session) {
        REQUIRE(record_end(
            session, {.job = first.id, .fence = 1, .state = JobState::succeeded, .end = odd_moment, .exitcode = 0}));
    });
    CHECK(ear.heard(address) == "q");

    const auto running = rows.claim(1);
    REQUIRE(running.size() == 1);
    CHECK(ear.heard(address).empty());
    database.write([&](Session& session) {
        REQUIRE(request_cancel(session, Scope::everything(), running[0].job.id, "No more.", odd_moment));
    });
    CHECK(ear.heard(address) == "c");

    const auto plan = [&](std::optional<Timestamp> next) {
        rows.change(rows.run_template.id, [&](RunTemplate& record) { record.next_launch = next; });
        return ear.heard(address);
    };
    CHECK(plan(odd_moment + 1h) == "p");
    CHECK(plan(odd_moment + 2h).empty());
    CHECK(plan(odd_moment + 1min) == "p");
    CHECK(plan({}).empty());

    rows.change(rows.company.id, [](Company& record) { record.max_parallel = 5; });
    rows.change(rows.application.id, [](Application& record) { record.max_parallel = 5; });
    CHECK(ear.heard(address) == "qq");
}

TEST_CASE("what PostgreSQL tells reaches the nudges, also after its server was started again") {
    auto* server = DatabaseServer::get(Dialect::postgres);
    if (!server) return;
    const auto address = server->fresh_database();
    Database database(address);
    PlayedRows rows(database);
    Nudge queue, plan, cancel;
    NotificationListener listener(address, {.queue = queue, .plan = plan, .cancel = cancel});
    // Once at the beginning: something may have been told before.
    REQUIRE(comes(queue));
    REQUIRE(comes(plan));
    REQUIRE(comes(cancel));
    const auto job = rows.launch();
    CHECK(comes(queue));
    CHECK_FALSE(plan.consume());
    CHECK_FALSE(cancel.consume());
    REQUIRE(rows.claim(1).size() == 1);
    database.write([&](Session& session) {
        REQUIRE(request_cancel(session, Scope::everything(), job.id, "No more.", odd_moment));
    });
    CHECK(comes(cancel));
    CHECK(comes(queue));
    CHECK_FALSE(plan.consume());
    rows.change(rows.run_template.id, [&](RunTemplate& record) { record.next_launch = odd_moment; });
    CHECK(comes(plan));

    server->crash();
    // Without ears it looks by itself.
    CHECK(comes(queue));
    CHECK(comes(plan));
    CHECK(comes(cancel));
    server->start_again();
    // Until it hears again every second, so the last of these may be one of them; the test is that it ends.
    rows.launch();
    CHECK(comes(queue));
}

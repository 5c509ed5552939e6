// SPDX-License-Identifier: MIT
#include "store/migration.h"
#include "store/queries/job_change.h"
#include "support/database_servers.h"
#include "support/moment.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::odd_moment;
using testing::on_each_database;

namespace {

void change_a_job(sql::Connection& connection) {
    Session session{connection};
    const JobChange change{.company = {1},
                           .job = {1},
                           .run_template = {1},
                           .kind = JobChangeKind::started,
                           .exitcode = {},
                           .at = odd_moment};
    note_changes(session, {&change, 1});
}

}  // namespace

TEST_CASE("it is known whether somebody may still use an id of a change, on each database") {
    on_each_database([](const sql::Address& address) {
        Database database(address);
        REQUIRE(migrate(database, odd_moment));
        CHECK(no_change_is_open(database));
        const auto writer = sql::open(address);
        writer->begin();
        change_a_job(*writer);
        // SQLite: nobody could have made a later one, so what is missing before one that is seen is missing for good.
        CHECK(no_change_is_open(database) == (address.dialect == sql::Dialect::sqlite));
        // That has disturbed neither of them.
        change_a_job(*writer);
        writer->commit();
        CHECK(no_change_is_open(database));
        writer->begin();
        change_a_job(*writer);
        writer->rollback();
        CHECK(no_change_is_open(database));
        // Who only reads is nobody who changes.
        const auto reader = sql::open(address);
        reader->begin_snapshot();
        CHECK(reader->query(R"(SELECT COUNT(*) FROM "job_change")")[0][0] == Value{std::int64_t{2}});
        CHECK(no_change_is_open(database));
        reader->rollback();
        database.write([](Session& session) { change_a_job(session.sql); });
    });
}

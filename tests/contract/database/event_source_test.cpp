// SPDX-License-Identifier: MIT
#include "service/event_source_probe.h"
#include "store/sql/visit.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>

using namespace mf;
using mf::testing::DatabaseServer;
using mf::testing::on_each_server;

namespace {

EventSource source_at(const sql::Address& address) {
    return {.db_connection = address.dialect == sql::Dialect::postgres ? SourceDatabase::pgsql : SourceDatabase::mysql,
            .db_host = address.host,
            .db_port = std::to_string(address.port),
            .db_database = address.database,
            .db_username = address.user};
}

constexpr std::chrono::seconds patience{1};

}  // namespace

TEST_CASE("an event source on a server is told to be reachable, readable, or neither") {
    on_each_server([](const sql::Address& local, DatabaseServer& server) {
        const auto address = server.over_tcp(local);
        auto source = source_at(address);
        const auto without = probe_event_source(source, address.password, patience);
        CHECK(without.reachable);
        CHECK_FALSE(without.readable);
        sql::open(address)->execute(
            R"(CREATE TABLE "changes_cache" ("inversion" INTEGER, "evidence" VARCHAR(60), "operation" VARCHAR(10),
               "recordid" INTEGER))");
        const auto good = probe_event_source(source, address.password, patience);
        CHECK_MESSAGE(good.readable, good.message);
        const auto refused = probe_event_source(source, "not the password", patience);
        CHECK_FALSE(refused.reachable);
        CHECK(refused.message.find("not the password") == std::string::npos);
        source.db_database = "nothing";
        CHECK_FALSE(probe_event_source(source, address.password, patience).reachable);
        // One that stands still is not waited for.
        server.pause();
        CHECK_FALSE(probe_event_source(source_at(address), address.password, patience).reachable);
        server.go_on();
    });
}

TEST_CASE("a visitor changes nothing") {
    on_each_server([](const sql::Address& address, DatabaseServer&) {
        const auto owner = sql::open(address);
        owner->execute("CREATE TABLE t (a INTEGER)");
        const auto visitor = sql::visit(address, patience);
        CHECK_THROWS_AS(visitor->execute("INSERT INTO t VALUES (1)"), sql::DatabaseError);
        CHECK(visitor->query("SELECT a FROM t", {}).empty());
    });
}

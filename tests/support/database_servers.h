// SPDX-License-Identifier: MIT
#pragma once

#include "store/sql/connection.h"
#include "support/temporary_directory.h"

#include <sys/types.h>
#include <functional>
#include <optional>

namespace mf::testing {

/// A PostgreSQL or MariaDB server for the tests of one program: private directory, Unix socket and a free port on the
/// loopback. Gone with the program.
class DatabaseServer {
public:
    enum class Durability {
        of_server,  ///< what was committed survives a crash of the server, but not of the machine: quick, for tests
        by_default  ///< as the server is when nobody has set anything about durability or memory
    };
    /// The server of this program, started when first asked for, with the durability of_server; nothing, with the
    /// reason printed once, when the server programs are not installed. MULTIFLEXI_REQUIRE_SERVERS=1 turns that into an
    /// exception.
    static DatabaseServer* get(sql::Dialect dialect);
    /// Another one; nothing when the server programs are not installed.
    static std::unique_ptr<DatabaseServer> start(sql::Dialect dialect, Durability durability);

    /// PostgreSQL: another server that follows this one, and takes no changes until it is promoted (pg_promote()). It
    /// has what was committed before.
    std::unique_ptr<DatabaseServer> standby() const;

    ~DatabaseServer();
    DatabaseServer(const DatabaseServer&) = delete;
    DatabaseServer& operator=(const DatabaseServer&) = delete;

    /// An empty database that no other test knows, reached by the Unix socket. The user has a password and all rights.
    sql::Address fresh_database();
    /// The same database by way of TCP.
    sql::Address over_tcp(sql::Address address) const;

    /// Ends the server at once, as a crash would; every session is lost.
    void crash();
    /// The server stands still: sessions stay, and nothing is answered.
    void pause();
    void go_on();
    /// Ends the server in order, as an upgrade would; every session is lost.
    void stop();
    /// False when it was ended or has ended by itself.
    bool is_running();
    /// Starts it again on its data and waits until it takes sessions.
    void start_again();

private:
    DatabaseServer(sql::Dialect dialect, Durability durability, const DatabaseServer* primary = nullptr);
    void start_postgres(const DatabaseServer* primary);
    void start_mariadb();
    void launch();
    void signal_all(int number) const;
    void wait_until_ready(const sql::Address& address);

    const sql::Dialect dialect_;
    const Durability durability_;
    TemporaryDirectory directory_;
    int port_ = 0;
    pid_t process_ = -1;
    const char* account_ = nullptr;
    std::vector<std::string> command_;
    sql::Address administration_;
    int databases_ = 0;
};

/// Runs a test on SQLite (a file of its own) and on each server that is there, each time with an empty database.
void on_each_database(const std::function<void(const sql::Address&)>& test);

/// Runs a test on each server that is there, with an empty database.
void on_each_server(const std::function<void(const sql::Address&, DatabaseServer&)>& test);

/// "SQLite", "PostgreSQL", "MariaDB".
const char* name_of(sql::Dialect dialect);

}  // namespace mf::testing

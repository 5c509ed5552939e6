// SPDX-License-Identifier: MIT
#include "journeys/installation.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sysexits.h>
#include <unistd.h>

using namespace mf;
using namespace mf::testing;

// What is wrong with the settings of the database ends every program with a sentence that names them.
namespace {

using Parts = std::vector<std::string>;

void check_told(const Installation& it, const Answer& answer, const Parts& parts, int code = 1) {
    INFO("standard output: ", answer.out, " standard error: ", answer.err);
    CHECK(answer.code == code);
    // As it is for people, also where it is written as JSON.
    auto told = answer.out + answer.err;
    for (auto at = told.find("\\/"); at != std::string::npos; at = told.find("\\/", at)) told.erase(at, 1);
    for (const auto& part : parts) CHECK_MESSAGE(has(told, part), part);
    if (const auto password = it.environment.find("DB_PASSWORD"); password != it.environment.end())
        CHECK(!has(answer.out + answer.err, password->second));
}

/// The service manager does not start it again.
void server_tells(const Installation& it, const Words& arguments, const Parts& parts) {
    check_told(it, it.serve(arguments), parts, EX_CONFIG);
}

void every_program_tells(const Installation& it, const Parts& parts) {
    server_tells(it, {}, parts);
    check_told(it, it.serve({"--check"}), parts);
    check_told(it, it.cli({"status"}), parts);
    check_told(it, it.cli({"job:list", "-f", "json"}), parts);
    check_told(it, it.cli({"database:status"}), parts);
    check_told(it, it.cli({"database:check"}), parts);
    check_told(it, it.cli({"database:backup", (it.directory() / "b.db").string()}), parts);
}

bool is_on_server(const Installation& it) { return it.database().dialect != sql::Dialect::sqlite; }

}  // namespace

TEST_CASE("a wrong account or database name is told with the settings behind it, at once") {
    Installation it;
    if (!is_on_server(it)) return;
    const auto right = it.environment;
    it.environment["DB_PASSWORD"] = "wr0ng-passw0rd";
    const Parts account{
        "cannot be opened", "Check the user, the password",
        fmt::format(": DB_USERNAME={} (environment), DB_PASSWORD is set (environment).", right.at("DB_USERNAME"))};
    every_program_tells(it, account);
    it.environment.erase("DB_PASSWORD");
    check_told(it, it.cli({"status"}), {"DB_PASSWORD is not set (default)"});
    it.environment = right;
    it.environment["DB_USERNAME"] = "nobody_like_that";
    every_program_tells(it, {"DB_USERNAME=nobody_like_that (environment)"});
    it.environment = right;
    it.environment["DB_DATABASE"] = "nothing_like_it";
    every_program_tells(it,
                        {"Check the name of the database, or create it: DB_DATABASE=nothing_like_it (environment)."});
    // Where a setting stands is said, too.
    it.environment = right;
    it.environment.erase("DB_DATABASE");
    const auto file = it.write("more.env", "DB_DATABASE=nothing_like_it\n").string();
    server_tells(it, {"-e", file}, {"DB_DATABASE=nothing_like_it (" + file + ":1)."});
}

TEST_CASE("a user who may not make tables is told so") {
    Installation it;
    if (!is_on_server(it)) return;
    const auto& address = it.database();
    const auto account = address.database + "_guest";
    {
        const auto owner = sql::open(address);
        if (address.dialect == sql::Dialect::postgres) {
            owner->execute(fmt::format("CREATE USER {} PASSWORD 'gu3st-pw'", account));
        } else {
            owner->execute(fmt::format("CREATE USER {} IDENTIFIED BY 'gu3st-pw'", account));
            owner->execute(fmt::format("GRANT SELECT ON {}.* TO {}", address.database, account));
        }
    }
    it.environment["DB_USERNAME"] = account;
    it.environment["DB_PASSWORD"] = "gu3st-pw";
    const Parts permission{
        "give it all rights there",
        fmt::format(": DB_USERNAME={} (environment), DB_DATABASE={} (environment).", account, address.database)};
    server_tells(it, {}, permission);
    check_told(it, it.cli({"status"}), permission);
    check_told(it, it.cli({"database:migrate"}), permission);
}

TEST_CASE("a PostgreSQL user whose search_path selects no schema is told so") {
    Installation it;
    const auto& address = it.database();
    if (address.dialect != sql::Dialect::postgres) return;
    CHECK(it.cli({"database:migrate"}).code == 0);
    const auto account = address.database + "_lost";
    const auto owner = sql::open(address);
    owner->execute(fmt::format("CREATE USER {} PASSWORD 'l0st-pw'", account));
    owner->execute(fmt::format("ALTER ROLE {} SET search_path = nowhere", account));
    it.environment["DB_USERNAME"] = account;
    it.environment["DB_PASSWORD"] = "l0st-pw";
    const Parts parts{account, "has no schema", "its search_path (nowhere)", "SET search_path = public"};
    check_told(it, it.serve({}), parts);
    for (const Words& words : {Words{"status"}, Words{"database:status"}, Words{"database:migrate"},
                               Words{"database:check"}, Words{"database:backup", (it.directory() / "b.db").string()}}) {
        const auto answer = it.cli(words);
        check_told(it, answer, parts);
        CHECK(!has(answer.out, "owner"));
        CHECK(!has(answer.out, "schema: 0"));
        CHECK(!has(answer.out, "is empty"));
    }
    // A schema where nothing is.
    owner->execute(fmt::format("CREATE SCHEMA elsewhere AUTHORIZATION {}", account));
    owner->execute(fmt::format("ALTER ROLE {} SET search_path = elsewhere", account));
    check_told(it, it.cli({"database:check"}), {"in the schema elsewhere", "search_path"});
}

TEST_CASE("a server that is not there is waited for, then told with its address") {
    Installation it;
    if (!is_on_server(it)) return;
    it.environment["DB_HOST"] = "127.0.0.1";
    it.environment["DB_PORT"] = "1";
    const Parts server{"can be reached from here: DB_HOST=127.0.0.1 (environment), DB_PORT=1 (environment)."};
    check_told(it, it.serve({}), server);
    check_told(it, it.serve({"--check"}), server);
    check_told(it, it.cli({"job:list"}), server);
    check_told(it, it.cli({"database:status"}), server);
    it.environment["DB_HOST"] = "nowhere.invalid";
    check_told(it, it.cli({"database:status"}), {"DB_HOST=nowhere.invalid (environment)"});
    it.environment["DB_HOST"] = "/nowhere/socket";
    const bool is_part_of_socket = it.database().dialect == sql::Dialect::postgres;
    const auto answer = it.cli({"database:status"});
    check_told(it, answer, {"can be reached from here: DB_HOST=/nowhere/socket (environment)"});
    CHECK(has(answer.out + answer.err, "/nowhere/socket:1") == is_part_of_socket);
    CHECK(has(answer.out + answer.err, "DB_PORT") == is_part_of_socket);
}

TEST_CASE("notices of PostgreSQL go nowhere, also those about a session that is being opened") {
    Installation it;
    if (it.database().dialect != sql::Dialect::postgres) return;
    const auto owner = sql::open(it.database());
    const auto name = it.database().database + "_icu";
    owner->execute(fmt::format("CREATE DATABASE {} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'", name));
    owner->execute(fmt::format("UPDATE pg_database SET datcollversion = '2.1' WHERE datname = '{}'", name));
    it.environment["DB_DATABASE"] = name;
    for (const auto& answer : {it.cli({"company:list"}), it.cli({"status"}), it.serve({"--check"})}) {
        CHECK(answer.code == 0);
        CHECK(answer.err.empty());
    }
    it.start();
    CHECK(it.stop() == 0);
    CHECK(!has(it.log(), "collation"));
}

namespace {

/// Reaches its database with an account of its own, which can be refused.
struct Guest : Installation {
    Guest() {
        environment["MULTIFLEXI_JOBS_AT_STOP"] = "leave";
        if (!is_on_server(*this)) return;
        owner = sql::open(database());
        const auto& name = database().database;
        if (is_postgres()) {
            owner->execute(fmt::format("CREATE USER {} PASSWORD 'gu3st-pw'", account));
            owner->execute(fmt::format("ALTER DATABASE {} OWNER TO {}", name, account));
        } else {
            owner->execute(fmt::format("CREATE USER {} IDENTIFIED BY 'gu3st-pw'", account));
            owner->execute(fmt::format("GRANT ALL ON {}.* TO {}", name, account));
        }
        environment["DB_USERNAME"] = account;
        environment["DB_PASSWORD"] = "gu3st-pw";
    }
    bool is_postgres() const { return database().dialect == sql::Dialect::postgres; }
    void set_password(std::string_view password) {
        owner->execute(
            fmt::format("ALTER USER {} {} '{}'", account, is_postgres() ? "PASSWORD" : "IDENTIFIED BY", password));
    }
    void end_sessions() {
        if (is_postgres())
            owner->query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ?", {account});
        else
            owner->execute(fmt::format("KILL USER {}", account));
    }

    const std::string account = database().database + "_jobs";
    std::unique_ptr<sql::Connection> owner;
};

constexpr std::string_view refusal = "the database refuses this server, which ends when that lasts";

}  // namespace

TEST_CASE("a server that its database goes on refusing ends with the settings behind it, and its jobs go on") {
    Guest it;
    if (!is_on_server(it)) return;
    it.environment["MULTIFLEXI_LEASE"] = "4";
    it.start();
    const auto go = (it.directory() / "go").string();
    const auto job = it.job(it.run_template_of_script(
        fmt::format("echo $$ > {0}.pid; while ! [ -e {0} ]; do sleep 0.02; done; echo ended; exit 5", go)));
    const auto pid = pid_in(it.content_when_written(go + ".pid"));
    auto setting = fmt::format("DB_USERNAME={} (environment), DB_PASSWORD is set (environment).", it.account);
    SUBCASE("an account with another password") {
        it.set_password("another-pw");
        CHECK(comes_true([&] {
            it.end_sessions();  // one that is just being opened is not yet among them
            return has(it.log(), refusal);
        }));
        CHECK(it.server().wait() == EX_CONFIG);
        it.set_password("gu3st-pw");
    }
    SUBCASE("a database that is not there") {
        const auto name = it.database().database;
        if (!it.is_postgres()) return;  // has no other name for it
        setting = fmt::format("DB_DATABASE={} (environment).", name);
        auto elsewhere = it.database();
        elsewhere.database = "postgres";
        it.owner = sql::open(elsewhere);
        // Nobody gets in again before it has its other name.
        it.owner->execute(fmt::format("ALTER DATABASE {} ALLOW_CONNECTIONS false", name));
        it.end_sessions();
        CHECK(comes_true(
            [&] { return it.owner->query("SELECT 1 FROM pg_stat_activity WHERE datname = ?", {name}).empty(); }));
        it.owner->execute(fmt::format("ALTER DATABASE {} RENAME TO {}_away", name, name));
        CHECK(it.server().wait() == EX_CONFIG);
        it.owner->execute(fmt::format("ALTER DATABASE {}_away RENAME TO {}", name, name));
        it.owner->execute(fmt::format("ALTER DATABASE {} ALLOW_CONNECTIONS true", name));
    }
    const auto log = it.log();
    INFO(log);
    CHECK(lives(pid));
    const auto told = log.find(refusal);
    REQUIRE(told != std::string::npos);
    CHECK(log.find(refusal, told + 1) == std::string::npos);
    const auto ending = log.find("ending: the database goes on refusing this server");
    REQUIRE(ending != std::string::npos);
    CHECK(has(log.substr(ending), setting));
    CHECK(has(log.substr(ending), "server stopped"));
    it.start();
    it.write("go", "");
    const auto record = it.ended(job);
    CHECK(number_of(record, "exitcode") == 5);
    CHECK(it.cli({"job:output", fmt::to_string(job)}).out == "ended\n");
}

TEST_CASE("a server goes on when its database has refused it for a moment") {
    Guest it;
    if (!is_on_server(it)) return;
    it.environment["MULTIFLEXI_LEASE"] = "20";
    it.start();
    it.set_password("another-pw");
    CHECK(comes_true([&] {
        it.end_sessions();  // one that is just being opened is not yet among them
        return has(it.log(), refusal);
    }));
    it.set_password("gu3st-pw");
    CHECK(comes_true([&] { return has(it.log(), "this node can tell again that it lives"); }));
    CHECK(text_of(it.ended(it.job(it.run_template_of_script("true"))), "state") == "succeeded");
    CHECK(it.stop() == 0);
}

TEST_CASE("encryption that only one side demands is told with the settings to look at") {
    Installation it;
    if (!is_on_server(it)) return;
    const auto tcp = DatabaseServer::get(it.database().dialect)->over_tcp(it.database());
    it.environment["DB_HOST"] = tcp.host;
    it.environment["DB_PORT"] = fmt::to_string(tcp.port);
    CHECK(it.cli({"database:migrate"}).code == 0);
    if (tcp.dialect == sql::Dialect::postgres) {
        // The servers of the tests have no certificate.
        it.environment["PGSSLMODE"] = "require";
        every_program_tells(it, {"cannot be opened", "demand different encryption",
                                 fmt::format("Unix socket: DB_HOST=127.0.0.1 (environment), DB_PORT={} (environment), "
                                             "PGSSLMODE=require (environment).",
                                             tcp.port)});
        return;
    }
    const auto owner = sql::open(it.database());
    struct Reset {
        sql::Connection& owner;
        ~Reset() { owner.execute("SET GLOBAL require_secure_transport = OFF"); }
    } reset{*owner};
    owner->execute("SET GLOBAL require_secure_transport = ON");
    // MariaDB does not tell this from a wrong password.
    every_program_tells(it, {"cannot be opened", "with which encryption the server lets this user in: DB_USERNAME="});
    // The socket is as good as encryption.
    it.environment["DB_HOST"] = it.database().host;
    CHECK(it.cli({"database:status"}).code == 0);
}

TEST_SUITE("sqlite") {
    TEST_CASE("what is wrong with the file of the database is told with its setting") {
        Installation it;
        const auto with = [&](const std::filesystem::path& file) {
            it.environment["DB_DATABASE"] = file.string();
            return fmt::format("DB_DATABASE={} (environment).", file.string());
        };
        const auto text = it.write("text.db", "This is no database, although it is long enough to be one.\n");
        every_program_tells(it, {"not an SQLite database", with(text)});
        const auto missing = with(it.directory() / "none" / "x.db");
        server_tells(it, {}, {"Create its directory first", missing});
        check_told(it, it.cli({"status"}), {"Create its directory first", missing});
        every_program_tells(it, {"Name a file", with(it.data().parent_path())});

        // A file that this account may not read, and one that it may not write.
        std::filesystem::create_directory(it.directory() / "closed");
        const auto closed = with(it.directory() / "closed" / "x.db");
        CHECK(it.cli({"database:migrate"}).code == 0);
        std::filesystem::permissions(it.environment["DB_DATABASE"], std::filesystem::perms::none);
        check_told(it, it.cli_held_back({"status"}), {"right to write", closed});
        check_told(it, it.cli_held_back({"database:status"}), {closed});
        if (geteuid() != 0) return;
        const auto disk = it.directory() / "disk";
        std::filesystem::create_directory(disk);
        if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=4m") != 0) {
            MESSAGE("not run: no file system can be mounted here");
            return;
        }
        const auto read_only = with(disk / "x.db");
        CHECK(it.cli({"database:migrate"}).code == 0);
        mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=4m");
        server_tells(it, {}, {"right to write", read_only});
        check_told(it, it.cli({"job:list"}), {"right to write", read_only});
        umount2(disk.c_str(), MNT_DETACH);
    }

    TEST_CASE("a check of the settings looks at the database and makes none") {
        Installation it;
        const auto before = it.serve({"--check"});
        CHECK(before.code == 0);
        CHECK(has(before.out, "is made when the server starts"));
        CHECK(!std::filesystem::exists(it.database_file()));
        CHECK(it.cli({"database:migrate"}).code == 0);
        const auto after = it.serve({"--check"});
        CHECK(after.code == 0);
        CHECK(has(after.out, "The database can be used."));
    }
}

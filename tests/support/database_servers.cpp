// SPDX-License-Identifier: MIT
#include "support/database_servers.h"

#include "base/descriptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace mf::testing {
namespace {

using sql::DatabaseError;
using sql::Dialect;
namespace fs = std::filesystem;

constexpr const char* user = "tester";
constexpr const char* password = "t3st-Passw0rd";

/// Directory of the PostgreSQL programs, the newest version that is installed.
fs::path postgres_programs() {
    const fs::path all = "/usr/lib/postgresql";
    if (!fs::exists(all)) return {};
    fs::path best;
    for (const auto& version : fs::directory_iterator(all)) {
        const auto programs = version.path() / "bin";
        if (fs::exists(programs / "initdb") && programs > best) best = programs;
    }
    return best;
}

/// What is missing to run a server; empty when all is there.
std::string missing_for(Dialect dialect) {
    if (!fs::exists("/usr/bin/setpriv")) return "the program setpriv (package util-linux)";
    if (dialect == Dialect::postgres) return postgres_programs().empty() ? "the package postgresql" : "";
    return fs::exists("/usr/sbin/mariadbd") && fs::exists("/usr/bin/mariadb-install-db") ? ""
                                                                                         : "the package mariadb-server";
}

int free_port() {
    const Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener.get(), raw, size) != 0 || getsockname(listener.get(), raw, &size) != 0)
        throw std::runtime_error("no free port");
    return ntohs(address.sin_port);
}

/// Starts a program as an unprivileged user (the servers refuse to run as root); output goes to the log.
pid_t launch_as(const char* account, std::vector<std::string> command, const fs::path& log) {
    // The servers end with the test program, also when it crashes.
    std::vector<std::string> words{"/usr/bin/setpriv", "--pdeathsig", "KILL"};
    if (geteuid() == 0)
        for (const char* word : {"--reuid", account, "--regid", account, "--init-groups"}) words.emplace_back(word);
    words.emplace_back("--");
    std::ranges::move(command, std::back_inserter(words));
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawn_file_actions_addchdir_np(&actions, "/");
    pid_t process = -1;
    const int error = posix_spawn(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::system_error(error, std::generic_category(), words.front());
    return process;
}

std::string content_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

void run(const char* account, std::vector<std::string> command, const fs::path& log) {
    int status = 0;
    waitpid(launch_as(account, std::move(command), log), &status, 0);
    if (status != 0) throw std::runtime_error(fmt::format("a database server cannot be set up:\n{}", content_of(log)));
}

fs::path directory_for(const char* account, const fs::path& path) {
    fs::create_directory(path);
    if (geteuid() != 0) return path;
    const passwd* entry = getpwnam(account);
    if (!entry || chown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0)
        throw std::runtime_error(fmt::format("the directory of the user {} cannot be made", account));
    return path;
}

}  // namespace

DatabaseServer* DatabaseServer::get(Dialect dialect) {
    const auto start_or_explain = [&]() -> std::unique_ptr<DatabaseServer> {
        const auto missing = missing_for(dialect);
        if (auto server = start(dialect, Durability::of_server)) return server;
        const auto reason = fmt::format("Tests with {} did not run: install {}.", name_of(dialect), missing);
        const char* required = std::getenv("MULTIFLEXI_REQUIRE_SERVERS");
        if (required && std::string_view(required) == "1") throw std::runtime_error(reason);
        std::cout << reason << " (skipped)" << std::endl;
        return nullptr;
    };
    if (dialect == Dialect::postgres) {
        static const auto server = start_or_explain();
        return server.get();
    }
    static const auto server = start_or_explain();
    return server.get();
}

std::unique_ptr<DatabaseServer> DatabaseServer::start(Dialect dialect, Durability durability) {
    if (!missing_for(dialect).empty()) return nullptr;
    return std::unique_ptr<DatabaseServer>(new DatabaseServer(dialect, durability));
}

std::unique_ptr<DatabaseServer> DatabaseServer::standby() const {
    return std::unique_ptr<DatabaseServer>(new DatabaseServer(dialect_, durability_, this));
}

DatabaseServer::DatabaseServer(Dialect dialect, Durability durability, const DatabaseServer* primary)
    : dialect_(dialect), durability_(durability), port_(free_port()) {
    fs::permissions(directory_.path(), fs::perms{0755});
    if (dialect == Dialect::postgres)
        start_postgres(primary);
    else
        start_mariadb();
}

void DatabaseServer::start_postgres(const DatabaseServer* primary) {
    const auto programs = postgres_programs();
    const auto home = directory_for("postgres", directory_.path() / "postgres");
    const auto log = directory_.path() / "log";
    if (primary) {
        const auto from = fmt::format("host={} port={} user={} password={}", primary->administration_.host,
                                      primary->port_, user, password);
        run("postgres",
            {programs / "pg_basebackup", "-d", from, "-D", home / "data", "-R", "--checkpoint=fast", "--no-sync"}, log);
    } else {
        const auto secret = directory_.path() / "password";
        std::ofstream(secret) << password;
        run("postgres",
            {programs / "initdb", "-D", home / "data", "-U", user, "-A", "scram-sha-256", "--pwfile", secret, "-E",
             "UTF8", "--locale=C.UTF-8", "--no-sync"},
            log);
    }
    account_ = "postgres";
    command_ = {programs / "postgres",
                "-D",
                home / "data",
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                fmt::format("port={}", port_),
                "-c",
                "unix_socket_directories=" + home.string()};
    if (durability_ == Durability::of_server)
        for (const char* setting : {"fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60"})
            command_.insert(command_.end(), {"-c", setting});
    launch();
    administration_ = {
        .dialect = dialect_, .database = "postgres", .host = home, .port = port_, .user = user, .password = password};
    wait_until_ready(administration_);
}

void DatabaseServer::start_mariadb() {
    const auto home = directory_for("mysql", directory_.path() / "mariadb");
    const auto log = directory_.path() / "log";
    const auto data = "--datadir=" + (home / "data").string();
    // That of this program need not be its account's.
    const auto temporary = "--tmpdir=" + home.string();
    run("mysql",
        {"/usr/bin/mariadb-install-db", "--no-defaults", data, temporary, "--auth-root-authentication-method=normal",
         "--skip-test-db"},
        log);
    const auto socket = (home / "socket").string();
    account_ = "mysql";
    command_ = {"/usr/sbin/mariadbd",
                "--no-defaults",
                data,
                temporary,
                "--socket=" + socket,
                "--bind-address=127.0.0.1",
                fmt::format("--port={}", port_),
                "--pid-file=" + (home / "pid").string(),
                "--skip-name-resolve"};
    if (durability_ == Durability::of_server)
        command_.insert(command_.end(), {"--innodb-flush-log-at-trx-commit=2", "--innodb-flush-method=nosync",
                                         "--innodb-buffer-pool-size=64M", "--skip-log-bin"});
    launch();
    const sql::Address root{.dialect = dialect_, .database = "mysql", .host = socket, .user = "root"};
    wait_until_ready(root);
    const auto connection = sql::open(root);
    for (const char* from : {"localhost", "127.0.0.1"}) {
        connection->execute(fmt::format("CREATE USER '{}'@'{}' IDENTIFIED BY '{}'", user, from, password));
        connection->execute(fmt::format("GRANT ALL PRIVILEGES ON *.* TO '{}'@'{}' WITH GRANT OPTION", user, from));
    }
    administration_ = root;
    administration_.user = user;
    administration_.password = password;
}

void DatabaseServer::launch() { process_ = launch_as(account_, command_, directory_.path() / "log"); }

void DatabaseServer::crash() {
    if (!is_running()) return;
    // PostgreSQL is told to end its processes at once, MariaDB has only one.
    kill(process_, dialect_ == Dialect::postgres ? SIGQUIT : SIGKILL);
    waitpid(std::exchange(process_, -1), nullptr, 0);
}

void DatabaseServer::signal_all(int number) const {
    kill(process_, number);
    // Those of sessions and helpers of PostgreSQL; MariaDB has none.
    std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", process_));
    for (pid_t child = 0; children >> child;) kill(child, number);
}

void DatabaseServer::pause() { signal_all(SIGSTOP); }
void DatabaseServer::go_on() { signal_all(SIGCONT); }

void DatabaseServer::stop() {
    if (!is_running()) return;
    // The "fast" shutdown of PostgreSQL: sessions are ended instead of waited for.
    kill(process_, dialect_ == Dialect::postgres ? SIGINT : SIGTERM);
    waitpid(std::exchange(process_, -1), nullptr, 0);
}

bool DatabaseServer::is_running() {
    if (process_ > 0 && waitpid(process_, nullptr, WNOHANG) == process_) process_ = -1;
    return process_ > 0;
}

void DatabaseServer::start_again() {
    launch();
    wait_until_ready(administration_);
}

void DatabaseServer::wait_until_ready(const sql::Address& address) {
    for (int attempt = 0; attempt < 600; ++attempt) {
        try {
            (void)sql::open(address);
            return;
        } catch (const DatabaseError& error) {
            if (error.kind != DatabaseError::Kind::lost) throw;
        }
        if (waitpid(process_, nullptr, WNOHANG) == process_) {
            process_ = -1;
            break;
        }
        poll(nullptr, 0, 50);
    }
    throw std::runtime_error(
        fmt::format("{} does not start:\n{}", name_of(dialect_), content_of(directory_.path() / "log")));
}

DatabaseServer::~DatabaseServer() {
    if (process_ > 0) crash();
}

sql::Address DatabaseServer::fresh_database() {
    sql::Address address = administration_;
    address.database = fmt::format("test_{}", ++databases_);
    sql::open(administration_)->execute(fmt::format("CREATE DATABASE \"{}\"", address.database));
    return address;
}

sql::Address DatabaseServer::over_tcp(sql::Address address) const {
    address.host = "127.0.0.1";
    address.port = port_;
    return address;
}

const char* name_of(Dialect dialect) {
    switch (dialect) {
        case Dialect::sqlite: return "SQLite";
        case Dialect::postgres: return "PostgreSQL";
        case Dialect::mariadb: return "MariaDB";
    }
    return "";
}

}  // namespace mf::testing

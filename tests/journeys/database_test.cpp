// SPDX-License-Identifier: MIT
#include "base/digest.h"
#include "journeys/installation.h"
#include "store/migration.h"
#include "store/sql/dsn.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

using namespace mf;
using namespace mf::testing;

namespace {

constexpr std::string_view secret_of_bank = "pa55-Word-of-the-Acme-bank";

/// A run template whose jobs succeed only when they get the secret; they print something and leave a file.
std::int64_t run_template_with_secret(Installation& it) {
    const auto program = it.script(fmt::format(R"([ "$PASSWORD" = "{}" ] || exit 9
echo "job $MULTIFLEXI_JOB_ID"; printf 'error \200\377\n' >&2
printf '\000\377 %s' "$MULTIFLEXI_JOB_ID" > report.bin)",
                                               secret_of_bank));
    return it.run_template(
        {{"executable", program.string()},
         {"environment", json::object{{"PASSWORD", json::object{{"type", "password"}}}}},
         {"artifacts", json::array{json::object{{"name", "Reports"}, {"type", "file"}, {"path", R"(\.bin$)"}}}}},
        {"--config", fmt::format("PASSWORD={}", secret_of_bank), "--overlap", "parallel"});
}

/// Everything that people see of a job.
std::string shown(const Installation& it, std::int64_t job) {
    const auto id = fmt::to_string(job);
    std::string out = to_text(it.job_record(job)) + it.cli({"job:output", id}).out;
    for (const auto& artifact : it.rows({"artifact:list", "--job_id", id})) {
        out += to_text(artifact);
        out +=
            it.cli({"artifact:save", "--id", fmt::to_string(number_of(artifact.as_object(), "id")), "--file", "-"}).out;
    }
    return out;
}

std::string refused(const Installation& it, Words words) {
    const auto answer = it.cli(std::move(words));
    INFO("standard error: ", answer.err);
    CHECK(answer.code == 1);
    return answer.out;
}

}  // namespace

TEST_CASE("a backup that is made while jobs run brings everything to another installation") {
    Installation it;
    it.start();
    const auto id = run_template_with_secret(it);
    std::vector<std::int64_t> jobs;
    for (int i = 0; i < 4; ++i) jobs.push_back(it.job(id));
    for (const auto job : jobs) REQUIRE(text_of(it.ended(job), "state") == "succeeded");
    const auto held = (it.directory() / "held").string();
    const auto runs = it.job(it.run_template_of_script(
        fmt::format("echo $$ > {0}.pid; while ! [ -e {0}.go ]; do echo more; sleep 0.01; done; echo done", held)));
    it.content_when_written(held + ".pid");
    CHECK(comes_true([&] { return it.job_state(runs) == "running"; }));
    const auto waits = it.job(id, {"--scheduled", "+1 hour"});

    const auto file = (it.directory() / "backup.db").string();
    const auto backup = it.ask({"database:backup", "--file", file}).as_object();
    CHECK(number_of(backup, "rows") > 30);
    CHECK(text_of(backup, "sha256") == sha256_hex(file_content(file)));
    CHECK(text_of(backup, "key_file") == it.key_file().string());
    struct stat status {};
    REQUIRE(::stat(file.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(!has(file_content(file), secret_of_bank));
    for (const auto& entry : std::filesystem::directory_iterator(it.directory()))
        CHECK_MESSAGE(!entry.path().filename().string().starts_with("backup.db."), entry.path().string());

    CHECK(has(refused(it, {"database:backup", "--file", file}), "--force"));
    CHECK(it.cli({"database:backup", "--file", file, "--force"}).code == 0);
    CHECK(has(refused(it, {"database:restore", "--file", file, "--force"}), "journey"));
    it.write("held.go", "");
    CHECK(text_of(it.ended(runs), "state") == "succeeded");
    CHECK(it.stop() == 0);

    Installation other;
    const auto unguarded = other.cli({"database:restore", "--file", file});
    CHECK(unguarded.code == 0);
    CHECK(has(unguarded.err, "Warning: The key file " + other.key_file().string()));
    CHECK(has(unguarded.out, "New jobs get ids from 2000000 on"));
    CHECK(other.sql(R"(SELECT COUNT(*) FROM "node")") == "0\n");
    std::filesystem::copy_file(it.key_file(), other.key_file());
    for (const auto job : jobs) CHECK(shown(other, job) == shown(it, job));
    CHECK(other.job_state(runs) == "running");
    CHECK(other.cli({"database:check"}).out.starts_with("No problems"));

    // A job that ran at the moment of the backup is lost, one that waited still does, and new ones open the secret.
    // Their ids are none that the first installation has given since.
    other.start();
    CHECK(text_of(other.ended(runs), "state") == "lost");
    CHECK(other.job_state(waits) == "pending");
    const auto next = other.job(id);
    CHECK(waits < 10);
    CHECK(next == 2'000'000);
    CHECK(text_of(other.ended(next), "state") == "succeeded");
    CHECK(other.stop() == 0);

    // What is there is removed only when that is asked for.
    const auto full = refused(other, {"database:restore", "--file", file});
    CHECK(has(full, "not empty"));
    CHECK(has(full, "--force"));
    CHECK(text_of(other.job_record(next), "state") == "succeeded");
    const auto forced = other.ask({"database:restore", "--file", file, "--force"}).as_object();
    CHECK(forced.at("warnings").as_array().empty());
    CHECK(other.job_state(runs) == "running");
    CHECK(!other.job_record(next).contains("id"));
    // Nor one that was given before the second restore.
    CHECK(forced.at("first_job") == 3'000'000);
    CHECK(other.job(id) == 3'000'000);

    // The job that the backup knows as running may still run, as far as this database tells.
    const auto again = refused(other, {"database:restore", "--file", file, "--force"});
    CHECK(has(again, fmt::format("have not ended: {} (node journey). Their processes", runs)));
    CHECK(has(again, "job cancel"));
    CHECK(other.cli({"database:restore", "--file", file, "--force", "--abandon-jobs"}).code == 0);
}

TEST_CASE("a damaged or foreign file is not restored") {
    Installation it;
    const auto text = it.write("text.db", "This is no database, although it is long enough to be one.\n");
    CHECK(has(refused(it, {"database:restore", "--file", text.string()}), "not an SQLite database"));
    const auto missing = refused(it, {"database:restore", "--file", text.string() + ".none"});
    CHECK(missing ==
          fmt::format("The backup {}.none is not there. Check its name; nothing was changed.\n", text.string()));
    for (const auto* command : {"database:restore", "database:backup"})
        for (const auto* force : {"", "--force"}) {
            Words words{command, it.directory().string()};
            if (*force) words.emplace_back(force);
            CHECK(has(refused(it, words), "is a directory. Name "));
        }
    // It stands for a stream elsewhere.
    for (const auto* command : {"database:restore", "database:backup"})
        CHECK(has(refused(it, {command, "--file", "-", "--force"}), "needs a file"));
    CHECK(!std::filesystem::exists("-"));
    const auto empty = it.directory() / "empty.db";
    sql::open({.database = empty, .durable = false});
    CHECK(has(refused(it, {"database:restore", "--file", empty.string()}), "no data of MultiFlexi"));
    CHECK(!std::filesystem::exists(it.key_file()));
    // What is beside a file belongs to it.
    CHECK(it.cli({"database:migrate"}).code == 0);
    const auto file = (it.directory() / "b.db").string();
    CHECK(it.cli({"database:backup", file}).code == 0);
    it.write("b.db-wal", "part of the data");
    CHECK(has(refused(it, {"database:restore", file}), "b.db-wal is there"));
    CHECK(has(refused(it, {"database:backup", file, "--force"}), "b.db-wal is there"));
    CHECK(has(refused(it, {"database:backup", (it.directory() / "none" / "b.db").string()}), "Create its directory"));
    if (it.database().dialect != sql::Dialect::sqlite) return;
    for (const auto* command : {"database:backup", "database:restore"})
        CHECK(has(refused(it, {command, it.database_file().string(), "--force"}), "the database itself"));
}

TEST_CASE("a backup that was damaged is not restored, and what is there stays") {
    Installation it;
    it.start();
    it.ended(it.job(it.run_template_of_script("head -c 300000 /dev/urandom | od -x")));
    CHECK(it.stop() == 0);
    const auto file = it.directory() / "b.db";
    CHECK(it.cli({"database:backup", file.string()}).code == 0);
    const auto sound = file_content(file);
    REQUIRE(sound.size() > 200'000);
    const auto rows = it.ask({"job:list"});
    const auto is_refused = [&](std::string content) {
        const auto damaged = it.write("damaged.db", content).string();
        for (const auto* force : {"", "--force"}) {
            Words words{"database:restore", damaged};
            if (*force) words.emplace_back(force);
            const auto told = refused(it, words);
            INFO(told);
            CHECK(has(told, damaged));
            CHECK(has(told, "damaged"));
            CHECK(has(told, "Nothing was changed"));
            // That is the advice about the database itself.
            CHECK(!has(told, "from a backup"));
        }
        CHECK(it.ask({"job:list"}) == rows);
        // Also where nothing is there yet.
        Installation other;
        CHECK(has(refused(other, {"database:restore", damaged}), "Nothing was changed"));
        CHECK(!std::filesystem::exists(other.data()));
    };
    auto middle = sound;
    middle.replace(sound.size() / 2 & ~std::size_t{4095}, 8192, 8192, 'x');
    is_refused(middle);
    is_refused(sound.substr(0, sound.size() / 2));
    auto beginning = sound;
    beginning.replace(0, 16, 16, 'x');
    is_refused(beginning);
    auto schema = sound;
    schema.replace(100, 1000, 1000, 'x');
    is_refused(schema);
    CHECK(it.cli({"database:restore", file.string(), "--force"}).code == 0);
    CHECK(it.ask({"job:list"}).as_array().size() == rows.as_array().size());
}

TEST_CASE("a backup that this user may not read is told") {
    Installation it;
    CHECK(it.cli({"database:migrate"}).code == 0);
    const auto file = it.directory() / "b.db";
    CHECK(it.cli({"database:backup", file.string()}).code == 0);
    std::filesystem::permissions(file, std::filesystem::perms::none);
    const auto answer = it.cli_held_back({"database:restore", file.string()});
    CHECK(answer.code == 1);
    CHECK(has(answer.out, "cannot be read: Permission denied. Give this user the right to read it"));
}

TEST_CASE("a backup with an older schema is brought up to date on the way") {
    Installation it;
    const auto newest = migrations().back().number;
    const sql::Address old{.database = it.directory() / "old.db", .durable = false};
    {
        Database database(old);
        REQUIRE(migrate(database, Timestamp{}, newest - 1));
        database.write([](Session& session) {
            session.sql.execute(
                R"(INSERT INTO "company" ("name", "code", "created_at", "updated_at") VALUES ('Acme', 'acme', 1, 1))");
        });
    }
    sql::open(old)->query("PRAGMA journal_mode=DELETE", {});
    const auto restored = it.ask({"database:restore", "--file", old.database}).as_object();
    CHECK(number_of(restored, "schema") == newest - 1);
    CHECK(number_of(it.ask({"database:status"}).as_object(), "schema") == newest);
    CHECK(text_of(it.ask({"company:get", "--id", "1"}).as_object(), "name") == "Acme");
    for (const auto& entry : std::filesystem::directory_iterator(it.data()))
        CHECK_MESSAGE(!entry.path().filename().string().starts_with("upgraded-backup"), entry.path().string());
}

TEST_CASE("status, check and backup of an older database leave its schema as it is") {
    Installation it;
    const auto newest = migrations().back().number;
    std::filesystem::create_directory(it.data());
    {
        Database database(it.database());
        REQUIRE(migrate(database, Timestamp{}, newest - 1));
    }
    CHECK(number_of(it.ask({"database:status"}).as_object(), "schema") == newest - 1);
    CHECK(it.cli({"database:check"}).code == 0);
    const auto file = (it.directory() / "b.db").string();
    CHECK(number_of(it.ask({"database:backup", file}).as_object(), "schema") == newest - 1);
    CHECK(number_of(it.ask({"database:status"}).as_object(), "schema") == newest - 1);
    const auto migrated = it.ask({"database:migrate"}).as_object();
    CHECK(number_of(migrated, "from") == newest - 1);
    CHECK(number_of(migrated, "to") == newest);
    CHECK(has(it.cli({"database:migrate"}).out, "up to date"));
}

TEST_CASE("a database of a newer program is described and not touched") {
    Installation it;
    CHECK(it.cli({"database:migrate"}).code == 0);
    it.sql(R"(UPDATE "migration" SET "number" = 9999 WHERE "number" = 5)");
    const auto before = it.sql(R"(SELECT * FROM "migration" ORDER BY "number")");
    const auto status = it.cli({"database:status", "-f", "json"});
    CHECK(status.code == 1);
    CHECK(number_of(status.json().as_object(), "schema") == 9999);
    CHECK(has(text_of(status.json().as_object(), "message"), "schema 9999"));
    CHECK(text_of(status.json().as_object(), "server_version").size() > 2);
    for (const Words& words : {Words{"database:migrate"}, Words{"database:check"},
                               Words{"database:backup", (it.directory() / "b.db").string()},
                               Words{"database:copy", "sqlite:" + (it.directory() / "c.db").string()}})
        CHECK(has(refused(it, words), "schema 9999"));
    CHECK(it.sql(R"(SELECT * FROM "migration" ORDER BY "number")") == before);
    CHECK(!std::filesystem::exists(it.directory() / "b.db"));
    CHECK(!std::filesystem::exists(it.key_file()));
}

TEST_CASE("a database that is not there is told and not made") {
    Installation it;
    it.environment["DB_DATABASE"] = it.database().dialect == sql::Dialect::sqlite ? "none.db" : "none";
    it.environment["DB_PASSWORD"] = it.environment.contains("DB_PASSWORD") ? it.environment["DB_PASSWORD"] : "pw-none";
    for (const Words& words : {Words{"database:status"}, Words{"database:check"},
                               Words{"database:backup", (it.directory() / "b.db").string()},
                               Words{"database:copy", "sqlite:" + (it.directory() / "c.db").string()}}) {
        const auto told = refused(it, words);
        CHECK_MESSAGE(has(told, "cannot be opened"), told);
        CHECK(!has(told, it.environment["DB_PASSWORD"]));
    }
    CHECK(!std::filesystem::exists(it.data()));
}

TEST_CASE("what is wrong with the data is listed") {
    Installation it;
    it.start();
    it.ended(it.job(it.run_template_of_script("echo x")));
    CHECK(it.stop() == 0);
    CHECK(it.cli({"database:check"}).code == 0);
    it.sql(R"(DELETE FROM "job_output" WHERE "seq" = 0)");
    it.sql(R"(UPDATE "runtemplate" SET "failed_jobs_count" = 7)");
    it.sql(R"(UPDATE "job" SET "state" = 'pending' WHERE "id" = 1)");
    const auto lines = refused(it, {"database:check"});
    for (const auto* line : {"Job 1 is pending and not in the queue", "Run template 1 counts 1 succeeded and 7 failed"})
        CHECK_MESSAGE(has(lines, line), lines);
    const auto answer = it.cli({"database:check", "-f", "json"});
    CHECK(answer.code == 1);
    CHECK(answer.json().at("problems").as_array().size() >= 2);
}

namespace {

/// Copies an installation into another database and goes on there.
void move_to(sql::Address target, bool password_in_file) {
    Installation it;
    it.start();
    const auto id = run_template_with_secret(it);
    std::vector<std::int64_t> jobs;
    for (int i = 0; i < 3; ++i) jobs.push_back(it.job(id));
    for (const auto job : jobs) REQUIRE(text_of(it.ended(job), "state") == "succeeded");
    CHECK(it.stop() == 0);
    // The number of a removed job stays used.
    CHECK(it.cli({"job:delete", "--id", fmt::to_string(jobs.back())}).code == 0);
    const auto last = jobs.back();
    jobs.pop_back();
    std::string before;
    for (const auto job : jobs) before += shown(it, job);

    Words words{"database:copy", "--to", sql::to_dsn(target)};
    if (password_in_file)
        words.insert(words.end(), {"--password-file", it.write("password", target.password + "\n").string()});
    else
        it.environment["MULTIFLEXI_TO_PASSWORD"] = target.password;
    const auto copied = it.cli(words);
    INFO(copied.out, copied.err);
    REQUIRE(copied.code == 0);
    CHECK(has(copied.out, "  MULTIFLEXI_KEY_FILE=" + it.key_file().string() + "\n"));
    if (!target.password.empty()) CHECK(!has(copied.out + copied.err, target.password));
    words.insert(words.end(), {"-f", "json"});
    const auto again = it.cli(words);
    CHECK(again.code == 1);
    CHECK(has(text_of(again.json().as_object(), "message"), "not empty"));

    // The settings that were printed, line by line, are all that it takes.
    for (const auto* name : {"DB_HOST", "DB_PORT", "DB_USERNAME", "MULTIFLEXI_TO_PASSWORD"}) it.environment.erase(name);
    it.environment["DB_PASSWORD"] = target.password;
    for (std::size_t at = copied.out.find("\n  "); at != std::string::npos; at = copied.out.find("\n  ", at + 1)) {
        const auto line = copied.out.substr(at + 3, copied.out.find('\n', at + 1) - at - 3);
        const auto equals = line.find('=');
        if (!line.starts_with("DB_PASSWORD")) it.environment[line.substr(0, equals)] = line.substr(equals + 1);
    }
    std::string after;
    for (const auto job : jobs) after += shown(it, job);
    CHECK(after == before);
    CHECK(it.cli({"database:check"}).out.starts_with("No problems"));
    it.start();
    const auto next = it.job(id);
    CHECK(next == last + 1);
    CHECK(text_of(it.ended(next), "state") == "succeeded");
    CHECK(it.stop() == 0);
}

}  // namespace

TEST_CASE("an installation moves into a file and goes on there") {
    const TemporaryDirectory directory;
    move_to({.database = directory.path() / "moved.db"}, false);
}

TEST_SUITE("sqlite") {
    TEST_CASE("an installation grows from a file to a server and goes on there") {
        for (const auto dialect : {sql::Dialect::postgres, sql::Dialect::mariadb}) {
            INFO("to ", std::string(name_of(dialect)));
            if (auto* server = DatabaseServer::get(dialect)) {
                move_to(server->fresh_database(), false);
                move_to(server->over_tcp(server->fresh_database()), true);
            }
        }
    }
}

TEST_CASE("a copy says what is in the way, and repeats no password") {
    Installation it;
    CHECK(it.cli({"database:migrate"}).code == 0);
    const auto told = refused(it, {"database:copy", "--to", "pgsql://u:geheim@127.0.0.1/x"});
    CHECK(has(told, "MULTIFLEXI_TO_PASSWORD"));
    CHECK(!has(told, "geheim"));
    CHECK(has(refused(it, {"database:copy", "--to", "oracle://h/x"}), "pgsql://user@host:port/name"));
    CHECK(has(refused(it, {"database:copy", "--to", sql::to_dsn(it.database())}), "Name another one."));
    it.environment["MULTIFLEXI_TO_PASSWORD"] = "geheim";
    const auto unreachable = refused(it, {"database:copy", "--to", "pgsql://u@127.0.0.1:1/x"});
    CHECK(has(unreachable, "cannot be opened"));
    CHECK(has(unreachable, "This is about the database to copy into (pgsql://u@127.0.0.1:1/x)."));
    CHECK(!has(unreachable, "DB_HOST"));
    CHECK(!has(unreachable, "geheim"));
    if (it.database().dialect == sql::Dialect::sqlite) return;
    auto* server = DatabaseServer::get(it.database().dialect);
    const auto wrong = refused(it, {"database:copy", "--to", sql::to_dsn(server->over_tcp(server->fresh_database()))});
    CHECK(has(wrong, "its password is that of --password-file or MULTIFLEXI_TO_PASSWORD."));
    CHECK(!has(wrong, "DB_PASSWORD"));
    CHECK(!has(wrong, "geheim"));
}

// SPDX-License-Identifier: MIT
#include "cli/testing/fake_backend.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>

using namespace mf;
using mf::testing::FakeBackend;
using mf::testing::Shell;
using Kind = MaintenanceRequest::Task;

TEST_CASE("every spelling of a database command asks for its task") {
    FakeBackend fake;
    fake.maintenance = json::value(json::object{});
    Shell shell{fake};
    const std::pair<std::vector<std::string>, Kind> calls[] = {
        {{"database:status"}, Kind::status},
        {{"database", "status"}, Kind::status},
        {{"Database", "Status"}, Kind::status},
        {{"database:migrate"}, Kind::migrate},
        {{"database", "check"}, Kind::check},
        {{"database:backup", "--file", "b.db"}, Kind::backup},
        {{"database", "restore", "b.db"}, Kind::restore},
        {{"database:copy", "--to=sqlite:/x"}, Kind::copy},
    };
    for (const auto& [words, task] : calls) {
        CAPTURE(words[0]);
        CHECK(shell(words).code == 0);
        REQUIRE(!fake.maintained.empty());
        CHECK(fake.maintained.back().task == task);
        CHECK(!fake.maintained.back().force);
    }
    CHECK(fake.maintained[5].file == "b.db");
    CHECK(fake.maintained[6].file == "b.db");
    CHECK(fake.maintained[7].target == "sqlite:/x");
    CHECK(!fake.opened);
    shell({"database:restore", "b.db", "--force"});
    CHECK(fake.maintained.back().force);
    CHECK(shell({"database:backup"}).out == "Missing --file\n");
    CHECK(shell({"database:copy"}).code == 1);
}

TEST_CASE("a status is a record, and what is wrong with the database decides the exit code") {
    FakeBackend fake;
    fake.maintenance = json::value(json::object{{"kind", "pgsql"}, {"jobs", 7}});
    Shell shell{fake};
    CHECK(shell({"database:status"}).out == "kind: pgsql\njobs: 7\n");
    CHECK(shell({"database:status", "--fields", "jobs", "-f", "json"}).document() ==
          json::value(json::object{{"jobs", 7}}));
    fake.maintenance = json::value(json::object{{"kind", "pgsql"}, {"problem", "It is newer."}});
    CHECK(shell({"database:status"}).code == 1);
    CHECK(shell.out == "kind: pgsql\nIt is newer.\n");
    CHECK(shell({"database:status", "-f", "json"}).code == 1);
    CHECK(shell.document() ==
          json::value(json::object{{"status", "error"}, {"message", "It is newer."}, {"kind", "pgsql"}}));
}

TEST_CASE("a check prints each problem on its line and ends with 1") {
    FakeBackend fake;
    Shell shell{fake};
    fake.maintenance = json::value(json::object{{"tables", 21}, {"problems", json::array{}}});
    CHECK(shell({"database:check"}).code == 0);
    CHECK(shell.out == "No problems in 21 tables.\n");
    fake.maintenance = json::value(json::object{
        {"tables", 21}, {"problems", json::array{json::object{{"table", "job"}, {"message", "Job 1\nis odd."}}}}});
    CHECK(shell({"database:check"}).code == 1);
    CHECK(shell.out == "Job 1 is odd.\n1 problem found. Make a backup before anything is repaired.\n");
    CHECK(shell({"database:check", "-f", "json"}).code == 1);
    CHECK(shell.document().at("problems").at(0).at("table") == "job");
}

TEST_CASE("a backup reminds of the key, wherever it is") {
    FakeBackend fake;
    Shell shell{fake};
    json::object done{{"file", "b.db"}, {"rows", 3}, {"bytes", 4096}, {"sha256", "abc"}, {"key_file", "/k"}};
    fake.maintenance = json::value(done);
    shell({"database:backup", "b.db"});
    CHECK(shell.out.starts_with("Backup written: b.db (3 rows, 4096 bytes)\nSHA-256: abc\n"));
    CHECK(shell.out.find("key file /k") != std::string::npos);
    done.erase("key_file");
    fake.maintenance = json::value(done);
    CHECK(shell({"database:backup", "b.db"}).out.find("ENCRYPTION_MASTER_KEY") != std::string::npos);
    CHECK(shell({"database:backup", "b.db", "-f", "json"}).document().at("reminder").is_string());
}

TEST_CASE("a copy prints the settings to go on with, but never the password") {
    FakeBackend fake;
    Shell shell{fake};
    const testing::TemporaryDirectory directory;
    const auto file = (directory.path() / "password").string();
    std::ofstream(file) << "geheim\n";
    fake.maintenance = json::value(json::object{
        {"target", "pgsql://u@h/x"},
        {"rows", 1},
        {"settings", json::object{{"DB_CONNECTION", "pgsql"}, {"DB_USERNAME", "u"}, {"MULTIFLEXI_KEY_FILE", "/k"}}},
        {"warnings", json::array{"A server works with the original."}}});
    shell({"database:copy", "pgsql://u@h/x", "--password-file", file});
    CHECK(shell.code == 0);
    CHECK(fake.maintained.back().target_password == "geheim");
    CHECK(shell.out.starts_with("Copied: pgsql://u@h/x (1 row)\n"));
    CHECK(shell.out.find("  DB_USERNAME=u\n  DB_PASSWORD=(the password of this user)\n  MULTIFLEXI_KEY_FILE=/k\n") !=
          std::string::npos);
    CHECK(shell.out.find("geheim") == std::string::npos);
    CHECK(shell.err == "Warning: A server works with the original.\n");

    shell.input = "other\n";
    shell({"database:copy", "pgsql://u@h/x", "--password-file", "-", "-f", "json"});
    CHECK(fake.maintained.back().target_password == "other");
    CHECK(shell.err.empty());
    CHECK(shell.document().at("warnings").as_array().size() == 1);
    shell.input.clear();
    for (const char* content : {"", "\n", "two\nlines\n"}) {
        std::ofstream(file) << content;
        CHECK(shell({"database:copy", "pgsql://u@h/x", "--password-file", file}).code == 1);
        CHECK(shell.out.find("on one line") != std::string::npos);
    }
    shell({"database:copy", "pgsql://u@h/x", "--password-file", file + ".none"});
    CHECK(shell.code == 1);
    CHECK(shell.out.starts_with("--password-file "));
    CHECK(fake.maintained.size() == 2);
}

TEST_CASE("progress is shown on a terminal only, and is gone at the end") {
    FakeBackend fake;
    fake.maintenance = json::value(json::object{{"from", 3}, {"to", 5}});
    Shell shell{fake};
    CHECK(shell({"database:migrate"}).err.empty());
    CHECK(shell.out == "The schema of the database went from 3 to 5.\n");
    shell.terminal = true;
    CHECK(shell({"database:migrate"}).err == "\r\x1b[Kcopying job: 1200 rows\r\x1b[K");
    CHECK(shell({"database:migrate", "--quiet"}).err.empty());
}

TEST_CASE("what the database refuses is said, with exit code 1") {
    FakeBackend fake;
    Shell shell{fake};
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"database:status"},
                                               {"database:migrate"},
                                               {"database:check"},
                                               {"database:backup", "x"},
                                               {"database:restore", "x"},
                                               {"database:copy", "sqlite:/x"}}) {
        CAPTURE(words[0]);
        CHECK(shell(words).code == 1);
        CHECK(shell.out == "There is no database here.\n");
    }
}

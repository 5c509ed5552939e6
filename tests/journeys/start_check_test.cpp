// SPDX-License-Identifier: MIT
// multiflexi serve --check: what stands in the way of a start is told, and nothing is made or changed.
#include "journeys/installation.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

using namespace mf;
using namespace mf::testing;

namespace {

namespace fs = std::filesystem;

/// Every file and directory below, with what is in it and since when.
std::string everything_below(const fs::path& directory) {
    std::vector<std::string> lines;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        lines.push_back(entry.path().string());
        if (entry.is_regular_file())
            lines.back() +=
                fmt::format(" {} {}", entry.last_write_time().time_since_epoch().count(), file_content(entry.path()));
    }
    std::ranges::sort(lines);
    return fmt::format("{}", fmt::join(lines, "\n"));
}

struct Checked : Installation {
    fs::path key() const {
        return data() / (database().dialect == sql::Dialect::sqlite ? "multiflexi.db.key" : "multiflexi.key");
    }
    Answer check(const Words& more = {}) const {
        Words words{"--check"};
        words.insert(words.end(), more.begin(), more.end());
        const auto before = everything_below(directory());
        auto answer = serve_held_back(words);
        CHECK(everything_below(directory()) == before);
        return answer;
    }
    void finds_nothing_wrong(const Words& more = {}) const {
        const auto answer = check(more);
        INFO(answer.out);
        CHECK(answer.err.empty());
        CHECK(answer.code == 0);
    }
    void finds(const std::vector<std::string>& parts, const Words& more = {}) const {
        const auto answer = check(more);
        INFO(answer.out, answer.err);
        CHECK(answer.code == 1);
        for (const auto& part : parts) CHECK_MESSAGE(has(answer.err, part), part);
    }
};

constexpr auto nobody = fs::perms::none;

}  // namespace

TEST_CASE("a check before the first start, of a running server and after it finds nothing wrong and changes nothing") {
    Checked it;
    it.finds_nothing_wrong();
    const auto said = it.check().out;
    CHECK(has(said, fmt::format("The data directory {} is made when the server starts.", it.data().string())));
    CHECK(has(said, fmt::format("The key file {} is made when the server starts.", it.key().string())));
    CHECK(
        has(said, fmt::format("The work directory {} is made when the server starts.", (it.data() / "work").string())));
    it.start();
    CHECK(it.serve({"--check"}).code == 0);
    CHECK(it.stop() == 0);
    it.finds_nothing_wrong();
    CHECK(has(it.check().out, fmt::format("The key file {} can be used.", it.key().string())));
    it.environment["ENCRYPTION_MASTER_KEY"] = "some words";
    CHECK(has(it.check().out, "The key of ENCRYPTION_MASTER_KEY can be used."));
}

TEST_CASE("directories that cannot be made or used are told with their settings") {
    Checked it;
    const auto file = it.write("file", "").string();
    const auto with = [&](std::string_view name, const std::string& value) {
        it.environment[std::string(name)] = value;
        return fmt::format(": {}={} (environment).", name, value);
    };
    const auto usual = it.environment;
    it.finds({"The data directory", "Not a directory", with("MULTIFLEXI_DATA", file + "/data")});
    it.finds({"The data directory", "Not a directory", with("MULTIFLEXI_DATA", file)});
    it.environment = usual;
    it.finds({"The work directory", "Not a directory", with("MULTIFLEXI_WORK_DIRECTORY", file + "/work/x")});
    // A scheduler alone runs no jobs.
    it.finds_nothing_wrong({"--roles", "scheduler"});
    it.environment = usual;
    const auto closed = it.directory() / "closed";
    fs::create_directory(closed);
    fs::permissions(closed, fs::perms::owner_read | fs::perms::owner_exec);
    it.finds({"cannot be made in " + closed.string() + ": Permission denied",
              with("MULTIFLEXI_DATA", (closed / "a" / "b").string())});
    it.environment = usual;
    it.finds({"The work directory", "cannot be used: Permission denied",
              with("MULTIFLEXI_WORK_DIRECTORY", closed.string())});
    fs::permissions(closed, fs::perms::owner_all);
    it.finds_nothing_wrong();
}

TEST_CASE("a key that is missing, another one, or open to others is told") {
    Checked it;
    it.start();
    it.ask({"company:create", "--name", "Acme Corp"});
    CHECK(it.cli({"company:variable-set", "--company_id", "1", "--name", "PASSWORD", "--value", "pass-word-1",
                  "--secret", "1"})
              .code == 0);
    CHECK(it.stop() == 0);
    it.finds_nothing_wrong();
    const std::string setting = "MULTIFLEXI_KEY_FILE=" + it.key().string();
    fs::permissions(it.key(), fs::perms::owner_read | fs::perms::others_read);
    it.finds({"chmod 600", setting});
    fs::remove(it.key());
    it.finds({"is missing, but the secrets of this database are sealed", setting});
    it.finds_nothing_wrong({"--roles", "scheduler"});
    it.finds_nothing_wrong({"--new-key"});
    it.write("data/" + it.key().filename().string(), "short");
    fs::permissions(it.key(), fs::perms::owner_read);
    it.finds({"it has 5 bytes instead of 32", setting});
    fs::remove(it.key());
    it.environment["ENCRYPTION_MASTER_KEY"] = "another";
    it.finds({"ENCRYPTION_MASTER_KEY gives the key", "--new-key"});
    it.environment.erase("ENCRYPTION_MASTER_KEY");
    it.environment["MULTIFLEXI_KEY_FILE"] = (it.directory() / "none" / "x.key").string();
    it.finds({"cannot be made in its directory: No such file or directory"}, {"--new-key"});
}

TEST_SUITE("sqlite") {
    TEST_CASE("a file of the database that cannot be made or written is told") {
        Checked it;
        const auto with = [&](const fs::path& file) {
            it.environment["DB_DATABASE"] = file.string();
            return fmt::format("DB_DATABASE={} (environment).", file.string());
        };
        it.finds(
            {"cannot be made in its directory: No such file or directory", with(it.directory() / "none" / "x.db")});
        fs::create_directory(it.directory() / "there");
        const auto named = with(it.directory() / "there" / "x.db");
        it.finds_nothing_wrong();
        CHECK(it.cli({"database:migrate"}).code == 0);
        it.finds_nothing_wrong();
        const fs::path file = it.environment["DB_DATABASE"];
        fs::permissions(file, fs::perms::owner_read);
        it.finds({"cannot be written: Permission denied. Give this user the right to write", named});
        fs::permissions(file, nobody);
        it.finds({"cannot be written: Permission denied", named});
        fs::permissions(file, fs::perms::owner_all);
        fs::permissions(file.parent_path(), fs::perms::owner_read | fs::perms::owner_exec);
        it.finds({"cannot be used in its directory: Permission denied", named});
        fs::permissions(file.parent_path(), fs::perms::owner_all);
    }
}

TEST_CASE("what the library of a database server says is one clean line") {
    Checked it;
    if (it.database().dialect == sql::Dialect::sqlite) return;
    it.environment["DB_HOST"] = "127.0.0.1";
    it.environment["DB_PORT"] = "1";
    for (const auto& answer : {it.check(), it.cli({"database:check"}), it.cli({"database:status"})}) {
        INFO(answer.out, answer.err);
        CHECK(answer.code == 1);
        const auto told = answer.err + answer.out;
        const auto begin = told.find("cannot be opened");
        REQUIRE(begin != std::string::npos);
        const auto sentence = told.substr(begin, told.find('\n', begin) - begin);
        CHECK(sentence.find('\t') == std::string::npos);
        CHECK(!has(sentence, "  "));
        CHECK(!has(sentence, "?."));
        // The advice stands on the same line.
        CHECK(has(sentence, "DB_PORT=1 (environment)."));
    }
}

// SPDX-License-Identifier: MIT
// The key of stored secrets: when it is made, and what happens without it.
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sysexits.h>

using namespace mf;
using namespace mf::testing;

namespace {

struct Keyed : Installation {
    std::filesystem::path key() const {
        return data() / (database().dialect == sql::Dialect::sqlite ? "multiflexi.db.key" : "multiflexi.key");
    }
    Answer set_secret(std::string_view name) const {
        return cli({"company:variable-set", "--company_id", "1", "--name", std::string(name), "--value", "pass-word-1",
                    "--secret", "1"});
    }
};

void check_refusal(const Keyed& it, const Answer& answer) {
    CHECK(answer.code != 0);
    const auto said = answer.err + answer.out;
    INFO(said);
    CHECK(said.find(it.key().string()) != std::string::npos);
    CHECK(said.find("sealed with the key") != std::string::npos);
    CHECK(said.find("--new-key") != std::string::npos);
    CHECK(said.find("pass-word-1") == std::string::npos);
}

}  // namespace

TEST_CASE("no key is made before something is sealed or a server starts") {
    Keyed it;
    it.ask({"company:create", "--name", "Acme Corp"});
    it.ask({"company:list"});
    CHECK(!std::filesystem::exists(it.key()));
    CHECK(it.set_secret("PASSWORD").code == 0);
    CHECK(file_content(it.key()).size() == 32);
    Keyed other;
    other.start();
    CHECK(file_content(other.key()).size() == 32);
}

TEST_CASE("a key that is missing or another one stops what needs it, and nothing else") {
    Keyed it;
    it.start();
    const auto id = it.run_template_of_script("echo ${#PASSWORD}");
    CHECK(it.set_secret("PASSWORD").code == 0);
    CHECK(it.stop() == 0);
    const auto away = it.directory() / "away.key";
    std::filesystem::rename(it.key(), away);

    const auto server = it.serve({});
    check_refusal(it, server);
    CHECK(server.code == EX_CONFIG);
    check_refusal(it, it.set_secret("OTHER"));
    it.ask({"company:list"});
    it.ask({"run-template:list"});
    CHECK(!std::filesystem::exists(it.key()));

    // Without secrets of its own a scheduler needs no key.
    it.start({"--roles", "scheduler"});
    CHECK(it.stop() == 0);
    CHECK(!std::filesystem::exists(it.key()));

    it.write("data/" + it.key().filename().string(), std::string(32, 'k'));
    std::filesystem::permissions(it.key(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    check_refusal(it, it.serve({}));
    check_refusal(it, it.set_secret("OTHER"));

    SUBCASE("the key comes back") {
        std::filesystem::rename(away, it.key());
        it.start();
        const auto job = it.job(id);
        CHECK(text_of(it.ended(job), "state") == "succeeded");
        CHECK(it.cli({"job:output", fmt::to_string(job)}).out == "11\n");
    }
    SUBCASE("or one starts anew on purpose") {
        it.start({"--new-key"});
        CHECK(text_of(it.ended(it.job(id)), "state") == "blocked");
        CHECK(it.set_secret("PASSWORD").code == 0);
        CHECK(text_of(it.ended(it.job(id)), "state") == "succeeded");
        CHECK(it.stop() == 0);
        it.start();
        CHECK(text_of(it.ended(it.job(id)), "state") == "succeeded");
    }
}

TEST_CASE("another key is no matter while nothing is sealed") {
    Keyed it;
    it.start();
    CHECK(it.stop() == 0);
    std::filesystem::remove(it.key());
    it.start();
    CHECK(file_content(it.key()).size() == 32);
}

TEST_CASE("all servers of a database need one key") {
    Keyed first, second;
    first.environment["MULTIFLEXI_LEASE"] = "2";
    second.environment = first.environment;
    second.environment["MULTIFLEXI_DATA"] = second.data().string();
    second.environment["MULTIFLEXI_NODE"] = "second";
    const auto own_key = second.directory() / "own.key";
    second.environment["MULTIFLEXI_KEY_FILE"] = own_key.string();
    if (first.database().dialect == sql::Dialect::sqlite)
        second.environment["DB_DATABASE"] = first.database_file().string();
    first.ask({"company:create", "--name", "Acme Corp"});
    first.start();
    // Nothing is sealed yet, but the first server would have to open what the second one seals.
    const auto refused = second.serve({});
    CHECK(refused.code != 0);
    CHECK(has(refused.err + refused.out, "all servers of a database need the same"));
    CHECK_FALSE(std::filesystem::exists(own_key));
    CHECK(first.set_secret("PASSWORD").code == 0);

    second.start({"--new-key"});
    CHECK(first.server().wait() == 78);
    CHECK(has(first.log(), "ending: this server cannot open secrets any more"));
    check_refusal(first, first.set_secret("OTHER"));
}

TEST_CASE("of a database that cannot be made the complaint is about the database" * doctest::test_suite("sqlite")) {
    Installation it;
    it.environment["DB_DATABASE"] = "/nonexistent/x.db";
    for (const auto& answer : {it.serve({}), it.cli({"company:list"})}) {
        CHECK(answer.code != 0);
        CHECK((answer.err + answer.out).find("The database file /nonexistent/x.db cannot be opened") !=
              std::string::npos);
        CHECK((answer.err + answer.out).find("key") == std::string::npos);
    }
}

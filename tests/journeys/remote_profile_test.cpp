// SPDX-License-Identifier: MIT
// Servers with names, and what the command line refuses to do with a server.
#include "journeys/installation.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace mf;
using namespace mf::testing;

namespace {

/// A served installation, and the home of somebody who asks it from elsewhere.
struct AskedFromHome {
    Installation it;
    std::string socket = "unix:" + (it.directory() / "web.sock").string();
    std::string token;
    std::filesystem::path home = it.directory() / "home";

    AskedFromHome() {
        it.environment["MULTIFLEXI_LISTEN"] = socket;
        it.start();
        it.ask({"user:create", "--login", "anna", "--email", "anna@example.com"});
        REQUIRE(it.cli({"user-role:set", "--login", "anna", "--roles", "super_admin"}).code == 0);
        const auto set =
            it.cli({"user:password", "--login", "anna", "--password-file", "-"}, "Violet-anchor-7-meadow!\n");
        REQUIRE_MESSAGE(set.code == 0, set.out, set.err);
        token = text_of(it.ask({"token:create", "--user", "anna", "--name", "test"}).as_object(), "token");
        std::filesystem::create_directories(home);
        it.environment["HOME"] = home.string();
        it.environment["XDG_CONFIG_HOME"] = "";
        it.environment["MULTIFLEXI_DATA"] = (it.directory() / "nothing").string();
        it.environment["DB_DATABASE"] = (it.directory() / "nothing" / "there.db").string();
    }
    std::filesystem::path profiles() const { return home / ".config" / "multiflexi" / "profiles.json"; }
    static unsigned mode(const std::filesystem::path& file) {
        return static_cast<unsigned>(std::filesystem::status(file).permissions());
    }
};

}  // namespace

TEST_CASE("a profile is added with a token, used, shown without it, and removed") {
    AskedFromHome asked;
    auto& it = asked.it;
    CHECK(has(it.cli({"profile:list"}).out, "No profiles"));
    const auto added =
        it.cli({"profile:add", "prod", "--server", asked.socket, "--token-file", "-", "--use"}, asked.token + "\n");
    CHECK(added.out == fmt::format("Profile prod added: {} as anna\n", asked.socket));
    CHECK(AskedFromHome::mode(asked.profiles()) == 0600);
    CHECK(AskedFromHome::mode(asked.profiles().parent_path()) == 0700);
    CHECK(it.cli({"company:create", "--name", "Acme"}).out == "Company created with ID: 1\n");
    const auto shown = it.cli({"profile:show"});
    CHECK(has(shown.out, asked.token.substr(0, 8) + "..."));
    CHECK_FALSE(has(shown.out, asked.token));
    CHECK_FALSE(has(it.cli({"profile:list", "-f", "json"}).out, asked.token));
    // What works with the database itself says so, and where it works.
    const auto refused = it.cli({"database:status"});
    CHECK(refused.code == 1);
    CHECK(has(refused.out, "work on the machine of the server only"));
    // What only tells something works without the server.
    it.stop();
    CHECK(it.cli({"help", "company:create"}).code == 0);
    const auto gone = it.cli({"company:list"});
    CHECK(gone.code == 1);
    CHECK(has(gone.out, asked.socket + " cannot be reached"));
    CHECK(it.cli({"profile:use", "local"}).code == 0);
    CHECK_FALSE(has(it.cli({"company:list"}).out, asked.socket));
    CHECK(it.cli({"profile:remove", "prod"}).out == "Profile removed: prod\n");
    CHECK_FALSE(has(file_content(asked.profiles()), asked.token));
    CHECK(it.cli({"company:list", "--profile", "prod"}).code == 1);
}

TEST_CASE("a person signs in, and the profile gets a token of its own") {
    AskedFromHome asked;
    auto& it = asked.it;
    const auto wrong = it.cli(
        {"profile:add", "prod", "--server", asked.socket, "--login", "anna", "--password-file", "-"}, "not it\n");
    CHECK(wrong.code == 1);
    CHECK_FALSE(std::filesystem::exists(asked.profiles()));
    const auto added =
        it.cli({"profile:add", "prod", "--server", asked.socket, "--login", "anna", "--password-file", "-"},
               "Violet-anchor-7-meadow!\n");
    CHECK(added.code == 0);
    const auto tokens = it.rows({"token:list", "--profile", "prod"});
    REQUIRE(tokens.size() == 2);
    CHECK(text_of(tokens[1].as_object(), "name").starts_with("profile prod on "));
    CHECK(text_of(tokens[1].as_object(), "state") == "good");
    // The session with which it was made has ended.
    for (const auto& session : it.rows({"account:sessions", "--profile", "prod"}))
        CHECK_FALSE(text_of(session.as_object(), "ended_at").empty());
    CHECK_FALSE(has(it.log(), "Violet-anchor-7-meadow!"));
}

TEST_CASE("a file of profiles that others may use is not used") {
    AskedFromHome asked;
    auto& it = asked.it;
    REQUIRE(it.cli({"profile:add", "prod", "--server", asked.socket, "--token-file", "-"}, asked.token + "\n").code ==
            0);
    std::filesystem::permissions(asked.profiles(),
                                 std::filesystem::perms::owner_all | std::filesystem::perms::group_read);
    const auto refused = it.cli({"company:list", "--profile", "prod"});
    CHECK(refused.code == 1);
    CHECK(has(refused.out, "chmod 600"));
}

TEST_CASE("what a token is not sent to") {
    AskedFromHome asked;
    auto& it = asked.it;
    it.environment["MULTIFLEXI_TOKEN"] = asked.token;
    CHECK(has(it.cli({"company:list", "--server", "http://192.0.2.7:8080"}).out, "--allow-plain"));
    CHECK(has(it.cli({"company:list", "--server", "https://anna:secret@192.0.2.7"}).out, "must not hold a name"));
    CHECK(has(it.cli({"company:list", "--server", "ftp://192.0.2.7"}).out, "https://host:port"));
    CHECK(has(it.cli({"company:list", "--server", asked.socket, "-e", "some.env"}).out, "leave it out"));
    CHECK(has(it.cli({"company:list", "--ca-file", "ca.pem"}).out, "are about a server"));
    it.environment["MULTIFLEXI_TOKEN"] = "mfx_nobody_has_this_one";
    const auto unknown = it.cli({"company:list", "--server", asked.socket});
    CHECK(unknown.code == 1);
    it.environment.erase("MULTIFLEXI_TOKEN");
    CHECK(has(it.cli({"company:list", "--server", asked.socket}).out, "wants to know who asks"));
}

TEST_CASE("a certificate is checked, against the authorities that are named") {
    Installation it;
    const auto made = it.bash(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout $1/key.pem -out $1/cert.pem",
        {it.directory().string()});
    REQUIRE_MESSAGE(made.code == 0, made.err);
    it.environment["MULTIFLEXI_TLS_CERTIFICATE"] = (it.directory() / "cert.pem").string();
    it.environment["MULTIFLEXI_TLS_KEY"] = (it.directory() / "key.pem").string();
    it.environment["MULTIFLEXI_LISTEN"] = "https://127.0.0.1:0";
    it.start();
    it.ask({"user:create", "--login", "anna", "--email", "anna@example.com"});
    REQUIRE(it.cli({"user-role:set", "--login", "anna", "--roles", "super_admin"}).code == 0);
    const auto token = text_of(it.ask({"token:create", "--user", "anna", "--name", "test"}).as_object(), "token");
    const auto log = it.log();
    const auto place = log.find("port=", log.find(" listening "));
    REQUIRE(place != std::string::npos);
    const auto port = log.substr(place + 5, log.find_first_of(" \n", place) - place - 5);
    const auto file = it.write("token", token + "\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    const auto asked = [&](const std::string& host, const Words& options) {
        Words words{"company:list", "--server", fmt::format("https://{}:{}", host, port), "--token-file",
                    file.string()};
        words.insert(words.end(), options.begin(), options.end());
        return it.cli(words);
    };
    const auto ca = (it.directory() / "cert.pem").string();
    CHECK(has(asked("localhost", {"--ca-file", ca}).out, "No data"));
    const auto unknown = asked("localhost", {});
    CHECK(unknown.code == 1);
    CHECK(has(unknown.out, "certificate"));
    // The certificate is that of another name.
    CHECK(asked("127.0.0.1", {"--ca-file", ca}).code == 1);
    CHECK(asked("localhost", {"--ca-file", "nosuch.pem"}).code == 1);
    CHECK(asked("localhost", {"--allow-plain"}).code == 1);
}

TEST_CASE("a job is followed over HTTP while its server is stopped and started again") {
    Installation it;
    const auto socket = "unix:" + (it.directory() / "web.sock").string();
    it.environment["MULTIFLEXI_LISTEN"] = socket;
    it.environment["MULTIFLEXI_JOBS_AT_STOP"] = "leave";
    it.start();
    it.ask({"user:create", "--login", "anna", "--email", "anna@example.com"});
    REQUIRE(it.cli({"user-role:set", "--login", "anna", "--roles", "super_admin"}).code == 0);
    const auto token = it.write(
        "token", text_of(it.ask({"token:create", "--user", "anna", "--name", "test"}).as_object(), "token") + "\n");
    std::filesystem::permissions(token, std::filesystem::perms::owner_read);
    const auto job = it.job(it.run_template_of_script(
        fmt::format("echo one; while ! [ -e {}/go ]; do sleep 0.02; done; echo two; exit 3", it.directory().string())));
    const auto out = it.directory() / "followed.txt";
    auto follower = it.begin_cli(
        {"job:follow", fmt::to_string(job), "--exit-code", "--server", socket, "--token-file", token.string()}, out);
    CHECK(it.content_when_written(out) == "one\n");
    it.stop(SIGKILL);
    it.start();
    it.write("go", "");
    CHECK(follower.wait() == 3);
    CHECK(file_content(out) == "one\ntwo\n");
}

// SPDX-License-Identifier: MIT
#include "cli/profiles.h"
#include "cli/testing/fake_backend.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <fstream>
#include <sstream>

using namespace mf;
using mf::testing::compact;
using mf::testing::FakeBackend;
using mf::testing::Shell;

namespace {

struct Home {
    mf::testing::TemporaryDirectory directory;
    FakeBackend fake;
    Shell shell{fake};
    std::filesystem::path file = directory.path() / "config" / "multiflexi" / "profiles.json";

    Home() {
        shell.variables["XDG_CONFIG_HOME"] = (directory.path() / "config").string();
        fake.offer("company:list", {"limit", "offset", "order", "after"}, json::value(json::array()));
        fake.offer("token:create", {"user", "name", "expires"},
                   json::value{{"id", 7}, {"token", "mfx_made_for_a_profile"}});
    }
    void add(const std::string& name, const std::string& token = "mfx_0123456789abcdef") {
        shell.input = token + "\n";
        CHECK(shell({"profile:add", name, "--server", "https://" + name + ".example", "--token-file", "-"}).code == 0);
        fake.server.reset();
        fake.token.clear();
    }
    std::string content() const {
        std::ostringstream out;
        out << std::ifstream(file).rdbuf();
        return out.str();
    }
};

unsigned mode_of(const std::filesystem::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

}  // namespace

TEST_CASE("a profile keeps a server and a token where only its owner reads them") {
    Home home;
    home.add("prod");
    CHECK(home.shell.out == "Profile prod added: https://prod.example as anna\n");
    CHECK(mode_of(home.file) == 0600);
    CHECK(mode_of(home.file.parent_path()) == 0700);
    CHECK(home.content().find("mfx_0123456789abcdef") != std::string::npos);
    home.shell({"profile:list", "-f", "json"});
    CHECK(
        compact(home.shell) ==
        R"([{"name":"prod","current":0,"server":"https://prod.example","token":"mfx_0123...","ca_file":"","allow_plain":0}])");
    CHECK(home.shell({"profile:add", "prod", "--server", "https://other.example", "--no-token"}).code == 1);
    CHECK(home.shell.out.find("--force") != std::string::npos);
    CHECK(home.shell({"profile:add", "prod", "--server", "https://other.example", "--no-token", "--force"}).code == 0);
    CHECK(home.content().find("mfx_") == std::string::npos);
    CHECK(home.shell({"profile:remove", "prod"}).out == "Profile removed: prod\n");
    CHECK(home.shell({"profile:remove", "prod"}).code == 1);
}

TEST_CASE("who is asked: options, then the environment, then the profile in use") {
    Home home;
    home.add("prod");
    home.add("test", "mfx_fedcba9876543210");
    auto& shell = home.shell;
    const auto asked = [&](std::vector<std::string> words) {
        home.fake.server.reset();
        home.fake.settings.clear();
        words.insert(words.begin(), "company:list");
        if (shell(words).code != 0) return "refused: " + shell.out;
        return home.fake.server ? home.fake.server->address + " " + home.fake.server->token : std::string("here");
    };
    CHECK(asked({}) == "here");
    CHECK(asked({"--profile", "prod"}) == "https://prod.example mfx_0123456789abcdef");
    CHECK(shell({"profile:use", "test"}).code == 0);
    CHECK(asked({}) == "https://test.example mfx_fedcba9876543210");
    CHECK(asked({"--profile", "local"}) == "here");
    CHECK(asked({"-e", "some.env"}) == "here");
    CHECK(home.fake.settings == "some.env");
    CHECK(asked({"--server", "https://c.example"}) == "https://c.example ");
    shell.variables["MULTIFLEXI_TOKEN"] = "mfx_of_environment";
    CHECK(asked({"--server", "https://c.example"}) == "https://c.example mfx_of_environment");
    CHECK(asked({"--profile", "prod"}) == "https://prod.example mfx_0123456789abcdef");
    shell.variables["MULTIFLEXI_PROFILE"] = "prod";
    CHECK(asked({}) == "https://prod.example mfx_0123456789abcdef");
    shell.input = "mfx_of_file\n";
    CHECK(asked({"--token-file", "-"}) == "https://prod.example mfx_of_file");
    CHECK(asked({"--server", "https://c.example", "--profile", "prod"}).starts_with("refused"));
    CHECK(asked({"--server", "https://c.example", "-e", "some.env"}).starts_with("refused"));
    CHECK(asked({"--profile", "nosuch"}).find("local, prod, test") != std::string::npos);
    CHECK(asked({"--profile", "local", "--ca-file", "ca.pem"}).starts_with("refused"));
    CHECK(asked({"--server", "refused"}) == "refused: That is no server.\n");
    shell.variables["MULTIFLEXI_SERVER"] = "https://d.example";
    CHECK(asked({}).starts_with("refused"));
    shell.variables.erase("MULTIFLEXI_PROFILE");
    CHECK(asked({"--ca-file", "ca.pem", "--allow-plain"}) == "https://d.example mfx_of_environment");
    CHECK(home.fake.server->ca_file == "ca.pem");
    CHECK(home.fake.server->allow_plain);
    shell.variables["MULTIFLEXI_TOKEN"] = "";
    CHECK(asked({}).find("set, but empty") != std::string::npos);
    shell.variables["MULTIFLEXI_TOKEN_FILE"] = "-";
    CHECK(asked({}).find("both set") != std::string::npos);
    shell.variables.erase("MULTIFLEXI_TOKEN");
    CHECK(asked({}) == "https://d.example mfx_of_file");
}

TEST_CASE("a file of profiles that is not in order is refused by its name, and what needs none goes on") {
    Home home;
    home.add("prod");
    const auto complaint = [&](std::string_view text) {
        std::ofstream(home.file, std::ios::trunc) << text;
        CHECK(home.shell({"help", "company:list"}).code == 0);
        CHECK(home.shell({"company:list", "--profile", "local"}).code == 0);
        CHECK(home.shell({"company:list"}).code == 1);
        CHECK(home.shell.out.find(home.file.string()) != std::string::npos);
        return home.shell.out;
    };
    complaint("{");
    complaint("[]");
    complaint(R"({"profiles":{"prod":{}}})");
    complaint(R"({"profiles":{"local":{"server":"https://a.example"}}})");
    complaint(R"({"profiles":{},"current":"prod"})");
    for (const auto* text :
         {"", " \n", R"({"current":5,"profiles":{}})", R"({"current":null,"profiles":{}})",
          R"({"profiles":{"prod":{"server":"https://a.example","token":7}},"current":"prod"})",
          R"({"profiles":{"prod":{"server":"https://a.example","ca_file":[]}},"current":"prod"})",
          R"({"profiles":{"prod":{"server":"https://a.example","allow_plain":"yes"}},"current":"prod"})"})
        complaint(text);
    complaint(std::string((1 << 20) + 1, ' '));
    ::chmod(home.file.c_str(), 0640);
    CHECK(complaint(R"({"profiles":{}})").find("chmod 600") != std::string::npos);
    std::filesystem::remove(home.file);
    CHECK(home.shell({"company:list"}).code == 0);
}

TEST_CASE("a link to a file of profiles stays one") {
    Home home;
    home.add("prod");
    const auto elsewhere = home.directory.path() / "kept.json";
    std::filesystem::rename(home.file, elsewhere);
    std::filesystem::create_symlink(elsewhere, home.file);
    home.add("test");
    CHECK(std::filesystem::is_symlink(home.file));
    CHECK(read_profiles(elsewhere)->entries.size() == 2);
}

TEST_CASE("a person signs in for a profile, with a code where one is asked for") {
    Home home;
    home.fake.code_asked_for = "123456";
    home.shell.input = "secret\n";
    CHECK(
        home.shell({"profile:add", "prod", "--server", "https://a.example", "--login", "anna", "--password-file", "-"})
            .code == 1);
    home.shell.typed = true;
    home.shell.hidden = {"secret", "123456"};
    REQUIRE(home.shell({"profile:add", "prod", "--server", "https://a.example", "--login", "anna"}).code == 0);
    CHECK(home.shell.err == "Password of anna: Code: ");
    CHECK(home.fake.proofs.back().code == "123456");
    CHECK(home.fake.signed_out);
    CHECK(home.fake.token == "mfx_made_for_a_profile");
    CHECK(home.content().find("secret") == std::string::npos);
    CHECK(home.content().find("mfx_made_for_a_profile") != std::string::npos);
}

TEST_CASE("a token is typed, and nothing is kept that the server does not take") {
    Home home;
    home.shell.typed = true;
    home.shell.hidden = {"mfx_typed_in_here"};
    REQUIRE(home.shell({"profile:add", "prod", "--server", "https://a.example"}).code == 0);
    home.shell.hidden = {"mfx_wrong"};
    home.fake.facts = Error{ErrorCode::forbidden, "The token is unknown."};
    CHECK(home.shell({"profile:add", "other", "--server", "https://a.example"}).code == 1);
    CHECK(read_profiles(home.file)->entries.size() == 1);
    home.shell.hidden = {"mfx_wrong"};
    CHECK(home.shell({"profile:add", "other", "--server", "https://a.example", "--unchecked"}).code == 0);
    for (const auto* name : {"local", "", "a/b", "..", "a b"})
        CHECK(home.shell({"profile:add", name, "--server", "https://a.example", "--no-token"}).code == 1);
    CHECK(home.shell({"profile:add", "third", "--no-token"}).out == "Missing --server\n");
    home.shell.typed = false;
    CHECK(home.shell({"profile:add", "third", "--server", "https://a.example"}).code == 1);
}

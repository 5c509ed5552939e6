// SPDX-License-Identifier: MIT
#include "base/json.h"
#include "journeys/installation.h"
#include "support/corpus.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>
#include <fstream>

using namespace mf;
using namespace mf::testing;

namespace {

/// Two companies with a run template each, and a job of the first that has ended.
struct TwoTenants {
    Installation it;
    std::string own, foreign;          // companies
    std::string own_run, foreign_run;  // run templates
    std::string own_job, own_artifact, foreign_job;

    TwoTenants() {
        own_run = fmt::to_string(it.run_template_of_script("echo printed by acme"));
        own = fmt::to_string(number_of(it.ask({"run-template:get", "--id", own_run}).as_object(), "company_id"));
        foreign = fmt::to_string(number_of(it.ask({"company:create", "--name", "Bravo"}).as_object(), "id"));
        const auto app = number_of(it.ask({"run-template:get", "--id", own_run}).as_object(), "app_id");
        foreign_run = fmt::to_string(number_of(it.ask({"run-template:create", "--name", "Foreign", "--company_id",
                                                       foreign, "--app_id", fmt::to_string(app)})
                                                   .as_object(),
                                               "id"));
        it.start();
        const auto job = it.job(std::stoll(own_run)), other = it.job(std::stoll(foreign_run));
        it.ended(job);
        it.ended(other);
        own_job = fmt::to_string(job);
        foreign_job = fmt::to_string(other);
        for (const auto& row : it.rows({"artifact:list", "--job_id", own_job}))
            own_artifact = fmt::to_string(number_of(row.as_object(), "id"));
    }

    /// Somebody with a role in the first company, or of the installation; the token of that one.
    std::string token_of(const std::string& login, const std::string& company_role, const std::string& system_role,
                         const Words& bounds = {}) {
        it.ask({"user:create", "--login", login, "--email", login + "@example.com"});
        if (!company_role.empty())
            it.ask({"user-company:assign", "--company_id", own, "--login", login, "--role", company_role});
        if (!system_role.empty()) it.ask({"user-role:set", "--login", login, "--roles", system_role});
        return more_tokens(login, bounds);
    }
    std::string more_tokens(const std::string& login, const Words& bounds = {}) {
        Words words{"token:create", "--user", login};
        words.insert(words.end(), bounds.begin(), bounds.end());
        return text_of(it.ask(words).as_object(), "token");
    }
    Answer with(const std::string& token, const Words& words) {
        it.environment["MULTIFLEXI_TOKEN"] = token;
        auto answer = it.cli(words);
        it.environment.erase("MULTIFLEXI_TOKEN");
        return answer;
    }
    /// Which of these the token may do: see, launch, change, manage, launch in the foreign company.
    std::string may(const std::string& token) {
        std::string out;
        // Who asks for a run template that there is not gets an answer without it, and the code 0.
        const auto note = [&](char letter, const Words& words, std::string_view expected = "") {
            const auto answer = with(token, words);
            if (answer.code == 0 && has(answer.out, expected)) out += letter;
        };
        note('v', {"run-template:get", "--id", own_run}, "Template 1");
        note('r', {"job:create", "--runtemplate_id", own_run, "--scheduled", "2100-01-01 00:00"});
        note('e', {"run-template:update", "--id", own_run, "--delay", "1"});
        note('m', {"user-company:list", "--company_id", own});
        note('V', {"run-template:get", "--id", foreign_run}, "Foreign");
        note('R', {"job:create", "--runtemplate_id", foreign_run, "--scheduled", "2100-01-01 00:00"});
        note('a', {"user:list"});
        note('o', {"token:list"});
        return out;
    }
};

}  // namespace

TEST_CASE("the command line acts with a token as its owner, in the own company and not in another one") {
    TwoTenants world;
    CHECK(world.may(world.token_of("nobody", "", "")) == "o");
    CHECK(world.may(world.token_of("viewer", "viewer", "")) == "vo");
    CHECK(world.may(world.token_of("operator", "operator", "")) == "vro");
    CHECK(world.may(world.token_of("editor", "editor", "")) == "vreo");
    CHECK(world.may(world.token_of("manager", "manager", "")) == "vremo");
    CHECK(world.may(world.token_of("admin", "", "admin")) == "vremVRao");
    CHECK(world.may(world.token_of("system-editor", "", "editor")) == "o");
    CHECK(world.may(world.more_tokens("admin", {"--permissions", "view"})) == "vV");
    CHECK(world.may(world.more_tokens("admin", {"--companies", world.own, "--permissions", "view,run"})) == "vr");
    const auto entries = world.it.rows({"audit:list", "--login", "operator"});
    CHECK_FALSE(entries.empty());
    CHECK(has(to_text(json::value(entries)), "denied"));
}

TEST_CASE("the audit log tells from which machine the command line was called") {
    Installation it;
    const auto address_of = [&](const std::string& login) {
        CHECK(it.cli({"user:create", "--login", login, "--email", "x@example.com"}).code == 0);
        return text_of(it.rows({"audit:list", "--order", "D"}).at(0).as_object(), "address");
    };
    char host[256] = {};
    REQUIRE(::gethostname(host, sizeof host - 1) == 0);
    const auto here = std::string(host).substr(0, 64);
    it.environment["SSH_CONNECTION"] = "";
    CHECK(address_of("one") == here);
    it.environment["SSH_CONNECTION"] = "192.0.2.7 50000 192.0.2.1 22";
    CHECK(address_of("two") == fmt::format("192.0.2.7 (ssh to {})", host).substr(0, 64));
    it.environment["SSH_CONNECTION"] = "nonsense 1 2 3";
    CHECK(address_of("three") == here);
}

TEST_CASE("an exported audit log is looked through without the database") {
    TwoTenants world;
    auto& it = world.it;
    const auto file = (it.directory() / "audit.jsonl").string();
    REQUIRE(it.cli({"audit:export", "--file", file}).code == 0);
    const auto verify = [&](Words more) {
        more.insert(more.begin(), {"audit:verify", "--file", file});
        return it.cli(more);
    };
    const auto whole = verify({});
    CHECK(whole.code == 0);
    const auto of_database = it.cli({"audit:verify"});
    CHECK(of_database.code == 0);
    const auto head = whole.out.substr(whole.out.find("Last hash: "));
    CHECK(has(of_database.out, head));
    const auto hash = head.substr(11, 64);
    CHECK(it.cli({"audit:verify", "--kept", hash}).code == 0);
    CHECK(it.cli({"audit:verify", "--kept", std::string(64, 'a')}).code == 1);
    const auto lines = testing::read_file(file);
    const auto first = lines.find('\n') + 1, second = lines.find('\n', first) + 1;
    std::ofstream(file) << lines.substr(0, first) << lines.substr(second);
    CHECK(has(verify({}).out, "Entry 2 is missing."));
    std::ofstream(file) << lines.substr(0, first) << "x\n";
    CHECK(has(verify({}).out, "Line 2 is no entry of an audit log."));
    auto altered = lines;
    altered.replace(altered.find("create"), 6, "remove");
    std::ofstream(file) << altered;
    CHECK(verify({}).code == 1);
}

TEST_CASE("outputs and artifacts are read with a token within its companies only") {
    TwoTenants world;
    const auto viewer = world.token_of("viewer", "viewer", "");
    const auto outsider = world.token_of("outsider", "", "");
    CHECK(has(world.with(viewer, {"job:follow", "--id", world.own_job}).out, "printed by acme"));
    CHECK(has(world.with(viewer, {"job:output", "--id", world.own_job}).out, "printed by acme"));
    for (const auto* command : {"job:follow", "job:output"}) {
        CAPTURE(std::string(command));
        CHECK(world.with(viewer, {command, "--id", world.foreign_job}).code == 1);
        const auto refused = world.with(outsider, {command, "--id", world.own_job});
        CHECK(refused.code == 1);
        CHECK_FALSE(has(refused.out + refused.err, "printed by acme"));
    }
    REQUIRE_FALSE(world.own_artifact.empty());
    const auto saved = (world.it.directory() / "saved").string();
    CHECK(world.with(outsider, {"artifact:save", "--id", world.own_artifact, "--file", saved}).code == 1);
    CHECK_FALSE(std::filesystem::exists(saved));
    CHECK(world.with(viewer, {"artifact:save", "--id", world.own_artifact, "--file", saved}).code == 0);
}

TEST_CASE("a token that is not good is refused with a reason") {
    Installation it;
    it.ask({"user:create", "--login", "alice", "--email", "alice@example.com"});
    const auto made = it.ask({"token:create", "--user", "alice"}).as_object();
    const auto token = text_of(made, "token");
    const auto with = [&](const std::string& text, const Words& words = {"token:list"}) {
        it.environment["MULTIFLEXI_TOKEN"] = text;
        auto answer = it.cli(words);
        it.environment.erase("MULTIFLEXI_TOKEN");
        return answer;
    };
    CHECK(with(token).code == 0);
    const auto unknown = with("mfx_wrong");
    CHECK(unknown.code == 1);
    CHECK(unknown.out == "The token is not known here. Make a new one (token create).\n");
    CHECK(has(with("").out, "MULTIFLEXI_TOKEN is set, but empty."));
    CHECK(with(token, {"database:check"}).code == 1);
    CHECK(with(token, {"user:list"}).code == 1);
    const auto file = it.write("token", token + "\n");
    CHECK(it.cli({"--token-file", file.string(), "account:get", "-f", "json"}).json().at("login") == "alice");
    it.ask({"token:revoke", "--id", fmt::to_string(number_of(made, "id"))});
    CHECK(with(token).out == "The token was revoked. Make a new one (token create).\n");
    CHECK_FALSE(has(it.everything_kept(), token.substr(8)));
}

TEST_CASE("the owner of a token makes another one with it") {
    Installation it;
    it.ask({"user:create", "--login", "alice", "--email", "alice@example.com"});
    it.environment["MULTIFLEXI_TOKEN"] = text_of(it.ask({"token:create", "--user", "alice"}).as_object(), "token");
    const auto made = it.ask({"token:generate", "--user", "alice", "--permissions", "own"}).as_object();
    CHECK(it.rows({"token:list"}).size() == 2);
    it.environment["MULTIFLEXI_TOKEN"] = text_of(made, "token");
    CHECK(it.rows({"token:list"}).size() == 2);
    const auto refused = it.cli({"token:create", "--user", "alice"});
    CHECK(refused.code == 1);
    CHECK(has(refused.out, "This token may do less than its owner"));
    it.environment.erase("MULTIFLEXI_TOKEN");
    CHECK(it.rows({"user:list"}).size() >= 1);
}

// SPDX-License-Identifier: MIT
// The command line with --server says what it says beside the database: the same words on two installations, one asked
// over HTTP and one directly, with the token of an administrator each.
#include "base/text.h"
#include "journeys/installation.h"
#include "journeys/remote_steps.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

using namespace mf;
using namespace mf::testing;

namespace {

/// What cannot be the same in two installations: times, random names, directories, process numbers.
std::string comparable(std::string text, const std::vector<std::pair<std::string, std::string>>& own) {
    for (const auto& [what, word] : own)
        for (auto at = text.find(what); at != text.npos; at = text.find(what, at + word.size()))
            text.replace(at, what.size(), word);
    const auto fits = [&](std::size_t at, std::string_view shape) {
        if (at + shape.size() > text.size()) return false;
        for (std::size_t i = 0; i < shape.size(); ++i) {
            const char c = text[at + i];
            const bool good = shape[i] == 'd'   ? is_digit(c)
                              : shape[i] == 'x' ? is_digit(c) || (c >= 'a' && c <= 'f')
                                                : c == shape[i];
            if (!good) return false;
        }
        return true;
    };
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (fits(at, "dddd-dd-dd dd:dd:dd") || fits(at, "dddd-dd-ddTdd:dd:dd")) {
            out += "TIME";
            at += fits(at + 19, ".ddd") ? 23 : 19;
        } else if (fits(at, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")) {
            out += "UUID";
            at += 36;
        } else {
            out += text[at++];
        }
    }
    return out;
}

struct Side {
    Installation it;
    std::vector<std::pair<std::string, std::string>> own;

    explicit Side(bool remote) {
        const auto socket = it.directory() / "web.sock";
        it.environment["MULTIFLEXI_LISTEN"] = "unix:" + socket.string();
        it.environment["MULTIFLEXI_TIMEZONE"] = "Europe/Prague";
        it.start();
        it.ask({"user:create", "--login", "anna", "--email", "anna@example.com"});
        REQUIRE(it.cli({"user-role:set", "--login", "anna", "--roles", "super_admin"}).code == 0);
        const auto token = text_of(it.ask({"token:create", "--user", "anna", "--name", "test"}).as_object(), "token");
        auto in_json = it.directory().string();
        for (auto at = in_json.find('/'); at != in_json.npos; at = in_json.find('/', at + 2)) in_json.insert(at, "\\");
        own = {{it.directory().string(), "DIRECTORY"}, {in_json, "DIRECTORY"}, {token, "TOKEN"}};
        it.ask({"encryption:init"});
        const auto status = it.ask({"encryption:status"}).as_object();
        const auto& keys = status.at("keys").as_array();
        REQUIRE(keys.size() == 1);
        // "The master key 5640bc73 is the one of this database."
        own.emplace_back(text_of(status, "master_key_explained").substr(15, 8), "MASTER");
        own.emplace_back(text_of(keys[0].as_object(), "key_id"), "KEY");
        it.environment["MULTIFLEXI_TOKEN"] = token;
        if (remote) {
            it.environment["MULTIFLEXI_SERVER"] = "unix:" + socket.string();
            // The program must not find the installation by other ways.
            it.environment["MULTIFLEXI_DATA"] = (it.directory() / "nothing").string();
            it.environment["DB_DATABASE"] = (it.directory() / "nothing" / "there.db").string();
        }
    }
    Answer run(Words words, std::string_view standard_input) {
        for (auto& word : words) {
            const auto at = word.find("DIRECTORY");
            if (at != word.npos) word.replace(at, 9, it.directory().string());
        }
        auto answer = it.cli(std::move(words), standard_input);
        answer.out = comparable(std::move(answer.out), own);
        answer.err = comparable(std::move(answer.err), own);
        return answer;
    }
};

/// Where two texts part, with what stands around it; empty: they do not.
std::string difference(std::string_view here, std::string_view there) {
    if (here == there) return {};
    const auto [a, b] = std::ranges::mismatch(here, there);
    const auto from = static_cast<std::size_t>(std::max<std::ptrdiff_t>(a - here.begin() - 100, 0));
    return fmt::format("here: ...{}\nthere: ...{}", here.substr(from, 300), there.substr(from, 300));
}

/// Commands whose answers differ between any two calls, or that are no calls; each with the reason.
const std::set<std::string, std::less<>> apart = {
    "database:backup",     "database:check",   "database:copy",  // the database as a whole: refused remotely, see below
    "database:migrate",    "database:restore", "database:status",
    "token:generate",                       // shows a token made at random
    "user:setup-link",                      // likewise
    "account:totp-begin",                   // likewise
    "account:export-link",                  // likewise
    "account:export",                       // tells of each action by which way it came
    "encryption:rotate",                    // shows a key made at random
    "audit:export",        "audit:verify",  // hashes of what differs by nature: times, and the way in
    "profile:list",        "profile:show",     "profile:add",
    "profile:remove",      "profile:use",  // about this very program
};

void write_files(const Installation& it) {
    const auto script = (it.directory() / "report.sh").string();
    it.write("report.sh",
             "#!/bin/sh\necho \"printed ${GREETING}\"; printf 'bytes \\377\\001 here\\n'; echo problem >&2; "
             "echo kept > report.txt; exit 3\n");
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    it.write("good.json",
             fmt::format(R"({{"schemaVersion":"3.4.0","uuid":"{}","version":"1.0.0","name":{{"en":"Report"}},
        "description":{{"en":"Prints"}},"executable":"{}","environment":{{"GREETING":{{"type":"string","required":false,
        "description":{{"en":"What"}}}},"PLACE":{{"type":"string","required":false,"description":{{"en":"Where"}}}}}},
        "artifacts":[{{"name":"report","path":"report.txt","type":"file"}}]}})",
                         application_uuid, script));
    it.write("bad.json", R"({"uuid":"no uuid","name":7,"executable":"","environment":[]})");
    it.write("prototype.json", R"({"uuid":"5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a13","code":"Imported","name":"Imported",
        "version":"1.0","fields":[]})");
    it.write("type.json", R"({"uuid":"5f0e8d0c-2a4b-4a55-9c4d-2f0f6f8f7a14","code":"Bank","name":{"en":"Bank"},
        "description":{"en":"Bank"},"version":"1.0","fields":[]})");
}

struct Pair {
    Side local{false}, remote{true};
    std::set<std::string, std::less<>> done;

    Pair() {
        write_files(local.it);
        write_files(remote.it);
    }
    void compare(const Step& step) {
        const auto here = local.run(step.words, step.input);
        const auto there = remote.run(step.words, step.input);
        CAPTURE(fmt::format("{}", fmt::join(step.words, " ")));
        CHECK(there.code == here.code);
        CHECK(difference(here.out, there.out) == "");
        CHECK(difference(here.err, there.err) == "");
        done.insert(step.words.front());
    }
};

}  // namespace

TEST_CASE("every command says the same over HTTP as beside the database") {
    Pair pair;
    for (const auto& step : remote_changes()) pair.compare(step);
    for (auto* side : {&pair.local, &pair.remote}) {
        const auto job = side->it.job(1);
        REQUIRE(job == 2);
        side->it.ended(job);
    }
    for (auto step : remote_questions()) {
        pair.compare(step);
        step.words.insert(step.words.end(), {"-f", "json"});
        pair.compare(step);
    }
    for (const auto& step : remote_endings()) pair.compare(step);
    const auto known = pair.local.it.ask({"list"});
    for (const auto& command : known.at("commands").as_array()) {
        const auto name = text_of(command.as_object(), "name");
        CHECK_MESSAGE((pair.done.contains(name) || apart.contains(name)), name);
    }
}

TEST_CASE("whoever may do little is refused in the same words over HTTP") {
    Pair pair;
    for (auto* side : {&pair.local, &pair.remote}) {
        side->it.ask({"company:create", "--name", "Acme", "--slug", "acme"});
        side->it.ask({"company:create", "--name", "Bravo", "--slug", "bravo"});
        side->it.job(side->it.run_template_of_script("echo printed"));
        side->it.ended(1);
        side->it.ask({"user:create", "--login", "bob", "--email", "bob@example.com"});
        side->it.ask({"user-company:assign", "--login", "bob", "--company_id", "1", "--role", "viewer"});
        const auto token = text_of(side->it.ask({"token:create", "--user", "bob"}).as_object(), "token");
        side->own.emplace_back(token, "TOKEN OF BOB");
        side->it.environment["MULTIFLEXI_TOKEN"] = token;
    }
    const std::vector<Step> refusals = {
        {{"company:list"}},
        {{"company:get", "--slug", "bravo"}},
        {{"company:create", "--name", "Charlie"}},
        {{"company:update", "--id", "1", "--name", "Other"}},
        {{"company:remove", "--id", "2"}},
        {{"run-template:get", "--id", "1", "--fields", "id,name"}},
        {{"run-template:schedule", "--id", "1"}},
        {{"job:output", "1"}},
        {{"job:follow", "1"}},
        {{"job:cancel", "--id", "1"}},
        {{"user:list"}},
        {{"token:create", "--user", "anna"}},
        {{"audit:list"}},
        {{"encryption:rotate"}},
    };
    for (auto step : refusals) {
        pair.compare(step);
        step.words.insert(step.words.end(), {"-f", "json"});
        pair.compare(step);
    }
    for (auto* side : {&pair.local, &pair.remote})
        side->it.environment["MULTIFLEXI_TOKEN"] = "mfx_this_is_no_token_at_all";
    pair.compare({{"company:list"}});
    pair.compare({{"company:list", "-f", "json"}});
}

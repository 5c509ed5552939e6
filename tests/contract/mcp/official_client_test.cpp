// SPDX-License-Identifier: MIT
#include "journeys/installation.h"
#include "support/child_program.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <cstdlib>
#include <iostream>

using namespace mf;
using namespace mf::testing;

namespace {

const std::filesystem::path tests_here = std::filesystem::path(MULTIFLEXI_SOURCE_DIRECTORY) / "tests";

/// Says why and, with MULTIFLEXI_REQUIRE_SERVERS=1, fails when the client is not installed.
bool client_is_here() {
    const bool is_here =
        !program_in_path("node").empty() &&
        std::filesystem::exists(tests_here / "npm/node_modules/@modelcontextprotocol/sdk/package.json");
    if (is_here) return true;
    const std::string reason =
        "Tests with the official client of the Model Context Protocol did not run: there is no node, or not the "
        "package "
        "@modelcontextprotocol/sdk of tests/npm (scripts/setup installs it).";
    const char* required = std::getenv("MULTIFLEXI_REQUIRE_SERVERS");
    if (required && std::string_view(required) == "1") throw std::runtime_error(reason);
    std::cout << reason << " (skipped)" << std::endl;
    return false;
}

/// Runs the client to its end; what it saw.
json::object conversation(const Installation& it, std::int64_t run_template, const Words& words) {
    const auto log = it.directory() / "client.log";
    ChildProgram::Start start{
        .command = {program_in_path("node").string(), (tests_here / "contract/mcp/client.mjs").string(),
                    fmt::to_string(run_template)},
        .log = log};
    start.command.insert(start.command.end(), words.begin(), words.end());
    for (const auto& [name, value] : it.environment) start.environment.push_back(name + "=" + value);
    ChildProgram program(start);
    std::string out;
    const auto code = program.wait(out);
    INFO("the client: ", file_content(log));
    REQUIRE(code == 0);
    const auto seen = parse_json(out);
    REQUIRE(seen);
    return seen->as_object();
}

/// `multiflexi mcp --listen` on a port of the loopback.
class ListeningProgram {
public:
    ListeningProgram(const Installation& it, const Words& options)
        : log_(it.directory() / "listening.log"), program_(start_of(it, options)) {
        std::string line;
        const auto listens = [&] {
            const auto text = file_content(log_);
            const auto at = text.find("serving assistants");
            if (at == std::string::npos || text.find('\n', at) == std::string::npos) return false;
            line = text.substr(at);
            return true;
        };
        if (!comes_true(listens)) throw std::runtime_error("It does not listen: " + file_content(log_));
        port_ = std::atoi(line.c_str() + line.find("port=") + 5);
    }
    std::string address(std::string_view scheme = "http") const {
        return fmt::format("{}://127.0.0.1:{}/mcp", scheme, port_);
    }
    ChildProgram& program() { return program_; }
    std::string log() const { return file_content(log_); }

private:
    ChildProgram::Start start_of(const Installation& it, const Words& options) const {
        ChildProgram::Start out{.command = {(programs() / "multiflexi").string(), "mcp", "--listen", "127.0.0.1:0"},
                                .log = log_};
        out.command.insert(out.command.end(), options.begin(), options.end());
        for (const auto& [name, value] : it.environment) out.environment.push_back(name + "=" + value);
        return out;
    }

    const std::filesystem::path log_;
    ChildProgram program_;
    int port_ = 0;
};

/// A token of somebody who may do everything in every company.
std::string token_of_admin(const Installation& it) {
    REQUIRE(it.cli({"user:create", "--login", "alice", "--email", "alice@example.com"}).code == 0);
    REQUIRE(it.cli({"user-role:set", "--login", "alice", "--roles", "admin"}).code == 0);
    return text_of(it.ask({"token:create", "--user", "alice"}).as_object(), "token");
}

}  // namespace

TEST_CASE("the official client talks to multiflexi mcp") {
    if (!client_is_here()) return;
    Installation it;
    it.start();
    const auto id = it.run_template_of_script("echo printed by the job; exit 4");
    const auto seen = conversation(it, id, {"stdio", (programs() / "multiflexi").string(), "mcp", "--allow-changes"});
    CHECK(seen.at("state") == "failed");
    CHECK(seen.at("exitcode") == 4);
    CHECK(seen.at("output") == "printed by the job\n");
    CHECK(seen.at("tools").as_int64() > 80);
}

TEST_CASE("the official client talks to multiflexi mcp --listen") {
    if (!client_is_here()) return;
    Installation it;
    it.start();
    const auto id = it.run_template_of_script("echo printed by the job; exit 4");
    const auto token = token_of_admin(it);
    ListeningProgram listening(it, {"--allow-changes"});
    const auto seen = conversation(it, id, {"http", listening.address(), token});
    CHECK(seen.at("state") == "failed");
    CHECK(seen.at("exitcode") == 4);
    CHECK(seen.at("output") == "printed by the job\n");
    ::kill(listening.program().pid(), SIGTERM);
    std::string rest;
    CHECK(listening.program().wait(rest) == 0);
    CHECK(rest.empty());
    CHECK(listening.log().find(token) == std::string::npos);
    CHECK(has(listening.log(), "/mcp"));
    bool is_audited = false;
    for (const auto& entry : it.rows({"audit:list"}))
        is_audited |=
            text_of(entry.as_object(), "entry") == "mcp" && text_of(entry.as_object(), "address") == "127.0.0.1";
    CHECK(is_audited);
}

TEST_CASE("the official client talks to multiflexi mcp --listen through TLS") {
    if (!client_is_here()) return;
    Installation it;
    it.start();
    const auto id = it.run_template_of_script("echo printed by the job");
    const auto made = it.bash(R"(cd "$1" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem)",
                              {it.directory().string()});
    REQUIRE(made.code == 0);
    const auto certificate = (it.directory() / "certificate.pem").string();
    const auto token = token_of_admin(it);
    ListeningProgram listening(it,
                               {"--allow-changes", "--certificate", certificate, "--key", it.directory() / "key.pem"});
    it.environment["NODE_EXTRA_CA_CERTS"] = certificate;
    CHECK(conversation(it, id, {"http", listening.address("https"), token}).at("state") == "succeeded");
}

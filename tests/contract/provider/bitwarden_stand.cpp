// SPDX-License-Identifier: MIT
#include "bitwarden_stand.h"

#include "base/json.h"
#include "support/http_double.h"

#include <fmt/format.h>
#include <poll.h>
#include <fstream>
#include <iostream>

namespace mf::testing {
namespace {

namespace fs = std::filesystem;

const fs::path source_directory = MULTIFLEXI_SOURCE_DIRECTORY;
const fs::path bw_program = source_directory / "tests/npm/node_modules/@bitwarden/cli/build/bw.js";

std::string missing_programs() {
    for (const char* name : {"node", "openssl", "setpriv"})
        if (program_in_path(name).empty()) return fmt::format("the program {}", name);
    return fs::exists(bw_program) ? "" : "the program bw of tests/npm (scripts/setup installs it)";
}

std::string content_of_file(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

void run_program(const ChildProgram::Start& start) {
    std::string output;
    if (ChildProgram(start).wait(output) != 0)
        throw std::runtime_error(
            fmt::format("{} failed:\n{}{}", start.command.front(), output, content_of_file(start.log)));
}

}  // namespace

std::unique_ptr<BitwardenStand> BitwardenStand::start() {
    const auto missing = missing_programs();
    if (missing.empty()) return std::unique_ptr<BitwardenStand>(new BitwardenStand);
    const auto reason = fmt::format("Tests with the program of Bitwarden did not run: there is not {}.", missing);
    const char* required = std::getenv("MULTIFLEXI_REQUIRE_SERVERS");
    if (required && std::string_view(required) == "1") throw std::runtime_error(reason);
    std::cout << reason << " (skipped)" << std::endl;
    return nullptr;
}

BitwardenStand::BitwardenStand() {
    const auto place = [&](const char* name) { return (directory_.path() / name).string(); };
    run_program(
        {.command = {program_in_path("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", place("key.pem"), "-out", place("certificate.pem"), "-days", "2", "-subj",
                     "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"},
         .log = log()});
    set_items("[]");
    server_ = std::make_unique<ChildProgram>(ChildProgram::Start{
        .command = {program_in_path("node"), source_directory / "tests/contract/provider/bitwarden_double.mjs",
                    directory_.path()},
        .log = log()});
    server_port_ = server_->read_line();
    // It asks the cloud of Bitwarden before it knows another server; nothing of a test may leave the machine.
    const DeafPort nowhere;
    run_bw({"config", "server", server_url()}, {fmt::format("https_proxy=http://127.0.0.1:{}", nowhere.port())});
    run_bw({"login", email, "--passwordenv", "MASTER", "--raw"}, {fmt::format("MASTER={}", password)});
    start_serve();
}

std::string BitwardenStand::server_url() const { return "https://localhost:" + server_port_; }

void BitwardenStand::set_items(const std::string& items) const {
    const json::object account{{"email", email},
                               {"password", password},
                               {"folders", json::array{"Jobs", "Private"}},
                               {"items", *parse_json(items)}};
    std::ofstream(directory_.path() / "account.json") << to_text(account);
}

std::unique_ptr<ChildProgram> BitwardenStand::start_bw(const std::vector<std::string>& words,
                                                       const std::vector<std::string>& environment) const {
    ChildProgram::Start start{.command = {program_in_path("node"), bw_program},
                              .environment = {"BW_NOINTERACTION=true", "NODE_EXTRA_CA_CERTS=" + certificate().string(),
                                              "BITWARDENCLI_APPDATA_DIR=" + (directory_.path() / "bw").string()},
                              .log = log()};
    start.command.insert(start.command.end(), words.begin(), words.end());
    start.environment.insert(start.environment.end(), environment.begin(), environment.end());
    return std::make_unique<ChildProgram>(start);
}

std::string BitwardenStand::run_bw(const std::vector<std::string>& words,
                                   const std::vector<std::string>& environment) const {
    std::string output;
    if (start_bw(words, environment)->wait(output) != 0)
        throw std::runtime_error(fmt::format("bw {} failed:\n{}{}", words.front(), output, content_of_file(log())));
    return output;
}

void BitwardenStand::start_serve() {
    for (int attempt = 0; attempt < 5; ++attempt) {
        // It cannot choose a port itself; somebody else may be quicker to take this one.
        const int port = DeafPort().port();
        serve_ = start_bw({"serve", "--hostname", "127.0.0.1", "--port", std::to_string(port)});
        serve_url_ = fmt::format("http://127.0.0.1:{}", port);
        for (int look = 0; look < 1200 && serve_->is_running(); ++look) {
            if (client_->send({.url = serve_url_ + "/status"})) return;
            poll(nullptr, 0, 50);
        }
    }
    throw std::runtime_error(fmt::format("bw serve does not start:\n{}", content_of_file(log())));
}

HttpReply BitwardenStand::ask(const HttpRequest& request) const {
    auto reply = client_->send(request);
    if (!reply || reply->status != 200)
        throw std::runtime_error("bw serve does not do what the test needs: " +
                                 (reply ? reply->body : reply.error().message));
    return *std::move(reply);
}

std::string BitwardenStand::status() const {
    const auto answer = *parse_json(ask({.url = serve_url_ + "/status"}).body);
    return std::string(answer.at("data").at("template").at("status").as_string());
}

void BitwardenStand::unlock() const {
    ask({.method = "POST",
         .url = serve_url_ + "/unlock",
         .headers = {{"Content-Type", "application/json"}},
         .body = to_text(json::object{{"password", password}})});
}

void BitwardenStand::lock() const { ask({.method = "POST", .url = serve_url_ + "/lock"}); }

}  // namespace mf::testing

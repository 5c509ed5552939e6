// SPDX-License-Identifier: MIT
#include "base/json.h"
#include "probe/settings.h"
#include "server.h"
#include "support/corpus.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

// The program as the platform runs it: a process with an environment, two streams, an exit code and a file.

using namespace mf;
using namespace mf::probe;
using namespace mf::probe::testing;
using mf::testing::read_file;

namespace {

struct Ended {
    int exit_code = -1;
    std::string out;
    std::string error;
};

Ended start_probe(const mf::testing::TemporaryDirectory& directory, std::vector<std::string> arguments,
                  Environment environment) {
    const auto out = (directory.path() / "stdout").string();
    const auto error = (directory.path() / "stderr").string();
    environment.try_emplace("PROBE_SKIP", "disk,inodes,memory,swap,load,systemd");
    environment.emplace("MULTIFLEXI_TMP", directory.path().string());
    environment.emplace("no_proxy", "*");
    std::string program = PROBE_PROGRAM;
    std::vector<std::string> variables;
    for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
    std::vector<char*> argv{program.data()}, envp;
    for (auto& argument : arguments) argv.push_back(argument.data());
    for (auto& variable : variables) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_addopen(&actions, 2, error.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = -1;
    REQUIRE(::posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), envp.data()) == 0);
    ::posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    ::waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(out), read_file(error)};
}

json::object report(const mf::testing::TemporaryDirectory& directory, const char* name = "probe_report.json") {
    const auto parsed = parse_json(read_file(directory.path() / name));
    REQUIRE(parsed);
    return parsed->as_object();
}

}  // namespace

TEST_CASE("a fine machine: one line for each check, nothing on stderr, a report, exit code 0") {
    const mf::testing::TemporaryDirectory directory;
    const Server server(serve_http);
    const auto ended = start_probe(directory, {}, {{"PROBE_URLS", "http://" + server.address() + "/ok"}});
    CHECK(ended.exit_code == 0);
    CHECK(ended.error == "");
    CHECK(ended.out.find("OK        uptime: ") == 0);
    CHECK(ended.out.find("OK        url http://127.0.0.1:") != std::string::npos);
    CHECK(ended.out.find("2 checks: 2 ok.") != std::string::npos);
    CHECK(report(directory).at("status") == "success");
}

TEST_CASE("exit codes tell warning, critical and unknown; problems go to stderr") {
    const mf::testing::TemporaryDirectory directory;
    auto ended = start_probe(directory, {}, {{"PROBE_UPTIME_MINIMUM", "1000000"}});
    CHECK(ended.exit_code == 1);
    CHECK(ended.error.find("WARNING   uptime: ") == 0);
    CHECK(report(directory).at("status") == "warning");

    ended = start_probe(directory, {}, {{"PROBE_URLS", "http://user:hunter2@127.0.0.1:" + dead_port() + "/"}});
    CHECK(ended.exit_code == 2);
    CHECK(ended.error.find("CRITICAL  url http://***@127.0.0.1") == 0);
    CHECK(report(directory).at("status") == "error");
    CHECK((ended.out + ended.error + to_text(report(directory))).find("hunter2") == std::string::npos);

    ended = start_probe(directory, {}, {{"PROBE_CERTIFICATES", "127.0.0.1:" + dead_port()}});
    CHECK(ended.exit_code == 3);
    CHECK(ended.error.find("UNKNOWN   certificate 127.0.0.1") == 0);
}

TEST_CASE("wrong settings: all complaints on stderr, and a report that says so") {
    const mf::testing::TemporaryDirectory directory;
    const auto ended =
        start_probe(directory, {}, {{"PROBE_TIMEOUT", "x"}, {"PROBE_TLS_VERIFY", "y"}, {"PROBE_DISCS", "/"}});
    CHECK(ended.exit_code == 3);
    CHECK(ended.out == "");
    CHECK(ended.error.find("PROBE_TIMEOUT is not a number from 1 to 300") != std::string::npos);
    CHECK(ended.error.find("PROBE_TLS_VERIFY") != std::string::npos);
    CHECK(ended.error.find("is PROBE_DISKS meant?") != std::string::npos);
    CHECK(report(directory).at("status") == "error");
}

TEST_CASE("the report goes to RESULT_FILE; if it cannot, that is a fault") {
    const mf::testing::TemporaryDirectory directory;
    CHECK(start_probe(directory, {}, {{"RESULT_FILE", "other.json"}}).exit_code == 0);
    CHECK(report(directory, "other.json").at("status") == "success");
    const auto ended = start_probe(directory, {}, {{"RESULT_FILE", "/no/such/directory/r.json"}});
    CHECK(ended.exit_code == 3);
    CHECK(ended.error.find("RESULT_FILE") != std::string::npos);
}

TEST_CASE("--help, --version, and arguments that are not known") {
    const mf::testing::TemporaryDirectory directory;
    const auto help = start_probe(directory, {"--help"}, {});
    CHECK(help.exit_code == 0);
    for (const Setting& setting : all_settings()) CHECK(help.out.find(setting.name) != std::string::npos);
    CHECK(start_probe(directory, {"--version"}, {}).out == "multiflexi-probe " MULTIFLEXI_VERSION "\n");
    const auto wrong = start_probe(directory, {"--verbose"}, {});
    CHECK(wrong.exit_code == 3);
    CHECK(wrong.error.find("--help") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(directory.path() / "probe_report.json"));
}

// SPDX-License-Identifier: MIT
#include "journeys/installation.h"

#include "base/text.h"
#include "support/database_servers.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace mf::testing {
namespace {

using namespace std::chrono_literals;

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
    return found;
}

/// On the kind of database that this run of the tests is about.
sql::Address empty_database(const std::filesystem::path& data) {
    const char* setting = std::getenv("MULTIFLEXI_JOURNEY_DATABASE");
    const std::string_view kind = setting ? setting : "sqlite";
    if (kind == "sqlite") return {.database = data / "multiflexi.db"};
    if (kind != "postgres" && kind != "mariadb")
        throw std::runtime_error("MULTIFLEXI_JOURNEY_DATABASE is none of sqlite, postgres, mariadb");
    auto* server = DatabaseServer::get(kind == "postgres" ? sql::Dialect::postgres : sql::Dialect::mariadb);
    if (!server) throw std::runtime_error("the database server of this run of the tests is not installed");
    return server->fresh_database();
}

std::string text_of_cell(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->data;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return fmt::to_string(*number);
    if (const auto* number = std::get_if<double>(&value)) return fmt::to_string(*number);
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "1" : "0";
    return {};
}

}  // namespace

int code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

std::filesystem::path programs() {
    const char* other = std::getenv("MULTIFLEXI_PROGRAMS");
    return other ? other : MULTIFLEXI_PROGRAM_DIRECTORY;
}

bool comes_true(const std::function<bool()>& question, std::chrono::milliseconds within) {
    auto asked = std::chrono::steady_clock::now();
    const auto last = asked + within;
    for (;;) {
        if (question()) return true;
        const auto now = std::chrono::steady_clock::now();
        if (now >= last) return false;
        // A question that runs a program leaves the machine to what it waits for.
        std::this_thread::sleep_for(std::clamp<std::chrono::nanoseconds>(2 * (now - asked), 5ms, 200ms));
        asked = std::chrono::steady_clock::now();
    }
}

bool lives(pid_t pid) {
    // The third field of the line is the state; the name before it is in brackets.
    const auto line = file_content(fmt::format("/proc/{}/stat", pid));
    const auto bracket = line.rfind(')');
    return bracket != std::string::npos && line.size() > bracket + 2 && line[bracket + 2] != 'Z';
}

json::value Answer::json() const {
    auto document = parse_json(out);
    INFO("standard output: ", out);
    REQUIRE(document);
    return *std::move(document);
}

Installation::Installation() : database_(empty_database(data())) {
    environment = {{"MULTIFLEXI_DATA", data().string()},     {"MULTIFLEXI_NODE", "journey"},
                   {"MULTIFLEXI_TIMEZONE", "Europe/Prague"}, {"PATH", "/usr/local/bin:/usr/bin:/bin"},
                   {"HOME", directory().string()},           {"LANG", "C.UTF-8"},
                   {"MULTIFLEXI_JOBS_AT_STOP", "end"}};
    if (database_.dialect == sql::Dialect::sqlite) return;
    environment.insert({{"DB_CONNECTION", database_.dialect == sql::Dialect::postgres ? "pgsql" : "mysql"},
                        {"DB_HOST", database_.host},
                        {"DB_PORT", fmt::to_string(database_.port)},
                        {"DB_DATABASE", database_.database},
                        {"DB_USERNAME", database_.user},
                        {"DB_PASSWORD", database_.password}});
}

Installation::~Installation() {
    if (server_ && stop() != 0) std::fputs(log().c_str(), stderr);
    // SIGTERM ends the job as well.
    for (const auto shim : shims()) {
        ::kill(shim, SIGTERM);
        comes_true([&] { return !lives(shim); });
    }
}

bool Installation::work_is_empty() const {
    for (const auto& entry : std::filesystem::directory_iterator(work()))
        if (entry.path().filename() != "spool") return false;
    return true;
}

std::vector<pid_t> Installation::shims() const {
    std::vector<pid_t> out;
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory(), none)) {
        if (!entry.is_regular_file() || entry.path().parent_path().filename() != "spool") continue;
        // The number and the start of the shim, as execute/shim/spool.h says where.
        const auto header = file_content(entry.path()).substr(0, 4096);
        std::int64_t pid = 0, start = 0;
        if (header.size() < 40) continue;
        std::memcpy(&pid, header.data() + 24, sizeof pid);
        std::memcpy(&start, header.data() + 32, sizeof start);
        const auto line = file_content(fmt::format("/proc/{}/stat", pid));
        if (pid > 0 && line.find("(multiflexi-shim)") != std::string::npos && lives(static_cast<pid_t>(pid)) &&
            line.find(fmt::format(" {} ", start)) != std::string::npos)
            out.push_back(static_cast<pid_t>(pid));
    }
    return out;
}

std::filesystem::path Installation::wake_directory() const {
    return data() / (database_.dialect == sql::Dialect::sqlite ? "multiflexi.db.wake" : "multiflexi.wake");
}

std::filesystem::path Installation::work() const {
    for (const auto& entry : std::filesystem::directory_iterator(data() / "work"))
        if (entry.path().extension() != ".lock") return entry.path();
    throw std::runtime_error("no server was started");
}

static Words words_of_server(const Words& arguments) {
    Words argv{(programs() / "multiflexi").string(), "serve"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
}

/// Several servers run on this machine, so none listens where nothing else is said.
static Variables variables_of_server(const Variables& environment, Variables more) {
    more.insert(environment.begin(), environment.end());
    more.emplace("MULTIFLEXI_LISTEN", "none");
    return more;
}

void Installation::start(const Words& arguments, const Variables& more) {
    ready_before_ = count(log(), "server ready");
    const auto file = directory() / "server.log";
    server_.emplace(words_of_server(arguments), variables_of_server(environment, more),
                    Process::Streams{.out = file, .err = file});
    const bool ready = comes_true([&] { return count(log(), "server ready") > ready_before_ || server_->wait(0ms); });
    INFO("log of the server: ", log());
    REQUIRE(ready);
    REQUIRE(!server_->wait(0ms));
}

int Installation::stop(int signal) {
    if (!server_) return 0;
    server_->signal(signal);
    const auto code = server_->wait(90s);
    server_.reset();
    return code.value_or(-1);
}

std::string Installation::log() const { return file_content(directory() / "server.log"); }

static Words held_back(Words argv) {
    if (::geteuid() == 0) argv.insert(argv.begin(), {"setpriv", "--bounding-set=-dac_override,-dac_read_search"});
    return argv;
}

Answer Installation::serve(const Words& arguments, const Variables& more) const {
    return run(words_of_server(arguments), variables_of_server(environment, more), {});
}

Answer Installation::run(const Words& argv, const Variables& variables, std::string_view standard_input) const {
    const auto name = fmt::format("run-{}", ++runs_);
    Process::Streams streams{.out = directory() / (name + ".out"), .err = directory() / (name + ".err")};
    if (!standard_input.empty()) streams.in = write(name + ".in", standard_input);
    Process process(argv, variables, streams);
    const auto code = process.wait();
    Answer answer{code.value_or(-1), file_content(streams.out), file_content(streams.err)};
    std::filesystem::remove(streams.out);
    std::filesystem::remove(streams.err);
    return answer;
}

Answer Installation::cli(Words words, std::string_view standard_input) const {
    words.insert(words.begin(), (programs() / "multiflexi-cli").string());
    return run(words, environment, standard_input);
}

Answer Installation::cli_held_back(Words words) const {
    words.insert(words.begin(), (programs() / "multiflexi-cli").string());
    return run(held_back(std::move(words)), environment, {});
}

Answer Installation::serve_held_back(const Words& arguments) const {
    return run(held_back(words_of_server(arguments)), variables_of_server(environment, {}), {});
}

json::value Installation::ask(Words words) const {
    words.insert(words.end(), {"-f", "json"});
    const auto answer = cli(words);
    INFO("command: ", fmt::format("{}", fmt::join(words, " ")));
    INFO("standard error: ", answer.err);
    INFO("standard output: ", answer.out.substr(0, 4000));
    REQUIRE(answer.code == 0);
    return answer.json();
}

json::array Installation::rows(Words words) const { return ask(std::move(words)).as_array(); }

Process Installation::begin_cli(Words words, const std::filesystem::path& out) const {
    words.insert(words.begin(), (programs() / "multiflexi-cli").string());
    return Process(words, environment, {.out = out});
}

std::filesystem::path Installation::write(std::string_view name, std::string_view content) const {
    const auto file = directory() / name;
    std::ofstream(file, std::ios::binary) << content;
    return file;
}

std::filesystem::path Installation::script(std::string_view text) {
    const auto file = write(fmt::format("script-{}", ++runs_), fmt::format("#!/bin/sh\n{}\n", text));
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
}

std::string Installation::application(json::object definition) {
    const auto uuid = fmt::format("7b1c2d3e-0000-4000-8000-{:012}", ++definitions_);
    const auto name = fmt::format("Application {}", definitions_);
    definition.insert({{"schemaVersion", "3.4.0"}, {"uuid", uuid}, {"version", "1.0.0"}});
    if (!definition.contains("name")) definition["name"] = json::object{{"en", name}};
    if (!definition.contains("environment")) definition["environment"] = json::object();
    if (!definition.contains("description")) definition["description"] = json::object{{"en", "For a test"}};
    const auto file = write(fmt::format("definition-{}.json", definitions_), to_text(definition));
    const auto answer = cli({"application:import-json", "--file", file.string(), "--enable"});
    INFO("import: ", answer.out, answer.err);
    REQUIRE(answer.code == 0);
    return uuid;
}

std::int64_t Installation::run_template(json::object definition, const Words& options) {
    const auto uuid = application(std::move(definition));
    if (cli({"company:get", "--id", "1"}).code != 0) ask({"company:create", "--name", "Acme Corp"});
    Words words{"run-template:create", "--name", fmt::format("Template {}", definitions_), "--app_uuid", uuid,
                "--company_id",        "1"};
    words.insert(words.end(), options.begin(), options.end());
    return number_of(ask(words).as_object(), "runtemplate_id");
}

std::int64_t Installation::run_template_of_script(std::string_view text, const Words& options) {
    return run_template({{"executable", script(text).string()}}, options);
}

std::int64_t Installation::job(std::int64_t run_template, const Words& options) {
    Words words{"job:create", "--template", fmt::to_string(run_template)};
    words.insert(words.end(), options.begin(), options.end());
    return number_of(ask(words).as_object(), "job_id");
}

json::object Installation::job_record(std::int64_t job) const {
    return ask({"job:get", "--id", fmt::to_string(job), "--fields",
                "id,state,reason,exitcode,begin,end,pid,env,command,stdout_size,stderr_size,schedule,schedule_type,"
                "runtemplate_id,attempt"})
        .as_object();
}

std::string Installation::job_state(std::int64_t job) const {
    return text_of(ask({"job:get", "--id", fmt::to_string(job), "--fields", "state"}).as_object(), "state");
}

json::object Installation::ended(std::int64_t job, std::chrono::milliseconds within) const {
    const bool over = comes_true(
        [&] {
            const auto state = job_state(job);
            return state != "pending" && state != "claimed" && state != "running";
        },
        within);
    INFO("log of the server: ", log());
    auto record = job_record(job);
    INFO("job: ", to_text(record));
    REQUIRE(over);
    return record;
}

std::string Installation::content_when_written(const std::filesystem::path& file) const {
    INFO(file.string());
    REQUIRE(comes_true([&] { return file_content(file).ends_with('\n'); }));
    return file_content(file);
}

std::string Installation::sql(std::string_view statement) const {
    const auto connection = sql::open(database_);
    std::string out;
    for (const auto& row : connection->query(statement))
        for (std::size_t i = 0; i < row.size(); ++i)
            out.append(text_of_cell(row[i])).push_back(i + 1 < row.size() ? '|' : '\n');
    return out;
}

std::string Installation::everything_kept() const {
    std::string all = log();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data()))
        if (entry.is_regular_file()) all += file_content(entry.path());
    if (database_.dialect == sql::Dialect::sqlite) return all;
    const auto tables =
        sql(fmt::format("SELECT table_name FROM information_schema.tables WHERE table_schema = {}",
                        database_.dialect == sql::Dialect::postgres ? "current_schema()" : "database()"));
    for (const auto table : split(tables, '\n'))
        if (!table.empty()) all += sql(fmt::format(R"(SELECT * FROM "{}")", table));
    return all;
}

Answer Installation::bash(std::string_view lines, const Words& words) const {
    Words argv{"bash", "-c", std::string(lines), "bash"};
    argv.insert(argv.end(), words.begin(), words.end());
    return run(argv, environment, {});
}

std::string file_content(const std::filesystem::path& file) {
    std::ostringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();  // the process of a file in /proc may end meanwhile
    return content.str();
}

std::string text_of(const json::object& record, std::string_view member) {
    const auto* value = record.if_contains(member);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_of(const json::object& record, std::string_view member) {
    const auto* value = record.if_contains(member);
    INFO("member: ", std::string(member), " of ", to_text(record));
    REQUIRE(value);
    REQUIRE(value->is_int64());
    return value->get_int64();
}

pid_t pid_in(const std::string& text) {
    const int pid = std::atoi(text.c_str());
    REQUIRE(pid > 1);
    return pid;
}

}  // namespace mf::testing

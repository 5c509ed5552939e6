// SPDX-License-Identifier: MIT
#include "base/settings.h"

#include "base/settings_file.h"
#include "base/settings_table.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <fstream>
#include <set>

using namespace mf;
using mf::testing::TemporaryDirectory;

namespace {

using Environment = std::map<std::string, std::string, std::less<>>;

/// An ordinary user on a machine without MultiFlexi.
SettingsSources plain(Environment environment = {}) {
    return {.default_file = "/nonexistent/multiflexi.env",
            .environment = std::move(environment),
            .current_directory = "/srv/here",
            .home = "/home/ann",
            .system_data = "/nonexistent/multiflexi",
            .euid = 1000,
            .cores = 3,
            .host_name = "mercury"};
}

Settings loaded(const SettingsSources& sources) {
    auto settings = load_settings(sources);
    if (!settings)
        for (const auto& field : settings.error().fields) MESSAGE(field.message);
    REQUIRE(settings);
    return *std::move(settings);
}

Settings with(Environment environment) { return loaded(plain(std::move(environment))); }

/// The sentences about what is wrong, one on each line.
std::string complaints(const SettingsSources& sources) {
    const auto settings = load_settings(sources);
    if (settings) return {};
    std::string all;
    for (const auto& field : settings.error().fields) all += field.field + " | " + field.message + "\n";
    return all;
}

std::string warnings(const Settings& settings) {
    std::string all;
    for (const auto& warning : settings.warnings) all += warning + "\n";
    return all;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

void write(const std::filesystem::path& file, std::string_view content) { std::ofstream(file) << content; }

}  // namespace

TEST_CASE("without any source everything has a usable default") {
    const auto settings = with({});
    CHECK(settings.db_connection == DatabaseKind::sqlite);
    CHECK(settings.db_database == "/home/ann/.local/share/multiflexi/multiflexi.db");
    CHECK(settings.key_file == "/home/ann/.local/share/multiflexi/multiflexi.db.key");
    CHECK(settings.wake_directory == "/home/ann/.local/share/multiflexi/multiflexi.db.wake");
    CHECK(settings.data_directory == "/home/ann/.local/share/multiflexi");
    CHECK(settings.work_directory == "/home/ann/.local/state/multiflexi/work");
    CHECK(settings.db_port == 0);
    CHECK(settings.synchronous == Synchronous::full);
    CHECK_FALSE(settings.master_key);
    CHECK(settings.max_parallel == 16);
    CHECK(settings.node == "mercury");
    CHECK(settings.jobs_at_stop == JobsAtStop::leave);
    CHECK(settings.drain_timeout == std::chrono::seconds(0));
    CHECK(with({{"MULTIFLEXI_JOBS_AT_STOP", "end"}}).drain_timeout == std::chrono::seconds(60));
    CHECK(settings.log_level == log::Level::info);
    CHECK(settings.warnings.empty());
}

TEST_CASE("root and those who may write there use the directory of the service") {
    auto sources = plain();
    sources.euid = 0;
    auto settings = loaded(sources);
    CHECK(settings.data_directory == "/nonexistent/multiflexi");
    CHECK(settings.work_directory == "/nonexistent/multiflexi/work");
    const TemporaryDirectory writable;
    sources.euid = 1000;
    sources.system_data = writable.path();
    settings = loaded(sources);
    CHECK(settings.db_database == (writable.path() / "multiflexi.db").string());
    CHECK(settings.work_directory == writable.path() / "work");
}

TEST_CASE("the XDG directories count when they are absolute") {
    const auto settings = with({{"XDG_DATA_HOME", "/data"}, {"XDG_STATE_HOME", "relative"}});
    CHECK(settings.data_directory == "/data/multiflexi");
    CHECK(settings.work_directory == "/home/ann/.local/state/multiflexi/work");
}

TEST_CASE("a user without a home is told once what to set") {
    auto sources = plain();
    sources.home.clear();
    const auto text = complaints(sources);
    CHECK(text.starts_with("MULTIFLEXI_DATA | This user has no home directory."));
    CHECK(std::ranges::count(text, '\n') == 1);
    sources.environment["MULTIFLEXI_DATA"] = "/data";
    CHECK(loaded(sources).work_directory == "/data/work");
}

TEST_CASE("the highest source decides: environment, file of -e, default file") {
    const TemporaryDirectory directory;
    auto sources = plain({{"MULTIFLEXI_NODE", "env"}});
    sources.default_file = directory.path() / "default.env";
    sources.file = directory.path() / "mine.env";
    write(sources.default_file, "MULTIFLEXI_NODE=default\nDB_USERNAME=default\nDB_HOST=default\n");
    write(*sources.file, "MULTIFLEXI_NODE=mine\nDB_USERNAME=mine\n");
    const auto settings = loaded(sources);
    CHECK(settings.node == "env");
    CHECK(settings.db_username == "mine");
    CHECK(settings.db_host == "default");
    const auto origin = [&](std::string_view name) {
        return std::ranges::find(settings.effective, name, &EffectiveSetting::name)->origin;
    };
    CHECK(origin("MULTIFLEXI_NODE") == "environment");
    CHECK(origin("DB_USERNAME") == sources.file->string() + ":2");
    CHECK(origin("DB_HOST") == sources.default_file.string() + ":3");
    CHECK(origin("DB_PORT") == "default");
}

TEST_CASE("an empty value means the default, whatever lower sources say") {
    const TemporaryDirectory directory;
    auto sources = plain({{"MULTIFLEXI_DRAIN_TIMEOUT", ""}});
    sources.file = directory.path() / "mine.env";
    write(*sources.file, "MULTIFLEXI_DRAIN_TIMEOUT=5\n");
    CHECK(loaded(sources).drain_timeout == std::chrono::seconds(0));
}

TEST_CASE("the master key has two names") {
    CHECK(with({{"ENCRYPTION_MASTER_KEY", "a"}, {"MULTIFLEXI_MASTER_KEY", "b"}}).master_key == "a");
    CHECK(with({{"ENCRYPTION_MASTER_KEY", ""}, {"MULTIFLEXI_MASTER_KEY", "b"}}).master_key == "b");
    CHECK_FALSE(with({{"ENCRYPTION_MASTER_KEY", ""}}).master_key);
    const TemporaryDirectory directory;
    auto sources = plain({{"MULTIFLEXI_MASTER_KEY", "higher"}});
    sources.file = directory.path() / "mine.env";
    write(*sources.file, "ENCRYPTION_MASTER_KEY=lower\n");
    CHECK(loaded(sources).master_key == "higher");
}

TEST_CASE("the sqlite file: a bare name lives in the data directory, a path where it says") {
    CHECK(with({{"DB_DATABASE", "x.db"}, {"MULTIFLEXI_DATA", "/data"}}).db_database == "/data/x.db");
    CHECK(with({{"DB_DATABASE", "./x.db"}, {"MULTIFLEXI_DATA", "/data"}}).db_database == "/srv/here/x.db");
    CHECK(with({{"DB_DATABASE", "/var/x.db"}}).wake_directory == "/var/x.db.wake");
    CHECK(with({{"DB_DATABASE", "/var/x.db"}}).key_file == "/var/x.db.key");
    CHECK(with({{"DB_DATABASE", "~/x.db"}}).db_database == "/home/ann/x.db");
    CHECK(contains(complaints(plain({{"DB_DATABASE", ":memory:"}})), "must be a file on the disk"));
}

TEST_CASE("a relative path in a file is taken from the directory of the file") {
    const TemporaryDirectory directory;
    auto sources = plain({{"MULTIFLEXI_WORK_DIRECTORY", "../work"}});
    sources.file = directory.path() / "mine.env";
    write(*sources.file, "MULTIFLEXI_DATA=data\nDB_DATABASE=db/x.db\n");
    const auto settings = loaded(sources);
    CHECK(settings.data_directory == directory.path() / "data");
    CHECK(settings.db_database == (directory.path() / "db/x.db").string());
    CHECK(settings.work_directory == "/srv/work");
}

TEST_CASE("a database server has its own defaults") {
    const auto pgsql = with({{"DB_CONNECTION", "pgsql"}, {"MULTIFLEXI_DATA", "/data"}});
    CHECK(pgsql.db_database == "multiflexi");
    CHECK(pgsql.db_port == 5432);
    CHECK(pgsql.key_file == "/data/multiflexi.key");
    CHECK(pgsql.wake_directory == "/data/multiflexi.wake");
    CHECK(with({{"DB_CONNECTION", "mysql"}}).db_port == 3306);
    const auto given = with({{"DB_CONNECTION", "mysql"}, {"DB_PORT", "3307"}, {"DB_DATABASE", "a/b"}});
    CHECK(given.db_port == 3307);
    CHECK(given.db_database == "a/b");
}

TEST_CASE("debugging is switched on by APP_DEBUG, unless a level is named") {
    CHECK(with({{"APP_DEBUG", "True"}}).log_level == log::Level::debug);
    CHECK(with({{"APP_DEBUG", "0"}}).log_level == log::Level::info);
    CHECK(with({{"APP_DEBUG", "1"}, {"MULTIFLEXI_LOG_LEVEL", "error"}}).log_level == log::Level::error);
}

TEST_CASE("values of every type are understood") {
    const auto settings = with({{"MULTIFLEXI_ENV_ALLOW", " http_proxy, LD_LIBRARY_PATH ,,"},
                                {"MULTIFLEXI_TIMEZONE", "Europe/Prague"},
                                {"MULTIFLEXI_MAX_PARALLEL", "3"},
                                {"MULTIFLEXI_CREDENTIAL_VERSIONS", "4"},
                                {"MULTIFLEXI_SYNCHRONOUS", "Normal"},
                                {"MULTIFLEXI_LOG_FORMAT", "json"},
                                {"MULTIFLEXI_JOBS_AT_STOP", "end"},
                                {"MULTIFLEXI_DRAIN_TIMEOUT", "7"}});
    CHECK(settings.env_allow == std::vector<std::string>{"http_proxy", "LD_LIBRARY_PATH"});
    CHECK(settings.timezone == "Europe/Prague");
    CHECK(settings.max_parallel == 3);
    CHECK(settings.credential_versions == 4);
    CHECK(settings.synchronous == Synchronous::normal);
    CHECK(settings.log_format == log::Format::json);
    CHECK(settings.jobs_at_stop == JobsAtStop::end);
    CHECK(settings.drain_timeout == std::chrono::seconds(7));
}

TEST_CASE("every wrong value is listed at once, with its place and what it must be") {
    const TemporaryDirectory directory;
    auto sources = plain({{"DB_CONNECTION", "sqlsrv"},
                          {"DB_PORT", "65536"},
                          {"MULTIFLEXI_TIMEZONE", "Europe/Praha"},
                          {"MULTIFLEXI_NODE", "a/b"},
                          {"APP_DEBUG", "perhaps"},
                          {"MULTIFLEXI_ENV_ALLOW", "A=B"},
                          {"MULTIFLEXI_DRAIN_TIMEOUT", "1m"}});
    sources.file = directory.path() / "mine.env";
    write(*sources.file, "\nMULTIFLEXI_MAX_PARALLEL=-1\nnonsense\n");
    const auto text = complaints(sources);
    const auto line = sources.file->string();
    CHECK(contains(text,
                   "DB_CONNECTION | DB_CONNECTION in the environment is 'sqlsrv', but must be one of: sqlite, "
                   "pgsql, mysql."));
    CHECK(contains(text, "DB_PORT in the environment is '65536', but must be a whole number from 0 to 65535."));
    CHECK(contains(text, "MULTIFLEXI_TIMEZONE in the environment is 'Europe/Praha', but must be a name of the IANA"));
    CHECK(contains(text, "MULTIFLEXI_NODE in the environment is 'a/b', but must be at most 64 letters"));
    CHECK(contains(text, "APP_DEBUG in the environment is 'perhaps', but must be true or false."));
    CHECK(contains(text, "MULTIFLEXI_ENV_ALLOW | "));
    CHECK(contains(text, "MULTIFLEXI_DRAIN_TIMEOUT | "));
    CHECK(contains(text, "MULTIFLEXI_MAX_PARALLEL in line 2 of " + line + " is '-1', but must be"));
    CHECK(contains(text, line + ":3 | Line 3 of " + line + " is not NAME=VALUE."));
    CHECK(std::ranges::count(text, '\n') == 9);
    CHECK(load_settings(sources).error().message == "9 settings are wrong; each is listed.");
}

TEST_CASE("labels of a node") {
    CHECK(with({}).node_labels.empty());
    CHECK(with({{"MULTIFLEXI_NODE_LABELS", "eu, zone=prague-1"}}).node_labels ==
          std::vector<std::string>{"eu", "zone=prague-1"});
    CHECK(contains(complaints(plain({{"MULTIFLEXI_NODE_LABELS", "eu,Prague"}})), "must be labels of small letters"));
    // Other lists have names of variables in them.
    CHECK(contains(complaints(plain({{"MULTIFLEXI_ENV_ALLOW", "A=B"}})), "MULTIFLEXI_ENV_ALLOW | "));
}

TEST_CASE("the name of a node can be part of a file name") {
    for (const std::string& name : std::vector<std::string>{"db-1.example.org", "Node_7", "0", std::string(64, 'x')})
        CHECK(with({{"MULTIFLEXI_NODE", name}}).node == name);
    for (const std::string& name :
         std::vector<std::string>{"a/b", "..", ".hidden", "-x", "a b", "ä", "a:b", std::string(65, 'x')})
        CHECK(contains(complaints(plain({{"MULTIFLEXI_NODE", name}})), "MULTIFLEXI_NODE | "));
    auto sources = plain();
    sources.host_name = "odd/name";
    CHECK(contains(complaints(sources), "MULTIFLEXI_NODE | The name of this host, 'odd/name', cannot be"));
}

TEST_CASE("secrets are neither in errors nor in reports") {
    const TemporaryDirectory directory;
    auto sources = plain({{"DB_PASSWORD", "hunter2"}, {"DB_PORT", "x"}});
    sources.file = directory.path() / "mine.env";
    write(*sources.file, "DB_PASSWORD hunter2\nhunter2 x=1\nENCRYPTION_MASTER_KEY='hunter2\nDB_PASSWORT=hunter2 # x\n");
    CHECK_FALSE(contains(complaints(sources), "hunter2"));
    write(*sources.file, "DB_PASSWORT=hunter2 # x\nENCRYPTION_MASTER_KEY=hunter2\n");
    sources.environment.erase("DB_PORT");
    const auto settings = loaded(sources);
    CHECK(settings.db_password == "hunter2");
    CHECK_FALSE(contains(warnings(settings), "hunter2"));
    for (const auto& shown : settings.effective) CHECK_FALSE(contains(shown.value, "hunter2"));
}

TEST_CASE("a wrong value is shown on one line, a wrong secret not at all") {
    Setting setting{.name = "A", .options = {}};
    CHECK(wrong_value(setting, "x\ny", "f", "a path") == "A in f is 'x?y', but must be a path.");
    CHECK(wrong_value(setting, std::string(81, 'x'), "f", "b") ==
          "A in f is '" + std::string(80, 'x') + "…', but must be b.");
    setting.options.secret = true;
    CHECK(wrong_value(setting, "hunter2", "f", "a path") == "A in f must be a path.");
}

TEST_CASE("unknown names are pointed out, with the name that was meant") {
    const TemporaryDirectory directory;
    auto sources = plain({{"MULTIFLEXI_MAX_PARALEL", "3"},
                          {"MULTIFLEXI_URL", "of another program"},
                          {"MULTIFLEXI_HOST", "of another program"},
                          {"MULTIFLEXI_JOB_ID", "7"},
                          {"DB_HOTS", "of another program"}});
    sources.default_file = directory.path() / "default.env";
    write(sources.default_file, "DB_PASWORD=x\nMULTIFLEXI_WHATEVER=1\nMULTIFLEXI_CYCLE_PAUSE=10\nZABBIX_SERVER=z\n");
    const auto text = warnings(loaded(sources));
    CHECK(contains(text,
                   "MULTIFLEXI_MAX_PARALEL in the environment is no setting. Did you mean MULTIFLEXI_MAX_PARALLEL?"));
    CHECK(contains(text, "DB_PASWORD in line 1 of " + sources.default_file.string() +
                             " is no setting. Did you mean "
                             "DB_PASSWORD?"));
    CHECK(contains(text, "MULTIFLEXI_WHATEVER in line 2"));
    CHECK(contains(text, "MULTIFLEXI_CYCLE_PAUSE in line 3 of " + sources.default_file.string() + " has no effect"));
    CHECK(std::ranges::count(text, '\n') == 4);
}

TEST_CASE("a missing default file is in order, a missing file of -e is not") {
    auto sources = plain();
    sources.file = "mine.env";
    CHECK(contains(complaints(sources), "There is no settings file /srv/here/mine.env."));
}

TEST_CASE("a file that cannot be read is an error; the default file only a warning beside -e") {
    const TemporaryDirectory directory;
    auto sources = plain();
    sources.default_file = directory.path();
    CHECK(contains(complaints(sources), "The settings file " + directory.path().string() + " cannot be read:"));
    sources.file = directory.path() / "mine.env";
    write(*sources.file, "");
    CHECK(contains(warnings(loaded(sources)), "cannot be read"));
    sources.file = directory.path();
    CHECK(contains(complaints(sources), "cannot be read"));
    write(directory.path() / "large.env", std::string((1 << 20) + 1, '\n'));
    sources.file = directory.path() / "large.env";
    CHECK(contains(complaints(sources), "larger than 1 MiB"));
}

TEST_CASE("the lines of a settings file") {
    const auto file = parse_settings_file(
        "\xEF\xBB\xBF# comment\r\n"
        "\n"
        "PLAIN=a b\r\n"
        "  export  EXPORTED = x \n"
        "exported=e\n"
        "DOUBLE=\" a 'b' \"\n"
        "SINGLE='$HOME \\n \"'   # why\n"
        "HASH=pa#ss\n"
        "EQUALS=a=b\n"
        "EMPTY=\n"
        "QUOTES=\"\"\n"
        "INNER=\"a\"b\"\n"
        "END=it's'",
        "f");
    CHECK(file.errors.empty());
    CHECK(file.warnings.empty());
    std::map<std::string, std::string> values;
    for (const auto& line : file.lines) values[line.name] = line.value;
    CHECK(values == std::map<std::string, std::string>{{"PLAIN", "a b"},
                                                       {"EXPORTED", "x"},
                                                       {"exported", "e"},
                                                       {"DOUBLE", " a 'b' "},
                                                       {"SINGLE", "$HOME \\n \""},
                                                       {"HASH", "pa#ss"},
                                                       {"EQUALS", "a=b"},
                                                       {"EMPTY", ""},
                                                       {"QUOTES", ""},
                                                       {"INNER", "a\"b"},
                                                       {"END", "it's'"}});
    CHECK(file.lines[0].number == 3);
}

TEST_CASE("wrong and doubtful lines of a settings file are named") {
    using namespace std::string_view_literals;
    const auto file = parse_settings_file("A\n1A=x\nA B=x\n=x\nA=\"x\nA=\"x\" y\nA=\0\nB=x # y\nB=z"sv, "f");
    std::vector<std::string> places;
    for (const auto& error : file.errors) places.push_back(error.field);
    CHECK(places == std::vector<std::string>{"f:1", "f:2", "f:3", "f:4", "f:5", "f:6", "f:7"});
    REQUIRE(file.warnings.size() == 2);
    CHECK(contains(file.warnings[0], "The value of B in line 8 of f goes to the end of the line"));
    CHECK(contains(file.warnings[1], "B stands more than once in f"));
    CHECK(file.lines.back().value == "z");
}

TEST_CASE("a quoted value survives a settings file, whatever the bytes") {
    CHECK(rc::check([](std::string value) {
        std::erase_if(value, [](char c) { return c == '\n' || c == '\0' || c == '\''; });
        const auto file = parse_settings_file("A='" + value + "'", "f");
        RC_ASSERT(file.lines.size() == 1);
        RC_ASSERT(file.lines[0].value == value);
    }));
}

TEST_CASE("any content of a settings file is read without harm") {
    CHECK(rc::check([](const std::string& content) { (void)parse_settings_file(content, "f"); }));
}

TEST_CASE("every setting is described, once, in a sentence, and reported") {
    std::set<std::string_view> names;
    for (const auto& setting : describe_settings()) {
        CHECK_MESSAGE(names.insert(setting.name).second, setting.name);
        CHECK_MESSAGE(setting.help.ends_with("."), setting.name);
        CHECK_FALSE(setting.values.empty());
        CHECK(contains(settings_help(), setting.name));
    }
    CHECK(with({}).effective.size() == names.size());
    for (const auto line : {"DB_PASSWORD", "ENCRYPTION_MASTER_KEY (or MULTIFLEXI_MASTER_KEY)"})
        CHECK(contains(settings_help(), line));
}

TEST_CASE("this process has sources") {
    const auto sources = SettingsSources::of_process("x.env");
    CHECK(sources.file == "x.env");
    CHECK(sources.environment.contains("PATH"));
    CHECK(sources.current_directory.is_absolute());
    CHECK(sources.cores >= 1);
}

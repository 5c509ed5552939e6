// SPDX-License-Identifier: MIT
#include "journeys/installation.h"

#include "base/text.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <set>

using namespace mf;
using namespace mf::testing;

namespace {

/// The variables that a program printed with env -0.
Variables printed(const std::string& output) {
    Variables out;
    for (const auto entry : split(output, '\0'))
        if (const auto equals = entry.find('='); equals != std::string_view::npos)
            out.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    return out;
}

Variables environment_of(const Installation& it, std::int64_t job) {
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    return printed(it.cli({"job:output", fmt::to_string(job), "--stream", "stdout"}).out);
}

json::object variable(std::string_view type, std::string_view value = {}, bool required = false) {
    json::object out{{"type", type}, {"required", required}};
    if (!value.empty()) out["defval"] = value;
    return out;
}

}  // namespace

TEST_CASE("the value of the innermost place wins") {
    Installation it;
    it.start();
    const auto template_id =
        it.run_template({{"executable", "/usr/bin/env"},
                         {"cmdparamsTemplate", "-0"},
                         {"environment", json::object{{"DATABASE_HOST", variable("string", "localhost")}}}});
    const auto id = fmt::to_string(template_id);
    CHECK(environment_of(it, it.job(template_id))["DATABASE_HOST"] == "localhost");
    it.ask({"company:variable-set", "--company_id", "1", "--name", "DATABASE_HOST", "--value", "mysql.acme.com"});
    CHECK(environment_of(it, it.job(template_id))["DATABASE_HOST"] == "mysql.acme.com");
    it.ask({"run-template:update", "--id", id, "--config", "DATABASE_HOST=mysql-replica.acme.com"});
    CHECK(environment_of(it, it.job(template_id))["DATABASE_HOST"] == "mysql-replica.acme.com");
    CHECK(environment_of(it, it.job(template_id, {"--env", "DATABASE_HOST=127.0.0.1"}))["DATABASE_HOST"] ==
          "127.0.0.1");
    // What a launch said is gone with it.
    CHECK(environment_of(it, it.job(template_id))["DATABASE_HOST"] == "mysql-replica.acme.com");

    const auto explained = it.ask({"run-template:env", "--id", id, "--explain"});
    bool found = false;
    for (const auto& row : explained.at("variables").as_array()) {
        if (text_of(row.as_object(), "key") != "DATABASE_HOST") continue;
        found = true;
        CHECK(text_of(row.as_object(), "value") == "mysql-replica.acme.com");
        CHECK(row.at("shadowed").as_array().size() == 2);
    }
    CHECK(found);
    const auto table = it.cli({"run-template:env", "--id", id, "--explain"});
    CHECK(table.out.find("mysql.acme.com") != std::string::npos);
    CHECK(it.cli({"run-template:env", "--id", id}).out.find("mysql.acme.com") == std::string::npos);
}

TEST_CASE("a job gets its own environment and nothing of the server's") {
    Installation it;
    it.environment.emplace("DB_PASSWORD", "of-the-database");
    // The programs that change something need it as well.
    it.environment.emplace("ENCRYPTION_MASTER_KEY", "of-the-vault");
    it.start({}, {{"SOMETHING_ELSE", "of-the-administrator"},
                  {"LD_LIBRARY_PATH", "/nowhere"},
                  {"NOTIFY_SOCKET", "@nobody-listens"}});
    const auto id = it.run_template({{"executable", "/usr/bin/env"}, {"cmdparamsTemplate", "-0"}});
    const auto job = it.job(id);
    auto variables = environment_of(it, job);
    for (const auto name : {"DB_PASSWORD", "ENCRYPTION_MASTER_KEY", "SOMETHING_ELSE", "LD_LIBRARY_PATH",
                            "NOTIFY_SOCKET", "MULTIFLEXI_DATA", "MULTIFLEXI_NODE", "MULTIFLEXI_TIMEZONE"})
        CHECK_MESSAGE(!variables.contains(name), name);
    // Exactly what the record says.
    const auto recorded = it.ask({"job:get", "--id", fmt::to_string(job)}).at("env").as_object();
    CHECK(recorded.size() == variables.size());
    for (const auto& [name, value] : variables) CHECK_MESSAGE(recorded.at(name).as_string() == value, name);
    // And what is shown beforehand, with the server's part as its layer.
    const auto shown = it.ask({"run-template:env", "--id", fmt::to_string(id), "--explain"});
    std::map<std::string, std::string> sources;
    for (const auto& variable : shown.at("variables").as_array())
        sources[text_of(variable.as_object(), "key")] = text_of(variable.as_object(), "source");
    CHECK(sources.size() == variables.size());
    CHECK(sources["PATH"] == "process");
    CHECK(sources["TMPDIR"] == "system");
    CHECK(variables["PATH"] == it.environment["PATH"]);
    CHECK(variables["MULTIFLEXI_JOB_ID"] == fmt::to_string(job));
    CHECK(variables["MULTIFLEXI_COMPANY_NAME"] == "Acme Corp");
    CHECK(variables["MULTIFLEXI_TMP"] == variables["TMPDIR"]);
    CHECK(variables["MULTIFLEXI_TMP"].starts_with(it.work().string()));
}

TEST_CASE("a job has an empty standard input, a private directory of its own, and three files") {
    Installation it;
    it.start();
    const auto id = it.run_template_of_script(R"(cat | wc -c
pwd
stat -c %a .
echo "$MULTIFLEXI_TMP"
ls /proc/self/fd | tr '\n' ' '
ps -o pid=,pgid=,sid= -p $$ | tr -s ' '
mkdir -p deep/er; echo x > deep/er/file; chmod 0 deep)");
    const auto job = it.job(id);
    CHECK(text_of(it.ended(job), "state") == "succeeded");
    const auto output = it.cli({"job:output", fmt::to_string(job)}).out;
    const auto lines = split(output, '\n');
    REQUIRE(lines.size() >= 5);
    CHECK(trim(lines[0]) == "0");
    CHECK(lines[1] == lines[3]);
    CHECK(lines[2] == "700");
    // ls itself opens one more.
    CHECK(lines[4].starts_with("0 1 2 3 "));
    CHECK(comes_true([&] { return !std::filesystem::exists(std::string(lines[1])); }));
    CHECK(it.work_is_empty());
}

TEST_CASE("a job without its required values is not run") {
    Installation it;
    it.start();
    const auto mark = it.directory() / "ran";
    const json::object definition{{"executable", it.script(fmt::format("echo yes > {}", mark.string())).string()},
                                  {"environment", json::object{{"BANK_LOGIN", variable("string", {}, true)},
                                                               {"BANK_TOKEN", variable("password", {}, true)},
                                                               {"OPTIONAL", variable("string")}}}};
    const auto id = it.run_template(definition);
    const auto blocked = it.ended(it.job(id));
    CHECK(text_of(blocked, "state") == "blocked");
    CHECK(number_of(blocked, "exitcode") == 78);
    CHECK(text_of(blocked, "reason").find("BANK_LOGIN") != std::string::npos);
    CHECK(text_of(blocked, "reason").find("BANK_TOKEN") != std::string::npos);
    CHECK(text_of(blocked, "reason").find("OPTIONAL") == std::string::npos);
    CHECK(!std::filesystem::exists(mark));
    // The run template is not held by it.
    CHECK(text_of(it.ended(it.job(id, {"--env", "BANK_LOGIN=a", "--env", "BANK_TOKEN=b"})), "state") == "succeeded");
    CHECK(file_content(mark) == "yes\n");
}

// SPDX-License-Identifier: MIT
#include "journeys/installation.h"
#include "support/child_program.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

using namespace mf;
using namespace mf::testing;

namespace {

/// An assistant that has started `multiflexi mcp`.
class AssistantOnPipe {
public:
    AssistantOnPipe(const Installation& it, const Words& options = {}, const Variables& more = {})
        : log_(it.directory() / "assistant.log"), program_(start_of(it, options, more)) {}

    void say(std::string_view line) { REQUIRE(program_.write(std::string(line) + "\n")); }
    /// The next line of the output, which must be JSON.
    json::object hear() {
        const auto line = program_.read_line();
        auto message = parse_json(line);
        INFO("it wrote: ", line, ", and to its log: ", file_content(log_));
        REQUIRE(message);
        return message->as_object();
    }
    json::object ask(std::string_view method, json::object params = {}) {
        const auto id = ++asked_;
        say(to_text(json::value{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}}));
        auto answer = hear();
        CHECK(answer.at("id") == id);
        return answer;
    }
    json::object begin() {
        auto said = ask("initialize", {{"protocolVersion", "2025-06-18"}, {"capabilities", json::object()}});
        say(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
        return said;
    }
    json::object call(std::string_view tool, json::object arguments = {}) {
        auto answer = ask("tools/call", {{"name", tool}, {"arguments", std::move(arguments)}});
        return answer.at("result").as_object();
    }
    bool has_tool(std::string_view name) {
        const auto listed = ask("tools/list");
        for (const auto& tool : listed.at("result").at("tools").as_array())
            if (tool.at("name").as_string() == name) return true;
        return false;
    }
    /// Ends the input; the exit code. Nothing more may come.
    int end() {
        std::string rest;
        const auto code = program_.wait(rest);
        CHECK(rest.empty());
        return code;
    }
    ChildProgram& program() { return program_; }

private:
    ChildProgram::Start start_of(const Installation& it, const Words& options, const Variables& more) const {
        ChildProgram::Start out{.command = {(programs() / "multiflexi").string(), "mcp"}, .log = log_};
        out.command.insert(out.command.end(), options.begin(), options.end());
        auto variables = it.environment;
        for (const auto& [name, value] : more) variables[name] = value;
        for (const auto& [name, value] : variables) out.environment.push_back(name + "=" + value);
        return out;
    }

    const std::filesystem::path log_;
    ChildProgram program_;
    std::int64_t asked_ = 0;
};

}  // namespace

TEST_CASE("an assistant launches a job and reads what it printed") {
    Installation it;
    it.start();
    const auto id = it.run_template_of_script("echo from the job; echo and its errors >&2; exit 3");
    AssistantOnPipe assistant(it, {"--allow-changes"});
    CHECK(assistant.begin().at("result").at("serverInfo").at("name") == "multiflexi");
    const auto launched = assistant.call("runtemplate_schedule", {{"id", id}});
    REQUIRE_FALSE(launched.contains("isError"));
    const auto& launch_answer = launched.at("structuredContent");
    const auto job = launch_answer.at("job_id").as_int64();
    json::object record;
    REQUIRE(comes_true([&] {
        const auto said = assistant.call("job_get", {{"id", job}, {"output", false}});
        record = said.at("structuredContent").as_object();
        return !record.at("end").is_null();
    }));
    CHECK(record.at("state") == "failed");
    CHECK(record.at("exitcode") == 3);
    const auto read = assistant.ask("resources/read", {{"uri", fmt::format("multiflexi://jobs/{}/output", job)}});
    const auto text = std::string(read.at("result").at("contents").at(0).at("text").as_string());
    CHECK(has(text, "from the job\n"));
    CHECK(has(text, "and its errors\n"));
    const auto listed = assistant.ask("resources/list");
    CHECK(has(to_text(listed), fmt::format("multiflexi://jobs/{}/output", job)));
    const auto prompt =
        assistant.ask("prompts/get", {{"name", "job-failure"}, {"arguments", {{"job", fmt::to_string(job)}}}});
    CHECK(has(to_text(prompt), "from the job"));
    CHECK(assistant.end() == 0);
    // Who did it is known.
    bool is_audited = false;
    for (const auto& entry : it.rows({"audit:list"}))
        is_audited |= text_of(entry.as_object(), "entity") == "job" && text_of(entry.as_object(), "entry") == "mcp";
    CHECK(is_audited);
}

TEST_CASE("an assistant only reads unless it was allowed more, and outlives garbage") {
    Installation it;
    const auto id = it.run_template_of_script("true");
    AssistantOnPipe assistant(it);
    assistant.begin();
    assistant.say("garbage");
    CHECK(assistant.hear().at("error").at("code") == -32700);
    assistant.say("");
    CHECK_FALSE(assistant.has_tool("runtemplate_schedule"));
    CHECK(assistant.has_tool("job_list"));
    const auto refused = assistant.call("runtemplate_schedule", {{"id", id}});
    CHECK(has(to_text(refused), "multiflexi mcp --allow-changes"));
    CHECK(it.rows({"job:list"}).empty());
    assistant.say(std::string(9 << 20, 'x'));
    CHECK(assistant.hear().at("error").at("code") == -32600);
    CHECK(assistant.ask("ping").contains("result"));
    assistant.program().write(R"({"jsonrpc":"2.0","id":"last","method":"ping"})");
    assistant.program().end_input();
    CHECK(assistant.hear().at("id") == "last");
    CHECK(assistant.end() == 0);
}

TEST_CASE("an assistant has the rights of its token, as long as that lasts") {
    Installation it;
    const auto id = it.run_template_of_script("true");
    REQUIRE(it.cli({"user:create", "--login", "alice", "--email", "alice@example.com"}).code == 0);
    REQUIRE(it.cli({"user-company:assign", "--company_id", "1", "--login", "alice", "--role", "viewer"}).code == 0);
    const auto made = it.ask({"token:create", "--name", "robot", "--user", "alice"}).as_object();
    const auto file = it.write("token", text_of(made, "token") + "\n");
    AssistantOnPipe assistant(it, {"--allow-changes", "--token-file", file.string()});
    assistant.begin();
    CHECK(assistant.has_tool("runtemplate_list"));
    CHECK_FALSE(assistant.has_tool("runtemplate_schedule"));
    const auto refused = assistant.call("runtemplate_schedule", {{"id", id}});
    CHECK(has(to_text(refused), "needs the role operator"));
    REQUIRE(it.cli({"token:revoke", "--id", fmt::to_string(number_of(made, "id"))}).code == 0);
    CHECK(has(to_text(assistant.call("runtemplate_list")), "was revoked"));
    CHECK(assistant.end() == 0);
    // With it nothing begins any more.
    AssistantOnPipe late(it, {}, {{"MULTIFLEXI_TOKEN", text_of(made, "token")}});
    CHECK(late.end() == 1);
    CHECK(has(file_content(it.directory() / "assistant.log"), "was revoked"));
}

TEST_CASE("SIGTERM ends a conversation, and so does a wrong option") {
    Installation it;
    AssistantOnPipe assistant(it);
    assistant.begin();
    ::kill(assistant.program().pid(), SIGTERM);
    CHECK(assistant.program().read_line().empty());
    CHECK(assistant.end() == 0);
    for (const Words& words :
         {Words{"--allow"}, Words{"--token-file"}, Words{"--token-file", "-"}, Words{"-e", "/missing"},
          Words{"--listen", "here"}, Words{"--listen", "127.0.0.1:70000"}, Words{"--key", "x"}, Words{"--origin", "x"},
          Words{"--listen", "127.0.0.1:0", "--key", "x"}, Words{"--listen", "127.0.0.1:0", "--token-file", "x"},
          Words{"--listen", "127.0.0.1:0", "--key", "/missing", "--certificate", "/missing"}}) {
        AssistantOnPipe wrong(it, words);
        CHECK(wrong.end() == 1);
    }
}

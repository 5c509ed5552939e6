// SPDX-License-Identifier: MIT
#pragma once

#include "mcp/session.h"
#include "support/desk.h"

namespace mf::testing {

/// An assistant that talks to the installation of a test, with these rights.
struct Assistant : mcp::Host {
    explicit Assistant(Desk& of, Rights rights_of = Rights::unlimited(), mcp::Options with = reading())
        : desk(of), rights(std::move(rights_of)), session(of.operations, std::move(with)) {}

    static mcp::Options reading() { return {.how_to_allow = "Start it with --allow-changes.", .version = "3.0.0"}; }
    static mcp::Options changing() {
        auto out = reading();
        out.changes = mcp::Changes::allow;
        return out;
    }

    Result<Caller> caller() override {
        if (!refusal.empty()) return Error{ErrorCode::forbidden, refusal};
        return Caller{{desk.user, "tester", "mcp"}, rights};
    }
    Result<json::value> perform(const Operation& operation, const json::object& input, const Caller& by) override {
        performed.push_back(operation.name);
        if (fails) throw std::runtime_error("the disk is full of secrets");
        Outside outside{.http = desk.http, .now = desk.moment, .time_limit = std::chrono::seconds(1)};
        auto done =
            perform_on(desk.database, operation, input, by,
                       {.vault = desk.vault, .now = desk.moment, .zone = "UTC", .password_cost = cheap}, outside);
        if (!done) return done.error();
        return std::move(done->answer);
    }
    Timestamp now() override { return moment; }
    Zone zone() override { return Zone::utc(); }

    /// What comes back for a text; null: nothing.
    json::value say(std::string_view text) {
        const auto answer = session.answer_to(text, *this);
        if (!answer) return nullptr;
        if (answer->find('\n') != std::string::npos) throw std::runtime_error("an answer has more than one line");
        return must(parse_json(*answer));
    }
    json::value ask(std::string_view method, json::object params = {}) {
        json::object message{{"jsonrpc", "2.0"}, {"id", ++asked}, {"method", method}};
        if (!params.empty()) message["params"] = std::move(params);
        auto answer = say(to_text(message));
        if (answer.at("id") != asked) throw std::runtime_error("the answer is to another request");
        return answer;
    }
    /// The result of a request that must succeed.
    json::object result(std::string_view method, json::object params = {}) {
        auto answer = ask(method, std::move(params)).as_object();
        if (!answer.contains("result")) throw std::runtime_error(to_text(answer));
        return answer.at("result").as_object();
    }
    /// The error of a request that must fail.
    json::object error(std::string_view method, json::object params = {}) {
        return ask(method, std::move(params)).at("error").as_object();
    }
    json::object begin(std::string_view revision = "2025-06-18") {
        auto said = result("initialize", {{"protocolVersion", revision},
                                          {"capabilities", json::object()},
                                          {"clientInfo", {{"name", "test"}, {"version", "1"}}}});
        say(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
        return said;
    }
    json::object call(std::string_view tool, json::object arguments = {}) {
        return result("tools/call", {{"name", tool}, {"arguments", std::move(arguments)}});
    }
    /// The text of a tool that must say that it failed.
    std::string refused(std::string_view tool, json::object arguments = {}) {
        const auto said = call(tool, std::move(arguments));
        if (!said.contains("isError")) throw std::runtime_error("this was not refused: " + to_text(said));
        return std::string(said.at("content").at(0).at("text").as_string());
    }
    /// Names of all tools, page by page.
    std::vector<std::string> tools() {
        std::vector<std::string> out;
        json::object params;
        for (;;) {
            const auto page = result("tools/list", params);
            for (const auto& tool : page.at("tools").as_array()) out.emplace_back(tool.at("name").as_string());
            if (!page.contains("nextCursor")) return out;
            params = {{"cursor", page.at("nextCursor")}};
        }
    }

    Desk& desk;
    Rights rights;
    Timestamp moment = desk.moment;
    std::string refusal;
    bool fails = false;
    std::vector<std::string> performed;
    std::int64_t asked = 0;
    mcp::Session session;
};

}  // namespace mf::testing

// SPDX-License-Identifier: MIT
#pragma once

#include "cli/runner.h"

#include <deque>
#include <map>

namespace mf::testing {

/// Operations that answer what a test says, and that remember what they were asked.
class FakeBackend final : public Backend {
public:
    using Answer = std::function<Result<json::value>(const json::object&)>;
    struct Asked {
        std::string operation;
        json::object input;
    };

    /// Adds an operation whose input has these fields; "?" in front makes a boolean, "*" a JSON field.
    void offer(std::string name, std::initializer_list<std::string_view> fields, Answer answer) {
        auto& described = fields_.emplace_back();
        for (std::string_view field : fields) {
            FieldType type = FieldType::text;
            if (field.starts_with('?')) type = FieldType::boolean;
            if (field.starts_with('*')) type = FieldType::json;
            if (type != FieldType::text) field.remove_prefix(1);
            described.push_back({.name = field, .type = type});
        }
        auto& entity = entities_.emplace_back(Entity{"input", "Input", described});
        operations_.push_back({.name = name, .summary = "Does " + name, .input = &entity});
        answers_[name] = std::move(answer);
    }
    void offer(std::string name, std::initializer_list<std::string_view> fields, json::value answer) {
        offer(std::move(name), fields, [answer](const json::object&) -> Result<json::value> { return answer; });
    }
    /// With an input that has all that a field may have; it must outlive this.
    void offer_with(std::string name, const Entity& input, json::value answer) {
        offer(name, {}, std::move(answer));
        operations_.back().input = &input;
    }
    void offer(std::string name, std::initializer_list<std::string_view> fields, Error error) {
        offer(std::move(name), fields, [error](const json::object&) -> Result<json::value> { return error; });
    }

    Result<void> use_settings(const std::string& file) override {
        settings = file;
        if (file == "missing.env") return Error{ErrorCode::invalid, "missing.env does not exist."};
        return {};
    }
    void use_token(std::string text) override { token = std::move(text); }
    Result<void> use_server(const ServerAccess& access) override {
        server = access;
        if (access.address == "refused") return Error{ErrorCode::invalid, "That is no server."};
        return {};
    }
    Result<ServerFacts> server_facts() override { return facts; }
    Result<void> sign_in(const PersonalProof& proof) override {
        proofs.push_back(proof);
        if (!code_asked_for.empty() && proof.code != code_asked_for)
            return Error{
                ErrorCode::forbidden, "This account asks for a code.", {{"code", "is missing", "second_factor"}}};
        return {};
    }
    void sign_out() override { signed_out = true; }
    const Operations& operations() override { return operations_; }
    Zone zone() override { return *Zone::named("Europe/Prague"); }
    Timestamp now() override { return current; }

    Result<json::value> run(const Operation& operation, const json::object& input) override {
        opened = true;
        asked.push_back({operation.name, input});
        return answers_.at(operation.name)(input);
    }
    Result<json::value> maintain(const MaintenanceRequest& request, const MaintenanceProgress& progress) override {
        maintained.push_back(request);
        progress("copying", "job", 1200);
        return maintenance;
    }
    Result<void> follow_job(std::int64_t, std::int64_t from, const JobEventSink& sink, std::stop_token) override {
        opened = true;
        followed_from = from;
        if (events.empty()) return Error{ErrorCode::not_found, "no such job"};
        for (const JobEvent& event : events)
            if (!sink(event)) break;
        return {};
    }
    Result<void> read_job_output(std::int64_t job, JobStream stream, const BytesSink& sink) override {
        opened = true;
        const auto found = outputs.find({job, stream});
        if (found == outputs.end()) return Error{ErrorCode::not_found, "no such job"};
        return feed(found->second, sink);
    }
    Result<void> read_artifact(std::int64_t artifact, const BytesSink& sink) override {
        opened = true;
        const auto found = artifacts.find(artifact);
        if (found == artifacts.end()) return Error{ErrorCode::not_found, "no such artifact"};
        auto fed = feed(found->second, sink);
        if (transfer_fails) return Error{ErrorCode::unavailable, "The database went away."};
        return fed;
    }

    std::string settings;
    std::string token;
    std::optional<ServerAccess> server;
    Result<ServerFacts> facts = ServerFacts{.version = "3.0.0", .time_zone = "UTC", .login = "anna"};
    std::vector<PersonalProof> proofs;
    std::string code_asked_for;
    bool signed_out = false;
    std::vector<MaintenanceRequest> maintained;
    Result<json::value> maintenance = Error{ErrorCode::unavailable, "There is no database here."};
    Timestamp current = std::chrono::sys_days{std::chrono::year{2025} / 6 / 15} + std::chrono::hours{10};
    bool opened = false;
    bool transfer_fails = false;
    std::vector<Asked> asked;
    std::vector<JobEvent> events;
    std::int64_t followed_from = -1;
    std::map<std::pair<std::int64_t, JobStream>, std::vector<std::string>> outputs;
    std::map<std::int64_t, std::vector<std::string>> artifacts;

private:
    static Result<void> feed(const std::vector<std::string>& pieces, const BytesSink& sink) {
        for (const std::string& piece : pieces)
            if (!sink(piece)) break;
        return {};
    }

    std::deque<std::vector<Field>> fields_;
    std::deque<Entity> entities_;
    Operations operations_;
    std::map<std::string, Answer> answers_;
};

/// One call of the command line with captured streams.
struct Shell {
    FakeBackend& backend;
    std::string input = {};
    bool terminal = false;
    std::size_t width = 80;
    bool disk_full = false;
    bool reader_gone = false;
    bool typed = false;                   ///< the input is a terminal
    std::deque<std::string> hidden = {};  ///< what is typed without being shown; none is giving up

    std::map<std::string, std::string, std::less<>> variables = {};

    std::string out = {};
    std::string err = {};
    int code = -1;

    Shell& operator()(std::vector<std::string> words) {
        out.clear();
        err.clear();
        std::string rest = input;
        Terminal streams{
            .out = [this](std::string_view text) { return out.append(text), !disk_full; },
            .err = [this](std::string_view text) { return err.append(text), true; },
            .in =
                [&rest](std::size_t limit) {
                    auto piece = rest.substr(0, limit);
                    rest.erase(0, piece.size());
                    return piece;
                },
            .reader_gone = [this] { return reader_gone; },
            .out_is_terminal = terminal,
            .err_is_terminal = terminal,
            .width = width,
            .user = [] { return std::string("alice"); },
            .operating_system = [] { return std::string("Linux 6.1"); },
            .variable = [this](const char* name) -> std::optional<std::string> {
                const auto found = variables.find(name);
                return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            .in_is_terminal = typed,
            .hidden_line = [this](std::string_view question) -> std::optional<std::string> {
                err.append(question);
                if (hidden.empty()) return std::nullopt;
                auto line = std::move(hidden.front());
                hidden.pop_front();
                return line;
            },
        };
        code = run_cli(words, backend, streams);
        return *this;
    }
    json::value document() const {
        auto parsed = parse_json(out);
        return parsed ? *std::move(parsed) : json::value("no JSON: " + out);
    }
    const json::object& last() const { return backend.asked.back().input; }
};

/// The document that was printed, without blanks.
inline std::string compact(const Shell& shell) { return to_text(shell.document()); }

}  // namespace mf::testing

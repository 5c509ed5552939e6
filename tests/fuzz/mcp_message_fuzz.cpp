// SPDX-License-Identifier: MIT
// Messages of an assistant: any bytes are answered by one line of JSON-RPC or by nothing, whatever the operations say.
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "mcp/lines.h"
#include "mcp/session.h"

using namespace mf;
using mf::fuzz::require;

namespace mf {

struct FuzzedInput {
    std::optional<std::int64_t> id, company_id, limit, bytes;
    std::optional<std::string> name, password;
    std::optional<bool> output;
    std::optional<TextMap> config;
};
template <>
const Entity& entity_of<FuzzedInput>() {
    using I = FuzzedInput;
    static constexpr auto fields = fields_of<I>(
        field<&I::id>("id"), field<&I::company_id>("company_id"), field<&I::limit>("limit"), field<&I::bytes>("bytes"),
        field<&I::name>("name"), field<&I::password>("password", {.secret = true}), field<&I::output>("output"),
        field<&I::config>("config"));
    static constexpr Entity entity{"fuzzed", "Fuzzed", fields};
    return entity;
}

}  // namespace mf

namespace {

/// Answers of every shape that an operation could give.
Result<json::value> shaped_answer(std::uint8_t choice) {
    switch (choice % 7) {
        case 0: return json::value(json::object{{"id", 1}, {"code", "acme"}, {"text", std::string(100, 'x')}});
        case 1:
            return json::value(json::array{json::object{{"id", 1}}, json::object{}, json::object{{"id", "\x1b\n"}}});
        case 2: return Error{ErrorCode::not_found, "There is none."};
        case 3: return Error{ErrorCode::invalid, "No.", {{"name", "It is wrong."}}};
        case 4: return json::value(nullptr);
        case 5: return Error{};
        default: throw std::runtime_error("the database is gone");
    }
}

struct FuzzedHost final : mcp::Host {
    std::uint8_t choice = 0;
    Result<Caller> caller() override {
        if (choice % 16 == 15) return Error{ErrorCode::forbidden, "The token was revoked."};
        return Caller{{}, choice % 2 ? Rights::unlimited() : Rights{}};
    }
    Result<json::value> perform(const Operation& operation, const json::object& input, const Caller&) override {
        // Resources rely on the shapes of these.
        if (operation.name == "job:tail")
            return json::value{{"id", 1}, {"skipped", std::int64_t{choice}}, {"output", "text \xff"}};
        if (operation.name.ends_with(":list") && !input.contains("name")) return shaped_answer(1);
        return shaped_answer(choice);
    }
    Timestamp now() override { return Timestamp{std::chrono::milliseconds{1'700'000'000'000 + 1000 * choice}}; }
    Zone zone() override { return Zone::utc(); }
};

Operations fuzzed_operations() {
    Operations out;
    for (const auto* name : {"company:list", "company:get", "job:list", "job:get", "job:tail", "runtemplate:get"})
        out.push_back({.name = name, .route = "GET /x", .summary = "Reads.", .input = &entity_of<FuzzedInput>()});
    out.push_back({.name = "job:delete",
                   .route = "DELETE /x",
                   .summary = "Removes.",
                   .permission = Permission::manage,
                   .access = Access::changes,
                   .input = &entity_of<FuzzedInput>(),
                   .output = &entity_of<FuzzedInput>()});
    out.push_back({.name = "credential:reveal",
                   .route = "POST /x",
                   .summary = "Shows.",
                   .input = &entity_of<FuzzedInput>(),
                   .discloses = Discloses::secret});
    return out;
}

void check_answer(const json::value& answer) {
    if (const auto* batch = answer.if_array()) {
        require(!batch->empty(), "a batch of answers has some");
        for (const auto& each : *batch) check_answer(each);
        return;
    }
    const auto* object = answer.if_object();
    require(object && object->contains("id") && object->contains("jsonrpc"), "an answer is one of JSON-RPC");
    require(object->contains("result") != object->contains("error"), "an answer has either a result or an error");
    if (const auto* error = object->if_contains("error"))
        require(error->at("code").is_int64() && !error->at("message").get_string().empty(), "an error says what it is");
}

}  // namespace

// A byte that chooses the shape of answers, one for the options, then messages on lines.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto operations = fuzzed_operations();
    fuzz::Input input(data, size);
    FuzzedHost host;
    host.choice = input.byte();
    const auto look = input.byte();
    constexpr std::size_t most = 4096;
    mcp::Session session(operations, {.changes = look & 1 ? mcp::Changes::allow : mcp::Changes::refuse,
                                      .tools_per_page = 3,
                                      .usual_records = 2,
                                      .most_text = 60,
                                      .most_message = most});
    mcp::Lines lines(most);
    const std::size_t piece = 1 + look / 2;
    const auto answer_all = [&] {
        while (const auto line = lines.next()) {
            require(line->size() <= most + 1, "a line is bounded");
            const auto answer = session.answer_to(*line, host);
            if (!answer) continue;
            require(answer->find('\n') == std::string::npos, "an answer is one line");
            require(is_utf8(*answer), "an answer is UTF-8");
            const auto parsed = parse_json(*answer);
            require(static_cast<bool>(parsed), "an answer is JSON");
            check_answer(*parsed);
        }
    };
    while (!input.empty()) {
        lines.add(input.take(piece));
        answer_all();
    }
    lines.end();
    answer_all();
    return 0;
}

// SPDX-License-Identifier: MIT
#include "mcp/session.h"

#include "support/assistant.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <thread>

using namespace mf;
using namespace std::chrono_literals;
using testing::Assistant;
using testing::Desk;

TEST_CASE("a session begins with the agreement on a revision") {
    Desk desk;
    struct Wish {
        std::string_view wanted, agreed;
    };
    for (const auto& [wanted, agreed] :
         {Wish{"2024-11-05", "2024-11-05"}, Wish{"2025-03-26", "2025-03-26"}, Wish{"2025-06-18", "2025-06-18"},
          Wish{"2025-11-25", "2025-11-25"}, Wish{"1999-01-01", "2025-11-25"}}) {
        Assistant assistant(desk);
        const auto said = assistant.begin(wanted);
        CHECK(said.at("protocolVersion").as_string() == agreed);
        CHECK(said.at("serverInfo").at("name") == "multiflexi");
        CHECK(said.at("serverInfo").at("version") == "3.0.0");
        CHECK(said.at("serverInfo").as_object().contains("title") == (agreed >= std::string_view("2025-06-18")));
        CHECK(to_text(said.at("capabilities")) ==
              (agreed == std::string_view("2024-11-05")
                   ? R"({"tools":{},"resources":{},"prompts":{}})"
                   : R"({"tools":{},"resources":{},"prompts":{},"completions":{}})"));
        CHECK(assistant.error("initialize", {{"protocolVersion", wanted}}).at("code") == -32600);
    }
}

TEST_CASE("before the agreement there is a ping and nothing else") {
    Desk desk;
    Assistant assistant(desk);
    CHECK(assistant.result("ping").empty());
    for (const auto* method : {"tools/list", "tools/call", "resources/list", "prompts/list", "nonsense"})
        CHECK(assistant.error(method).at("code") == -32600);
    CHECK(assistant.error("initialize").at("code") == -32602);
    CHECK(assistant.error("initialize", {{"protocolVersion", 3}}).at("code") == -32602);
    CHECK(assistant.performed.empty());
    assistant.begin();
    CHECK(assistant.result("ping").empty());
    CHECK(assistant.error("nonsense").at("code") == -32601);
}

TEST_CASE("whatever is no request is refused by its code, or passed over") {
    Desk desk;
    Assistant assistant(desk);
    assistant.begin();
    struct Garbage {
        std::string_view text;
        int code;  // 0: no answer
        std::string_view id = "null";
    };
    const Garbage table[] = {
        {"", -32700},
        {"   ", -32700},
        {"{", -32700},
        {"nonsense", -32700},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x", -32700},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32700},
        {"1", -32600},
        {"null", -32600},
        {"\"ping\"", -32600},
        {"[]", -32600},
        {R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])", -32600},
        {"{}", -32600},
        {R"({"id":1,"method":"ping"})", -32600, "1"},
        {R"({"jsonrpc":"1.0","id":1,"method":"ping"})", -32600, "1"},
        {R"({"jsonrpc":2.0,"id":1,"method":"ping"})", -32600, "1"},
        {R"({"jsonrpc":"2.0","id":1})", -32600, "1"},
        {R"({"jsonrpc":"2.0","id":1,"method":7})", -32600, "1"},
        {R"({"jsonrpc":"2.0","id":null,"method":"ping"})", -32600},
        {R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})", -32600},
        {R"({"jsonrpc":"2.0","id":{},"method":"ping"})", -32600},
        {R"({"jsonrpc":"2.0","id":true,"method":"ping"})", -32600},
        {R"({"jsonrpc":"2.0","id":"a","method":"ping","params":[1]})", -32602, "\"a\""},
        {R"({"jsonrpc":"2.0","id":"a","method":"ping","params":null})", -32602, "\"a\""},
        {R"({"jsonrpc":"2.0","id":2,"method":"Ping"})", -32601, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"logging/setLevel"})", -32601, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"tools/call"})", -32602, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":["job_list"]}})", -32602, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"job:list"}})", -32602, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"job_list","arguments":[]}})", -32602, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"cursor":"nonsense"}})", -32602, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"tools/list","params":{"cursor":1}})", -32602, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"resources/list","params":{"cursor":"companies-after-x"}})", -32602, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"prompts/list","params":{"cursor":"x"}})", -32602, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"resources/read"})", -32602, "2"},
        {R"({"jsonrpc":"2.0","id":2,"method":"prompts/get","params":{"name":"x"}})", -32602, "2"},
        // Notifications and answers are never answered, not even wrong ones.
        {R"({"jsonrpc":"2.0","method":"nonsense"})", 0},
        {R"({"jsonrpc":"2.0","method":"tools/call","params":{"name":"job_list"}})", 0},
        {R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})", 0},
        {R"({"jsonrpc":"2.0","id":9,"result":{}})", 0},
        {R"({"jsonrpc":"2.0","id":9,"error":{"code":1,"message":"x"}})", 0},
    };
    for (const auto& [text, code, id] : table) {
        CAPTURE(std::string(text));
        const auto answer = assistant.say(text);
        CHECK(answer.is_null() == (code == 0));
        if (code == 0) continue;
        CHECK(answer.at("jsonrpc") == "2.0");
        CHECK(answer.at("error").at("code") == code);
        CHECK(answer.at("error").at("message").as_string().ends_with("."));
        CHECK(to_text(answer.at("id")) == id);
    }
    CHECK(assistant.performed.empty());
}

TEST_CASE("ids come back as they were") {
    Desk desk;
    Assistant assistant(desk);
    for (const auto* id : {"0", "-3", "9223372036854775807", "18446744073709551615", R"("")", R"("\u0000\n")"})
        CHECK(to_text(assistant.say(fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"ping"}})", id)).at("id")) == id);
}

TEST_CASE("size and nesting of a message are bounded") {
    Desk desk;
    auto options = Assistant::reading();
    options.most_message = 1000;
    Assistant assistant(desk, Rights::unlimited(), options);
    CHECK(assistant.say(std::string(1001, ' ')).at("error").at("code") == -32600);
    CHECK(assistant.say(std::string(400, '[') + std::string(400, ']')).at("error").at("code") == -32700);
    const auto nested = std::string(60, '[') + std::string(60, ']');
    assistant.begin();
    CHECK(assistant.say(fmt::format(R"({{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":{}}}}})", nested))
              .as_object()
              .contains("result"));
}

TEST_CASE("the revision that has batches takes them") {
    Desk desk;
    Assistant assistant(desk);
    assistant.begin("2025-03-26");
    const auto answers = assistant.say(
        R"([{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},)"
        R"(7,{"jsonrpc":"2.0","id":"b","method":"nonsense"}])");
    REQUIRE(answers.as_array().size() == 3);
    CHECK(answers.at(0).at("id") == 1);
    CHECK(answers.at(1).at("error").at("code") == -32600);
    CHECK(answers.at(2).at("error").at("code") == -32601);
    CHECK(assistant.say(R"([{"jsonrpc":"2.0","method":"x"}])").is_null());
    CHECK(assistant.say("[]").at("error").at("code") == -32600);
    std::string many = "[7";
    for (int i = 0; i < 50; ++i) many += ",7";
    CHECK(assistant.say(many + "]").at("error").at("code") == -32600);
}

TEST_CASE("what goes wrong inside is answered without its details") {
    Desk desk;
    Assistant assistant(desk);
    assistant.begin();
    assistant.fails = true;
    const auto error = assistant.error("tools/call", {{"name", "job_list"}});
    CHECK(error.at("code") == -32603);
    CHECK(to_text(error).find("secrets") == std::string::npos);
}

TEST_CASE("whoever may not ask any more is told so with each request") {
    Desk desk;
    Assistant assistant(desk);
    assistant.begin();
    assistant.refusal = "The token was revoked.";
    CHECK(assistant.refused("job_list") == "The token was revoked.");
    CHECK(assistant.error("tools/list").at("message") == "The token was revoked.");
    CHECK(assistant.error("resources/read", {{"uri", "multiflexi://jobs/1"}}).at("code") == -32603);
    CHECK(assistant.performed.empty());
}

TEST_CASE("requests in a minute are bounded") {
    Desk desk;
    auto options = Assistant::reading();
    options.calls_per_minute = 6;
    Assistant assistant(desk, Rights::unlimited(), options);
    assistant.begin();
    for (int i = 0; i < 6; ++i) CHECK_FALSE(assistant.call("job_status").contains("isError"));
    CHECK(assistant.refused("job_status") == "There were too many requests in the last minute. Wait 10 s.");
    CHECK(assistant.error("resources/list").at("code") == -32603);
    CHECK(assistant.result("ping").empty());
    assistant.moment += 10s;
    CHECK_FALSE(assistant.call("job_status").contains("isError"));
    CHECK(assistant.refused("job_status") == "There were too many requests in the last minute. Wait 10 s.");
    // A clock that is set back.
    assistant.moment -= 24h;
    CHECK_FALSE(assistant.call("job_status").contains("isError"));
}

TEST_CASE("a session is used by several threads at once") {
    Desk desk;
    Assistant assistant(desk);
    assistant.begin();
    std::atomic<int> wrong = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&, thread] {
                // The host of the other tests remembers what was asked, so each thread has one of its own.
                Assistant own(desk);
                for (int i = 0; i < 25; ++i) {
                    const auto id = 1000 * thread + i;
                    const auto method = i % 2 ? "tools/list" : "ping";
                    const auto answer = assistant.session.answer_to(
                        fmt::format(R"({{"jsonrpc":"2.0","id":{},"method":"{}"}})", id, method), own);
                    if (!answer || answer->find(fmt::format("\"id\":{},\"result\"", id)) == std::string::npos) ++wrong;
                }
            });
    }
    CHECK(wrong == 0);
}

// SPDX-License-Identifier: MIT
#include "net/server/session.h"

#include "support/session_double.h"

#include <doctest/doctest.h>

using namespace mf;
using namespace mf::http;
using namespace std::chrono_literals;
using testing::SessionDouble;

namespace {

constexpr std::string_view get_a = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

Response echo_of(const Request& request) {
    return response(200, "text/plain", request.method + " " + request.path + " " + request.body + ".");
}

ServerOptions options_of_session() {
    ServerOptions options;
    options.limits.head_time = 10s;
    options.limits.progress_time = 20s;
    options.limits.least_progress = 100;
    options.limits.idle_time = 60s;
    options.limits.linger_time = 2s;
    options.limits.requests_per_connection = 3;
    options.heartbeat = 15s;
    return options;
}

class CountingSource final : public BodySource {
public:
    CountingSource(std::size_t bytes, std::size_t& read, bool knows_size)
        : left_(bytes), read_(read), knows_size_(knows_size) {}
    std::optional<std::uint64_t> size() const override {
        return knows_size_ ? std::optional<std::uint64_t>(left_) : std::nullopt;
    }
    Result<std::size_t> read(std::span<char> into) override {
        const auto count = std::min(into.size(), left_);
        std::fill_n(into.begin(), count, 'x');
        left_ -= count;
        read_ += count;
        return count;
    }

private:
    std::size_t left_;
    std::size_t& read_;
    const bool knows_size_;
};

Response answer_with(std::unique_ptr<BodySource> source) {
    Response answer;
    answer.source = std::move(source);
    return answer;
}

bool starts_with_status(std::string_view said, int status) {
    return said.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

}  // namespace

TEST_CASE("an idle connection ends without a word") {
    SessionDouble world(echo_of, options_of_session());
    SUBCASE("before the first request") {
        world.pass(9s);
        CHECK(!world.session.is_done());
        world.pass(1s);
    }
    SUBCASE("after a request it may be idle longer") {
        world.send(get_a);
        CHECK(starts_with_status(world.said(), 200));
        world.pass(59s);
        CHECK(!world.session.is_done());
        world.pass(1s);
    }
    CHECK(world.session.is_done());
    CHECK(world.said().empty());
}

TEST_CASE("a slow head is refused, however steadily it comes") {
    SessionDouble world(echo_of, options_of_session());
    world.send(get_a);
    world.said();
    world.pass(50s);
    for (int i = 0; i < 9; ++i) {
        world.send(get_a.substr(static_cast<std::size_t>(i), 1));
        world.pass(1s);
    }
    CHECK(world.said().empty());
    world.pass(1s);
    CHECK(starts_with_status(world.said(), 408));
    CHECK(world.ends.server_ended);
    world.pass(2s);
    CHECK(world.session.is_done());
    REQUIRE(world.records.size() == 2);
    CHECK(world.records[1].status == 408);
    CHECK(world.records[1].path.empty());
}

TEST_CASE("a body must make progress") {
    SessionDouble world(echo_of, options_of_session());
    world.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 3; ++i) {
        world.send(std::string(100, 'b'));
        world.pass(20s);
        CHECK(world.said().empty());
    }
    world.send(std::string(99, 'b'));
    CHECK(world.shared.body_bytes == 399);
    world.pass(20s);
    CHECK(starts_with_status(world.said(), 408));
    CHECK(world.shared.body_bytes == 0);
    CHECK(world.handled == 0);
}

TEST_CASE("a client must take its answer") {
    SessionDouble world([](const Request&) { return response(200, "text/plain", std::string(1000, 'a')); },
                        options_of_session());
    world.ends.window = 300;
    world.send(get_a);
    CHECK(world.session.wants_write());
    CHECK(!world.session.wants_read());
    world.pass(20s);
    CHECK(!world.session.is_done());
    world.ends.window = 99;
    world.session.advance(world.now);
    world.pass(20s);
    CHECK(world.session.is_done());
    REQUIRE(world.records.size() == 1);
    CHECK(world.records[0].was_cut);
    CHECK(world.records[0].response_bytes == 399);
}

TEST_CASE("a source is read no faster than the client takes it") {
    std::size_t read = 0;
    bool knows_size = false;
    SUBCASE("of known length") { knows_size = true; }
    SUBCASE("of unknown length") {}
    SessionDouble world(
        [&](const Request&) { return answer_with(std::make_unique<CountingSource>(10'500, read, knows_size)); },
        options_of_session());
    world.ends.window = 1500;
    world.send(get_a);
    CHECK(read == 2000);
    world.ends.window = std::string::npos;
    world.session.advance(world.now);
    world.work_off();
    CHECK(read == 10'500);
    const auto said = world.said();
    CHECK(std::ranges::count(said, 'x') >= 10'500);
    CHECK(said.ends_with(knows_size ? "xxx" : "\r\n0\r\n\r\n"));
    CHECK(!world.ends.server_ended);
}

TEST_CASE("a source that breaks its promise breaks the connection") {
    std::size_t read = 0;
    SessionDouble world(
        [&](const Request&) {
            return answer_with(first_bytes(std::make_unique<CountingSource>(500, read, true), 501));
        },
        options_of_session());
    world.send(get_a);
    CHECK(world.session.is_done());
    REQUIRE(world.records.size() == 1);
    CHECK(world.records[0].was_cut);
}

TEST_CASE("HTTP/1.0 gets no chunks") {
    std::size_t read = 0;
    SessionDouble world([&](const Request&) { return answer_with(std::make_unique<CountingSource>(5, read, false)); },
                        options_of_session());
    world.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto said = world.said();
    CHECK(said.find("Transfer-Encoding") == std::string::npos);
    CHECK(said.find("Connection: close\r\n") != std::string::npos);
    CHECK(said.ends_with("\r\n\r\nxxxxx"));
    CHECK(world.ends.server_ended);
}

TEST_CASE("pipelined requests are answered in order, and as many as a connection may have") {
    SessionDouble world(echo_of, options_of_session());
    world.send(
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
        "GET /3 HTTP/1.1\r\nHost: x\r\n\r\nGET /4 HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto said = world.said();
    const auto first = said.find("GET /1 ."), second = said.find("POST /2 hi."), third = said.find("GET /3 .");
    CHECK(first < second);
    CHECK(second < third);
    CHECK(third != std::string::npos);
    CHECK(said.find("Connection: close") > second);
    CHECK(world.handled == 3);
    CHECK(world.ends.server_ended);
}

TEST_CASE("a client that sends on after the end is not read for ever") {
    SessionDouble world(echo_of, options_of_session());
    world.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(!world.session.is_done());
    SUBCASE("by bytes") { world.send(std::string(2 << 20, 'x')); }
    SUBCASE("by time") { world.pass(2s); }
    SUBCASE("it ends") {
        world.ends.client_ended = true;
        world.session.advance(world.now);
    }
    CHECK(world.session.is_done());
    CHECK(world.handled == 1);
}

TEST_CASE("who has ended its side still gets its answer") {
    SessionDouble world(echo_of, options_of_session());
    world.ends.client_ended = true;
    world.send(get_a);
    CHECK(world.said().ends_with("GET /a ."));
    CHECK(world.session.is_done());
}

TEST_CASE("draining") {
    SessionDouble world(echo_of, options_of_session());
    SUBCASE("an idle connection ends") {
        world.session.drain(world.now);
        CHECK(world.session.is_done());
    }
    SUBCASE("a request that has begun is answered") {
        world.send(get_a.substr(0, 10));
        world.session.drain(world.now);
        CHECK(!world.ends.server_ended);
        world.send(get_a.substr(10));
        const auto said = world.said();
        CHECK(said.find("Connection: close\r\n") != std::string::npos);
        CHECK(said.ends_with("GET /a ."));
        CHECK(world.ends.server_ended);
    }
    SUBCASE("an answer that was promised more says close, too") {
        world.ends.to_server = get_a;
        world.session.advance(world.now);
        world.session.drain(world.now);
        world.work_off();
        const auto said = world.said();
        CHECK(said.find("\r\nConnection: close\r\n\r\n") != std::string::npos);
        CHECK(world.ends.server_ended);
    }
}

TEST_CASE("viewers of events") {
    const auto stream = std::make_shared<EventStream>(1000);
    bool gone = false;
    stream->when_gone([&] { gone = true; });
    stream->send("data: early\n\n");
    SessionDouble world(
        [&](const Request&) {
            Response answer;
            answer.events = stream;
            return answer;
        },
        options_of_session());
    world.send(get_a);
    const auto head = world.said();
    CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(head.find("Content-Length") == std::string::npos);
    CHECK(head.ends_with("\r\n\r\ndata: early\n\n"));
    CHECK(world.shared.viewers == 1);

    // No return from a subcase: those behind it would never be found.
    bool stays = false, lingers = false;
    SUBCASE("get a heartbeat when nothing happens") {
        world.pass(14s);
        CHECK(world.said().empty());
        world.pass(1s);
        CHECK(world.said() == ":\n\n");
        world.pass(10s);
        stream->send("data: 1\n\n");
        world.work_off();
        CHECK(world.said() == "data: 1\n\n");
        world.pass(14s);
        CHECK(world.said().empty());
        CHECK(!gone);
        stays = true;
    }
    SUBCASE("go") {
        world.ends.client_ended = true;
        world.session.advance(world.now);
    }
    SUBCASE("are sent away when they take nothing") {
        world.ends.window = 100;
        CHECK(stream->send(std::string(900, 'a')));
        world.work_off();
        CHECK(stream->send(std::string(900, 'b')));
        CHECK(!stream->send(std::string(900, 'c')));
        world.work_off();
        CHECK(world.said().find('b') == std::string::npos);
    }
    SUBCASE("are sent away when they take too little") {
        world.ends.window = 50;
        CHECK(stream->send(std::string(900, 'a')));
        world.work_off();
        world.pass(20s);
    }
    SUBCASE("see the end after everything else") {
        stream->send("data: last\n\n");
        stream->end();
        world.work_off();
        CHECK(world.said() == "data: last\n\n");
        CHECK(world.ends.server_ended);
        lingers = true;
    }
    SUBCASE("hear that the server stops") {
        world.session.drain(world.now);
        CHECK(world.said() == world.options.events_goodbye);
        CHECK(world.ends.server_ended);
        lingers = true;
    }
    CHECK(gone == !stays);
    CHECK(world.session.is_done() == (!stays && !lingers));
    CHECK(world.shared.viewers == (stays ? 1 : 0));
    CHECK(stream->send("data: 2\n\n") == stays);
}

TEST_CASE("bodies of all connections together are bounded") {
    auto options = options_of_session();
    options.limits.bodies_bytes = 1000;
    SessionDouble world(echo_of, options);
    world.shared.body_bytes = 900;
    world.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n" + std::string(100, 'a'));
    CHECK(world.said().empty());
    world.send("a");
    const auto said = world.said();
    CHECK(starts_with_status(said, 503));
    CHECK(said.find("Retry-After: 1\r\n") != std::string::npos);
    CHECK(world.shared.body_bytes == 900);
}

TEST_CASE("the access record has no query and no more than a line of the agent") {
    auto options = options_of_session();
    options.trusted_proxies = *AddressRanges::read("10.0.0.1");
    SessionDouble world(echo_of, options, {.address = IpAddress::read("10.0.0.1")});
    world.send("POST /a%20b?token=secret HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nUser-Agent: " +
               std::string(500, 'u') + "\r\nContent-Length: 2\r\n\r\nhi");
    REQUIRE(world.records.size() == 1);
    const auto& record = world.records[0];
    CHECK(record.client == "203.0.113.9");
    CHECK(record.method == "POST");
    CHECK(record.path == "/a%20b");
    CHECK(record.status == 200);
    CHECK(record.request_bytes == 2);
    CHECK(record.response_bytes == world.said().size());
    CHECK(record.user_agent.size() == 200);
    CHECK(!record.was_cut);
}

TEST_CASE("100-continue is said when the body may come, and only then") {
    auto options = options_of_session();
    options.body_limit = [](const Request& request) { return request.path == "/big" ? 1000u : 10u; };
    SessionDouble world(echo_of, options);
    const auto expecting = [](std::string_view path, int length) {
        return "POST " + std::string(path) +
               " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
    };
    SUBCASE("it may") {
        world.send(expecting("/big", 20));
        CHECK(world.said() == "HTTP/1.1 100 Continue\r\n\r\n");
        world.send(std::string(20, 'a'));
        CHECK(starts_with_status(world.said(), 200));
    }
    SUBCASE("it may not") {
        world.send(expecting("/small", 20));
        CHECK(starts_with_status(world.said(), 413));
        CHECK(world.handled == 0);
        CHECK(world.ends.server_ended);
    }
    SUBCASE("it is there already") {
        world.send(expecting("/small", 5) + "hello");
        CHECK(starts_with_status(world.said(), 200));
    }
    SUBCASE("there is none") {
        world.send(expecting("/small", 0));
        CHECK(starts_with_status(world.said(), 200));
    }
}

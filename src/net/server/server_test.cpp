// SPDX-License-Identifier: MIT
#include "net/server/server.h"

#include "net/server/body_source.h"
#include "net/server/server_test.h"
#include "support/raw_client.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <atomic>

using namespace mf;
using namespace mf::http;
using namespace mf::http::testing_server;
using namespace std::chrono_literals;
using testing::RawClient;
using testing::wait_for;

TEST_CASE("requests are answered, one connection after the other or at once") {
    RunningServer running(loopback_options(), say_path);
    RawClient one(running.port()), other(running.port());
    for (int i = 0; i < 5; ++i) {
        const auto path = "/" + std::to_string(i);
        CHECK(one.ask(get_of(path)).body == path);
        CHECK(other.ask(get_of(path + "b")).body == path + "b");
    }
    CHECK(running.server.connections() == 2);
    std::string many;
    for (int i = 0; i < 500; ++i) many += get_of("/" + std::to_string(i));
    one.send(many);
    for (int i = 0; i < 500; ++i) {
        const auto answer = one.answer();
        REQUIRE(answer.body == "/" + std::to_string(i));
    }
    const auto answer = one.ask(get_of("/", "Connection: close\r\n"));
    CHECK(answer.header("connection") == "close");
    CHECK(!answer.header("date").empty());
    CHECK(answer.header("server") == "MultiFlexi");
    CHECK(one.rest().empty());
}

TEST_CASE("HEAD and OPTIONS are the handler's") {
    RunningServer running(loopback_options(), [](const Request& request) {
        return request.method == "OPTIONS" ? Response{.status = 204, .headers = {{"Allow", "GET"}}}
                                           : response(200, "text/plain", request.method);
    });
    RawClient client(running.port());
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto head = client.answer(true);
    CHECK(head.header("content-length") == "4");
    const auto options = client.ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(options.status == 204);
    CHECK(options.header("allow") == "GET");
    CHECK(options.header("content-length").empty());
    CHECK(client.ask("BREW / HTTP/1.1\r\nHost: x\r\n\r\n").body == "BREW");
    CHECK(client.ask("TRACE / HTTP/1.1\r\nHost: x\r\n\r\n").status == 405);
    CHECK(client.rest().empty());
}

TEST_CASE("HTTP/1.0 keeps the connection when it is asked to") {
    RunningServer running(loopback_options(), say_path);
    RawClient client(running.port());
    CHECK(client.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").header("connection") == "keep-alive");
    CHECK(client.ask("GET /b HTTP/1.0\r\n\r\n").header("connection") == "close");
    CHECK(client.rest().empty());
}

TEST_CASE("a refused request ends the connection, and what is behind it never reaches the handler") {
    std::atomic<int> handled = 0;
    RunningServer running(loopback_options(), [&](const Request&) {
        ++handled;
        return response(200, "text/plain", "");
    });
    for (const std::string_view bytes : {
             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG",
             "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
             "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
             "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
             "GET / HTTP/1.1\nHost: x\n\n",
             "GET / HTTP/1.1\r\n\r\n",
             "\x16\x03\x01\x02",
             "SSH-2.0-OpenSSH_9.2\r\n\r\n",
         }) {
        RawClient client(running.port());
        const auto answer = client.ask(std::string(bytes) + std::string(get_root) + std::string(get_root));
        CHECK_MESSAGE(answer.status >= 400, bytes);
        CHECK(answer.header("connection") == "close");
        CHECK(client.rest().empty());
    }
    CHECK(handled == 0);
}

TEST_CASE("long answers and sources come out whole") {
    const std::string text(5'000'000, 'z');
    class Repeated final : public BodySource {
    public:
        explicit Repeated(std::size_t size) : left_(size) {}
        Result<std::size_t> read(std::span<char> into) override {
            const auto count = std::min(left_, into.size());
            std::fill_n(into.begin(), count, 'z');
            left_ -= count;
            return count;
        }

    private:
        std::size_t left_;
    };
    RunningServer running(loopback_options(), [&](const Request& request) {
        if (request.path == "/text") return response(200, "application/octet-stream", text);
        Response answer;
        answer.source = std::make_unique<Repeated>(text.size());
        return answer;
    });
    RawClient client(running.port());
    CHECK(client.ask(get_of("/text")).body == text);
    const auto streamed = client.ask(get_of("/source"));
    CHECK(streamed.header("transfer-encoding") == "chunked");
    CHECK(streamed.body == text);
    CHECK(client.ask(get_of("/text")).is_complete);
}

TEST_CASE("answers are compressed for those who ask") {
    RunningServer running(loopback_options(), [&](const Request&) {
        auto answer = response(200, "application/json", std::string(10'000, ' '));
        answer.headers.add("ETag", "\"1\"");
        return answer;
    });
    RawClient client(running.port());
    const auto packed = client.ask(get_of("/", "Accept-Encoding: br, gzip\r\n"));
    CHECK(packed.header("content-encoding") == "gzip");
    CHECK(packed.header("vary") == "Accept-Encoding");
    CHECK(packed.header("etag") == "W/\"1\"");
    CHECK(packed.body.size() < 200);
    const auto plain = client.ask(get_of("/", "Accept-Encoding: gzip;q=0\r\n"));
    CHECK(plain.header("content-encoding").empty());
    CHECK(plain.header("vary") == "Accept-Encoding");
    CHECK(plain.body.size() == 10'000);
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
    const auto head = client.answer(true);
    CHECK(head.header("content-encoding") == "gzip");
    CHECK(head.header("content-length").empty());
}

TEST_CASE("a handler that fails is an error of the server") {
    RunningServer running(loopback_options(), [&](const Request& request) -> Response {
        if (request.path == "/throws") throw std::runtime_error("the secret reason");
        if (request.path == "/odd") throw 7;
        if (request.path == "/status") return {.status = 99};
        if (request.path == "/upgrade") return {.headers = {{"Connection", "Upgrade"}}};
        if (request.path == "/length") return {.headers = {{"content-length", "5"}}};
        return {.headers = {{"X-Name", request.query_value("name").value_or("") == "" ? "a\r\nX-Evil: 1" : "b"}}};
    });
    RawClient client(running.port());
    for (const char* path : {"/throws", "/odd", "/status", "/upgrade", "/length", "/split"}) {
        const auto answer = client.ask(get_of(path));
        CHECK_MESSAGE(answer.status == 500, path);
        CHECK(answer.body.find("secret") == std::string::npos);
        CHECK(answer.header("x-evil").empty());
    }
    CHECK(client.ask(get_of("/split?name=b")).header("x-name") == "b");
}

TEST_CASE("a server may end while clients are there, or before anything") {
    std::unique_ptr<RawClient> idle, begun;
    {
        RunningServer running(loopback_options(), say_path);
        idle = std::make_unique<RawClient>(running.port());
        begun = std::make_unique<RawClient>(running.port());
        CHECK(idle->ask(get_root).status == 200);
        begun->send("GET /");
    }
    CHECK(idle->rest().empty());
    CHECK(begun->rest().empty());
    Server never_started(loopback_options(), say_path);
    never_started.drain(1s);
}

TEST_CASE("Unix sockets") {
    const testing::TemporaryDirectory directory;
    const std::string path = (directory.path() / "server.socket").string();
    auto options = loopback_options();
    options.listen.push_back({.host = "unix:" + path});
    options.trusted_proxies = *AddressRanges::read("unix");
    options.limits.connections_per_address = 1;
    const auto handler = [](const Request& request) {
        CHECK(request.peer_user == ::geteuid());
        return response(200, "text/plain", request.client + "|" + request.peer + "|" + (request.secure ? "s" : "-"));
    };
    {
        RunningServer running(options, handler);
        CHECK(running.server.ports().at(1) == 0);
        struct stat file {};
        REQUIRE(::stat(path.c_str(), &file) == 0);
        CHECK((file.st_mode & 0777) == 0660);
        RawClient client(path), other(path);
        CHECK(client.ask(get_root).body == "||-");
        CHECK(other.ask(get_of("/", "Forwarded: for=203.0.113.9;proto=https\r\n")).body == "203.0.113.9||s");
        Server second(options, handler);
        const auto refused = second.start();
        REQUIRE(!refused);
        CHECK(refused.error().message.find(path) != std::string::npos);
    }
    CHECK(::access(path.c_str(), F_OK) != 0);
    // One that was left over.
    {
        const Descriptor leftover(::socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(::bind(leftover.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }
    RunningServer again(options, handler);
    CHECK(RawClient(path).ask(get_root).status == 200);
}

TEST_CASE("what cannot be listened on is named") {
    RunningServer running(loopback_options(), say_path);
    for (const auto& [endpoint, words] : std::initializer_list<std::pair<Endpoint, std::string>>{
             {{.host = "127.0.0.1", .port = running.port()}, "Another program listens there"},
             {{.host = "localhost"}, "numeric address"},
             {{.host = "127.0.0.1", .port = 70'000}, "70000"},
             {{.host = "192.0.2.1", .port = 0}, "does not have the address"},
             {{.host = "unix:"}, "Unix socket"},
             {{.host = "unix:/nowhere/at/all"}, "/nowhere/at/all"}}) {
        ServerOptions options;
        options.listen = {endpoint};
        Server server(options, say_path);
        const auto started = server.start();
        REQUIRE(!started);
        CHECK_MESSAGE(started.error().message.find(words) != std::string::npos, started.error().message);
    }
}

TEST_CASE("the access log gets each request, and its failures hurt nobody") {
    std::mutex mutex;
    std::vector<AccessRecord> records;
    auto options = loopback_options();
    options.access_log = [&](const AccessRecord& record) {
        const std::lock_guard lock(mutex);
        records.push_back(record);
        log_access(record);
        throw std::runtime_error("the log is full");
    };
    {
        RunningServer running(options, say_path);
        RawClient client(running.port());
        CHECK(client.ask(get_of("/a?token=secret")).status == 200);
        CHECK(client.ask("nonsense\r\n\r\n").status == 400);
    }
    REQUIRE(records.size() == 2);
    CHECK(records[0].client == "127.0.0.1");
    CHECK(records[0].path == "/a");
    CHECK(records[1].status == 400);
    CHECK(records[1].method.empty());
}

// SPDX-License-Identifier: MIT
#include "net/http_client.h"
#include "support/http_double.h"
#include "support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <cstdlib>
#include <fstream>
#include <future>

using namespace mf;
using namespace mf::testing;
using namespace std::chrono_literals;

namespace {

/// A variable of this program's environment for one test.
class EnvironmentOfTest {
public:
    EnvironmentOfTest(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
    ~EnvironmentOfTest() { unsetenv(name_); }

private:
    const char* const name_;
};

}  // namespace

TEST_CASE("a request arrives as it was meant, and so does the reply") {
    HttpDouble server([](const DoubleRequest& request) {
        return DoubleReply{.status = 201, .body = "<" + request.body + ">", .headers = {{"X-Kind", "first"}}};
    });
    CurlClient client;
    const auto reply = client.send({.method = "PUT",
                                    .url = server.url() + "/a%2Fb?c=d",
                                    .headers = {{"X-Asked", "yes"}, {"X-Empty", ""}},
                                    .body = std::string("a\0b", 3)});
    REQUIRE(reply);
    CHECK(reply->status == 201);
    CHECK(reply->body == std::string("<a\0b>", 5));
    CHECK(reply->header("x-kind") == "first");
    CHECK(reply->header("x-none").empty());
    const auto seen = server.requests().at(0);
    CHECK(seen.method == "PUT");
    CHECK(seen.target == "/a%2Fb?c=d");
    CHECK(seen.header("x-asked") == "yes");
    CHECK(seen.headers.contains("x-empty"));
    CHECK(!seen.headers.contains("content-type"));
    CHECK(!seen.headers.contains("expect"));
    CHECK(seen.header("user-agent").starts_with("MultiFlexi/"));
}

TEST_CASE("methods with and without bodies") {
    HttpDouble server([](const DoubleRequest& request) { return DoubleReply{.body = request.method}; });
    CurlClient client;
    CHECK(client.send({.url = server.url()})->body == "GET");
    CHECK(client.send({.method = "POST", .url = server.url()})->body == "POST");
    CHECK(client.send({.method = "DELETE", .url = server.url()})->body == "DELETE");
    const auto head = client.send({.method = "HEAD", .url = server.url()});
    REQUIRE(head);
    CHECK(head->status == 200);
    CHECK(head->body.empty());
    CHECK(server.requests().at(1).header("content-length") == "0");
    CHECK(server.requests().at(3).method == "HEAD");
    CHECK_MESSAGE(server.connections() == 1, "the connection is used again");
}

TEST_CASE("redirections are replies") {
    HttpDouble server([](const DoubleRequest&) {
        return DoubleReply{.status = 302, .headers = {{"Location", "http://elsewhere.example/"}}};
    });
    CurlClient client;
    const auto reply = client.send({.url = server.url()});
    REQUIRE(reply);
    CHECK(reply->status == 302);
    CHECK(server.requests().size() == 1);
}

TEST_CASE("an account in the address becomes basic authentication") {
    HttpDouble server([](const DoubleRequest&) { return DoubleReply{}; });
    CurlClient client;
    REQUIRE(client.send({.url = fmt::format("http://user:pass@127.0.0.1:{}/", server.port())}));
    CHECK(server.requests().at(0).header("authorization") == "Basic dXNlcjpwYXNz");
}

TEST_CASE("requests of several threads do not mix") {
    HttpDouble server([](const DoubleRequest& request) { return DoubleReply{.body = request.target}; });
    CurlClient client;
    std::vector<std::future<int>> workers;
    for (int worker = 0; worker < 8; ++worker)
        workers.push_back(std::async(std::launch::async, [&, worker] {
            int right = 0;
            for (int i = 0; i < 20; ++i) {
                const auto path = fmt::format("/{}/{}", worker, i);
                const auto reply = client.send({.url = server.url() + path});
                right += reply && reply->body == path;
            }
            return right;
        }));
    for (auto& worker : workers) CHECK(worker.get() == 20);
    CHECK(server.connections() <= 8);
}

TEST_CASE("an interim reply is none") {
    HttpDouble server([](const DoubleRequest&) {
        return DoubleReply{.raw =
                               "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 1\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"};
    });
    CurlClient client;
    const auto reply = client.send({.url = server.url()});
    REQUIRE(reply);
    CHECK(reply->status == 200);
    CHECK(reply->body == "abc");
    CHECK(reply->header("X-Early").empty());
    CHECK(reply->header("X-Late") == "1");
}

TEST_CASE("failures are sentences without anything secret") {
    const DeafPort nobody;
    CurlClient client;
    const auto failure = [&](HttpRequest request) {
        request.headers = {{"Authorization", "secret-header"}};
        request.body = "secret-body";
        request.method = "POST";
        const auto reply = client.send(request);
        REQUIRE(!reply);
        CHECK(reply.error().code == ErrorCode::unavailable);
        CHECK(reply.error().message.find("secret") == std::string::npos);
        return reply.error().message;
    };
    SUBCASE("nobody listens") {
        CHECK(failure({.url = fmt::format("http://secret:secret@127.0.0.1:{}/secret?secret", nobody.port())}) ==
              fmt::format("http://127.0.0.1:{} cannot be reached: no connection (Connection refused).", nobody.port()));
    }
    SUBCASE("the name is not known") {
        CHECK(failure({.url = "http://no-such-host.invalid/secret"}) ==
              "http://no-such-host.invalid cannot be reached: nobody knows a host of this name.");
    }
    SUBCASE("the connection is closed") {
        HttpDouble server([](const DoubleRequest&) {
            return DoubleReply{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"};
        });
        CHECK(failure({.url = server.url() + "/secret"}) ==
              server.url() + " cannot be reached: the connection was closed before the answer was complete.");
    }
    SUBCASE("that is not HTTP") {
        HttpDouble server([](const DoubleRequest&) { return DoubleReply{.raw = "220 secret mail\r\n"}; });
        CHECK(failure({.url = server.url() + "/secret"}) ==
              server.url() + " cannot be reached: what it answers is not HTTP.");
    }
    SUBCASE("the reply is too long") {
        HttpDouble server([](const DoubleRequest&) { return DoubleReply{.body = std::string(101, 'x')}; });
        CHECK(failure({.url = server.url(), .most_bytes = 100}) ==
              server.url() + " cannot be reached: it sends more than 100 bytes.");
        CHECK(client.send({.url = server.url(), .most_bytes = 101}));
    }
    SUBCASE("the headers are too long") {
        HttpDouble server([](const DoubleRequest&) {
            DoubleReply reply;
            for (int i = 0; i < 300; ++i) reply.headers.emplace_back("X", std::string(1000, 'x'));
            return reply;
        });
        CHECK(failure({.url = server.url()}) == server.url() + " cannot be reached: it sends more than 262144 bytes.");
    }
    SUBCASE("a link-local address") {
        CHECK(failure({.url = "http://169.254.169.254/secret"}).find("link-local") != std::string::npos);
        CHECK(failure({.url = "http://[::ffff:169.254.169.254]/secret"}).find("link-local") != std::string::npos);
        CHECK(failure({.url = "http://0xa9fea9fe/secret"}).find("link-local") != std::string::npos);
    }
}

TEST_CASE("the time limit is kept, and a request to stop needs no time limit") {
    std::promise<void> end;
    std::promise<void> asked;
    HttpDouble server([&, waiting = end.get_future().share()](const DoubleRequest& request) {
        if (request.target == "/stop") asked.set_value();
        if (request.target != "/quick") waiting.wait();
        return DoubleReply{};
    });
    CurlClient client;
    SUBCASE("time limit") {
        const auto reply = client.send({.url = server.url(), .timeout = 50ms});
        REQUIRE(!reply);
        CHECK(reply.error().code == ErrorCode::unavailable);
        CHECK(reply.error().message ==
              server.url() + " cannot be reached: there was no complete answer within 0.05 seconds.");
    }
    SUBCASE("stop") {
        // On a connection that is there already libcurl has no reason of its own to wake up.
        REQUIRE(client.send({.url = server.url() + "/quick"}));
        std::stop_source stop;
        auto reply = std::async(std::launch::async, [&] {
            return client.send({.url = server.url() + "/stop", .timeout = 24h, .stop = stop.get_token()});
        });
        asked.get_future().wait();
        stop.request_stop();
        const bool ended = reply.wait_for(20s) == std::future_status::ready;
        CHECK(ended);
        if (!ended) return end.set_value();
        const auto stopped = reply.get();
        REQUIRE(!stopped);
        CHECK(stopped.error().code == ErrorCode::unavailable);
        CHECK(stopped.error().message == "The request to " + server.url() + " was given up, because the server ends.");
        CHECK(!client.send({.url = server.url(), .timeout = 24h, .stop = stop.get_token()}));
    }
    end.set_value();
}

TEST_CASE("requests that cannot be made") {
    CurlClient client;
    const auto refused = [&](const HttpRequest& request) {
        const auto reply = client.send(request);
        REQUIRE(!reply);
        CHECK(reply.error().code == ErrorCode::invalid);
        CHECK(reply.error().message.find("secret") == std::string::npos);
    };
    refused({.url = "file:///secret"});
    refused({.url = "gopher://secret/"});
    refused({.method = "GET / secret", .url = "http://127.0.0.1/"});
    refused({.url = "http://127.0.0.1/", .headers = {{"X-A", "a\r\nX-Secret: secret"}}});
    refused({.url = "http://127.0.0.1/", .headers = {{"X-A: secret\r\n", "a"}}});
    refused({.url = "http://127.0.0.1/", .ca_file = "/no/such/secret.pem"});
    const TemporaryDirectory directory;
    std::ofstream(directory.path() / "empty.pem") << "nothing";
    HttpDouble server([](const DoubleRequest&) { return DoubleReply{}; });
    refused({.url = fmt::format("https://127.0.0.1:{}/", server.port()), .ca_file = directory.path() / "empty.pem"});
}

TEST_CASE("proxies of the environment are used, but not for this machine") {
    HttpDouble proxy([](const DoubleRequest& request) { return DoubleReply{.body = "for " + request.target}; });
    const EnvironmentOfTest variable("http_proxy", proxy.url());
    CurlClient client;
    const auto reply = client.send({.url = "http://far.example/x"});
    REQUIRE(reply);
    CHECK(reply->body == "for http://far.example/x");
    HttpDouble near([](const DoubleRequest&) { return DoubleReply{.body = "near"}; });
    CHECK(client.send({.url = near.url()})->body == "near");
    CHECK(proxy.requests().size() == 1);
}

TEST_CASE("bare connections") {
    CurlClient client;
    HttpDouble server([](const DoubleRequest&) { return DoubleReply{}; });
    const DeafPort nobody;
    CHECK(client.reach({.host = "127.0.0.1", .port = server.port()}));
    CHECK(client.reach({.host = "localhost", .port = server.port()}));
    CHECK(server.requests().empty());
    const auto refused = client.reach({.host = "127.0.0.1", .port = nobody.port()});
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::unavailable);
    CHECK(refused.error().message ==
          fmt::format("127.0.0.1:{} cannot be reached: no connection (Connection refused).", nobody.port()));
    CHECK(client.reach({.host = "169.254.169.254", .port = 80}).error().message.find("link-local") !=
          std::string::npos);
    for (const auto& target : {TcpTarget{.host = "", .port = 1}, TcpTarget{.host = "a/b", .port = 1},
                               TcpTarget{.host = "user@host", .port = 1}, TcpTarget{.host = "a", .port = 0},
                               TcpTarget{.host = "a", .port = 65536}})
        CHECK(client.reach(target).error().code == ErrorCode::invalid);
}

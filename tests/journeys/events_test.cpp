// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "journeys/installation.h"
#include "support/raw_client.h"
#include "support/watching.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <fstream>
#include <random>

using namespace mf;
using namespace mf::testing;

namespace {

/// An installation whose events are watched.
struct EventsServed {
    Installation it;
    std::string token;

    EventsServed() {
        it.environment.emplace("MULTIFLEXI_LISTEN", "127.0.0.1:0");
        it.environment.emplace("MULTIFLEXI_RATE_LIMIT", "0");
        it.start();
        it.ask({"user:create", "--login", "anna", "--email", "anna@example.com"});
        REQUIRE(it.cli({"user-role:set", "--login", "anna", "--roles", "admin"}).code == 0);
        token = text_of(it.ask({"token:create", "--user", "anna", "--name", "test"}).as_object(), "token");
    }
    /// Of the server that was started last.
    int port() const {
        const auto log = it.log();
        const auto place = log.find("port=", log.rfind(" listening "));
        REQUIRE(place != std::string::npos);
        return static_cast<int>(
            to_integer(log.substr(place + 5, log.find_first_of(" \n", place) - place - 5)).value_or(0));
    }
};

/// A browser's EventSource, which remembers where it was.
class EventSource {
public:
    EventSource(EventsServed& of, std::string path) : of_(of), path_(std::move(path)) {}

    /// The status.
    std::string connect() {
        client_.emplace(of_.port());
        client_->send(fmt::format("GET /api/v1{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{}\r\n", path_,
                                  of_.token,
                                  last_id_.empty() ? std::string() : fmt::format("Last-Event-ID: {}\r\n", last_id_)));
        text_.clear();
        return client_->until("\r\n\r\n").substr(9, 3);
    }
    WatchedEvent next() {
        for (;;) {
            text_ += client_->until("\n\n");
            REQUIRE(text_.ends_with("\n\n"));
            auto events = take_events(text_, last_id_);
            if (!events.empty()) return events[0];
        }
    }

private:
    EventsServed& of_;
    const std::string path_;
    std::optional<RawClient> client_;
    std::string text_, last_id_;
};

}  // namespace

TEST_CASE("events of jobs: nothing is lost and nothing comes twice, however often a viewer comes and goes") {
    EventsServed served;
    const auto run = served.it.run_template_of_script("exit 0");
    EventSource source(served, "/events");
    REQUIRE(source.connect() == "200");
    CHECK(source.next().type == "hello");
    constexpr std::size_t number = 12;
    std::vector<std::int64_t> jobs;
    std::minstd_rand random(5);
    std::map<std::int64_t, std::vector<std::string>> told;
    std::int64_t last = 0;
    std::size_t ended = 0;
    while (ended < number) {
        if (jobs.size() < number) jobs.push_back(served.it.job(run));
        for (auto left = random() % 5 + 1; left > 0 && ended < jobs.size(); --left) {
            const auto event = source.next();
            CHECK(to_integer(event.id).value_or(0) > last);
            last = to_integer(event.id).value_or(0);
            told[parse_json(event.data)->at("job_id").as_int64()].push_back(event.type);
            ended += event.type == "job.ended";
        }
        if (random() % 8 == 0) {
            served.it.stop();
            served.it.start();
        }
        REQUIRE(source.connect() == "200");
    }
    CHECK(told.size() == number);
    for (const auto job : jobs) {
        // A server that is stopped gives back what it has claimed and not begun.
        auto& events = told[job];
        std::erase(events, "job.requeued");
        events.erase(std::unique(events.begin(), events.end()), events.end());
        CHECK(events == std::vector<std::string>{"job.created", "job.claimed", "job.started", "job.ended"});
    }
}

TEST_CASE("the output of a job is watched while it runs, and the stream ends with it") {
    EventsServed served;
    const auto fifo = served.it.directory() / "fifo";
    REQUIRE(::mkfifo(fifo.c_str(), 0666) == 0);
    const auto run =
        served.it.run_template_of_script(fmt::format("echo one; read word <{}; echo two $word; exit 3", fifo.string()));
    const auto job = served.it.job(run);
    EventSource source(served, fmt::format("/jobs/{}/events", job));
    REQUIRE(source.connect() == "200");
    auto event = source.next();
    while (event.type == "state") event = source.next();
    CHECK(parse_json(event.data)->at("text") == "one\n");
    std::ofstream(fifo) << "more\n";
    REQUIRE(source.connect() == "200");
    event = source.next();
    CHECK(parse_json(event.data)->at("text") == "two more\n");
    event = source.next();
    while (event.type != "end") event = source.next();
    CHECK(parse_json(event.data)->at("exitcode") == 3);
    CHECK(source.connect() == "204");
}

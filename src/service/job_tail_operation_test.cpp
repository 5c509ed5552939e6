// SPDX-License-Identifier: MIT
#include "store/queries/job_output.h"
#include "support/desk.h"

#include <doctest/doctest.h>

using namespace mf;
using testing::Desk;

namespace {

struct TailDesk : Desk {
    Job job = [&] {
        const auto made = launch(add_run_template(), moment);
        claim();
        start(made.id);
        return get(made.id);
    }();
    std::int64_t pieces = 0;

    void print(std::string bytes, OutputSource source = OutputSource::standard_output) {
        database.write([&](Session& session) {
            const auto piece =
                pack(job.id, job.fence, {.seq = pieces++, .at = moment, .source = source, .bytes = std::move(bytes)});
            if (append_output(session, std::span(&piece, 1)) > 0) throw std::runtime_error("output was refused");
        });
    }
    OutputTail tail(std::size_t most) {
        return database.read([&](Session& session) { return read_tail(session, job.id, most); });
    }
};

}  // namespace

TEST_CASE("the tail of an output is its end, all streams as they came") {
    TailDesk desk;
    CHECK(desk.tail(100).bytes.empty());
    desk.print("one ");
    desk.print("two ", OutputSource::standard_error);
    desk.print("three");
    CHECK(desk.tail(100).bytes == "one two three");
    CHECK(desk.tail(100).skipped == 0);
    CHECK(desk.tail(13).bytes == "one two three");
    CHECK(desk.tail(7).bytes == "o three");
    CHECK(desk.tail(7).skipped == 6);
}

TEST_CASE("the tail of a long output reads its last pieces only, and cuts between characters") {
    TailDesk desk;
    for (int i = 0; i < 200; ++i) desk.print(std::string(1000, static_cast<char>('a' + i % 26)));
    desk.print("\u20ac\u20ac");
    const auto all = desk.tail(1 << 20);
    CHECK(all.bytes.size() == 200006);
    CHECK(all.skipped == 0);
    CHECK(desk.tail(70000).bytes == all.bytes.substr(all.bytes.size() - 70000));
    CHECK(desk.tail(4).bytes == "\u20ac");
    CHECK(desk.tail(4).skipped == 200003);
    CHECK(desk.tail(2).bytes.empty());
    CHECK(desk.tail(2).skipped == 200006);
}

TEST_CASE("job:tail says how the job stands and bounds what it gives") {
    TailDesk desk;
    desk.print("caf\xe9\n");
    desk.print("done\n");
    const auto id = desk.job.id.value;
    const auto running = testing::must(desk.run("job:tail", {{"id", id}}));
    CHECK(to_text(running) ==
          R"({"id":1,"state":"running","exitcode":null,"reason":null,"skipped":0,"output":"caf�\ndone\n"})");
    desk.end(desk.job.id, JobState::failed, 3);
    const auto ended = testing::must(desk.run("job:tail", {{"id", id}, {"bytes", 5}}));
    CHECK(ended.at("output") == "done\n");
    CHECK(ended.at("skipped") == 5);
    CHECK(ended.at("exitcode") == 3);
    for (const auto bytes : {0, -1, (1 << 20) + 1})
        CHECK(desk.error_of("job:tail", {{"id", id}, {"bytes", bytes}}).code == ErrorCode::invalid);
    CHECK(desk.error_of("job:tail", {{"id", 77}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("job:tail", {{"id", id}}, testing::manager_of(desk.add_company("bravo").id)).code ==
          ErrorCode::not_found);
}

TEST_CASE("job:output gives pieces behind a number, byte by byte, with the state of the same moment") {
    TailDesk desk;
    const auto id = desk.job.id.value;
    desk.print("one\n");
    desk.print("caf\xe9\n", OutputSource::standard_error);
    const auto all = testing::must(desk.run("job:output", {{"id", id}}));
    CHECK(all.at("state") == "running");
    CHECK(all.at("ended_at").is_null());
    const auto& pieces = all.at("pieces").as_array();
    REQUIRE(pieces.size() == 2);
    CHECK(pieces[0].at("sequence") == 1);
    CHECK(pieces[0].at("stream") == "stdout");
    CHECK(pieces[0].at("text") == "one\n");
    CHECK(pieces[1].at("stream") == "stderr");
    CHECK(pieces[1].at("base64") == "Y2Fm6Qo=");
    CHECK(testing::must(desk.run("job:output", {{"id", id}, {"after", 1}})).at("pieces").as_array().size() == 1);
    desk.end(desk.job.id, JobState::failed, 3);
    const auto ended = testing::must(desk.run("job:output", {{"id", id}, {"after", 2}}));
    CHECK(ended.at("pieces").as_array().empty());
    CHECK(ended.at("state") == "failed");
    CHECK(ended.at("exitcode") == 3);
    CHECK(desk.error_of("job:output", {{"id", 77}}).code == ErrorCode::not_found);
    CHECK(desk.error_of("job:output", {{"id", id}}, testing::manager_of(desk.add_company("bravo").id)).code ==
          ErrorCode::not_found);
}

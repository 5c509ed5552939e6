// SPDX-License-Identifier: MIT
// A checker that complains of nothing proves nothing: each kind of damage has to be seen. Here: of what jobs did.
#include "chaos/checked_world.h"

using namespace mf;
using namespace mf::chaos;

TEST_CASE("runs") {
    World it;
    SUBCASE("twice") {
        it.evidence.runs[1].push_back({.process = {7, 7}, .began_ms = 9});
        it.says("The job 1 began 2 times");
    }
    SUBCASE("without a job") {
        it.evidence.runs[999] = {{.process = {7, 7}}};
        it.says("there is no such job");
    }
    SUBCASE("another exit code") {
        it.job(1).exit_code = 1;
        it.job(1).state = "failed";
        it.says("it wrote down 0");
    }
    SUBCASE("a success that never was") {
        it.evidence.runs.erase(1);
        it.says("but it never began");
    }
    SUBCASE("an end that nobody brought about") {
        it.run(1).code.reset();
        it.job(1).exit_code = 137;
        it.job(1).state = "failed";
        it.says("never ended by itself");
    }
    SUBCASE("an end that we brought about") {
        it.run(1).code.reset();
        it.job(1).exit_code = 137;
        it.deeds.killed.insert(it.run(1).process);
        it.job(1).state = "failed";
        CHECK(it.complaints().find("never ended by itself") == std::string::npos);
    }
    SUBCASE("lost without a cause") {
        it.job(1).state = "lost";
        it.says("nobody says why");
        it.says("nobody brought that about");
        it.deeds.bereft.insert(it.run(1).process);
        CHECK(it.complaints().find("nobody brought that about") == std::string::npos);
    }
    SUBCASE("ended at a limit that it has not") {
        it.job(1).state = "timed_out";
        it.says("its time was not over");
    }
    SUBCASE("cancelled by nobody") {
        it.job(1).state = "cancelled";
        it.says("nobody asked");
    }
    SUBCASE("two at a time") {
        it.run(1).ended_ms = it.run(2).began_ms + 1;
        it.says("The job 2 began while the job 1");
    }
}

TEST_CASE("output") {
    World it;
    auto& output = it.outputs.at(1).output;
    REQUIRE(output.size() > 100);
    SUBCASE("a gap") {
        output.erase(50, 1);
        it.says("is not what it printed after the first 50.");
    }
    SUBCASE("a repetition") {
        output.insert(50, output.substr(0, 50));
        it.says("is not what it printed");
    }
    SUBCASE("cut off") {
        output.pop_back();
        it.says("of which");
    }
    SUBCASE("less than what a killed one had written") {
        auto& stubborn = it.first_of(4);
        it.outputs.at(stubborn.id).output.resize(10);
        it.says("has written");
    }
    SUBCASE("more than what a lost one printed") {
        it.job(1).state = "lost";
        output += "?";
        it.says("is not what it printed");
    }
    SUBCASE("a missing piece") {
        it.outputs.at(1).faults.emplace_back("the piece 3 of its output follows the piece 1");
        it.says("Of the job 1 the piece 3");
    }
    SUBCASE("sizes") {
        ++it.job(1).output_size;
        it.says("counts");
    }
    SUBCASE("digests") {
        it.history.artifacts.at(1).front().sha256 = "0";
        it.says("The digest or size of stdout");
    }
}

TEST_CASE("files") {
    World it;
    auto& files = it.history.artifacts.at(it.first_of(3).id);
    SUBCASE("one is missing") {
        files.pop_back();
        it.says("are not the same");
    }
    SUBCASE("that were put aside") {
        auto& job = it.first_of(3);
        const auto stored = std::exchange(files, {});
        job.reason =
            "Its files could not be stored (There is no room. Make some.); they are in /data/kept-job-5-ab. More.";
        it.history.files_in = [&](const std::string& directory) {
            CHECK(directory == "/data/kept-job-5-ab");
            std::map<std::string, std::string> out;
            for (const auto& file : stored)
                if (file.kind == "file") out[file.name] = file.sha256;
            return out;
        };
        // Nobody had kept the server from storing them.
        it.says("are not the same");
        it.deeds.database_out_of_reach = {{0, *it.run(job.id).ended_ms - 1}};
        it.says("are not the same");
        it.deeds.database_out_of_reach.push_back({0, *it.run(job.id).ended_ms});
        CHECK(it.complaints() == "");
        job.reason = "Its files could not be stored (no room); they are in /data/kept-job-5-ab.";
        CHECK(it.complaints() == "");
        it.history.files_in = [](const std::string&) { return std::map<std::string, std::string>(); };
        it.says("are not the same");
    }
    SUBCASE("without content") {
        it.contents.clear();
        it.says("is missing");
    }
    SUBCASE("with the content of another") {
        it.contents.begin()->second += "x";
        it.says("is damaged");
    }
}

TEST_CASE("processes that live on") {
    World it;
    SUBCASE("of the job") {
        it.living.insert(it.run(1).process);
        it.says("of the job 1 lives on");
    }
    SUBCASE("that it began") {
        it.evidence.children[1] = {{9, 9}};
        it.living.insert({9, 9});
        it.says("that the job 1 began lives on");
        it.deeds.killed.insert(it.run(1).process);
        CHECK(it.complaints() == "");
    }
}

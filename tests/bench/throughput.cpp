// SPDX-License-Identifier: MIT
#include "bench/stand.h"
#include "support/database_servers.h"

#include <fmt/format.h>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace mf::bench {
namespace {

using namespace std::chrono_literals;

constexpr int jobs_of_throughput = 4000;
constexpr int launches_of_throughput = 200;

/// Programs per second that two threads start and wait for, and nothing else.
double bare_loop(int number) {
    const auto begin = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 2; ++thread)
            threads.emplace_back([&] {
                for (int i = 0; i < number / 2; ++i) run({"/bin/true"});
            });
    }
    return number / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct Rate {
    double jobs_per_second = 0;
    Milliseconds cpu_of_job{};
};

/// From the start of a server with a full queue until every job has its durable end.
Rate rate_of_server(const Places& places, int slots, const std::optional<sql::Address>& server = {}) {
    Stand stand(places, slots, server);
    const auto first =
        stand.add_run_templates(stand.add_application("true", "/bin/true", ""), jobs_of_throughput, Overlap::coalesce);
    stand.enqueue_jobs(first, jobs_of_throughput);
    const auto begin = std::chrono::steady_clock::now();
    stand.start_server();
    if (!stand.wait_for_ended(jobs_of_throughput, 60s)) throw std::runtime_error("The jobs do not end.");
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return {jobs_of_throughput / took.count(), cpu_of(stand.server()) / jobs_of_throughput};
}

}  // namespace

Figures measure_throughput(const Places& places) {
    // Before, between and after: the machine may have other things to do in one part of the time.
    double bare = bare_loop(jobs_of_throughput / 4);
    const auto by_default = rate_of_server(places, 0);
    bare += bare_loop(jobs_of_throughput / 4);
    const auto many_slots = rate_of_server(places, 64);
    bare = (bare + bare_loop(jobs_of_throughput / 4)) / 3;
    return {told("bare posix_spawn and wait of /bin/true, two threads", bare, "/s"),
            told("jobs of /bin/true, recorded durably", by_default.jobs_per_second, "/s"),
            at_least("  against the bare loop", 0.45, by_default.jobs_per_second / bare, ""),
            told("  processor time of the server for each job", by_default.cpu_of_job.count(), "ms"),
            told("with 64 slots: jobs of /bin/true", many_slots.jobs_per_second, "/s"),
            told("  against the bare loop", many_slots.jobs_per_second / bare, "")};
}

namespace {

/// Of one that watches a job which waits; in MiB. Leaves one ended job.
double memory_of_a_shim(Stand& stand) {
    const auto end = stand.directory() / "end";
    const auto script = stand.directory() / "waits";
    std::ofstream(script) << "#!/bin/sh\nwhile ! [ -e " << end.string() << " ]; do sleep 0.1; done\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    const auto id = stand.add_run_templates(stand.add_application("waits", script.string(), ""), 1, Overlap::parallel);
    stand.cli({"runtemplate", "schedule", "--id", std::to_string(id)});
    double out = 0;
    for (int look = 0; look < 2000 && out == 0; ++look) {
        std::this_thread::sleep_for(1ms);
        // The server's child makes shims, its child is one.
        for (const auto maker : children_of(stand.server()))
            for (const auto child : children_of(maker)) out = static_cast<double>(memory_of(child, "VmRSS")) / 1024;
    }
    std::ofstream(end) << "yes";
    stand.wait_for_ended(1, 10s);
    return out;
}

}  // namespace

Figures measure_servers(const Places& places) {
    // Their files lie on the disk that is measured.
    ::setenv("TMPDIR", places.state.c_str(), 1);
    Figures out;
    for (const auto dialect : {sql::Dialect::postgres, sql::Dialect::mariadb}) {
        const auto server = testing::DatabaseServer::start(dialect, testing::DatabaseServer::Durability::by_default);
        if (!server) continue;
        double bare = bare_loop(jobs_of_throughput / 4);
        const auto rate = rate_of_server(places, 0, server->fresh_database());
        bare += bare_loop(jobs_of_throughput / 4);
        const auto many_slots = rate_of_server(places, 64, server->fresh_database());
        bare = (bare + bare_loop(jobs_of_throughput / 4)) / 3;
        const std::string name = testing::name_of(dialect);
        out.push_back(told(name + ": jobs of /bin/true, recorded durably", rate.jobs_per_second, "/s"));
        out.push_back(at_least("  against the bare loop", 0.35, rate.jobs_per_second / bare, ""));
        out.push_back(told("  processor time of the server for each job", rate.cpu_of_job.count(), "ms"));
        out.push_back(told("  with 64 slots, against the bare loop", many_slots.jobs_per_second / bare, ""));
    }
    ::unsetenv("TMPDIR");
    return out;
}

Figures measure_launch(const Places& places) {
    Stand stand(places);
    const auto stamps = stand.directory() / "stamps";
    const auto id = stand.add_run_templates(
        stand.add_application("stamp", stand.job_program(), "stamp " + stamps.string()), 1, Overlap::parallel);
    stand.start_server();
    std::this_thread::sleep_for(1s);
    const double idle = static_cast<double>(memory_of(stand.server(), "VmRSS")) / 1024;
    const double shim = memory_of_a_shim(stand);
    std::vector<double> latencies, version, status;
    std::streamoff seen = 0;
    for (int i = 0; i < launches_of_throughput; ++i) {
        const auto begin = std::chrono::system_clock::now().time_since_epoch();
        stand.cli({"runtemplate", "schedule", "--id", std::to_string(id)});
        latencies.push_back(Milliseconds(next_start(stamps, seen) - begin).count());
        stand.wait_for_ended(i + 2, 10s);  // the server is idle again
    }
    for (int i = 0; i < 25; ++i) {
        version.push_back(stand.cli({"--version"}).cpu.count());
        status.push_back(stand.cli({"status"}).cpu.count());
    }
    return {at_most("run-now by CLI to process start, p50", 15, quantile(latencies, 0.5), "ms"),
            at_most("run-now by CLI to process start, p99", 50, quantile(latencies, 0.99), "ms"),
            at_most("RSS of the idle server", 20, idle, "MiB"),
            told("RSS of the shim of a job that does nothing", shim, "MiB"),
            at_most("processor time of multiflexi-cli --version, p50", 15, quantile(version, 0.5), "ms"),
            at_most("processor time of multiflexi-cli status, p50", 15, quantile(status, 0.5), "ms")};
}

}  // namespace mf::bench

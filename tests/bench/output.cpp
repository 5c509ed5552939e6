// SPDX-License-Identifier: MIT
#include "bench/stand.h"

#include <fmt/format.h>
#include <stdexcept>
#include <thread>

namespace mf::bench {
namespace {

using namespace std::chrono_literals;

constexpr int mebibytes = 1024;

void measure_printing(Figures& out, const Places& places, const std::string& kind, const std::string& title) {
    Stand stand(places);
    const auto id = stand.add_run_templates(
        stand.add_application("print", stand.job_program(), fmt::format("print {} {}", kind, mebibytes)), 1,
        Overlap::coalesce);
    stand.start_server();
    std::this_thread::sleep_for(500ms);
    const auto before = memory_of(stand.server(), "VmRSS");
    stand.cli({"runtemplate", "schedule", "--id", std::to_string(id)});
    if (!stand.wait_for_ended(1, 120s)) throw std::runtime_error("The printing job does not end.");
    const auto recorded = now();
    const auto row = stand.database().read([](Session& session) {
        return session.sql.query(R"(SELECT "begin", "stdout_size", "exitcode" FROM "job")")[0];
    });
    if (std::get<std::int64_t>(row[1]) != std::int64_t{mebibytes} << 20)
        throw std::runtime_error("The output of the printing job is not complete.");
    const auto milliseconds = recorded.time_since_epoch().count() - std::get<std::int64_t>(row[0]);
    const auto growth = memory_of(stand.server(), "VmHWM") - before;
    out.push_back(at_least("a job that prints 1 GiB, " + title, 150,
                           mebibytes * 1000.0 / static_cast<double>(milliseconds), "MiB/s"));
    out.push_back(at_most("  growth of server RSS", 32, static_cast<double>(growth) / 1024, "MiB"));
    out.push_back(told("  processor time of the server", cpu_of(stand.server()).count() / 1000, "s"));
}

}  // namespace

Figures measure_output(const Places& places) {
    Figures out;
    measure_printing(out, places, "text", "lines of a log");
    measure_printing(out, places, "noise", "bytes that cannot be compressed");
    return out;
}

}  // namespace mf::bench

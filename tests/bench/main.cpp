// SPDX-License-Identifier: MIT
// multiflexi-bench STATE-DIRECTORY [--json FILE] [GROUP ...]: measures and prints a table; see doc/performance.md.
#include "base/json.h"
#include "bench/stand.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cstdio>
#include <fstream>
#include <thread>

namespace mf::bench {
namespace {

struct Group {
    std::string_view name;
    Figures (*measure)(const Places&);
    bool only_when_named = false;
};
constexpr Group groups[] = {{"throughput", measure_throughput},
                            {"servers", measure_servers},
                            {"launch", measure_launch},
                            {"environment", measure_environment},
                            {"fleet", measure_fleet},
                            {"planning", measure_planning},
                            {"history", measure_history},
                            {"output", measure_output},
                            {"rights", measure_rights},
                            {"http", measure_http},
                            {"rest", measure_rest},
                            {"events", measure_events},
                            {"simulation", measure_simulation},
                            {"definitions", measure_definitions},
                            {"build", measure_build, true}};

std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
}

/// What a commit costs at least: one page appended and made durable. p50, ms.
double disk_wait(const std::filesystem::path& directory) {
    const auto name = directory / "fsync";
    const Descriptor file(::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    std::vector<double> waits;
    const std::string page(4096, 'x');
    for (int i = 0; i < 100; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        if (::write(file.get(), page.data(), page.size()) < 0 || ::fdatasync(file.get()) != 0) return 0;
        waits.push_back(Milliseconds(std::chrono::steady_clock::now() - begin).count());
    }
    std::filesystem::remove(name);
    return quantile(waits, 0.5);
}

int measure(const Places& places, const std::vector<std::string>& wanted, const std::filesystem::path& json_file) {
    const double fsync = disk_wait(places.state);
    double load = 0;
    std::ifstream("/proc/loadavg") >> load;
    fmt::print("{}, {} cores, fdatasync {:.2f} ms, load at the start {:.2f}\n\n", processor(),
               std::thread::hardware_concurrency(), fsync, load);
    json::array records;
    bool failed = false;
    for (const Group& group : groups) {
        const bool named = std::ranges::find(wanted, group.name) != wanted.end();
        if (!named && (!wanted.empty() || group.only_when_named)) continue;
        try {
            for (const Figure& figure : group.measure(places)) {
                const char* verdict = figure.must.empty() ? "" : figure.ok ? "ok" : "short";
                fmt::print("{:<68} {:>12} {:>14}  {}\n", figure.name, figure.must, figure.measured, verdict);
                records.push_back({{"group", group.name},
                                   {"figure", figure.name},
                                   {"must", figure.must},
                                   {"measured", figure.measured},
                                   {"value", figure.value},
                                   {"verdict", verdict}});
            }
        } catch (const std::exception& error) {
            failed = true;
            fmt::print("{}: could not be measured. {}\n", group.name, error.what());
            records.push_back({{"group", group.name}, {"error", error.what()}});
        }
        std::fflush(stdout);
    }
    const json::value report{{"processor", processor()},
                             {"cores", std::thread::hardware_concurrency()},
                             {"fdatasync_ms", fsync},
                             {"load", load},
                             {"figures", std::move(records)}};
    if (json_file.empty())
        fmt::print("\n{}\n", to_text(report));
    else
        std::ofstream(json_file) << to_text(report) << '\n';
    return failed ? 1 : 0;
}

}  // namespace
}  // namespace mf::bench

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    std::filesystem::path json_file;
    for (auto word = words.begin(); word != words.end(); ++word)
        if (*word == "--json" && word + 1 != words.end()) {
            json_file = *(word + 1);
            words.erase(word, word + 2);
            break;
        }
    if (words.empty()) {
        std::fputs("usage: multiflexi-bench STATE-DIRECTORY [--json FILE] [GROUP ...]\n", stderr);
        return 2;
    }
    const mf::bench::Places places{.programs = std::filesystem::canonical("/proc/self/exe").parent_path(),
                                   .state = std::filesystem::absolute(words[0])};
    words.erase(words.begin());
    return mf::bench::measure(places, words, json_file);
}

// SPDX-License-Identifier: MIT
// simulation_test [--days N] [--seed N] [--threads N] [--history]: proves that a seed gives the same twice, then
// simulates at least so many days, in fleets of thirty days each; tells what led to a complaint, or everything.
// simulation_test --mistakes [--seed N]: proves that mistakes made on purpose are found.
#include "base/log.h"
#include "base/text.h"
#include "simulation/checker.h"
#include "simulation/simulation.h"

#include <fmt/format.h>
#include <atomic>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <optional>
#include <thread>

using namespace mf;
using namespace mf::simulation;

namespace {

constexpr int days_of_a_fleet = 30;

struct Arguments {
    std::int64_t days = 600;
    std::int64_t seed = 1;
    std::int64_t threads = 1;
    bool mistakes = false;
    bool everything = false;
};

std::optional<Arguments> read(int argc, char** argv) {
    Arguments out;
    for (int i = 1; i < argc; i += 2) {
        const std::string_view name = argv[i];
        if (name == "--mistakes" || name == "--history") {
            (name == "--mistakes" ? out.mistakes : out.everything) = true;
            --i;
            continue;
        }
        auto* where = name == "--days"      ? &out.days
                      : name == "--seed"    ? &out.seed
                      : name == "--threads" ? &out.threads
                                            : nullptr;
        const auto value = where && i + 1 < argc ? to_integer(argv[i + 1]) : std::nullopt;
        if (!value || *value < 1) return std::nullopt;
        *where = *value;
    }
    return out;
}

struct Outcome {
    std::uint64_t fingerprint = 0;
    std::int64_t events = 0, jobs = 0, processes = 0;
    std::string complaint;
    std::vector<std::string> history;
};

Outcome simulate(const Simulation::Options& options) {
    Simulation fleet(options);
    Outcome out;
    try {
        fleet.run();
    } catch (const std::exception& error) {
        out.complaint = error.what();
        out.history = fleet.history();
    }
    out.fingerprint = fleet.fingerprint();
    out.events = fleet.events();
    out.processes = std::ssize(fleet.stage().evidence.runs);
    out.jobs = std::get<std::int64_t>(fleet.database().query(R"(SELECT COUNT(*) FROM "job")", {})[0][0]);
    return out;
}

/// What led to a complaint: the events of the job that it names, and the last ones.
void show(const Outcome& outcome, bool everything) {
    constexpr std::ptrdiff_t last = 20;
    const auto at = outcome.complaint.find("job ");
    const auto end = outcome.complaint.find_first_not_of("0123456789", at + 4);
    const auto job = at == std::string::npos ? "" : outcome.complaint.substr(at, end - at);
    for (std::ptrdiff_t i = 0; i < std::ssize(outcome.history); ++i) {
        const std::string_view line = outcome.history[static_cast<std::size_t>(i)];
        const auto found = job.empty() ? std::string_view::npos : line.find(job);
        const bool names_it = found != std::string_view::npos &&
                              (found + job.size() == line.size() || !std::isdigit(line[found + job.size()]));
        if (everything || names_it || i >= std::ssize(outcome.history) - last) fmt::print("{}\n", line);
    }
}

/// Of all threads, used up so far.
double minutes_of_processor() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC / 60; }

/// Without a mistake nothing may be found, in fleets that are as troubled as those in which mistakes are looked for.
bool is_sound(Simulation::Options options, bool everything) {
    constexpr int fleets = 25;
    const Sabotage nothing{.name = "nothing"};
    options.sabotage = &nothing;
    for (int fleet = 1; fleet <= fleets; ++fleet, ++options.seed) {
        const auto outcome = simulate(options);
        if (outcome.complaint.empty()) continue;
        show(outcome, everything);
        fmt::print("FAILED: in fleet {} there was no mistake, and yet: {}\n", fleet, outcome.complaint);
        return false;
    }
    return true;
}

/// Is the mistake found within some fleets? Says so.
bool is_found(const Sabotage& sabotage, Simulation::Options options) {
    constexpr std::uint64_t fleets = 60;
    options.sabotage = &sabotage;
    for (std::uint64_t fleet = 1; fleet <= fleets; ++fleet, ++options.seed) {
        const auto outcome = simulate(options);
        if (outcome.complaint.empty()) continue;
        fmt::print("found in fleet {}: {} ({})\n", fleet, sabotage.name, outcome.complaint);
        std::fflush(stdout);
        return true;
    }
    fmt::print("FAILED: nobody noticed in {} fleets that {}{}.\n", fleets, sabotage.name,
               sabotage.was_done ? "" : "; no statement has that part any more");
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = read(argc, argv);
    if (!arguments) {
        std::fputs("simulation_test [--days N] [--seed N] [--threads N] [--history] | --mistakes [--seed N]\n", stderr);
        return 2;
    }
    log::configure(log::Level::error, log::Format::text);
    read_zones({"Europe/Prague", "America/New_York", "Asia/Kolkata", "UTC"},
               Timestamp(std::chrono::sys_days(std::chrono::year(2025) / 12 / 1)),
               Timestamp(std::chrono::sys_days(std::chrono::year(2027) / 3 / 1)));
    const auto options = [&](std::int64_t seed) {
        return Simulation::Options{.seed = static_cast<std::uint64_t>(seed), .days = days_of_a_fleet};
    };
    if (arguments->mistakes) {
        if (!is_sound(options(arguments->seed), arguments->everything)) return 1;
        const auto missed = std::ranges::count_if(
            sabotages(), [&](const auto& each) { return !is_found(each, options(arguments->seed)); });
        return missed == 0 ? 0 : 1;
    }
    const auto first = simulate(options(arguments->seed)), again = simulate(options(arguments->seed));
    if (first.fingerprint != again.fingerprint || first.events != again.events) {
        fmt::print("FAILED: seed {} does not give the same twice.\n", arguments->seed);
        return 1;
    }
    const auto fleets = (arguments->days + days_of_a_fleet - 1) / days_of_a_fleet;
    std::atomic<std::int64_t> next = 0;
    std::mutex mutex;
    std::int64_t jobs = 0, processes = 0, events = 0, failures = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto processor_begin = minutes_of_processor();
    {
        std::vector<std::jthread> threads;
        for (std::int64_t i = 0; i < arguments->threads; ++i)
            threads.emplace_back([&] {
                for (auto fleet = next++; fleet < fleets; fleet = next++) {
                    const auto outcome = simulate(options(arguments->seed + fleet));
                    const std::lock_guard lock(mutex);
                    jobs += outcome.jobs;
                    processes += outcome.processes;
                    events += outcome.events;
                    if (outcome.complaint.empty()) continue;
                    ++failures;
                    show(outcome, arguments->everything);
                    fmt::print("FAILED with --seed {} --days {}: {}\n", arguments->seed + fleet, days_of_a_fleet,
                               outcome.complaint);
                    if (failures >= 3) next = fleets;
                }
            });
    }
    const auto days = fleets * days_of_a_fleet;
    const auto minutes = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / 60;
    const auto minutes_of_thread = (minutes_of_processor() - processor_begin) / static_cast<double>(arguments->threads);
    fmt::print(
        "{} days, {:.0f} a minute, {:.0f} a minute of the processor's time of {} threads;\n"
        "{:.1f} jobs, {:.1f} processes and {:.0f} events a day\n",
        days, static_cast<double>(days) / minutes, static_cast<double>(days) / minutes_of_thread, arguments->threads,
        static_cast<double>(jobs) / static_cast<double>(days),
        static_cast<double>(processes) / static_cast<double>(days),
        static_cast<double>(events) / static_cast<double>(days));
    return failures == 0 ? 0 : 1;
}

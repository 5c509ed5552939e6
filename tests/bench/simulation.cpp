// SPDX-License-Identifier: MIT
#include "bench/stand.h"

#include <fmt/format.h>
#include <stdexcept>
#include <thread>

namespace mf::bench {

Figures measure_simulation(const Places& places) {
    constexpr int days = 6000;
    const auto program = places.programs / "simulation_test";
    if (!std::filesystem::exists(program)) return {};
    const auto said = places.state / "simulation.txt";
    const auto run_of_days = run({program.string(), "--days", fmt::to_string(days), "--threads",
                                  fmt::to_string(std::thread::hardware_concurrency())},
                                 said);
    if (run_of_days.exit_code != 0) throw std::runtime_error("The simulation failed; simulation_test shows why.");
    using Minutes = std::chrono::duration<double, std::ratio<60>>;
    return {at_least("simulated days of a fleet, a minute, all cores", 10'000, days / Minutes(run_of_days.wall).count(),
                     "")};
}

}  // namespace mf::bench

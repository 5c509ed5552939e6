// SPDX-License-Identifier: MIT
#pragma once

#include "chaos/dice.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf::chaos {

/// How a job behaves.
enum class Conduct {
    brief,     ///< a few lines at once, or none
    steady,    ///< many lines over some seconds
    bulky,     ///< up to some MiB as fast as it can
    idle,      ///< seconds between its few lines
    stubborn,  ///< ignores SIGTERM and never ends by itself
    parent,    ///< as steady, with a process of its own beside it
    artist,    ///< leaves files
    flaky      ///< as brief, with exit codes of all kinds
};
inline constexpr std::array<std::string_view, 8> conducts{"brief",    "steady", "bulky",  "idle",
                                                          "stubborn", "parent", "artist", "flaky"};
std::optional<Conduct> conduct_named(std::string_view name);
std::string_view name_of(Conduct conduct);

/// The exit codes of flaky jobs: one that its definition forbids to repeat, one that it allows, one it does not name.
inline constexpr int vetoed_code = 3, repeatable_code = 75, unnamed_code = 1;
/// Of an artist whose disk was full.
inline constexpr int no_room_code = 74;

/// Everything that a job is going to do, known from its number: the job itself plays it, and whoever checks its record
/// afterwards compares.
class JobScript {
public:
    JobScript(std::uint64_t seed, std::int64_t job, Conduct conduct);

    /// One piece of output, and how long the job rests after it.
    struct Step {
        int stream = 1;  ///< 1 standard output, 2 standard error
        std::string text;
        int rest_ms = 0;
    };
    /// None: there is no more.
    std::optional<Step> next();

    int exit_code() const { return exit_code_; }

    struct File {
        std::string name;
        std::string content;
    };
    std::vector<File> files() const;

private:
    std::string line(int stream, std::int64_t filler);

    std::uint64_t seed_;
    std::int64_t job_;
    Conduct conduct_;
    Dice dice_;
    std::int64_t steps_ = 0;
    std::int64_t done_ = 0;
    std::array<std::int64_t, 3> lines_{};
    int exit_code_ = 0;
};

}  // namespace mf::chaos

// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

namespace mf::simulation {

/// Numbers that are the same for a seed on every machine (splitmix64), which those of <random>'s distributions are not.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        auto z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    /// From `least` to `most`, both included.
    std::int64_t between(std::int64_t least, std::int64_t most) {
        return least + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(most - least + 1));
    }
    bool one_in(std::int64_t n) { return n > 0 && between(1, n) == 1; }
    std::chrono::milliseconds span(std::chrono::milliseconds least, std::chrono::milliseconds most) {
        return std::chrono::milliseconds(between(least.count(), most.count()));
    }
    template <class T, std::size_t N>
    const T& among(const T (&values)[N]) {
        return values[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(N) - 1))];
    }
    template <class Container>
    auto& among(Container& values) {
        return values[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(values.size()) - 1))];
    }

private:
    std::uint64_t state_;
};

}  // namespace mf::simulation

// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace mf::chaos {

/// A step of splitmix64 (Steele, Lea, Flood 2014): a number that looks random, made of another one.
constexpr std::uint64_t mixed(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

/// Random numbers that are the same everywhere for the same seed, which those of <random> are not.
class Dice {
public:
    explicit constexpr Dice(std::uint64_t seed) : state_(seed) {}
    constexpr std::uint64_t roll() { return mixed(state_++); }
    /// From 0 to count - 1.
    constexpr std::int64_t below(std::int64_t count) {
        return static_cast<std::int64_t>(roll() % static_cast<std::uint64_t>(count));
    }
    /// Both ends included.
    constexpr std::int64_t between(std::int64_t least, std::int64_t most) { return least + below(most - least + 1); }
    constexpr bool one_in(std::int64_t count) { return below(count) == 0; }

private:
    std::uint64_t state_;
};

}  // namespace mf::chaos

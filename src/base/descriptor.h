// SPDX-License-Identifier: MIT
#pragma once

#include <utility>

namespace mf {

/// Owns a file descriptor (man 2 open); -1 stands for none.
class Descriptor {
public:
    explicit Descriptor(int value = -1) : value_(value) {}
    Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Descriptor();

    int get() const { return value_; }
    explicit operator bool() const { return value_ >= 0; }
    void reset() { *this = Descriptor{}; }

private:
    int value_;
};

}  // namespace mf

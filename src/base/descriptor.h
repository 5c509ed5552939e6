// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
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

/// Soft limits of descriptors of this process (man 2 setrlimit, RLIMIT_NOFILE).
struct DescriptorLimit {
    std::uint64_t before = 0;  ///< what this program was started with; what programs that it starts shall have
    std::uint64_t now = 0;
};
/// Raises the soft limit to the hard one. The soft one is low by custom (1024) for the sake of programs that use
/// select(2), not to hold anybody back.
DescriptorLimit raise_descriptor_limit();

/// Does an error of the system (errno) say that something is short at the moment: descriptors, processes, memory?
bool is_shortage(int error);

}  // namespace mf

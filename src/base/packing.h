// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace mf {

/// Numbers and texts one behind the other, for a reader that is the same program on the same machine: nothing tells
/// fields apart but their order. Texts may contain any bytes.
class Packer {
public:
    void add(std::int64_t number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
    void add(std::string_view text) {
        add(static_cast<std::int64_t>(text.size()));
        bytes_.append(text);
    }
    void reserve(std::size_t size) { bytes_.reserve(size); }
    const std::string& bytes() const& { return bytes_; }
    std::string bytes() && { return std::move(bytes_); }

private:
    std::string bytes_;
};

/// Reads what a Packer made. What is not there reads as 0 and as an empty text, and complete() says so at the end.
class Unpacker {
public:
    explicit Unpacker(std::string_view bytes) : left_(bytes) {}
    std::int64_t number() {
        std::int64_t out = 0;
        if (left_.size() < sizeof out) {
            fail();
            return 0;
        }
        std::memcpy(&out, left_.data(), sizeof out);
        left_.remove_prefix(sizeof out);
        return out;
    }
    /// Valid as long as the bytes given to the constructor.
    std::string_view text() {
        const auto size = number();
        if (size < 0 || static_cast<std::uint64_t>(size) > left_.size()) {
            fail();
            return {};
        }
        const auto out = left_.substr(0, static_cast<std::size_t>(size));
        left_.remove_prefix(out.size());
        return out;
    }
    /// A number of fields that follow, each of at least one number.
    std::size_t count() {
        const auto out = number();
        if (out < 0 || static_cast<std::uint64_t>(out) > left_.size() / sizeof out) {
            fail();
            return 0;
        }
        return static_cast<std::size_t>(out);
    }
    /// Everything was there, and nothing is left.
    bool complete() const { return ok_ && left_.empty(); }

private:
    void fail() {
        ok_ = false;
        left_ = {};
    }
    std::string_view left_;
    bool ok_ = true;
};

}  // namespace mf

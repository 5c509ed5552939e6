// SPDX-License-Identifier: MIT
#include "net/server/body_source.h"

#include "base/text.h"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>

namespace mf::http {
namespace {

class FileSource final : public BodySource {
public:
    FileSource(Descriptor file, std::uint64_t offset, std::uint64_t length)
        : file_(std::move(file)), offset_(offset), length_(length) {}

    std::optional<std::uint64_t> size() const override { return length_; }

    Result<std::size_t> read(std::span<char> into) override {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), length_));
        if (most == 0) return std::size_t{0};
        ssize_t count = 0;
        do count = ::pread(file_.get(), into.data(), most, static_cast<off_t>(offset_));
        while (count < 0 && errno == EINTR);
        if (count < 0)
            return Error{ErrorCode::unavailable, fmt::format("The file cannot be read: {}.", error_text(errno))};
        offset_ += static_cast<std::uint64_t>(count);
        length_ -= static_cast<std::uint64_t>(count);
        return static_cast<std::size_t>(count);
    }

    Result<void> skip(std::uint64_t bytes) override {
        if (bytes > length_) return invalid("The file does not have so many bytes.");
        offset_ += bytes;
        length_ -= bytes;
        return {};
    }

private:
    const Descriptor file_;
    std::uint64_t offset_;
    std::uint64_t length_;
};

class FirstBytes final : public BodySource {
public:
    FirstBytes(std::unique_ptr<BodySource> source, std::uint64_t bytes) : source_(std::move(source)), left_(bytes) {}

    std::optional<std::uint64_t> size() const override { return left_; }

    Result<std::size_t> read(std::span<char> into) override {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
        if (most == 0) return std::size_t{0};
        auto count = source_->read(into.first(most));
        if (count) left_ -= *count;
        return count;
    }

private:
    const std::unique_ptr<BodySource> source_;
    std::uint64_t left_;
};

}  // namespace

Result<void> BodySource::skip(std::uint64_t bytes) {
    std::string ignored(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, 64 * 1024)), '\0');
    while (bytes > 0) {
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, ignored.size()));
        const auto count = read(std::span(ignored).first(most));
        if (!count) return count.error();
        if (*count == 0) return invalid("The content does not have so many bytes.");
        bytes -= *count;
    }
    return {};
}

std::unique_ptr<BodySource> file_source(Descriptor file, std::uint64_t offset, std::uint64_t length) {
    return std::make_unique<FileSource>(std::move(file), offset, length);
}

std::unique_ptr<BodySource> first_bytes(std::unique_ptr<BodySource> source, std::uint64_t bytes) {
    return std::make_unique<FirstBytes>(std::move(source), bytes);
}

}  // namespace mf::http

// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace mf {

/// An SQLite file that is being written beside its place, readable for this account only; it gets its name when it is
/// complete and on the disk. Without commit() nothing is left. Sentences of errors name the file and say what to do.
class DraftFile {
public:
    /// Makes an empty file beside the target, which need not exist.
    static Result<std::unique_ptr<DraftFile>> beside(const std::filesystem::path& target);
    ~DraftFile();
    DraftFile(const DraftFile&) = delete;
    DraftFile& operator=(const DraftFile&) = delete;

    const std::filesystem::path& path() const { return path_; }

    struct Written {
        std::int64_t bytes = 0;
        std::string sha256;
    };
    /// Moves it to its place; what was there is gone. No session may have it open any more.
    Result<Written> commit();

private:
    DraftFile(std::filesystem::path target, std::filesystem::path path)
        : target_(std::move(target)), path_(std::move(path)) {}

    std::filesystem::path target_;
    std::filesystem::path path_;
    bool moved_ = false;
};

}  // namespace mf

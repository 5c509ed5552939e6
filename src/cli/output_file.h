// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/result.h"

#include <memory>
#include <string_view>

namespace mf {

/// A file that appears completely or not at all: it is written beside its place and moved there by commit(). A file
/// that is already there keeps its permissions, a symbolic link stays one. Devices, pipes and files that are open
/// already (/dev/stdout, /proc/self/fd/1) are written directly.
class OutputFile {
public:
    /// Error sentences name the file.
    static Result<std::unique_ptr<OutputFile>> create(const std::string& name);
    /// Without commit() nothing is left.
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;

    Result<void> write(std::string_view bytes);
    /// On disk and in place.
    Result<void> commit();
    std::int64_t size() const { return size_; }

private:
    OutputFile() = default;
    Error problem(std::string_view doing) const;

    std::string name_;       // as it was asked for
    std::string target_;     // behind symbolic links
    std::string temporary_;  // empty: written directly
    Descriptor file_;
    std::int64_t size_ = 0;
};

}  // namespace mf

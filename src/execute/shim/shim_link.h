// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/result.h"
#include "execute/shim/request.h"

#include <sys/types.h>
#include <filesystem>
#include <mutex>

namespace mf {

/// A server's connection to the process that makes its shims, which is started with this object, and anew when it was
/// killed. It ends with the object, or with the server however that ends; shims go on. Thread-safe.
class ShimLink {
public:
    struct Options {
        std::filesystem::path program;  ///< multiflexi-shim
        std::filesystem::path spool;    ///< the directory of the spool files
        int wake = -1;                  ///< see ShimSurroundings; stays the caller's
    };
    /// The error says what is missing.
    static Result<std::unique_ptr<ShimLink>> open(Options options);
    ~ShimLink();
    ShimLink(const ShimLink&) = delete;
    ShimLink& operator=(const ShimLink&) = delete;

    /// Hands a request over. unavailable: not now; whether a part of it was read is not known.
    Result<void> send(const RequestHead& head, std::string_view request);

private:
    explicit ShimLink(Options options) : options_(std::move(options)) {}
    Result<void> start();
    Result<void> greet() const;
    void end();

    const Options options_;
    Descriptor program_{};  // stays the same file when another version is installed
    std::mutex mutex_;      // guards the rest
    Descriptor socket_{};
    pid_t pid_ = 0;
};

}  // namespace mf

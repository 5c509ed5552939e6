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
        std::filesystem::path program;                       ///< multiflexi-shim
        std::filesystem::path spool;                         ///< the directory of the spool files
        std::optional<std::uint64_t> usual_open_files = {};  ///< see ShimSurroundings
        int wake = -1;                                       ///< see ShimSurroundings; stays the caller's
    };
    /// The error says what is missing.
    static Result<std::unique_ptr<ShimLink>> open(Options options);
    ~ShimLink();
    ShimLink(const ShimLink&) = delete;
    ShimLink& operator=(const ShimLink&) = delete;

    /// Asks for a new shim: the other end of its socket, for hand_over(). When no process can be made it is closed, and
    /// the request of this ticket is refused in the spool file. unavailable: not now.
    Result<Descriptor> make(const ShimOrder& order);

private:
    explicit ShimLink(Options options) : options_(std::move(options)) {}
    Result<void> start();
    Result<void> greet() const;
    bool send(const ShimOrder& order, int descriptor) const;
    void end();

    const Options options_;
    Descriptor program_{};  // stays the same file when another version is installed
    std::mutex mutex_;      // guards the rest
    Descriptor socket_{};
    pid_t pid_ = 0;
};

/// Writes a request into the socket of a shim. unavailable: the shim has ended, or reads nothing; whether a part of it
/// was read is not known, so nothing else may follow.
Result<void> hand_over(int socket, std::uint32_t ticket, std::string_view request);
/// Is nobody at the other end any more?
bool is_closed(int socket);

}  // namespace mf

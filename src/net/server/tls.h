// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "net/server/stream.h"

#include <filesystem>
#include <memory>
#include <mutex>

struct ssl_ctx_st;

namespace mf::http {

/// Certificate and key of a server, in PEM files.
struct TlsFiles {
    std::filesystem::path certificate;  ///< with the certificates of its authorities behind it, but for the root
    std::filesystem::path key;          ///< without a password
};

/// TLS 1.2 and 1.3 with a certificate that may be replaced while connections use it. Thread-safe.
class Tls {
public:
    /// Reads the files. invalid, with the file and what is wrong with it: they cannot be used; what was loaded before
    /// stays in use.
    Result<void> load(const TlsFiles& files);
    /// The side of the server over a connected socket, which stays the caller's. load() must have succeeded.
    std::unique_ptr<Stream> stream(int socket) const;

private:
    std::shared_ptr<ssl_ctx_st> context() const;

    mutable std::mutex mutex_;
    std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace mf::http

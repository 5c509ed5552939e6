// SPDX-License-Identifier: MIT
#pragma once

#include "base/embedded.h"
#include "net/server/message.h"

#include <map>

namespace mf::http {

/// Files of pages that travel inside the program, compressed: each has its content in its address, so a browser asks
/// for it once (RFC 8246), and a new program brings new addresses. Thread-safe.
class StaticFiles {
public:
    /// Files "name.js.gz" in the gzip format (RFC 1952; see mf_embed_compressed in cmake/embed_compressed.cmake) become
    /// "<root>name.<part of their digest>.js". `root` is a path with a '/' at its end.
    StaticFiles(std::span<const EmbeddedFile> files, std::string root);

    /// Of "name.js"; empty: there is no such file.
    std::string address_of(std::string_view name) const;

    /// The answer to GET and HEAD for the last segment of an address; nothing: there is no such file. Compressed for
    /// whoever takes that.
    std::optional<Response> find(const Request& request, std::string_view segment) const;

private:
    const std::string root_;
    std::map<std::string, std::string, std::less<>> addresses_;  ///< last segments by names
    std::map<std::string, const EmbeddedFile*, std::less<>> files_;
};

}  // namespace mf::http

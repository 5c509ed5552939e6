// SPDX-License-Identifier: MIT
#pragma once

#include "base/digest.h"
#include "execute/artifact_collector.h"

namespace mf {

/// Reads a found file in pieces, byte for byte, and computes its SHA-256 on the way. A file that still grows is read
/// up to the size it had when it was opened.
class ArtifactReader {
public:
    /// Fails if the file has gone, is no regular file any more, or a link was put into its path.
    static Result<ArtifactReader> open(const WorkDirectory& directory, const FoundArtifact& artifact);

    /// At most 256 KiB, valid until the next call; empty at the end.
    Result<std::string_view> next();

    std::uint64_t size() const { return size_; }            ///< bytes read so far
    const std::string& mime_type() const { return mime_; }  ///< known after the first next()
    std::string sha256() { return hash_.hex(); }            ///< call once, after the last next()

private:
    ArtifactReader(Descriptor file, std::string name, std::uint64_t left);

    Descriptor file_;
    std::string name_;
    std::uint64_t left_;
    std::uint64_t size_ = 0;
    std::string mime_;
    Sha256 hash_;
    std::vector<char> buffer_;
};

struct ArtifactContent {
    std::uint64_t size = 0;
    std::string sha256;
    std::string mime_type;
};
/// Reads the whole file once, to know whether its content is stored already.
Result<ArtifactContent> describe(const WorkDirectory& directory, const FoundArtifact& artifact);

}  // namespace mf

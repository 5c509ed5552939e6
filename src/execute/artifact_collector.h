// SPDX-License-Identifier: MIT
#pragma once

#include "base/value.h"
#include "execute/work_directory.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mf {

struct ArtifactRules {
    /// Declared patterns, placeholders already expanded: RE2 expressions, found anywhere in the path relative to the
    /// work directory ("report.json", "out/2024/a.pdf").
    std::vector<std::string> patterns;
    /// The value of RESULT_FILE as the job saw it; empty if it has none. Relative paths begin at the work directory.
    std::string result_file;
    /// Whether a result file outside the work directory is taken. It must be one that was modified since started_at.
    /// ambiguous: another company may have written it.
    enum class OutsideResult { refused, accepted, ambiguous } outside_result = OutsideResult::refused;
    Timestamp started_at{};
    std::size_t most_files = 1'000;
    std::uint64_t most_bytes = 1ULL << 30;  ///< all together
};

struct FoundArtifact {
    std::string name;  ///< relative to the work directory, bytes as the job chose them; outside of it the last part
    /// Under which it is kept: RESULT_FILE by the last part of its name (interface specification of the command line,
    /// 4.5), everything else by `name`, because two directories may have files of one name.
    std::string kept_name() const { return is_result ? name.substr(name.rfind('/') + 1) : name; }
    std::filesystem::path path;
    std::uint64_t size = 0;
    Timestamp modified_at{};
    std::optional<std::size_t> pattern;  ///< index of the first that matches
    bool is_result = false;              ///< it is RESULT_FILE
    bool is_inside = true;               ///< the work directory
};

/// Why something that was asked for was not taken.
struct SkippedArtifact {
    std::string name;    ///< of the file, or the pattern
    std::string reason;  ///< a sentence
};

struct Collection {
    std::vector<FoundArtifact> artifacts;  ///< RESULT_FILE first, then by name
    std::vector<SkippedArtifact> skipped;
    std::uint64_t total_bytes = 0;
};

/// Finds what a job that has ended leaves behind. Looks at 100 000 entries at most; follows no symbolic link and takes
/// regular files only, so that a job cannot make us read what is not its own.
Collection collect_artifacts(const WorkDirectory& directory, const ArtifactRules& rules);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace mf {

/// The version of an application or credential prototype: 1 to 4 numbers with dots, then optionally -pre.release and
/// +build as in SemVer 2.0.0. Any other text is tolerated as a free version.
struct Version {
    std::vector<std::string> numbers = {};     ///< digits without leading zeros, of any length; empty for a free text
    std::vector<std::string> prerelease = {};  ///< identifiers between '-' and '+'
    std::string text = {};                     ///< as written, trimmed

    bool is_free_text() const { return numbers.empty(); }
};

Version read_version(std::string_view text);

/// Digits and dots only, as other programs demand it: no blanks, no suffix of a pre-release or build.
bool is_plain_version(std::string_view text);

/// The order of the update policy. Numbered: by numbers (missing ones are 0: 1.2 equals 1.2.0), then a release after
/// its pre-releases, which compare by SemVer 11.4; build metadata does not count. A free text (also the empty one) is
/// older than every number; two free texts compare by digits and letters, runs of digits as numbers ("build 9" < "build
/// 10").
std::weak_ordering compare_versions(const Version& a, const Version& b);
std::weak_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace mf

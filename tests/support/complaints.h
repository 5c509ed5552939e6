// SPDX-License-Identifier: MIT
#pragma once

#include "domain/definition/finding.h"

#include <span>

namespace mf::testing {

/// "error type-unknown /environment/A/type; ...": what was found in a definition, without its duplicate keys.
inline std::string complaints(std::span<const Finding> findings) {
    std::string out;
    for (const Finding& finding : findings)
        if (finding.code != FindingCode::duplicate_key)
            out += (out.empty() ? "" : "; ") + std::string(to_text(finding.severity)) + " " +
                   std::string(to_text(finding.code)) + " " + printable(finding.pointer);
    return out;
}

}  // namespace mf::testing

// SPDX-License-Identifier: MIT
#include "mcp/lines.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace mf::mcp {

void Lines::add(std::string_view bytes) {
    added_.erase(0, std::exchange(at_, 0));
    added_ += bytes;
}

std::optional<std::string> Lines::next() {
    while (at_ < added_.size()) {
        const auto end = added_.find('\n', at_);
        const auto part = std::string_view(added_).substr(at_, end == std::string::npos ? end : end - at_);
        line_ += part.substr(0, std::min(part.size(), most_ + 1 - std::min(line_.size(), most_ + 1)));
        at_ += part.size();
        if (end == std::string::npos) break;
        ++at_;
        auto line = std::exchange(line_, {});
        if (!trim(line).empty()) return line;
    }
    return std::nullopt;
}

}  // namespace mf::mcp

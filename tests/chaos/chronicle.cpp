// SPDX-License-Identifier: MIT
#include "chaos/chronicle.h"

#include <fmt/format.h>

namespace mf::chaos {

Chronicle::Chronicle(const std::filesystem::path& file) : file_(file, std::ios::app) {}

void Chronicle::tell(std::string_view what) {
    file_ << fmt::format("{:9.3f} {}\n", static_cast<double>(elapsed().count()) / 1000, what) << std::flush;
}

void Chronicle::complain(std::string_view what) {
    tell(fmt::format("COMPLAINT {}", what));
    deeds.complaints.emplace_back(what);
}

std::chrono::milliseconds Chronicle::elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin_);
}

}  // namespace mf::chaos

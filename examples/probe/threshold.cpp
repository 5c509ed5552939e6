// SPDX-License-Identifier: MIT
#include "probe/threshold.h"

#include <fmt/format.h>
#include <array>
#include <cmath>

namespace mf::probe {

double rounded(double value) { return std::round(value * 100) / 100; }

std::string size_text(double bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    std::size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < units.size()) {
        bytes /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, units[unit]);
}

}  // namespace mf::probe

// SPDX-License-Identifier: MIT
#include "api/event_text.h"

#include "base/zone.h"

#include <fmt/format.h>

namespace mf {

std::string event_time(Timestamp at) {
    auto out = format_iso(at, Zone::utc());
    if (const auto part = ms(at) % 1000; part > 0) out.insert(out.size() - 1, fmt::format(".{:03}", part));
    return out;
}

}  // namespace mf

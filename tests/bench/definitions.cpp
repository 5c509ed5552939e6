// SPDX-License-Identifier: MIT
#include "bench/stand.h"
#include "domain/definition/application_definition.h"
#include "support/large_definitions.h"

#include <fmt/format.h>
#include <ctime>

namespace mf::bench {

Figures measure_definitions(const Places&) {
    double longest = 0;
    std::string which;
    testing::for_each_large_definition([&](std::string_view what, const std::string& text) {
        const auto begin = std::clock();
        (void)read_application(text);
        const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
        if (seconds <= longest) return;
        longest = seconds;
        which = what;
    });
    return {
        at_most(fmt::format("processor time of the worst definition of 5 MiB (full of {})", which), 5, longest, "s")};
}

}  // namespace mf::bench

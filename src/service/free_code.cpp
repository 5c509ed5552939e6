// SPDX-License-Identifier: MIT
#include "service/free_code.h"

#include "base/text.h"
#include "domain/short_code.h"

#include <fmt/format.h>
#include <set>

namespace mf {

std::string free_code(Call& call, std::string_view table, std::string_view name, std::string_view otherwise) {
    std::string code = code_from_name(name);
    if (code.empty()) code = otherwise;
    if (call.sql().query(fmt::format(R"(SELECT 1 FROM "{}" WHERE "code" = ? AND "live" = 1)", table), {code}).empty())
        return code;
    // All codes that could be in the way, in one statement. '_' in a LIKE stands for any character, so there may be
    // more of them than needed; shortening leaves at least half of a code, so there are not less.
    const auto start = code.substr(0, longest_code / 4);
    std::set<std::string> taken;
    for (const auto& row : call.sql().query(
             fmt::format(R"(SELECT "code" FROM "{}" WHERE "live" = 1 AND "code" LIKE ?)", table), {start + "%"}))
        // Some databases compare texts without regard to case.
        taken.insert(lower(std::get<std::string>(row[0])));
    int number = 2;
    while (taken.contains(numbered_code(code, number))) ++number;
    return numbered_code(code, number);
}

}  // namespace mf

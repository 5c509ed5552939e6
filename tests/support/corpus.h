// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mf::testing {

/// The directory of real definitions and oracles: MULTIFLEXI_CORPUS, else ../shared/corpus beside the checkout.
/// Prints why and returns nothing when this part is not there; the test then has nothing to do.
std::optional<std::filesystem::path> corpus(std::string_view part);

/// A tab separated file: one map-like row per line, cells in the order of the header (the first line).
struct Table {
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
    /// The cell of a named column; empty when the row is shorter.
    const std::string& cell(const std::vector<std::string>& row, std::string_view column) const;
};
Table read_table(const std::filesystem::path& file);

std::string read_file(const std::filesystem::path& file);

}  // namespace mf::testing

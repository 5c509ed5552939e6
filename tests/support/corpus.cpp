// SPDX-License-Identifier: MIT
#include "support/corpus.h"

#include "base/text.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace mf::testing {

std::optional<std::filesystem::path> corpus(std::string_view part) {
    const char* given = std::getenv("MULTIFLEXI_CORPUS");
    const auto root =
        given ? std::filesystem::path(given) : std::filesystem::path(MULTIFLEXI_SOURCE_DIRECTORY) / "../shared/corpus";
    auto directory = root / part;
    if (std::filesystem::exists(directory)) return directory;
    std::cerr << "SKIPPED: there is no corpus part " << part << " in " << root
              << "; set MULTIFLEXI_CORPUS to a directory that has it.\n";
    return std::nullopt;
}

const std::string& Table::cell(const std::vector<std::string>& row, std::string_view column) const {
    static const std::string nothing;
    for (std::size_t i = 0; i < header.size(); ++i)
        if (header[i] == column) return i < row.size() ? row[i] : nothing;
    throw std::logic_error("the table has no column " + std::string(column));
}

Table read_table(const std::filesystem::path& file) {
    const std::string content = read_file(file);
    Table table;
    for (const auto line : split(content, '\n')) {
        if (line.empty()) continue;
        std::vector<std::string> cells;
        for (const auto cell : split(line, '\t')) cells.emplace_back(cell);
        if (table.header.empty())
            table.header = std::move(cells);
        else
            table.rows.push_back(std::move(cells));
    }
    return table;
}

std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    std::ostringstream content;
    content << in.rdbuf();
    return std::move(content).str();
}

}  // namespace mf::testing

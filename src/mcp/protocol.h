// SPDX-License-Identifier: MIT
#pragma once

#include "domain/entity.h"

namespace mf::mcp {

/// Revisions of the Model Context Protocol (https://modelcontextprotocol.io/specification), oldest first.
enum class Revision {
    of_2024_11_05,
    of_2025_03_26,  ///< annotations of tools, completions, batches
    of_2025_06_18,  ///< titles, structured answers with their schema; no batches any more
    of_2025_11_25,  ///< nothing that this server offers changes
};
constexpr auto names_of(Revision) {
    return std::to_array<std::string_view>({"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"});
}
inline constexpr auto newest_revision = Revision::of_2025_11_25;

constexpr bool has_annotations(Revision revision) { return revision >= Revision::of_2025_03_26; }
constexpr bool has_completions(Revision revision) { return revision >= Revision::of_2025_03_26; }
constexpr bool has_titles(Revision revision) { return revision >= Revision::of_2025_06_18; }
constexpr bool has_structured_answers(Revision revision) { return revision >= Revision::of_2025_06_18; }
constexpr bool has_batches(Revision revision) { return revision == Revision::of_2025_03_26; }

}  // namespace mf::mcp

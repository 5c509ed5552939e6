// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mf::simulation {

/// A mistake in a statement of the program, made on purpose: proof that the simulation finds such ones.
struct Sabotage {
    std::string_view name;
    std::string_view from, to;  ///< a part of the statement, and what stands there instead
    mutable bool was_done = false;

    /// The statement with the mistake; empty when it is not one that the mistake is in.
    std::string applied_to(std::string_view sql) const;
};

/// Each of them has to be found.
std::span<Sabotage> sabotages();

}  // namespace mf::simulation

// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mf::simulation {

/// A step between two statements of the program, as node.cpp and node_leases.cpp repeat them.
enum class Step {
    none,
    ask_name_before_taking_over,  ///< is the name still ours?
    ask_lease_before_start,
    compare_leases_before_start,  ///< with that under which the job was claimed
    wait_for_lease_of_others,     ///< before a name is taken
    lose_what_others_claimed,     ///< instead of giving it back
    remember_unsettled,           ///< that it is not known what the server before has begun, over a crash
};

/// A mistake made on purpose, in a statement of the program or between two of them: proof that the simulation finds
/// such ones.
struct Sabotage {
    std::string_view name;
    std::string_view from = {}, to = {};  ///< a part of the statement, and what stands there instead
    Step omitted = Step::none;
    mutable bool was_done = false;

    /// The statement with the mistake; empty when it is not one that the mistake is in.
    std::string applied_to(std::string_view sql) const;
};

/// Each of them has to be found.
std::span<Sabotage> sabotages();

}  // namespace mf::simulation

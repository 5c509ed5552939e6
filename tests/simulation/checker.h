// SPDX-License-Identifier: MIT
#pragma once

#include "simulation/node.h"

namespace mf::simulation {

/// What the history of a simulation ought not to be.
struct Complaint : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What must hold between any two transactions.
void check_between_transactions(sql::Connection& database, const Stage& stage);

/// What must hold when everything has come to its end. Reads the tables by SQL of its own and compares them with what
/// the processes, the planners and the people noted themselves; it shares no rule with the program.
void check_history(sql::Connection& database, const Stage& stage);

}  // namespace mf::simulation

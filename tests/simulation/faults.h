// SPDX-License-Identifier: MIT
#pragma once

#include "simulation/random.h"
#include "simulation/sabotage.h"
#include "store/database.h"

#include <functional>

namespace mf::simulation {

/// The program of a node has been killed: everything in its memory is gone.
struct Died {};

/// What can go wrong between a node and the database, drawn from one generator.
class Faults {
public:
    /// `told` hears of each fault that happens.
    Faults(Random& random, std::function<void(std::string_view)> told) : random_(random), told_(std::move(told)) {}

    /// The database is out of reach until as many calls have said that it is not.
    void set_cut(bool is_cut) { cuts_ += is_cut ? 1 : -1; }
    bool is_cut() const { return cuts_ > 0; }

    /// A fault happens at one in so many commits, and in one in ten times as many statements; 0: never.
    void set_rate(std::int64_t one_in) { one_in_ = one_in; }

    enum class Fault {
        none,
        die_before,         ///< the program is killed, nothing was committed
        die_after,          ///< killed after the commit: nobody heard of it
        lost,               ///< the connection is lost, nothing was committed
        uncertain_dropped,  ///< lost during the commit, which was not made
        uncertain_kept,     ///< lost during the commit, which was made
        busy                ///< a deadlock or serialisation failure: the database asks to repeat
    };
    Fault at_commit();
    Fault at_statement();
    /// The program is killed between two steps of its own.
    void between_steps();
    /// Does it have to wait for very long between two steps of its own? `as_often`: as it dies there.
    bool freezes(int as_often);

private:
    Random& random_;
    std::function<void(std::string_view)> told_;
    std::int64_t one_in_ = 0;
    int in_a_row_ = 0;
    int cuts_ = 0;
};

/// Opens sessions on one connection that everybody shares, with these faults in between; `now` is what its clock says.
/// All have to outlive them.
std::function<std::unique_ptr<sql::Connection>(const sql::Address&)> faulty_sessions(
    sql::Connection& shared, Faults& faults, const Timestamp& now, const Sabotage* sabotage = nullptr);

}  // namespace mf::simulation

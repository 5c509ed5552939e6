// SPDX-License-Identifier: MIT
#pragma once

#include "app/server.h"

namespace mf {

/// What stands in the way of a start, and what does not.
struct StartCheck {
    std::vector<std::string> fine;   ///< sentences, in the order in which a start meets these things
    std::vector<std::string> wrong;  ///< sentences that say what to do; empty: a server could start
};

/// Looks, without making or changing anything, at what a server with these roles needs: its directories, the database,
/// the key, and the program that watches jobs. A database server is not waited for. Whether its user may make tables,
/// and whether another server has the name of the node, only the start itself finds out.
StartCheck check_start(const Installation& installation, const Roles& roles, Installation::NewKey new_key);

}  // namespace mf

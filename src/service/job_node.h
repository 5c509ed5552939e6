// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job.h"
#include "domain/node.h"
#include "store/database.h"

namespace mf {

/// The node of a job that is claimed or running.
struct JobNode {
    std::string name;
    std::optional<NodeState> state;  ///< none: the database knows no node of this name
    /// Why it does not hear a wish to end the job, and what follows, to go on after "Its node NAME "; empty: it lives.
    std::string absence;
};
/// None: the job has not been claimed, or has ended.
std::optional<JobNode> node_of(Session& session, const Job& job);

/// How to get rid of a job that is claimed or running, as a sentence: to cancel it, if anybody would hear that.
std::string how_to_end(Session& session, const Job& job);

}  // namespace mf

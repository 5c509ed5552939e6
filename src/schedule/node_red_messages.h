// SPDX-License-Identifier: MIT
#pragma once

#include "domain/job_change.h"
#include "store/database.h"
#include "store/queries/source_change.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <vector>

// What the palette node-red-contrib-multiflexi understands of a server.

namespace mf {

/// "job.completed" for each of these changes that is the end of a job which ran, or should have run, in their order.
struct CompletedJob {
    std::int64_t change = 0;
    json::object message;
};
std::vector<CompletedJob> completed_jobs(Session& session, const std::vector<JobChange>& changes);

/// "webhook.change": what an event source told. "data" has all of it; no member if it could not be used.
json::object change_message(const ChangeToTell& told);

/// "catalog.update": companies, active run templates, and the names of credentials.
json::object catalogue_message(Session& session);

}  // namespace mf

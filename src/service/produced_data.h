// SPDX-License-Identifier: MIT
#pragma once

#include "base/json.h"
#include "domain/job.h"
#include "store/database.h"

#include <boost/json/object.hpp>
#include <map>

namespace mf {

/// What a job has produced, as selectors of event rules look for it.
struct ProducedData {
    /// By the names under "produces" of its application: what is in a JSON file, the text of another one (64 KiB at
    /// most), or standard output. Beside them the members of RESULT_FILE, if that is a JSON object.
    json::object values;
    /// By the same names, and by the names of the files: what "@file:" stands for.
    std::map<std::string, Id<Artifact>, std::less<>> files;
};
ProducedData produced_data(Session& session, const Job& job);

}  // namespace mf

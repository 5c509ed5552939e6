// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Applications as answers show them: their columns without the document, which is large and has an operation of its
/// own, and "artifacts", the patterns of the files they leave behind. Two statements, however many there are.
json::array application_records(Call& call, std::vector<Application> applications);

/// One application, as above.
json::object application_record(Call& call, Application application);

/// What the exit codes of an application mean: {"5": {severity, retry, description}}. retry is null where the
/// definition leaves it to the run template; description is a text or an object of texts by language.
json::object exit_codes_of(Call& call, Id<Application> id);

}  // namespace mf

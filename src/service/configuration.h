// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

#include <span>

namespace mf {

/// Values for jobs of an application as their declared types are written ("yes" of a bool is "true"). Every wrong name
/// and value is complained about at once.
Result<TextMap> checked_values(Call& call, Id<Application> application, const TextMap& values);

/// Stores values of a run template, checked in the same way (secret ones sealed), and removes others. When anything is
/// wrong nothing is stored.
Result<void> store_configuration(Call& call, const RunTemplate& run_template, const TextMap& values,
                                 const TextList& removed);

/// Which of some values, given to the run template or to one launch, are secrets: as the application declares them, as
/// the run template has them from elsewhere, else as their names sound.
json::array secret_names(Call& call, const RunTemplate& run_template, std::span<const TextMap> values);

/// The stored values for people: secrets masked; declared secrets without a value as "(not set)".
json::object shown_configuration(Call& call, const RunTemplate& run_template);

/// What keeps jobs of this run template from running as it is stored now, in sentences that name every variable; empty
/// if nothing does. Saving it is no error: values may follow, and a credential may provide them. Also which secrets its
/// jobs would show in their arguments.
std::vector<std::string> configuration_warnings(Call& call, const RunTemplate& run_template);

/// The environment a job of this run template would get now: every variable with its winning layer and what it
/// shadows, what is missing, and warnings. For `runtemplate env`.
Result<json::value> explain_environment(Call& call, const RunTemplate& run_template);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "base/value.h"
#include "probe/check.h"

#include <filesystem>
#include <string>
#include <vector>

namespace mf::probe {

/// All that was seen in one run.
struct Outcome {
    std::string host;
    Timestamp time;
    std::vector<Observation> observations;
};

State worst(const std::vector<Observation>& observations);

/// "12 checks: 10 ok, 1 warning, 1 critical. disk /var: 2.1 % free. ...", gravest first.
std::string message_of(const Outcome& outcome);

/// One line for each observation: "CRITICAL  disk /var: 2.1 % free, ...".
std::string line_of(const Observation& observation);

/// The application report of MultiFlexi (producer, status, timestamp, message, artifacts, metrics), and with it
/// `checks`, `host` and `version`. Secrets are masked in every text of it.
json::object report_of(const Outcome& outcome, const std::filesystem::path& file);

/// The report of a run that could not start.
json::object report_of_failure(const Outcome& outcome, const std::string& message);

/// Readers see the old report or the new one, never half of one. Devices and pipes are written as they are.
Result<void> write_report(const json::object& report, const std::filesystem::path& file);

}  // namespace mf::probe

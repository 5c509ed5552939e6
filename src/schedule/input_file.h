// SPDX-License-Identifier: MIT
#pragma once

#include "execute/work_directory.h"
#include "service/job_preparation.h"

namespace mf {

/// Writes the content of an artifact into a file of the work directory, which must not be there yet. not_found: the
/// artifact is gone, so that the job cannot run. unavailable: the disk is full, later it may succeed.
Result<void> write_input(Database& database, const WorkDirectory& directory, const InputFile& input);

}  // namespace mf

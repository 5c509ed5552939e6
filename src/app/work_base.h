// SPDX-License-Identifier: MIT
#pragma once

#include "base/descriptor.h"
#include "base/settings.h"

namespace mf {

/// The directory of this node of this installation below MULTIFLEXI_WORK_DIRECTORY, "<id>-<node>", made when it is
/// missing (mode 0700). Several installations may share the work directory, so what an earlier run left is looked for
/// in this one only. `lock` keeps a copy of the database, which has the same id, away from it.
struct WorkBase {
    std::filesystem::path path;
    Descriptor lock;
};
Result<WorkBase> take_work_base(const Settings& settings, std::string_view installation);

}  // namespace mf

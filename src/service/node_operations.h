// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// What can be asked about the servers of the installation.
void add_node_operations(Operations& operations);

}  // namespace mf

// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

void add_audit_operations(Operations& operations);
void add_encryption_operations(Operations& operations);

}  // namespace mf

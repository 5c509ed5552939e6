// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Checking and importing definitions of credential prototypes and types, and registering those that the program brings
/// along.
void add_credential_document_operations(Operations& operations);

}  // namespace mf

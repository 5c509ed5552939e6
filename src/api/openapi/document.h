// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf::openapi {

/// The description of the REST API (OpenAPI 3.1.0): every operation under its route, and what there is besides. The
/// same for everybody: it says what there is, not what one may do.
json::object document(const Operations& operations);

}  // namespace mf::openapi

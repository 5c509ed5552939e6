// SPDX-License-Identifier: MIT
#pragma once

#include "api/compatible/shape.h"

namespace mf::compatible {

// What the records of this interface consist of, by the names of the former tables. The lengths are those that the
// generated clients accept: they refuse a whole list for one text that is longer.

std::span<const Column> app_columns();
std::span<const Column> company_columns();
std::span<const Column> user_columns();
std::span<const Column> run_template_columns();
std::span<const Column> job_columns();
std::span<const Column> task_columns();
std::span<const Column> credential_columns();
std::span<const Column> credential_type_columns();

}  // namespace mf::compatible

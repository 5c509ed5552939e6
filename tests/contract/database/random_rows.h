// SPDX-License-Identifier: MIT
#pragma once

#include "store/schema.h"

#include <random>

namespace mf::testing {

/// Fills every table with rows of random values, the odd ones among them: null wherever it may be, the smallest and
/// largest integers, empty texts, quotes, blanks at the end, characters beyond the first plane, octets of every value.
/// References are right; what a unique key refuses is left out. Not for a connection in a transaction.
void add_random_rows(sql::Connection& connection, std::span<const SchemaTable> tables, std::mt19937& random,
                     int rows_for_each);

}  // namespace mf::testing

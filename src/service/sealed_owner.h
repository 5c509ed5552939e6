// SPDX-License-Identifier: MIT
#pragma once

#include "service/operation.h"

namespace mf {

/// Whose secret stands in a row of a sealed column, by the words of its commands, with a colon and a blank at the end:
/// "Credential 'Main' (3), field FIO_TOKEN, version 2: ". Empty when the row is gone, or only numbers say whose it is.
std::string owner_of_secret(Call& call, std::string_view table, std::int64_t row);

}  // namespace mf

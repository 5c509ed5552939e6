// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace mf {

/// What the server program says about itself, from one list of its options and the one table of settings: plain text
/// for
/// --help, and the manual page multiflexi(8).
std::string server_help();
std::string server_manual();

}  // namespace mf

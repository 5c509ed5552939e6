// SPDX-License-Identifier: MIT
#pragma once

#include "cli/grammar.h"
#include "cli/profiles.h"

namespace mf {

/// Where the commands of one call are carried out: --server or --profile, else MULTIFLEXI_SERVER or MULTIFLEXI_PROFILE,
/// else the profile in use; with --environment, with the profile "local", and without all of these, the installation on
/// this machine (none). A profile comes with its token, if it has one; other tokens are below.
/// invalid: these contradict each other, or what they name is not there.
Result<std::optional<ServerAccess>> chosen_server(const Globals& globals, const Terminal& terminal);

/// The file that a token is read from: of --token-file, else of MULTIFLEXI_TOKEN_FILE; empty: none. invalid: there is a
/// token in MULTIFLEXI_TOKEN, too.
Result<std::string> token_file_of(const Globals& globals, const Terminal& terminal);

/// The token in MULTIFLEXI_TOKEN; empty: there is none. invalid: it is set, but empty.
Result<std::string> token_of_environment(const Terminal& terminal);

}  // namespace mf
